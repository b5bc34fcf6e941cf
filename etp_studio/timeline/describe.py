"""What the timeline says in words: the chip of a proposal, tooltips, why something was dropped."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from etp_core.evolution import Evolution, Reason
from etp_core.project import StoredSegment
from etp_core.timeline import cut_at
from etp_studio.texts import later, tr
from etp_studio.timeline.bars import Bars, pair_tiou
from etp_studio.timeline.scene import Scene
from etp_studio.timeline.ticks import clock

NAMES = {
    "actionness": later("Actionness"),
    "refinement": later("Refinement"),
    "localization": later("Localization"),
    "ground_truth": later("Ground truth"),
}
ARROW = " → "


def short(score: float) -> str:
    """A score or tIoU in two digits: .83, 1.00."""
    return f"{score:.2f}".removeprefix("0") if 0 <= score < 0.995 else f"{score:.2f}"


def signed(frames: int) -> str:
    """A number of frames with its sign: −12f, +3f, 0f."""
    return f"{'−' if frames < 0 else '+' if frames > 0 else ''}{abs(frames)}f"


def chip(scene: Scene, lane: int, bar: int, cuts: NDArray[np.float64]) -> str:
    """How a proposal evolved: frames from the matched truth at each stage, and its tIoU.

    For example `start −12f → −4f → −1f · end +30f → +8f → +2f · tIoU .41 → .68 → .83`. Without a
    match it says so and gives the boundaries of the result.
    """
    path = [(scene.lanes[k], b) for k, b in enumerate(scene.path(lane, bar)) if b >= 0]
    match = int(scene.lanes[lane].match[bar])
    if match < 0:
        bars, last = path[-1]
        span = f"{clock(bars.start[last])}–{clock(bars.end[last])}"
        return tr("{} · no ground truth overlaps by .3").format(span)
    truth = scene.truth
    start, end = truth.start[match], truth.end[match]
    first, last = cut_at(cuts, start), cut_at(cuts, end)
    starts = [signed(cut_at(cuts, bars.start[b]) - first) for bars, b in path]
    ends = [signed(cut_at(cuts, bars.end[b]) - last) for bars, b in path]
    overlaps = [short(_tiou(bars, b, start, end)) for bars, b in path]
    return tr("start {} · end {} · tIoU {}").format(*map(ARROW.join, (starts, ends, overlaps)))


def dropped(evolution: Evolution, name: str, row: int) -> str:
    """Why a proposal of a stage did not go on, in words."""
    stage = evolution.stage(name)
    reason = Reason(int(stage.reasons[row]))
    by = int(stage.suppressed_by[row])
    if reason is Reason.NMS and by >= 0:
        start, end = stage.segments[by]
        text = tr("overlaps a better one, {}–{} ({})")
        return text.format(clock(start), clock(end), short(stage.scores[by]))
    return tr(_WHY[reason])


_WHY = {
    Reason.KEPT: later("it went on"),
    Reason.LENGTH: later("shorter or longer than allowed"),
    Reason.NMS: later("overlaps a better one"),
    Reason.BACKGROUND: later("the Localization Network calls it background"),
    Reason.COMPLETENESS: later("not a complete action"),
    Reason.EMPTY: later("nothing is left of it after regression"),
}


def segment(stored: StoredSegment, name: str, cuts: NDArray[np.float64]) -> str:
    """A ground truth segment in one line: label, times, length, where it came from."""
    frames = cut_at(cuts, stored.end) - cut_at(cuts, stored.start)
    parts = (
        f"{name or tr('no label')}  {clock(stored.start)}–{clock(stored.end)}",
        tr("%n frame(s)", "", frames),
        stored.source,
        stored.annotator,
        tr("unsure") if stored.unsure else "",
    )
    return " · ".join(part for part in parts if part)


def spoken(
    segments: Sequence[StoredSegment], chosen: int | None, name_of: Callable[[int], str]
) -> str:
    """The ground truth lane for a screen reader."""
    stored = next((s for s in segments if s.id == chosen), None) if chosen is not None else None
    if stored is not None:
        return tr("Segment {} of {}: {}, from {} to {}").format(
            1 + sum(s.start < stored.start for s in segments),
            len(segments),
            name_of(stored.label_id),
            clock(stored.start),
            clock(stored.end),
        )
    return tr("%n ground truth segment(s), none selected", "", len(segments))


def _tiou(bars: Bars, bar: int, start: float, end: float) -> float:
    one = slice(bar, bar + 1)
    return float(pair_tiou(bars.start[one], bars.end[one], np.array([start]), np.array([end]))[0])
