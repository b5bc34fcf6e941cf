"""What lies over the still picture of the lanes: hover, selection, draft, chip; and the gutter."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from etp_core.evolution import Reason
from etp_core.timeline import cut_at
from etp_studio.actions import Action, way_to
from etp_studio.editing.snap import Source
from etp_studio.texts import later, tr
from etp_studio.theme import Theme, faded
from etp_studio.timeline import describe
from etp_studio.timeline.axis import GUTTER
from etp_studio.timeline.letters import growth, letters
from etp_studio.timeline.scene import LANES, TRUTH
from etp_studio.timeline.ticks import clock

if TYPE_CHECKING:
    from etp_studio.timeline.lanes_picture import LanesPicture

_ATTRACTED = {
    Source.PLAYHEAD: later("playhead"),
    Source.TRUTH: later("segment"),
    Source.STAGE: later("proposal"),
    Source.CROSSING: later("threshold"),
}
_RIGHT = Qt.TextElideMode.ElideRight
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


def gutter(painter: QPainter, lanes: "LanesPicture", dense: tuple[bool, ...]) -> None:
    """Names of the lanes, and how many bars each shows; of `dense` ones, that they are heat."""
    theme = lanes.theme
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillRect(QRectF(0, 0, GUTTER, lanes.height()), theme.color("window"))
    large = growth(lanes.font())
    for index, band in enumerate(lanes.bands):
        middle = (band.top + band.bottom) / 2
        bars = lanes.scene.lanes[index]
        two = band.bottom - band.top >= 20 * large
        font = letters(lanes.font(), 12, bold=index == TRUTH)
        painter.setFont(font)
        painter.setPen(theme.color("text"))
        top = middle - (15 if two else 8) * large
        name = tr(describe.NAMES[LANES[index]])
        painter.drawText(QRectF(10, top, GUTTER - 14, 16 * large), _LEFT, name)
        if two:
            painter.setFont(letters(lanes.font(), 10))
            painter.setPen(theme.color("muted"))
            text = _count(index, int((bars.reason == Reason.KEPT).sum()), len(bars))
            if index == lanes.scene.leaf and lanes.scene.held_back:
                kept = len(bars) + lanes.scene.held_back
                few = tr("{} of {}").format(len(bars), kept)
                text = tr("{} as heat") if dense[index] else tr("{} · {}: all")
                text = text.format(few, way_to(Action.show_all))
            elif dense[index]:
                text = tr("{} as heat").format(len(bars))
            text = QFontMetricsF(painter.font()).elidedText(text, _RIGHT, GUTTER - 16)
            painter.drawText(QRectF(10, middle, GUTTER - 14, 14 * large), _LEFT, text)
    painter.setPen(theme.color("line"))
    painter.drawLine(QLineF(GUTTER - 0.5, 0, GUTTER - 0.5, lanes.height()))


def _count(lane: int, kept: int, shown: int) -> str:
    if kept != shown:
        return tr("{} kept · {} dropped").format(kept, shown - kept)
    if lane == TRUTH:
        return tr("%n segment(s)", "", kept)
    if lane == TRUTH - 1:
        return tr("%n detection(s)", "", kept)
    return tr("%n proposal(s)", "", kept)


def hover(painter: QPainter, lanes: "LanesPicture") -> None:
    """Outline the bar under the pointer."""
    if lanes.hovered is None or lanes.draft is not None:
        return
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(lanes.theme.color("text", 0.75), 1.2))
    painter.drawRoundedRect(lanes.box(*lanes.hovered).adjusted(-1, -1, 1, 1), 2.5, 2.5)


def focus(painter: QPainter, lanes: "LanesPicture") -> None:
    """A line along the gutter while the lanes have the keyboard."""
    if lanes.keyboard:
        painter.fillRect(QRectF(GUTTER - 2, 0, 2, lanes.height()), lanes.theme.color("accent"))


def begun(painter: QPainter, lanes: "LanesPicture") -> None:
    """The segments that were begun, from their starts to the playhead, one below the other."""
    band, playhead = lanes.bands[TRUTH], lanes.playhead
    for row, (label, start) in enumerate(lanes.begun):
        x = lanes.axis.x(start)
        end = x if playhead is None else max(lanes.axis.x(playhead), x)
        color = _color(lanes, lanes.label if label is None else label)
        high = band.bar / len(lanes.begun)
        box = QRectF(x, band.row_top(0) + row * high, max(end - x, 1.0), high)
        painter.fillRect(box, faded(color, 0.3))
        painter.setPen(QPen(color, 1.5, Qt.PenStyle.DashLine))
        painter.drawLine(box.topLeft(), box.topRight())
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        painter.setPen(QPen(color, 2.5))
        painter.drawLine(QLineF(x, band.top - 4, x, band.bottom))


def selection(painter: QPainter, lanes: "LanesPicture") -> None:
    """Ring and handles of the selected ground truth segment; ring of the chosen proposal."""
    theme = lanes.theme
    if lanes.chain is not None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.color("text"), 1.4))
        painter.drawRoundedRect(lanes.box(*lanes.chain).adjusted(-1.5, -1.5, 1.5, 1.5), 3, 3)
    if lanes.selected is None or lanes.draft is not None:
        return
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(theme.color("text"), 1.4))
    for box in lanes.also_boxes():
        painter.drawRoundedRect(box.adjusted(-1.5, -1.5, 1.5, 1.5), 3, 3)
    bar = lanes.bar_of(lanes.selected)
    if bar >= 0:
        _ring(painter, lanes.box(TRUTH, bar), theme)


def draft(painter: QPainter, lanes: "LanesPicture") -> None:
    """The segment under the hand, a line at its moving boundary, and where that is."""
    held = lanes.draft
    if held is None:
        return
    theme, axis, band = lanes.theme, lanes.axis, lanes.bands[TRUTH]
    bar = lanes.bar_of(held.segment) if held.segment is not None else -1
    sub = int(lanes.scene.truth.sub[bar]) if bar >= 0 else 0
    left, right = axis.x(held.start), axis.x(held.end)
    box = QRectF(left, band.row_top(sub), max(right - left, 1.0), band.bar)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(faded(_label_color(lanes, bar), 0.8))
    painter.drawRect(box)
    _ring(painter, box, theme)
    x = axis.x(held.boundary)
    style = Qt.PenStyle.DashLine if held.source is None else Qt.PenStyle.SolidLine
    painter.setPen(QPen(theme.color("accent"), 1.3, style))
    painter.drawLine(QLineF(x, 0, x, lanes.height()))
    if held.source is not None:
        painter.setBrush(theme.color("accent"))
        diamond = [QPointF(x, 1), QPointF(x + 4, 5), QPointF(x, 9), QPointF(x - 4, 5)]
        painter.drawPolygon(QPolygonF(diamond))
    frame = tr("frame {}").format(cut_at(held.cuts, held.boundary))
    text = f"{clock(held.boundary)} · {frame}"
    if held.origin is not None:
        before = held.origin[0 if held.boundary == held.start else 1]
        moved = cut_at(held.cuts, held.boundary) - cut_at(held.cuts, before)
        text += f" · {describe.signed(moved)}"
    else:
        frames = cut_at(held.cuts, held.end) - cut_at(held.cuts, held.start)
        text += " · " + tr("%n frame(s)", "", frames)
    if held.source is not None:
        text += " · " + tr("at {}").format(tr(_ATTRACTED[held.source]))
    _chip(painter, lanes, text, x + 8, band.top - 4, above=True)


def chip(painter: QPainter, lanes: "LanesPicture") -> None:
    """How the hovered proposal evolved, else the chosen one, or what the hovered segment is."""
    shown = lanes.hovered or lanes.chain
    if shown is None or lanes.draft is not None:
        return
    box = lanes.box(*shown)
    if box.right() < GUTTER or box.left() > lanes.width():
        return
    band = lanes.bands[shown[0]]
    above = shown[0] == TRUTH
    y = band.top - 3 if above else band.bottom + 3
    _chip(painter, lanes, chip_text(lanes, *shown), box.left(), y, above)


def chip_text(lanes: "LanesPicture", lane: int, bar: int) -> str:
    """What the chip says of a bar."""
    if lane == TRUTH:
        stored = lanes.truth[int(lanes.scene.truth.row[bar])]
        name = next((label.name for label in lanes.labels if label.id == stored.label_id), "")
        return describe.segment(stored, name, lanes.cuts)
    bars = lanes.scene.lanes[lane]
    name = lanes.scene.names[int(bars.hue[bar])]
    text = " · ".join(filter(None, (name, describe.chip(lanes.scene, lane, bar, lanes.cuts))))
    if lanes.evolution is not None and bars.reason[bar] != Reason.KEPT:
        why = describe.dropped(lanes.evolution, LANES[lane], int(bars.row[bar]))
        text += " · " + tr("dropped: {}").format(why)
    return text


def _chip(
    painter: QPainter, lanes: "LanesPicture", text: str, x: float, y: float, above: bool = False
) -> None:
    theme, font = lanes.theme, letters(lanes.font(), 11)
    metrics = QFontMetricsF(font)
    lines = broken(text, metrics, lanes.width() - GUTTER - 26)
    width = max(map(metrics.horizontalAdvance, lines)) + 18
    high = metrics.height() * len(lines) + 6
    y = y - high if above else y
    x = min(max(x, GUTTER + 4), max(lanes.width() - width - 4, GUTTER + 4))
    box = QRectF(x, min(max(y, 2), lanes.height() - high - 2), width, high)
    painter.setPen(QPen(theme.color("line"), 1))
    painter.setBrush(theme.color("raised", 0.97))
    painter.drawRoundedRect(box, 4, 4)
    painter.setFont(font)
    painter.setPen(theme.color("text"))
    painter.drawText(box.adjusted(9, 3, -9, -3), Qt.AlignmentFlag.AlignLeft, "\n".join(lines))


def broken(text: str, metrics: QFontMetricsF, room: float) -> list[str]:
    """The text in lines that fit into so many pixels, broken between its parts."""
    first, *parts = text.split(" · ")
    lines = [first]
    for part in parts:
        longer = f"{lines[-1]} · {part}"
        if metrics.horizontalAdvance(longer) <= room:
            lines[-1] = longer
        else:
            lines.append(part)
    return lines


def _ring(painter: QPainter, box: QRectF, theme: Theme) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(theme.color("surface"), 3.4))
    painter.drawRoundedRect(box.adjusted(-0.5, -0.5, 0.5, 0.5), 3, 3)
    painter.setPen(QPen(theme.color("text"), 1.8))
    painter.drawRoundedRect(box.adjusted(-1, -1, 1, 1), 3, 3)
    if box.width() >= 22 and box.height() >= 15:
        painter.setPen(QPen(theme.color("text", 0.9), 1.6))
        for x in (box.left() + 3.5, box.right() - 3.5):
            painter.drawLine(QLineF(x, box.top() + 5, x, box.bottom() - 5))


def _label_color(lanes: "LanesPicture", bar: int) -> QColor:
    if bar >= 0:
        name = lanes.scene.hues[int(lanes.scene.truth.hue[bar])]
        return lanes.theme.shown(name) if name else lanes.theme.color("neutral")
    return _color(lanes, lanes.label)


def _color(lanes: "LanesPicture", label_id: int | None) -> QColor:
    name = next((label.color for label in lanes.labels if label.id == label_id), "")
    return lanes.theme.shown(name) if name else lanes.theme.color("neutral")
