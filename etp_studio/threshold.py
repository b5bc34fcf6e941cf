"""The score from which on detections are shown: a slider and a number that move together."""

import math

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget

from etp_studio.number import Number
from etp_studio.texts import tr

_STEPS = 1000


class ThresholdControl(QWidget):
    """Emits `changed(score)` when a person moves it; shows how many detections are left.

    The middle of the slider is the score 0.5, whatever the highest is: a score may be 13, and most
    that matter lie below 1.
    """

    changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._top = 1.0
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, _STEPS)
        self.slider.setFixedWidth(140)
        self.slider.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.slider.setAccessibleName(tr("Score threshold"))
        self.spin = Number()
        self.spin.setDecimals(3)
        self.spin.setButtonSymbols(Number.ButtonSymbols.NoButtons)
        self.spin.setFixedWidth(self.spin.fontMetrics().horizontalAdvance("00.000") + 28)
        self.spin.setSingleStep(0.01)
        self.spin.setRange(0.0, 1.0)
        self.spin.setAccessibleName(tr("Score threshold"))
        self.spin.setKeyboardTracking(False)
        self._count = QLabel()
        self._count.setObjectName("muted")
        label = QLabel(tr("Score ≥"))
        label.setBuddy(self.spin)
        tip = tr("Detections that score less are left out: here, in the table and in exports")
        for widget in (label, self.slider, self.spin, self._count):
            widget.setToolTip(tip)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 8, 0)
        row.setSizeConstraint(QHBoxLayout.SizeConstraint.SetFixedSize)
        row.addWidget(label)
        row.addWidget(self.slider)
        row.addWidget(self.spin)
        row.addWidget(self._count)
        self.slider.valueChanged.connect(self._slid)
        self.spin.valueChanged.connect(self._typed)
        self.spin.lineEdit().returnPressed.connect(self.spin.clearFocus)

    def set_top(self, highest: float) -> None:
        """The highest score there is; the range ends there or at 1."""
        top = max(1.0, highest)
        if top != self._top:
            self._top = top
            with QSignalBlocker(self.spin), QSignalBlocker(self.slider):
                self.spin.setMaximum(top)
                self.slider.setValue(self._place(self.spin.value()))

    def set_value(self, score: float) -> None:
        """Show a threshold without telling."""
        with QSignalBlocker(self.spin), QSignalBlocker(self.slider):
            self.spin.setValue(score)
            self.slider.setValue(self._place(score))

    def set_count(self, shown: int, of: int) -> None:
        """Say how many detections are left of how many."""
        self._count.setText(tr("{} of %n detection(s)", "", of).format(shown) if of else "")

    @property
    def _power(self) -> float:
        return 1 + math.log2(self._top)

    def _place(self, score: float) -> int:
        return round((score / self._top) ** (1 / self._power) * _STEPS)

    def _slid(self, value: int) -> None:
        score = (value / _STEPS) ** self._power * self._top
        with QSignalBlocker(self.spin):
            self.spin.setValue(score)
        self.changed.emit(score)

    def _typed(self, score: float) -> None:
        with QSignalBlocker(self.slider):
            self.slider.setValue(self._place(score))
        self.changed.emit(score)
