"""Ghost boundaries: what is in hand, hovered or selected, as lines over curves and rulers."""

from PySide6.QtCore import Qt

from etp_studio.timeline.curves import Mark
from etp_studio.timeline.lanes import Lanes
from etp_studio.timeline.scene import TRUTH

_STYLES = (Qt.PenStyle.DotLine, Qt.PenStyle.DashLine, Qt.PenStyle.SolidLine)


def ghosts(lanes: Lanes) -> tuple[list[Mark], frozenset[str]]:
    """The lines, and the names of the classes that they belong to.

    A boundary that is dragged; else those of the hovered or chosen proposal at each of its stages,
    dotted, dashed and solid; else those of the selected segment.
    """
    theme, scene = lanes.theme, lanes.scene
    if lanes.draft is not None:
        style = _STYLES[2 if lanes.draft.source is not None else 1]
        return [Mark(lanes.draft.boundary, theme.color("accent"), style)], frozenset()
    hovered = lanes.hovered if lanes.hovered and lanes.hovered[0] != TRUTH else None
    marks: list[Mark] = []
    if (shown := hovered or lanes.chain) is not None:
        for lane, bar in enumerate(scene.path(*shown)):
            if bar >= 0:
                bars = scene.lanes[lane]
                for time in (bars.start[bar], bars.end[bar]):
                    marks.append(Mark(float(time), theme.color("muted"), _STYLES[lane]))
        return marks, frozenset({scene.names[int(scene.lanes[shown[0]].hue[shown[1]])]})
    if lanes.selected is not None and (bar := lanes.bar_of(lanes.selected)) >= 0:
        truth = scene.truth
        for time in (truth.start[bar], truth.end[bar]):
            marks.append(Mark(float(time), theme.color("muted"), _STYLES[2]))
        return marks, frozenset({scene.names[int(truth.hue[bar])]})
    return marks, frozenset()
