"""The picture: the newest frame, in its right shape, on every screen density."""

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from etp_studio.playback import onion
from etp_studio.playback.decoder import Picture
from etp_studio.playback.onion import Strip
from etp_studio.playback.zoom import CRISP, STEP, Zoom
from etp_studio.texts import tr

_BACKDROP = QColor(17, 18, 20)
_INK = QColor(200, 203, 208)
_HANDS = (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton)
_LOOK = 0.1  # of the view that a key moves the picture by
_INSET = 0.3  # size of the frame before a boundary, as a share of the picture


class VideoView(QWidget):
    """Paints one picture, or a line of text where there is none.

    `painted(Picture)` tells which picture really is on screen: counters follow it.

    Wheel: look closer at the cursor. Dragging and `look` move the picture then, a double click
    shows all of it again.
    """

    painted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Video"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 90)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._picture: Picture | None = None
        self._shown: Picture | None = None
        self._text = ""
        self._note = ""
        self._covered = 0  # pixels at the top that a message lies over
        self.strip: Strip | None = None
        self._zoom = Zoom()
        self._held: QPointF | None = None  # where the hand holds the picture

    def sizeHint(self) -> QSize:
        return QSize(640, 360)

    @property
    def picture(self) -> Picture | None:
        """The picture that is to be on screen."""
        return self._picture

    @property
    def on_screen(self) -> bool:
        """Whether the picture that is to be on screen was painted."""
        return self._picture is not None and self._picture is self._shown

    def show_picture(self, picture: Picture) -> None:
        """Put a frame on screen."""
        self._picture, self._text = picture, ""
        self.update()

    def show_text(self, text: str) -> None:
        """Put a line of text in the place of the picture."""
        self._picture, self._shown, self._text = None, None, text
        self.zoom_reset()
        self.update()

    def set_note(self, note: str) -> None:
        """A short note in the corner of the picture ("" takes it away)."""
        if note != self._note:
            self._note = note
            self.update()

    def keep_below(self, height: int) -> None:
        """Keep what is written on the picture out of so many pixels at the top."""
        if height != self._covered:
            self._covered = height
            self.update()

    def show_strip(self, strip: Strip | None) -> None:
        """Show the frames around a boundary with the picture; None takes them away."""
        self.strip = strip
        self.update()

    def image(self) -> QImage | None:
        """The frame on screen at full resolution, with square pixels."""
        picture = self._shown
        if picture is None:
            return None
        if abs(picture.pixel_aspect - 1.0) < 1e-3:
            return picture.image
        return picture.image.scaled(
            round(picture.image.width() * picture.pixel_aspect),
            picture.image.height(),
            Qt.AspectRatioMode.IgnoreAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )

    def picture_rect(self) -> QRectF:
        """Where the picture lies, in widget coordinates; zoomed in it reaches beyond them."""
        return self._zoom.place(self._size, QSizeF(self.size())) if self._picture else QRectF()

    @property
    def _size(self) -> QSizeF:
        """The size of the picture with square pixels."""
        if self._picture is None:
            return QSizeF()
        size = QSizeF(self._picture.image.size())
        return QSizeF(size.width() * self._picture.pixel_aspect, size.height())

    @property
    def _seen(self) -> QRectF:
        """The part of the widget that the picture fills."""
        return self.picture_rect().intersected(QRectF(self.rect()))

    @property
    def _free(self) -> QRectF:
        """The widget without what a message lies over."""
        return QRectF(self.rect()).adjusted(0, self._covered, 0, 0)

    @property
    def _top(self) -> float:
        """Where the first line on the picture begins."""
        return max(self._seen.top(), self._covered) + 8

    @property
    def scale(self) -> float:
        """Pixels of the screen per pixel of the video, upwards."""
        high = self._size.height()
        return self.picture_rect().height() * self.devicePixelRatioF() / high if high else 1.0

    def zoom(self, by: float, at: QPointF | None = None) -> None:
        """Look `by` times as close, at a point of the widget (None: in its middle)."""
        if self._picture is not None:
            at = QRectF(self.rect()).center() if at is None else at
            self._zoom.change(by, at, self._size, QSizeF(self.size()))
            self._zoomed()

    def zoom_reset(self) -> None:
        """Show the whole picture."""
        self._zoom.reset()
        self._held = None
        self._zoomed()

    def look(self, across: int, down: int) -> bool:
        """Look further right and down by so many steps; False where the whole picture is seen."""
        if self._zoom.on:
            by = QPointF(-across * self.width() * _LOOK, -down * self.height() * _LOOK)
            self._zoom.pan(by, self._size, QSizeF(self.size()))
            self.update()
        return self._zoom.on

    def _zoomed(self) -> None:
        hand = (
            Qt.CursorShape.OpenHandCursor if self._held is None else Qt.CursorShape.ClosedHandCursor
        )
        self.setCursor(hand) if self._zoom.on else self.unsetCursor()
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta().y()
        if turned:
            self.zoom(STEP ** (turned / 120), event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._zoom.on and event.button() in _HANDS:
            self._held = event.position()
            self._zoomed()
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held is None:
            super().mouseMoveEvent(event)
            return
        self._zoom.pan(event.position() - self._held, self._size, QSizeF(self.size()))
        self._held = event.position()
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._held is not None:
            self._held = None
            self._zoomed()
        super().mouseReleaseEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.zoom_reset()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), _BACKDROP)
        if self._picture is None:
            painter.setPen(_INK)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(24, 24, -24, -24), flags, self._text)
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.scale < CRISP)
        painter.drawImage(self.picture_rect(), self._picture.image)
        if self._picture.before is not None:
            self._paint_before(painter)
        if self.strip is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            onion.paint(painter, self.strip, self._seen, self._free)
        if self._note:
            self._paint_note(painter)
        if self._zoom.on:
            self._paint_scale(painter)
        if self._picture.wanted is not None:
            corner = self._seen.bottomLeft() + QPointF(8, -painter.fontMetrics().height())
            text = tr("frame {}, on the way to {}").format(
                self._picture.index, self._picture.wanted
            )
            self._paint_chip(painter, corner - QPointF(0, 16), text)
        if self._picture is not self._shown:
            self._shown = self._picture
            self.painted.emit(self._picture)

    def _paint_before(self, painter: QPainter) -> None:
        """The frame before, small in a corner: a boundary is the cut between the two."""
        picture = self._picture
        whole = self._seen
        size = whole.size() * _INSET
        if picture is None or picture.before is None or size.width() < 60:
            return
        box = QRectF(whole.left() + 10, whole.bottom() - size.height() - 10, 0, 0)
        box.setSize(size)
        painter.fillRect(box.adjusted(-2, -2, 2, 2), QColor(240, 241, 243))
        painter.drawImage(box, picture.before, self._seen_of(picture.before))
        text = tr("frame {}, before the boundary").format(picture.index - 1)
        self._paint_chip(painter, box.topLeft(), text)

    def _paint_note(self, painter: QPainter) -> None:
        self._paint_chip(painter, QPointF(self._seen.left() + 8, self._top), self._note)

    def _paint_scale(self, painter: QPainter) -> None:
        text = tr("{} %").format(round(100 * self.scale))
        wide = painter.fontMetrics().horizontalAdvance(text) + 16
        self._paint_chip(painter, QPointF(self._seen.right() - wide - 8, self._top), text)

    def _seen_of(self, image: QImage) -> QRectF:
        """The part of an image of the video that lies in the widget."""
        whole, seen = self.picture_rect(), self._seen
        x, y = image.width() / whole.width(), image.height() / whole.height()
        corner = seen.topLeft() - whole.topLeft()
        return QRectF(corner.x() * x, corner.y() * y, seen.width() * x, seen.height() * y)

    @staticmethod
    def _paint_chip(painter: QPainter, corner: QPointF, text: str) -> None:
        metrics = painter.fontMetrics()
        box = QRectF(0, 0, metrics.horizontalAdvance(text) + 16, metrics.height() + 8)
        box.moveTopLeft(corner)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(17, 18, 20, 200))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(QColor(240, 241, 243))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
