"""How loud: a button that mutes and a slider, there only where there is sound."""

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSlider, QToolButton, QWidget

from etp_studio.actions import Action, way_to
from etp_studio.icons import icon
from etp_studio.texts import tr

_STEP = 5  # percent that a key changes the volume by


class Loudness(QWidget):
    """`changed(volume, muted)`: volume in [0, 1] as people hear it."""

    changed = Signal(float, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.mute = QToolButton()
        self.mute.setCheckable(True)
        self.mute.setAutoRaise(True)
        self.mute.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.mute.setAccessibleName(tr("Mute"))
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, 100)
        self.slider.setValue(100)
        self.slider.setFixedWidth(72)
        self.slider.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.slider.setAccessibleName(tr("Volume"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        row.addWidget(self.mute)
        row.addWidget(self.slider)
        self.mute.toggled.connect(self._tell)
        self.slider.valueChanged.connect(self._moved)
        self._tell()

    @property
    def value(self) -> tuple[float, bool]:
        """Volume in [0, 1], and whether it is muted."""
        return self.slider.value() / 100, self.mute.isChecked()

    def set(self, volume: float, muted: bool) -> None:
        """Choose volume and mute."""
        self.slider.setValue(round(100 * volume))
        self.mute.setChecked(muted)
        self._tell()

    def toggle(self) -> None:
        """Mute, or not any more."""
        self.mute.toggle()

    def step(self, steps: int) -> None:
        """Louder by so many steps, or quieter; sound that was off is on then."""
        self.slider.setValue(self.slider.value() + steps * _STEP)
        self.mute.setChecked(False)

    def _moved(self) -> None:
        if self.mute.isChecked():
            self.mute.setChecked(False)  # which tells
        else:
            self._tell()

    def _tell(self) -> None:
        muted = self.mute.isChecked()
        self.mute.setIcon(icon("mute" if muted else "volume"))
        self.mute.setToolTip(
            (tr("Sound is off ({})") if muted else tr("Mute ({})")).format(way_to(Action.mute))
        )
        self.slider.setToolTip(
            tr("Volume {} % ({}; {}). Sound plays forwards, from 0.5× to 4×").format(
                self.slider.value(), way_to(Action.louder), way_to(Action.quieter)
            )
        )
        self.changed.emit(*self.value)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange:
            self._tell()
        super().changeEvent(event)
