"""Segments on the clipboard: copied with their labels, pasted into this video or another one.

They are tab-separated text under a line of column names, so that a spreadsheet takes and gives
them too.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from etp_core.project import AddSegment, StoredSegment
from etp_core.timeline import cut_at

_COLUMNS = ("label", "start_s", "end_s", "unsure")


@dataclass(frozen=True)
class Copied:
    """A copied segment, [start, end) in seconds since the first frame of its video."""

    label: str
    start: float
    end: float
    unsure: bool = False


def copy(segments: Sequence[StoredSegment], names: Mapping[int, str], first: float) -> str:
    """Segments as text; names: labels by id; first: first time stamp of their video, in seconds."""
    rows = [
        (names[s.label_id], repr(s.start - first), repr(s.end - first), str(int(s.unsure)))
        for s in segments
    ]
    return "\n".join("\t".join(row) for row in (_COLUMNS, *rows))


def copied(text: str) -> list[Copied]:
    """What `copy` wrote, by start; nothing if the clipboard holds something else."""
    lines = text.splitlines()
    if not lines or tuple(lines[0].split("\t")) != _COLUMNS:
        return []
    try:
        found = [
            Copied(label, float(start), float(end), unsure == "1")
            for label, start, end, unsure in (line.split("\t") for line in lines[1:])
        ]
    except ValueError:
        return []
    times = [time for segment in found for time in (segment.start, segment.end)]
    return sorted(found, key=lambda s: s.start) if all(map(math.isfinite, times)) else []


def paste(
    segments: Sequence[Copied],
    video_id: int,
    cuts: NDArray[np.float64],
    at: float | None,
) -> list[AddSegment]:
    """The edits that put copied segments into a video, on its cuts (n + 1,) in seconds.

    at: where the first one begins, in seconds; None: all at the times that they had since the
    first frame. What does not lie in the video as a whole is left out.
    """
    if not segments:
        return []
    shift = float(cuts[0]) if at is None else at - segments[0].start
    slack = float(np.diff(cuts).max())  # recordings of one event differ by a frame
    edits = []
    for segment in segments:
        start, end = segment.start + shift, segment.end + shift
        inside = cuts[0] - slack <= start and end <= cuts[-1] + slack
        first, last = cut_at(cuts, start), cut_at(cuts, end)
        if inside and first < last:
            edits.append(
                AddSegment(
                    video_id,
                    segment.label,
                    float(cuts[first]),
                    float(cuts[last]),
                    unsure=segment.unsure,
                )
            )
    return edits
