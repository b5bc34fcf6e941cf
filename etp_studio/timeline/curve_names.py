"""The gutter of the curves: their scale, and the names of what is drawn."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter

from etp_studio.texts import tr
from etp_studio.theme import faded
from etp_studio.timeline.axis import GUTTER

if TYPE_CHECKING:
    from etp_studio.timeline.curves import Curves

ROW = 14  # pixels of a name
_TOP = 5  # pixels above the first
_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
_RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight


def row_at(curves: "Curves", y: float) -> int | None:
    """The row of the scores whose name lies at a height; the last of many is "more"."""
    rows = _named(curves)
    place = int((y - _TOP) // ROW)
    return rows[place] if 0 <= place < len(rows) else None


def stands_for_more(curves: "Curves", row: int) -> bool:
    """Whether the name of a row stands for all that have no room, too."""
    rows = _named(curves)
    return len(curves.shown) > len(rows) and row == rows[-1]


def paint(painter: QPainter, curves: "Curves") -> None:
    """Draw the gutter."""
    painter.fillRect(curves.rect(), curves.theme.color("window"))
    font = QFont(curves.font())
    font.setPixelSize(10)
    painter.setFont(font)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(curves.theme.color("muted"))
    for score, text in ((1.0, "1"), (0.5, ".5"), (0.0, "0")):
        top = min(max(curves.y(score) - 7, 0), curves.height() - 14)
        painter.drawText(QRectF(GUTTER - 26, top, 20, 14), _RIGHT, text)
    _names(painter, curves, QFontMetricsF(font))


def _named(curves: "Curves") -> list[int]:
    """The rows that have a name, from the top."""
    rows = curves.shown if len(curves.data.times) else []
    return rows[: max(int((curves.height() - 6) // ROW), 1)]


def _names(painter: QPainter, curves: "Curves", metrics: QFontMetricsF) -> None:
    theme, rows = curves.theme, _named(curves)
    bold = curves.emphasis | curves.chosen
    for place, row in enumerate(rows):
        top = _TOP + place * ROW
        more = stands_for_more(curves, row)
        left_out = len(curves.shown) - len(rows) + 1
        name = tr("%n more", "", left_out) if more else curves.name(row)
        forward = not bold or name in bold
        if not more:
            swatch = QRectF(10, top + 5.5, 10, 3)
            painter.fillRect(swatch, faded(curves.hue(row), 1.0 if forward else 0.5))
        painter.setPen(theme.color("text" if forward and not more else "muted"))
        text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, GUTTER - 54)
        painter.drawText(QRectF(26, top, GUTTER - 52, ROW), Qt.AlignmentFlag.AlignVCenter, text)
    if not rows:
        painter.setPen(theme.color("muted"))
        painter.drawText(
            QRectF(10, _TOP, GUTTER - 40, ROW), Qt.AlignmentFlag.AlignLeft, tr("Curves")
        )
