"""How well two sets of segments agree: two annotators, or detections and ground truth.

Segments of one video and label are matched one to one, the pair of highest tIoU first. Cohen's
kappa compares every frame: its category is the set of labels that lie on it (none: background).
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from etp_core.annotations import Annotations, Segment
from etp_core.errors import InputError
from etp_core.evaluation.arrays import or_none
from etp_core.evaluation.matching import overlapping
from etp_core.timeline import Floats, Ints
from etp_core.words import counted

AGREEMENT_TIOUS = (0.3, 0.5, 0.7, 0.9)
_Sets = tuple[frozenset[str], frozenset[str]]


@dataclass(frozen=True)
class Agreement:
    """How two sets of segments agree, `first` being taken for the truth where it matters.

    counts: segments of each; matched (T,) pairs at each tIoU threshold; differences (P, 2):
    seconds by which starts and ends of the second lie later, of the pairs at `difference_tiou`, and
    in frames where they are known (NaN elsewhere). kappa per frame over all labels, kappas by
    label; NaN where both have one and the same category everywhere. notes: what does not match up.
    """

    first: str
    second: str
    tious: tuple[float, ...]
    counts: tuple[int, int]
    matched: tuple[int, ...]
    difference_tiou: float
    differences: Floats
    frame_differences: Floats
    kappa: float
    kappas: dict[str, float]
    videos: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def precision(self) -> tuple[float, ...]:
        """Share of the second's segments that have a partner, at each threshold."""
        return tuple(_share(n, self.counts[1]) for n in self.matched)

    @property
    def recall(self) -> tuple[float, ...]:
        """Share of the first's segments that have a partner, at each threshold."""
        return tuple(_share(n, self.counts[0]) for n in self.matched)

    @property
    def f1(self) -> tuple[float, ...]:
        """F1 at each threshold: the same whoever is first."""
        return tuple(_share(2 * n, sum(self.counts)) for n in self.matched)

    def as_dict(self) -> dict[str, Any]:
        """Rates in percent by threshold, differences in seconds and frames (None: unknown)."""
        keys = [f"{level:g}" for level in self.tious]
        rates = {"precision": self.precision, "recall": self.recall, "F1": self.f1}
        return {
            "first": self.first,
            "second": self.second,
            "segments": list(self.counts),
            "videos": len(self.videos),
            **{
                name: dict(zip(keys, (100 * rate for rate in values), strict=True))
                for name, values in rates.items()
            },
            "boundaries": {
                "tiou": self.difference_tiou,
                "pairs": len(self.differences),
                **_summary(self.differences, "s"),
                **_summary(self.frame_differences, "frames"),
            },
            "kappa": or_none(self.kappa),
            "kappa_by_label": {name: or_none(value) for name, value in self.kappas.items()},
            "notes": list(self.notes),
        }


