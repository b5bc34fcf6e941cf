"""The gutter of the curves: their scale, and the names of what is drawn."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter

from etp_studio.texts import tr
from etp_studio.theme import faded
from etp_studio.timeline.axis import GUTTER
from etp_studio.timeline.letters import growth, letters

if TYPE_CHECKING:
    from etp_studio.timeline.curves import Curves

ROW = 14  # pixels of a name in usual letters
_TOP = 5  # pixels above the first
_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
_RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight


def row_at(curves: "Curves", y: float) -> int | None:
    """The row of the scores whose name lies at a height; the last of many is "more"."""
    rows = _named(curves)
    place = int((y - _TOP) // _pitch(curves))
    return rows[place] if 0 <= place < len(rows) else None


def stands_for_more(curves: "Curves", row: int) -> bool:
    """Whether the name of a row stands for all that have no room, too."""
    rows = _named(curves)
    return len(curves.shown) > len(rows) and row == rows[-1]


def paint(painter: QPainter, curves: "Curves") -> None:
    """Draw the gutter."""
    painter.fillRect(curves.rect(), curves.theme.color("window"))
    font, high = letters(curves.font(), 10), _pitch(curves)
    painter.setFont(font)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(curves.theme.color("muted"))
    for score, text in ((1.0, "1"), (0.5, ".5"), (0.0, "0")):
        top = min(max(curves.y(score) - high / 2, 0), curves.height() - high)
        painter.drawText(QRectF(GUTTER - 26, top, 20, high), _RIGHT, text)
    _names(painter, curves, QFontMetricsF(font))


def _pitch(curves: "Curves") -> float:
    """Pixels from name to name."""
    return ROW * growth(curves.font())


def _named(curves: "Curves") -> list[int]:
    """The rows that have a name, from the top."""
    rows = curves.shown if len(curves.data.times) else []
    return rows[: max(int((curves.height() - 6) // _pitch(curves)), 1)]


def _names(painter: QPainter, curves: "Curves", metrics: QFontMetricsF) -> None:
    theme, rows = curves.theme, _named(curves)
    bold, high = curves.emphasis | curves.chosen, _pitch(curves)
    for place, row in enumerate(rows):
        top = _TOP + place * high
        more = stands_for_more(curves, row)
        left_out = len(curves.shown) - len(rows) + 1
        name = tr("%n more", "", left_out) if more else curves.name(row)
        forward = not bold or name in bold
        if not more:
            swatch = QRectF(10, top + high / 2 - 1.5, 10, 3)
            painter.fillRect(swatch, faded(curves.hue(row), 1.0 if forward else 0.5))
        painter.setPen(theme.color("text" if forward and not more else "muted"))
        text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, GUTTER - 54)
        painter.drawText(QRectF(26, top, GUTTER - 52, high), Qt.AlignmentFlag.AlignVCenter, text)
    if not rows:
        painter.setPen(theme.color("muted"))
        painter.drawText(
            QRectF(10, _TOP, GUTTER - 40, high), Qt.AlignmentFlag.AlignLeft, tr("Curves")
        )
