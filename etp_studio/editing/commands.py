"""What the keys do to a segment, as edits: each builder returns one, or a reason why not.

Boundaries that are set lie on cuts between frames; a boundary that is not touched keeps its exact
seconds. cuts (n + 1,) are the sorted seconds of a video's cuts (VideoReader.cuts).
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from etp_core.project import (
    AddSegment,
    Batch,
    DeleteSegment,
    Edit,
    MarkUnsure,
    MoveSegment,
    RelabelSegment,
    StoredSegment,
)
from etp_core.timeline import cut_at
from etp_studio.editing.draft import HAIR, first_cut_after, last_cut_before
from etp_studio.later import later

Cuts = NDArray[np.float64]
Edge = Literal["start", "end"]


class Outcome(NamedTuple):
    """An edit, or None and one line that says why there is nothing to do."""

    edit: Edit | None
    reason: str = ""


def set_start(segment: StoredSegment, time: float, cuts: Cuts) -> Outcome:
    """Begin the segment at the cut nearest to `time` seconds: that frame is the first one in."""
    return _place(segment, "start", cut_at(cuts, time), cuts)


def set_end(segment: StoredSegment, time: float, cuts: Cuts) -> Outcome:
    """End the segment at the cut nearest to `time` seconds: that frame is the first one out."""
    return _place(segment, "end", cut_at(cuts, time), cuts)


def nudge(segment: StoredSegment, edge: Edge, frames: int, cuts: Cuts) -> Outcome:
    """Move one boundary by `frames` (negative: earlier); at the ends of the video it stops.

    A boundary that lies between two cuts moves to the next one in that direction first.
    """
    time = segment.start if edge == "start" else segment.end
    if frames > 0:
        cut = int(np.searchsorted(cuts, time + HAIR, side="right")) - 1 + frames
    else:
        cut = int(np.searchsorted(cuts, time - HAIR, side="left")) + frames
    cut = min(max(cut, 0), len(cuts) - 1)
    if cuts[cut] == time:
        return Outcome(None, later("The boundary is at the end of the video already."))
    return _place(segment, edge, cut, cuts)


def split(segment: StoredSegment, time: float, cuts: Cuts) -> Outcome:
    """Cut the segment in two at the cut nearest to `time` seconds; both keep label and source."""
    at = float(cuts[cut_at(cuts, time)])
    if not segment.start < at < segment.end:
        return Outcome(None, later("Move the playhead into the segment to split it there."))
    first = MoveSegment(segment.id, segment.start, at)
    second = AddSegment(
        segment.video_id, segment.label_id, at, segment.end, segment.source, segment.annotator
    )
    return Outcome(Batch((first, second), "Split segment"))


def merge(segment: StoredSegment, segments: Sequence[StoredSegment]) -> Outcome:
    """Join the segment with the next one of its label and annotator, and what lies between them."""
    following = [
        other
        for other in segments
        if (other.label_id, other.annotator) == (segment.label_id, segment.annotator)
        and other.id != segment.id
        and (other.start, other.id) > (segment.start, segment.id)
    ]
    if not following:
        return Outcome(None, later("No later segment of this label and annotator to merge with."))
    other = min(following, key=lambda s: (s.start, s.id))
    end = max(segment.end, other.end)
    edits: tuple[Edit, ...] = (DeleteSegment(other.id),)
    if end != segment.end:
        edits += (MoveSegment(segment.id, segment.start, end),)
    return Outcome(Batch(edits, "Merge segments"))


def delete(segment: StoredSegment) -> Outcome:
    """Delete the segment."""
    return Outcome(DeleteSegment(segment.id))


def toggle_unsure(segment: StoredSegment) -> Outcome:
    """Note that somebody is unsure of the segment, or no longer is."""
    return Outcome(MarkUnsure(segment.id, not segment.unsure))


def relabel(segment: StoredSegment, label_id: int) -> Outcome:
    """Give the segment another label."""
    if label_id == segment.label_id:
        return Outcome(None, later("The segment has this label already."))
    return Outcome(RelabelSegment(segment.id, label_id))


def duplicate(segment: StoredSegment, cuts: Cuts) -> Outcome:
    """Draw a segment of the same label and number of frames directly behind this one."""
    first, last = cut_at(cuts, segment.start), cut_at(cuts, segment.end)
    end = last + max(last - first, 1)
    if end > len(cuts) - 1:
        return Outcome(None, later("There is no room behind the segment for a copy."))
    copy = AddSegment(
        segment.video_id, segment.label_id, float(cuts[last]), float(cuts[end]), source="drawn"
    )
    return Outcome(copy)


def _place(segment: StoredSegment, edge: Edge, cut: int, cuts: Cuts) -> Outcome:
    time = float(cuts[cut])
    if edge == "start":
        if cut > last_cut_before(cuts, segment.end):
            return Outcome(None, later("The start must lie at least one frame before the end."))
        edit = MoveSegment(segment.id, time, segment.end)
    else:
        if cut < first_cut_after(cuts, segment.start):
            return Outcome(None, later("The end must lie at least one frame after the start."))
        edit = MoveSegment(segment.id, segment.start, time)
    if (edit.start, edit.end) == (segment.start, segment.end):
        there = {
            "start": later("The start is there already."),
            "end": later("The end is there already."),
        }
        return Outcome(None, there[edge])
    return Outcome(edit)
