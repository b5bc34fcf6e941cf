"""Which detection finds which ground truth: the rules of the two protocols, on arrays.

Segments belong to groups, and only segments of one group can match: a video, or a class in a video.
Within a group detections are ranked by descending score, and by row where scores are equal.
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from etp_core.timeline import Floats, Ints

Protocol = Literal["thumos14", "activitynet"]
PROTOCOLS: tuple[Protocol, ...] = ("thumos14", "activitynet")

_PAIRS = 1 << 20  # candidates in memory at a time


def ranking(scores: Floats, videos: Ints, protocol: Protocol) -> Ints:
    """Rows by descending score. Ties: "thumos14" by video, then by row; "activitynet" by row.

    (The official ActivityNet code sorts unstably, so that its ties fall as they happen to.)
    """
    if protocol == "thumos14":
        return np.lexsort((videos, -scores))
    return np.argsort(-scores, kind="stable")


class Pairs(NamedTuple):
    """P overlapping pairs of one group: rows of `a` and of `b`, and their tIoU, (P,) each."""

    a: Ints
    b: Ints
    tiou: Floats


def overlapping(a: Floats, a_groups: Ints, b: Floats, b_groups: Ints, least: float = 0.0) -> Pairs:
    """All pairs of one group whose tIoU is more than 0 and at least `least`, by row of `a`.

    a (N, 2) and b (M, 2) seconds. Takes O((N + M) log M) and what the pairs take that lie near each
    other: nothing that lies farther before a segment than the longest one of `b` is looked at.
    """
    parts = list(_near(a, a_groups, b, b_groups, least))
    if not parts:
        none = np.zeros(0, dtype=np.int64)
        return Pairs(none, none, np.zeros(0))
    return Pairs(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _near(
    a: Floats, a_groups: Ints, b: Floats, b_groups: Ints, least: float
) -> Iterator[tuple[Ints, Ints, Floats]]:
    if not len(a) or not len(b):
        return
    names, b_number = np.unique(b_groups, return_inverse=True)
    a_number = np.minimum(np.searchsorted(names, a_groups), len(names) - 1)
    inside = np.flatnonzero(names[a_number] == a_groups)
    if not len(inside):
        return
    longest = np.zeros(len(names))
    np.maximum.at(longest, b_number, b[:, 1] - b[:, 0])
    origin = min(a[:, 0].min(), b[:, 0].min())
    stride = 2.0 * (max(a[:, 1].max(), b[:, 1].max()) - origin)  # groups lie apart on one axis
    rounding = 1e-12 * stride * (len(names) + 1)
    by_start = np.lexsort((b[:, 0], b_number))
    keys = b_number[by_start] * stride + (b[by_start, 0] - origin)
    number = a_number[inside]
    place = number * stride - origin
    low = place + np.maximum(a[inside, 0] - longest[number], origin) - rounding
    begin = np.searchsorted(keys, low)
    count = np.searchsorted(keys, place + a[inside, 1] + rounding) - begin
    ends = np.cumsum(count)
    first = 0
    while first < len(inside):
        done = ends[first - 1] if first else 0
        last = max(int(np.searchsorted(ends, done + _PAIRS, side="right")), first + 1)
        some = slice(first, last)
        offset = np.repeat(begin[some] - (ends[some] - count[some] - done), count[some])
        i = np.repeat(inside[some], count[some])
        j = by_start[offset + np.arange(len(offset))]
        common = np.minimum(a[i, 1], b[j, 1]) - np.maximum(a[i, 0], b[j, 0])
        share = common / ((a[i, 1] - a[i, 0]) + (b[j, 1] - b[j, 0]) - common)
        kept = np.flatnonzero((common > 0) & (share >= least) & (a_groups[i] == b_groups[j]))
        if len(kept):
            yield i[kept], j[kept], share[kept]
        first = last


def match(
    truth: Floats,
    truth_groups: Ints,
    detections: Floats,
    detection_groups: Ints,
    scores: Floats,
    tious: ArrayLike,
    protocol: Protocol,
) -> Ints:
    """The ground truth that each detection takes, one to one, at each tIoU threshold.

    truth (M, 2) and detections (N, 2) seconds, in file order; tious (T,). Returns (T, N): a row of
    `truth`, or -1 for a detection that takes none.

    "thumos14" (TH14evalDet_Updated): each ground truth in file order takes the free detection of
    highest tIoU, if that exceeds the threshold. "activitynet": each detection by descending score
    takes the free ground truth of highest tIoU, if that reaches the threshold. The first in order
    wins among equal tIoUs.
    """
    levels = np.atleast_1d(np.asarray(tious, dtype=np.float64))
    near = overlapping(detections, detection_groups, truth, truth_groups, levels.min())
    order = np.argsort(-scores, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    taken = np.full((len(levels), len(detections)), -1, dtype=np.int64)
    if protocol == "thumos14":
        for t, choice in enumerate(_in_turn(near.b, rank[near.a], near.tiou, levels, True)):
            rows = np.flatnonzero(choice >= 0)
            taken[t, order[choice[rows]]] = rows
    else:
        for t, choice in enumerate(_in_turn(rank[near.a], near.b, near.tiou, levels, False)):
            taken[t, order[: len(choice)]] = choice
    return taken


def _in_turn(
    chooser: Ints, option: Ints, tiou: Floats, levels: Floats, strict: bool
) -> Iterator[Ints]:
    """Choosers 0, 1, 2 ... each take the free option of highest tIoU; at each level (C,), -1: none.

    All choose at once; where several want the same option the first in turn gets it, and the others
    go on to their next best. That ends where choosing one by one does, in a few rounds of arrays:
    it is Gale and Shapley's deferred acceptance where all options prefer who is first in turn.
    """
    order = np.lexsort((option, -tiou, chooser))
    chooser, option, tiou = chooser[order], option[order], tiou[order]
    count = int(chooser[-1]) + 1 if len(chooser) else 0
    first = np.searchsorted(chooser, np.arange(count))
    for level in levels:
        good = tiou > level if strict else tiou >= level
        last = first + np.bincount(chooser[good], minlength=count)  # good ones come first
        at = first.copy()
        holder = np.full(int(option.max()) + 1 if count else 0, count, dtype=np.int64)
        asking = np.flatnonzero(at < last)
        while len(asking):
            wanted = option[at[asking]]
            before = holder[wanted]
            np.minimum.at(holder, wanted, asking)
            after = holder[wanted]
            got = after == asking
            displaced = before[got]
            asking = np.concatenate((asking[~got], displaced[displaced < count]))
            at[asking] += 1
            asking = asking[at[asking] < last[asking]]
        chosen = np.full(count, -1, dtype=np.int64)
        held = np.flatnonzero(holder < count)
        chosen[holder[held]] = held
        yield chosen


def first_hits(
    truth: Floats,
    truth_groups: Ints,
    detections: Floats,
    detection_groups: Ints,
    scores: Floats,
    tious: ArrayLike,
    strict: bool,
) -> tuple[Ints, Ints]:
    """The best-scored detection that hits each ground truth; one detection may hit several.

    A hit has a tIoU above (strict) or at least the threshold. Returns (ranks, rows), each
    (T, M): the detection's rank in its group, from 0, and its row; -1 where nothing hits.
    """
    levels = np.atleast_1d(np.asarray(tious, dtype=np.float64))
    near = overlapping(detections, detection_groups, truth, truth_groups, levels.min())
    order = np.lexsort((-scores, detection_groups))
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    sorted_groups = detection_groups[order]
    ranks = np.full((len(levels), len(truth)), -1, dtype=np.int64)
    winners = ranks.copy()
    for t, level in enumerate(levels):
        hits = near.tiou > level if strict else near.tiou >= level
        best = np.full(len(truth), len(order), dtype=np.int64)
        np.minimum.at(best, near.b[hits], place[near.a[hits]])
        found = np.flatnonzero(best < len(order))
        winners[t, found] = order[best[found]]
        ranks[t, found] = best[found] - np.searchsorted(sorted_groups, sorted_groups[best[found]])
    return ranks, winners


def touching(
    detections: Floats, detection_groups: Ints, segments: Floats, segment_groups: Ints
) -> NDArray[np.bool_]:
    """(N,) whether a detection overlaps any of the segments of its group, however little."""
    touches = np.zeros(len(detections), dtype=bool)
    touches[overlapping(detections, detection_groups, segments, segment_groups).a] = True
    return touches
