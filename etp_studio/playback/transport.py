"""The bar under the picture: play and step, the frame that is on screen, the speed."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QFontDatabase, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from etp_core.video import VideoInfo
from etp_studio.elided import ElidedLine
from etp_studio.giving_way import staying
from etp_studio.playback.decoder import Clip, Picture
from etp_studio.playback.loudness import Loudness
from etp_studio.playback.player import SPEEDS
from etp_studio.playback.position import clock_text, parse_position
from etp_studio.texts import tr


def speed_text(speed: float) -> str:
    """A speed as people write it: 1×, −0.5×."""
    return f"{speed:g}×".replace("-", "−")


_SPACING, _AROUND = 2, 52  # pixels between the parts; at the ends and in the gaps


class TransportBar(QWidget):
    """Shows what `set_picture` is told: give it only pictures that were painted.

    Where there is no room for all of it, what is found elsewhere too gives way: the PTS and the
    length, which tooltips have, then the volume, and the buttons of the first and the last frame.
    """

    go_requested = Signal(int)  # frame index
    speed_chosen = Signal(float)

    def __init__(self, buttons: list[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._clip: Clip | None = None
        digits = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        digits.setPointSizeF(self.font().pointSizeF())

        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 4, 4)
        row.setSpacing(_SPACING)
        self._buttons: list[QToolButton] = []
        for action in buttons:
            button = QToolButton()
            button.setDefaultAction(action)
            button.setAutoRaise(True)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.setAccessibleName(action.text().replace("&", ""))
            row.addWidget(button)
            self._buttons.append(button)
        row.addSpacing(8)

        self.frame = QLineEdit()
        self.frame.setFont(digits)
        self.frame.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.frame.setFixedWidth(self.frame.fontMetrics().horizontalAdvance("0") * 12)
        self.frame.setAccessibleName(tr("Frame on screen"))
        self.frame.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.frame.setToolTip(
            tr("The frame on screen. Type a frame, 12.5s or 1:02.5 to go there (G)")
        )
        self.frame.editingFinished.connect(self._typed)
        name = QLabel(tr("Frame"))
        name.setBuddy(self.frame)
        name.setContentsMargins(0, 0, 4, 0)
        self._frames = QLabel()
        self._time = QLabel()
        self._length = QLabel()
        self._pts = QLabel()
        self._facts = ElidedLine()
        self._badge = QLabel("VFR")
        self._badge.setObjectName("badge")
        self._badge.setToolTip(
            tr("Variable frame rate: every position is looked up, none computed")
        )
        self._repaired = QLabel(tr("repaired"))
        self._repaired.setObjectName("badge")
        for label in (self._frames, self._time, self._length, self._pts):
            label.setFont(digits)
            label.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Preferred)
        self._time.setAccessibleName(tr("Time on screen"))
        self._length.setAccessibleName(tr("Length of the video"))
        self._pts.setAccessibleName(tr("Presentation time stamp"))
        self._pts.setToolTip(tr("Presentation time stamp of the frame on screen, in seconds"))
        self._facts.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

        self.loudness = Loudness()
        self.speed = QComboBox()
        self.speed.setAccessibleName(tr("Speed"))
        self.speed.setToolTip(tr("Playing speed (L faster, J backwards, K pause)"))
        self.speed.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        for speed in SPEEDS:
            self.speed.addItem(speed_text(speed), speed)
        self.speed.setCurrentText(speed_text(1.0))
        self.speed.activated.connect(lambda: self.speed_chosen.emit(self.speed.currentData()))

        for label, before in ((self._frames, 4), (self._time, 14), (self._pts, 14)):
            label.setContentsMargins(before, 0, 0, 0)
        self._facts.setContentsMargins(14, 0, 8, 0)
        for widget in (name, self.frame, self._frames, self._time, self._length, self._pts):
            row.addWidget(widget)
        row.addWidget(self._facts, 1)
        for widget in (self._badge, self._repaired, self.loudness, self.speed):
            row.addWidget(widget)
            row.addSpacing(4)
        self._always = (
            *self._buttons[1:-1],
            self.frame,
            self._time,
            self._badge,
            self._repaired,
            self.loudness.mute,
            self.speed,
        )
        self._less = (
            self._pts,
            self._length,
            self.loudness.slider,
            name,
            self._frames,
            *self._buttons[:1],
            *self._buttons[-1:],
        )
        self.set_clip(None)

    def minimumSizeHint(self) -> QSize:
        """With room for what always stays, and no more."""
        return QSize(self._least, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    @property
    def _least(self) -> int:
        """Pixels of what always stays."""
        return _AROUND + sum(wide + _SPACING for wide in map(self._wide, self._always) if wide)

    def _fit(self) -> None:
        """Show what there is room for."""
        shown = staying(list(map(self._wide, self._less)), self.width() - self._least, _SPACING)
        for widget, stays in zip(self._less, shown, strict=True):
            widget.setVisible(stays and widget not in self._absent)

    def _wide(self, widget: QWidget) -> int:
        """Pixels that a widget takes; 0 for one that is not there."""
        if widget in self._absent:
            return 0
        wide = max(widget.sizeHint().width(), widget.minimumWidth())
        return min(wide, widget.maximumWidth())

    def set_clip(self, clip: Clip | None) -> None:
        """Another video, or none."""
        self._clip = clip
        self._picture: Picture | None = None
        self.frame.setEnabled(clip is not None)
        there = {
            self._badge: clip is not None and clip.info.variable,
            self._repaired: clip is not None and bool(clip.info.repaired),
            self.loudness: clip is not None and clip.track is not None,
        }
        for widget, shown in there.items():
            widget.setVisible(shown)
        self._absent = {widget for widget, shown in there.items() if not shown}
        if self.loudness in self._absent:
            self._absent |= {self.loudness.mute, self.loudness.slider}
        self._repaired.setToolTip(
            tr("This file is not sound: {reason}. All that can be decoded is shown.").format(
                reason=clip.info.repaired
            )
            if clip
            else ""
        )
        self._facts.set_line(_facts(clip.info) if clip else "")
        self._write()
        self._reserve(float(clip.cuts[-1]) if clip else 0.0)
        self._fit()
        self.updateGeometry()

    def _reserve(self, end: float) -> None:
        """Give the times the room of the latest, so that nothing moves while a video plays."""
        self._length.setText(f" / {clock_text(end)}" if end else "")
        for label, text in ((self._time, clock_text(end)), (self._pts, _pts(end))):
            wide = label.fontMetrics().horizontalAdvance(text)
            label.setMinimumWidth(wide + label.contentsMargins().left())

    def set_picture(self, picture: Picture) -> None:
        """Say which frame is on screen."""
        self._picture = picture
        self._write()

    def set_speed(self, speed: float) -> None:
        """Show the speed; one that is not in the list is shown as it is."""
        text = speed_text(speed)
        index = self.speed.findText(text)
        if index < 0:
            self.speed.setPlaceholderText(text)
        self.speed.setCurrentIndex(index)

    def edit_frame(self) -> None:
        """Put the cursor into the frame number (the key G)."""
        self.frame.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.frame.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.frame.hasFocus():
            self.frame.setModified(False)
            self.frame.clearFocus()
            self._write()
        else:
            super().keyPressEvent(event)

    def _write(self) -> None:
        clip, picture = self._clip, self._picture
        last = len(clip) - 1 if clip else 0
        width = len(str(last))
        self._frames.setText(tr("of {}").format(last) if clip else "")
        self._frames.setToolTip(tr("Frames count from 0; this is the last one"))
        if clip is None or picture is None:
            self.frame.setText("")
            self._time.setText(clock_text(0.0))
            self._pts.setText("")
            return
        if not self.frame.isModified():  # what somebody types stays
            self.frame.setText(str(picture.index).rjust(width))
            if self.frame.hasFocus():
                self.frame.selectAll()
        length = clock_text(float(clip.cuts[-1]))
        self._time.setText(clock_text(picture.time))
        self._time.setToolTip(
            tr("Of {}; presentation time stamp {:.6f} s").format(length, picture.time)
        )
        self._pts.setText(_pts(picture.time))

    def _typed(self) -> None:
        if self._clip is None or not self.frame.isModified():
            return
        self.frame.setModified(False)
        index = parse_position(self.frame.text(), self._clip)
        self.frame.clearFocus()
        if index is None:
            self._write()
        else:
            self.go_requested.emit(index)


def _pts(seconds: float) -> str:
    return f"PTS {seconds:.6f}"


def _facts(info: VideoInfo) -> str:
    parts = [f"{info.width}×{info.height}", info.codec, tr("{:.4g} fps").format(info.frame_rate)]
    if info.rotation:
        parts.append(tr("rotated {}°").format(info.rotation))
    return "  ·  ".join(parts)
