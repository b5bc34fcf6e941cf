"""Two bands under the overview: small pictures of the video, and the waveform of its sound."""

import bisect

import numpy as np
from PySide6.QtCore import QLineF, QRect, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QWidget

from etp_core.video import Thumbnail, Waveform
from etp_studio.texts import later, tr
from etp_studio.timeline.axis import GUTTER, SharedAxis
from etp_studio.timeline.letters import letters
from etp_studio.timeline.parts import Part

REPEATED = 0.5  # opacity of a thumbnail where it stands for a moment of which there is none


class Strip(Part):
    """A band with a name in the gutter; a press or a drag moves the playhead."""

    name, high = "", 40

    def __init__(self, axis: SharedAxis, parent: QWidget | None = None) -> None:
        super().__init__(axis, parent)
        self.setFixedHeight(self.high)
        self.setAccessibleName(tr(self.name))
        self.show_if(False)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._paint(painter, event.rect())
        self.draw_playhead(painter)

    def paint_still(self, painter: QPainter) -> None:
        self._paint(painter, self.rect())

    def _paint(self, painter: QPainter, where: QRect) -> None:
        theme = self.theme
        painter.fillRect(where, theme.color("surface"))
        painter.save()
        painter.setClipRect(QRectF(GUTTER, 0, self.width() - GUTTER, self.height() - 1))
        self.paint_strip(painter, where.left(), where.right() + 1)
        painter.restore()
        if where.left() < GUTTER:
            painter.fillRect(0, 0, GUTTER, self.height(), theme.color("window"))
            painter.setFont(letters(self.font(), 11))
            painter.setPen(theme.color("muted"))
            box = QRectF(10, 0, GUTTER, self.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, tr(self.name))
        painter.setPen(theme.color("line"))
        painter.drawLine(0, self.height() - 1, self.width(), self.height() - 1)

    def paint_strip(self, painter: QPainter, left: int, right: int) -> None:
        """Draw what lies between two pixels."""
        raise NotImplementedError


class Thumbnails(Strip):
    """Small pictures side by side, as wide as they are.

    Where they are few for the zoom, what lies between them repeats the nearest, faintly: it is no
    picture of that moment.
    """

    name, high = later("Thumbnails"), 46

    def __init__(self, axis: SharedAxis, parent: QWidget | None = None) -> None:
        super().__init__(axis, parent)
        self._times: list[float] = []
        self._pictures: list[QPixmap] = []

    def __len__(self) -> int:
        return len(self._times)

    def clear(self) -> None:
        """Forget the pictures."""
        self._times, self._pictures = [], []
        self.show_if(False)

    def add(self, thumbnail: Thumbnail) -> None:
        """Show one more picture."""
        pixels = thumbnail.picture
        height, width, _ = pixels.shape
        image = QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
        ratio = self.devicePixelRatioF()
        tall = round((self.high - 1) * ratio)
        image = image.scaledToHeight(tall, Qt.TransformationMode.SmoothTransformation)
        picture = QPixmap.fromImage(image)
        picture.setDevicePixelRatio(ratio)
        place = bisect.bisect_left(self._times, thumbnail.time)
        self._times.insert(place, thumbnail.time)
        self._pictures.insert(place, picture)
        self.show_if(True)
        self.update()

    def shown(self) -> list[tuple[float, QPixmap, bool]]:
        """Pixel of the left edge and picture of what is drawn, from left to right.

        And whether its frame begins within the seconds that it covers. They lie fixed in time, so
        that panning does not exchange them.
        """
        if not self._times:
            return []
        axis = self.axis
        span = self._pictures[0].deviceIndependentSize().width() / axis.scale
        found = []
        for slot in range(int(axis.start // span), int(axis.end // span) + 1):
            time = slot * span
            after = bisect.bisect_left(self._times, time)
            own = after < len(self._times) and self._times[after] < time + span
            around = [i for i in (after, after - 1) if 0 <= i < len(self._times)]
            nearest = min(around, key=lambda i: abs(self._times[i] - time - span / 2))
            found.append((float(axis.x(time)), self._pictures[after if own else nearest], own))
        return found

    def paint_strip(self, painter: QPainter, left: int, right: int) -> None:
        axis, edge = self.axis, self.theme.color("surface")
        first = max(axis.x(axis.low), GUTTER)
        video = QRectF(first, 0, axis.x(axis.high) - first, self.height() - 1)
        painter.setClipRect(video, Qt.ClipOperation.IntersectClip)
        for x, picture, own in self.shown():
            size = picture.deviceIndependentSize()
            if x < right and x + size.width() > left:
                painter.setOpacity(1.0 if own else REPEATED)
                painter.drawPixmap(round(x), 0, picture)
                painter.fillRect(QRectF(round(x) - 1, 0, 1, size.height()), edge)
        painter.setOpacity(1.0)


class WaveformStrip(Strip):
    """The least and greatest sample of every pixel column."""

    name = later("Sound")

    def __init__(self, axis: SharedAxis, parent: QWidget | None = None) -> None:
        super().__init__(axis, parent)
        self.waveform: Waveform | None = None

    def set_waveform(self, waveform: Waveform | None) -> None:
        """Show another waveform; None: there is no sound."""
        self.waveform = waveform
        self.show_if(waveform is not None)
        self.update()

    def paint_strip(self, painter: QPainter, left: int, right: int) -> None:
        left = max(left, GUTTER)
        if self.waveform is None or right <= left:
            return
        axis = self.axis
        columns = self.waveform.columns(axis.time(left), axis.time(right), right - left)
        middle, half = (self.height() - 1) / 2, (self.height() - 1) / 2 - 3
        painter.setPen(self.theme.color("line"))
        painter.drawLine(QLineF(left, middle, right, middle))
        known = np.flatnonzero(~np.isnan(columns[:, 0]))
        tops = (middle - half * columns[known, 1] - 0.5).tolist()
        bottoms = (middle - half * columns[known, 0] + 0.5).tolist()
        painter.setPen(self.theme.color("accent", 0.8))
        places = zip((known + left).tolist(), tops, bottoms, strict=True)
        painter.drawLines([QLineF(x + 0.5, top, x + 0.5, bottom) for x, top, bottom in places])
