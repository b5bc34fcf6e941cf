"""Intervals in time: tIoU, non-maximum suppression, and the cuts between frames.

An interval is half-open, [start, end), in seconds. A boundary is a cut between two frames; the
cuts of a video are its presentation time stamps and the end of its last frame.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def as_segments(segments: ArrayLike) -> Floats:
    """Check and return intervals as an (N, 2) float64 array [start, end), in seconds.

    Raises ValueError naming the first row that is empty, reversed or not finite.
    """
    array = np.asarray(segments, dtype=np.float64)
    if array.size == 0:
        return array.reshape(0, 2)
    if array.ndim != 2 or array.shape[1] != 2:
        raise ValueError(f"intervals must have the shape (N, 2), not {array.shape}")
    bad = ~(np.isfinite(array).all(axis=1) & (array[:, 0] < array[:, 1]))
    if bad.any():
        row = int(np.argmax(bad))
        start, end = array[row]
        raise ValueError(f"row {row}: the interval [{start}, {end}) is empty or reversed")
    return array


def tiou(a: ArrayLike, b: ArrayLike) -> Floats:
    """Temporal intersection over union of every pair: (N, 2), (M, 2) seconds -> (N, M) in [0, 1].

    Raises ValueError if an interval is empty or reversed.
    """
    a, b = as_segments(a), as_segments(b)
    intersection = np.minimum(a[:, None, 1], b[None, :, 1]) - np.maximum(a[:, None, 0], b[None, :, 0])
    intersection = np.maximum(intersection, 0.0)
    union = (a[:, 1] - a[:, 0])[:, None] + (b[:, 1] - b[:, 0])[None, :] - intersection
    return np.asarray(intersection / union, dtype=np.float64)


def suppress(segments: ArrayLike, scores: ArrayLike, threshold: float) -> tuple[Ints, Ints]:
    """Non-maximum suppression that remembers who suppressed whom.

    segments (N, 2) in seconds, scores (N,). A segment is suppressed by the first kept one, in
    order of descending score, whose tIoU with it exceeds `threshold`; among equal scores the
    earlier row wins. Returns (kept, by): kept row indices, best first, and for every row the index
    of the row that suppressed it, -1 if it was kept.
    """
    segments = as_segments(segments)
    order = np.argsort(-np.asarray(scores, dtype=np.float64), kind="stable")
    start, end = segments[order, 0], segments[order, 1]
    length = end - start
    by = np.full(len(segments), -1, dtype=np.int64)
    alive = np.ones(len(segments), dtype=bool)
    kept = []
    for i in range(len(order)):
        if not alive[i]:
            continue
        kept.append(order[i])
        rest = np.flatnonzero(alive[i + 1 :]) + i + 1
        overlap = np.minimum(end[i], end[rest]) - np.maximum(start[i], start[rest])
        overlap = np.maximum(overlap, 0.0)
        losers = rest[overlap > threshold * (length[i] + length[rest] - overlap)]
        alive[losers] = False
        by[order[losers]] = order[i]
    return np.asarray(kept, dtype=np.int64), by


def nms(segments: ArrayLike, scores: ArrayLike, threshold: float) -> Ints:
    """Rows that survive non-maximum suppression at tIoU `threshold`, best first.

    segments (N, 2) in seconds, scores (N,). Ties keep the earlier row. Raises ValueError if an
    interval is empty or reversed.
    """
    return suppress(segments, scores, threshold)[0]


def frame_at(pts: Floats, time: float) -> int:
    """Index of the frame on screen at `time` seconds: the last one whose time stamp is not later.

    pts (n,) sorted seconds. Clamped to the first and last frame. Half a microsecond of tolerance
    keeps times that were rounded in a file on their frame.
    """
    return int(np.clip(np.searchsorted(pts, time + 5e-7, side="right") - 1, 0, len(pts) - 1))


def cut_at(cuts: Floats, time: float) -> int:
    """Index of the cut nearest to `time` seconds; cuts (n + 1,) are sorted (see VideoReader.cuts)."""
    right = int(np.clip(np.searchsorted(cuts, time), 1, len(cuts) - 1))
    return right if cuts[right] - time < time - cuts[right - 1] else right - 1