def agreement(
    first: Annotations,
    second: Annotations,
    names: tuple[str, str] = ("A", "B"),
    tious: Sequence[float] = AGREEMENT_TIOUS,
    difference_tiou: float = 0.5,
    videos: Iterable[str] | None = None,
) -> Agreement:
    """Compare two sets of segments, on `videos` or else on those that both have.

    All segments given are compared, whatever their stage; choose before (`chosen`). Frames are
    those of the rows where all of a video have them, else at the video's frame rate; without either
    kappa weighs by time. Raises InputError if there is no common video, a segment is empty, or a
    threshold is not in (0, 1].
    """
    for level in (*tious, difference_tiou):
        if not 0 < level <= 1:
            raise InputError(f"a tIoU threshold must be more than 0 and at most 1, not {level:g}")
    mine, yours = first.by_video(), second.by_video()
    notes: list[str] = []
    if videos is None:
        common = sorted(mine.keys() & yours.keys())
        for name, extra in ((names[0], mine.keys() - yours.keys()), (
            names[1], yours.keys() - mine.keys()
        )):  # fmt: skip
            if extra:
                shown = ", ".join(sorted(extra)[:3]) + (", …" if len(extra) > 3 else "")
                notes.append(
                    f"left out: {counted(len(extra), 'video')} that only {name} has ({shown})"
                )
    else:
        common = sorted(videos)
    if not common:
        raise InputError(f"{names[0]} and {names[1]} have no video in common")
    a = [row for video in common for row in mine.get(video, [])]
    b = [row for video in common for row in yours.get(video, [])]
    for one, other, name in ((a, b, names[0]), (b, a, names[1])):
        only = sorted({row.label for row in one} - {row.label for row in other})
        if only:
            notes.append(f"labels that only {name} has: {', '.join(only)}")
    pairs, overlaps = _matched(a, b)
    close = [pair for pair, tiou in zip(pairs, overlaps, strict=True) if tiou >= difference_tiou]
    rates = {video: _rate(video, first, second) for video in common}
    total: Counter[_Sets] = Counter()
    for video in common:
        total.update(_frames(mine.get(video, []), yours.get(video, []), video, first, second))
    labels = sorted({label for pair in total for some in pair for label in some})
    return Agreement(
        first=names[0],
        second=names[1],
        tious=tuple(tious),
        counts=(len(a), len(b)),
        matched=tuple(int(np.count_nonzero(overlaps >= level)) for level in tious),
        difference_tiou=difference_tiou,
        differences=np.array(
            [(b[j].start - a[i].start, b[j].end - a[i].end) for i, j in close],
            dtype=np.float64,
        ).reshape(-1, 2),
        frame_differences=np.array(
            [_frame_difference(a[i], b[j], rates[a[i].video]) for i, j in close],
            dtype=np.float64,
        ).reshape(-1, 2),
        kappa=cohens_kappa(total),
        kappas={label: cohens_kappa(_only(total, label)) for label in labels},
        videos=tuple(common),
        notes=tuple(notes),
    )


def by_annotator(annotations: Annotations) -> dict[str, Annotations]:
    """The ground truth of each annotator (a segment's `reviewer`), over the videos they touched."""
    rows = [row for row in annotations.segments if row.stage == "ground_truth"]
    result: dict[str, Annotations] = {}
    for row in rows:
        mine = result.setdefault(row.reviewer, Annotations())
        mine.segments.append(row)
        if row.video in annotations.videos:
            mine.videos[row.video] = annotations.videos[row.video]
    return dict(sorted(result.items()))


def chosen(annotations: Annotations, min_score: float = -math.inf) -> Annotations:
    """What is compared of a file: its ground truth, or its detections if it has no ground truth.

    min_score: detections with a lower score are left out.
    """
    rows = [row for row in annotations.segments if row.stage == "ground_truth"]
    if not rows:
        rows = [row for row in annotations.segments if row.stage == "localization"]
    rows = [row for row in rows if row.score is None or row.score >= min_score]
    return replace(annotations, segments=rows)


def cohens_kappa(counts: "Counter[_Sets]") -> float:
    """Cohen's kappa of pairs of categories and their weights; NaN where chance agrees fully."""
    total = sum(counts.values())
    if total <= 0:
        return math.nan
    observed = sum(n for (a, b), n in counts.items() if a == b) / total
    left: Counter[frozenset[str]] = Counter()
    right: Counter[frozenset[str]] = Counter()
    for (a, b), n in counts.items():
        left[a] += n
        right[b] += n
    chance = sum(left[key] * right[key] for key in left) / total**2
    return (observed - chance) / (1 - chance) if chance < 1 - 1e-12 else math.nan


def _only(counts: "Counter[_Sets]", label: str) -> "Counter[_Sets]":
    only = frozenset([label])
    result: Counter[_Sets] = Counter()
    for (a, b), n in counts.items():
        result[a & only, b & only] += n
    return result


