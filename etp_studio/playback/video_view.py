"""The picture: the newest frame, in its right shape, on every screen density."""

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from etp_studio.playback import onion
from etp_studio.playback.decoder import Picture
from etp_studio.playback.onion import Strip
from etp_studio.texts import tr

_BACKDROP = QColor(17, 18, 20)
_INK = QColor(200, 203, 208)
_INSET = 0.3  # size of the frame before a boundary, as a share of the picture


class VideoView(QWidget):
    """Paints one picture, or a line of text where there is none.

    `painted(Picture)` tells which picture really is on screen: counters follow it.
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
        self.strip: Strip | None = None

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
        self.update()

    def set_note(self, note: str) -> None:
        """A short note in the corner of the picture ("" takes it away)."""
        if note != self._note:
            self._note = note
            self.update()

    def show_strip(self, strip: Strip | None) -> None:
        """Show the frames around a boundary over the picture; None takes them away."""
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
        """Where the picture lies, in widget coordinates."""
        if self._picture is None:
            return QRectF()
        size = QSizeF(self._picture.image.size())
        size.setWidth(size.width() * self._picture.pixel_aspect)
        size.scale(QSizeF(self.size()), Qt.AspectRatioMode.KeepAspectRatio)
        rect = QRectF(0, 0, size.width(), size.height())
        rect.moveCenter(QRectF(self.rect()).center())
        return rect

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), _BACKDROP)
        if self._picture is None:
            painter.setPen(_INK)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(24, 24, -24, -24), flags, self._text)
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(self.picture_rect(), self._picture.image)
        if self._picture.before is not None:
            self._paint_before(painter)
        if self.strip is not None:
            onion.paint(painter, self.strip, self.picture_rect())
        if self._note:
            self._paint_note(painter)
        if self._picture.wanted is not None:
            corner = self.picture_rect().bottomLeft() + QPointF(8, -painter.fontMetrics().height())
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
        whole = self.picture_rect()
        size = whole.size() * _INSET
        if picture is None or picture.before is None or size.width() < 60:
            return
        box = QRectF(whole.left() + 10, whole.bottom() - size.height() - 10, 0, 0)
        box.setSize(size)
        painter.fillRect(box.adjusted(-2, -2, 2, 2), QColor(240, 241, 243))
        painter.drawImage(box, picture.before)
        text = tr("frame {}, before the boundary").format(picture.index - 1)
        self._paint_chip(painter, box.topLeft(), text)

    def _paint_note(self, painter: QPainter) -> None:
        self._paint_chip(painter, self.picture_rect().topLeft() + QPointF(8, 8), self._note)

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
