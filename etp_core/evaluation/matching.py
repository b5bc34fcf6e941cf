"""Which detection finds which ground truth: the rules of the two protocols, on arrays.

Segments belong to groups, and only segments of one group can match: a video, or a class in a video.
Within a group detections are ranked by descending score, and by row where scores are equal.
"""

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from etp_core.timeline import Floats, Ints, tiou

Protocol = Literal["thumos14", "activitynet"]
PROTOCOLS: tuple[Protocol, ...] = ("thumos14", "activitynet")

_BLOCK = 1 << 18  # tIoUs in memory at a time


def ranking(scores: Floats, videos: Ints, protocol: Protocol) -> Ints:
    """Rows by descending score. Ties: "thumos14" by video, then by row; "activitynet" by row.

    (The official ActivityNet code sorts unstably, so that its ties fall as they happen to.)
    """
    if protocol == "thumos14":
        return np.lexsort((videos, -scores))
    return np.argsort(-scores, kind="stable")


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
    taken = np.full((len(levels), len(detections)), -1, dtype=np.int64)
    for true, found in _groups(truth_groups, detection_groups, scores):
        if protocol == "thumos14":
            taken[:, found] = _by_truth(truth[true], detections[found], levels, true)
        else:
            taken[:, found] = _by_detection(truth[true], detections[found], levels, true)
    return taken


def _groups(truth: Ints, detections: Ints, scores: Floats) -> Iterator[tuple[Ints, Ints]]:
    """Rows of ground truth (file order) and of detections (best first) of every shared group."""
    by_truth = np.argsort(truth, kind="stable")
    by_detection = np.lexsort((-scores, detections))
    shared = np.intersect1d(truth, detections)
    edges = [
        np.searchsorted(keys, shared, side=side)
        for keys in (truth[by_truth], detections[by_detection])
        for side in ("left", "right")
    ]
    for a, b, c, d in zip(*edges, strict=True):
        yield by_truth[a:b], by_detection[c:d]


def _by_truth(truth: Floats, detections: Floats, levels: Floats, rows: Ints) -> Ints:
    taken = np.full((len(levels), len(detections)), -1, dtype=np.int64)
    every = np.arange(len(levels))
    for begin, overlaps in _blocks(truth, detections):
        for row, overlap in zip(rows[begin:], overlaps, strict=False):
            near = np.flatnonzero(overlap > levels.min())
            if len(near):
                free = np.where(taken[:, near] < 0, overlap[near], -1.0)
                best = free.argmax(axis=1)
                hit = free[every, best] > levels
                taken[every[hit], near[best[hit]]] = row
    return taken


def _by_detection(truth: Floats, detections: Floats, levels: Floats, rows: Ints) -> Ints:
    taken = np.full((len(levels), len(detections)), -1, dtype=np.int64)
    every = np.arange(len(levels))
    free = np.ones((len(levels), len(truth)), dtype=bool)
    for begin, overlaps in _blocks(detections, truth):
        for i in np.flatnonzero(overlaps.max(axis=1) >= levels.min()):
            near = np.flatnonzero(overlaps[i] >= levels.min())
            left = np.where(free[:, near], overlaps[i, near], -1.0)
            best = left.argmax(axis=1)
            hit = left[every, best] >= levels
            free[every[hit], near[best[hit]]] = False
            taken[hit, begin + i] = rows[near[best[hit]]]
    return taken


def _blocks(a: Floats, b: Floats) -> Iterator[tuple[int, Floats]]:
    """tIoUs of a block of `a`, from the row given, with all of `b`."""
    size = max(1, _BLOCK // len(b))
    for begin in range(0, len(a), size):
        yield begin, tiou(a[begin : begin + size], b)


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
    ranks = np.full((len(levels), len(truth)), -1, dtype=np.int64)
    winners = ranks.copy()
    for true, found in _groups(truth_groups, detection_groups, scores):
        for begin, overlaps in _blocks(truth[true], detections[found]):
            rows = true[begin : begin + len(overlaps)]
            for t, level in enumerate(levels):
                hits = overlaps > level if strict else overlaps >= level
                rank = hits.argmax(axis=1)
                hit = hits[np.arange(len(rows)), rank]
                ranks[t, rows[hit]] = rank[hit]
                winners[t, rows[hit]] = found[rank[hit]]
    return ranks, winners


def touching(
    detections: Floats, detection_groups: Ints, segments: Floats, segment_groups: Ints
) -> NDArray[np.bool_]:
    """(N,) whether a detection overlaps any of the segments of its group, however little."""
    touches = np.zeros(len(detections), dtype=bool)
    none = np.zeros(len(detections))
    for others, found in _groups(segment_groups, detection_groups, none):
        for begin, overlaps in _blocks(detections[found], segments[others]):
            touches[found[begin : begin + len(overlaps)]] = (overlaps > 0).any(axis=1)
    return touches