def _matched(a: list[Segment], b: list[Segment]) -> tuple[list[tuple[int, int]], Floats]:
    """One-to-one pairs of rows of one video and label, the highest tIoU first, and their tIoUs."""
    for row in (*a, *b):
        if not row.start < row.end:
            raise InputError(
                f"the segment {row.label!r} of {row.start:g} to {row.end:g} s in {row.video!r} is "
                "empty or reversed"
            )
    groups: dict[tuple[str, str], int] = {}
    near = overlapping(*_arrays(a, groups), *_arrays(b, groups))
    order = np.lexsort((near.b, near.a, -near.tiou))
    taken_a, taken_b = np.zeros(len(a), dtype=bool), np.zeros(len(b), dtype=bool)
    pairs, overlaps = [], []
    for n in order.tolist():
        i, j = int(near.a[n]), int(near.b[n])
        if not taken_a[i] and not taken_b[j]:
            taken_a[i] = taken_b[j] = True
            pairs.append((i, j))
            overlaps.append(near.tiou[n])
    return pairs, np.array(overlaps, dtype=np.float64)


def _arrays(rows: list[Segment], groups: dict[tuple[str, str], int]) -> tuple[Floats, Ints]:
    """Segments (N, 2) and the number of each one's video and label, (N,)."""
    segments = np.array([(row.start, row.end) for row in rows], dtype=np.float64)
    numbers = [groups.setdefault((row.video, row.label), len(groups)) for row in rows]
    return segments.reshape(-1, 2), np.array(numbers, dtype=np.int64)


def _rate(video: str, *sources: Annotations) -> float | None:
    entries = (source.videos.get(video) for source in sources)
    return next((entry.fps for entry in entries if entry and entry.fps), None)


def _frame_difference(a: Segment, b: Segment, rate: float | None) -> tuple[float, float]:
    if None not in (a.start_frame, a.end_frame, b.start_frame, b.end_frame):
        return float(b.start_frame - a.start_frame), float(b.end_frame - a.end_frame)  # type: ignore[operator]
    if rate:
        return (b.start - a.start) * rate, (b.end - a.end) * rate
    return math.nan, math.nan


def _frames(
    mine: list[Segment], yours: list[Segment], video: str, first: Annotations, second: Annotations
) -> "Counter[_Sets]":
    """Frames (or seconds) of one video by the sets of labels that the two give them."""
    entries = [s.videos[video] for s in (first, second) if video in s.videos]
    rate = _rate(video, first, second)
    length = next((entry.duration for entry in entries if entry.duration), None)
    total: float | None = next((entry.frames for entry in entries if entry.frames), None)
    rows = [*mine, *yours]
    if rows and all(row.start_frame is not None and row.end_frame is not None for row in rows):

        def place(row: Segment) -> tuple[float, float]:
            return float(row.start_frame or 0), float(row.end_frame or 0)
    elif rate:

        def place(row: Segment) -> tuple[float, float]:
            return _first_frame(row.start, rate), _first_frame(row.end, rate)

        total = total or (_first_frame(length, rate) if length else None)
    else:

        def place(row: Segment) -> tuple[float, float]:
            return row.start, row.end

        total = length
    events: list[tuple[float, int, int, str]] = []
    for side, some in enumerate((mine, yours)):
        for row in some:
            start, end = place(row)
            events += [(start, side, 1, row.label), (end, side, -1, row.label)]
    edges = sorted({0.0, *(event[0] for event in events), *([total] if total else [])})
    events.sort()
    here: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    counts: Counter[_Sets] = Counter()
    at = 0
    for begin, end in pairwise(edges):
        while at < len(events) and events[at][0] <= begin:
            _, side, step, label = events[at]
            here[side][label] += step
            at += 1
        sets = [frozenset(label for label, n in some.items() if n > 0) for some in here]
        counts[sets[0], sets[1]] += end - begin  # type: ignore[assignment]
    return counts


def _first_frame(time: float, rate: float) -> float:
    """The first frame whose time is not before `time`; a little late still counts."""
    return float(math.ceil(time * rate - 1e-4))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _summary(differences: Floats, unit: str) -> dict[str, float | None]:
    if not len(differences) or np.isnan(differences).any():
        return {f"start_{unit}": None, f"end_{unit}": None}
    start, end = np.abs(differences).mean(axis=0).tolist()
    return {f"start_{unit}": start, f"end_{unit}": end}
