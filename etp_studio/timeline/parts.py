"""What all parts of the timeline share: the gutter, the axis, the wheel and panning by hand."""

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPixmap, QWheelEvent
from PySide6.QtWidgets import QWidget

from etp_studio.theme import Theme, of_palette
from etp_studio.timeline.axis import GUTTER, SharedAxis

WHEEL_STEP = 1.25  # zoom of one notch of the wheel
PAN_STEP = 0.12  # of the visible span, one notch


class Part(QWidget):
    """A horizontal band of the timeline that draws on the shared axis.

    Wheel: zoom at the cursor. Shift and wheel, or a sideways wheel: pan. Middle button: drag the
    time under the pointer. `seek` asks for a moment (seconds).
    """

    seek = Signal(float)
    needed = Signal()  # it wants its place, or wants it no longer

    def __init__(self, axis: SharedAxis, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shared = axis
        self.playhead: float | None = None
        self.ghosts: tuple[float, ...] = ()
        self._grabbed: float | None = None
        self._still: QPixmap | None = None
        self._wanted = self._there = self._fits = True
        axis.changed.connect(self.follow_axis)

    @property
    def axis(self):
        """The current axis."""
        return self.shared.value

    @property
    def theme(self) -> Theme:
        """The colours that go with the widget's palette."""
        return of_palette(self.palette())

    def paint_still(self, painter: QPainter) -> None:
        """Draw what the part shows, without playhead, pointer and selection (see `picture`)."""
        raise NotImplementedError

    def draw_still(self, painter: QPainter) -> None:
        """Draw what `paint_still` does, from a picture that is kept until `refresh`."""
        ratio, size = self.devicePixelRatioF(), self.size()
        still = self._still
        if still is None or still.devicePixelRatio() != ratio or still.size() != size * ratio:
            still = self._still = QPixmap(size * ratio)
            still.setDevicePixelRatio(ratio)
            onto = QPainter(still)
            self.paint_still(onto)
            onto.end()
        painter.drawPixmap(0, 0, still)  # Qt clips it to what is to be repainted

    def refresh(self) -> None:
        """Draw everything again."""
        self._still = None
        self.update()

    def want(self, wanted: bool) -> None:
        """Whether the person wants to see the part."""
        self._show(self._there, wanted)

    def show_if(self, there: bool) -> None:
        """Show the part if it has something to show, is wanted and has a place."""
        self._show(there, self._wanted)

    @property
    def fits(self) -> bool:
        """Whether there is a place for the part."""
        return self._fits

    @property
    def wanted(self) -> bool:
        """Whether the part has something to show that the person wants to see."""
        return self._there and self._wanted

    def give_place(self, fits: bool) -> None:
        """Whether there is a place for the part."""
        self._fits = fits
        self.setVisible(fits and self.wanted)

    def _show(self, there: bool, wanted: bool) -> None:
        before = self.wanted
        self._there, self._wanted = there, wanted
        self.setVisible(self._fits and self.wanted)
        if self.wanted != before:
            self.needed.emit()

    def follow_axis(self) -> None:
        """Other seconds are on screen."""
        self.refresh()

    def set_playhead(self, time: float | None) -> None:
        """Move the playhead line to `time` seconds; only the strips it touches are repainted."""
        before, self.playhead = self.playhead, time
        for moment in (before, time):
            if moment is not None:
                self.update(int(self.axis.x(moment)) - 8, 0, 17, self.height())

    def draw_playhead(self, painter: QPainter, top: float = 0.0) -> None:
        """Draw the playhead line, if it is on screen."""
        if self.playhead is None:
            return
        x = self.axis.x(self.playhead)
        if GUTTER <= x <= self.width():
            line = QRectF(round(x - 1), top, 2, self.height() - top)  # whole pixels: never smeared
            painter.fillRect(line, QColor(self.theme.playhead))

    def set_ghosts(self, times: tuple[float, ...]) -> None:
        """Mark other moments (seconds), in parts that show them."""
        if times != self.ghosts:
            self.ghosts = times
            self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        delta = event.angleDelta()
        sideways = delta.x() or (
            delta.y() if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 0
        )
        if sideways:
            self.shared.set(self.axis.slide(-sideways / 120 * PAN_STEP * self.axis.span))
        elif delta.y():
            at = self.zoom_centre(event.position().x())
            self.shared.set(self.axis.zoom(WHEEL_STEP ** (delta.y() / 120), at))
        event.accept()

    def zoom_centre(self, x: float) -> float:
        """The time (seconds) that the wheel at pixel `x` keeps in place."""
        return self.axis.time(max(x, GUTTER))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.MiddleButton:
            self._grabbed = self.axis.time(event.position().x())
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        else:
            self.pressed(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grabbed is not None:
            here = self.axis.time(event.position().x())
            self.shared.set(self.axis.slide(self._grabbed - here))
        else:
            self.moved(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.MiddleButton:
            self._grabbed = None
            self.unsetCursor()
        else:
            self.released(event)

    def seek_to(self, position: QPointF) -> None:
        """Ask for the moment at `position`, kept inside the video."""
        self.seek.emit(self.axis.inside(self.axis.time(position.x())))

    def pressed(self, event: QMouseEvent) -> None:
        """A button other than the middle one went down; by default the left one seeks."""
        if event.button() == Qt.MouseButton.LeftButton and event.position().x() >= GUTTER:
            self.seek_to(event.position())

    def moved(self, event: QMouseEvent) -> None:
        """The pointer moved; by default the left button drags the playhead."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.seek_to(event.position())

    def released(self, event: QMouseEvent) -> None:
        """A button other than the middle one went up."""
