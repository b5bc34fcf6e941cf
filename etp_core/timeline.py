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
    intersection = np.minimum(a[:, None, 1], b[None, :, 1]) - np.maximum(
        a[:, None, 0], b[None, :, 0]
    )
    intersection = np.maximum(intersection, 0.0)
    union = (a[:, 1] - a[:, 0])[:, None] + (b[:, 1] - b[:, 0])[None, :] - intersection
    return np.asarray(intersection / union, dtype=np.float64)


def suppress(segments: ArrayLike, scores: ArrayLike, threshold: float) -> tuple[Ints, Ints]:
    """Non-maximum suppression that remembers who suppressed whom.

    segments (N, 2) in seconds, scores (N,). A segment is suppressed by the first kept one, in
    order of descending score, whose tIoU with it exceeds `threshold`; among equal scores the
    earlier row wins. Returns (kept, by): kept row indices, best first, and for every row the index
    of the row that suppressed it, -1 if it was kept.

    Raises ValueError if an interval is empty or reversed, or the threshold is not in [0, 1].
    """
    segments = as_segments(segments)
    if not 0 <= threshold <= 1:
        raise ValueError(f"the tIoU threshold must lie between 0 and 1, not {threshold}")
    order = np.argsort(-np.asarray(scores, dtype=np.float64), kind="stable")
    if not len(order) or threshold == 1:  # no tIoU exceeds 1
        return order, np.full(len(order), -1, dtype=np.int64)
    ranked = segments[order]
    pairs = _pairs(ranked, threshold)
    winner = _by_search(ranked, threshold) if pairs is None else _by_pairs(len(order), *pairs)
    by = np.full(len(order), -1, dtype=np.int64)
    by[order] = np.where(winner < 0, -1, order[winner])
    return order[winner < 0], by


def _pairs(ranked: Floats, threshold: float) -> tuple[Ints, Ints] | None:
    """All pairs of ranks with a tIoU above the threshold, the better rank first, in its order.

    None where segments may have so many such neighbours that it pays not to ask for those of
    segments that are suppressed: see `_by_search`.
    """
    count = len(ranked)
    by_start = np.argsort(ranked[:, 0])
    start, end = ranked[by_start].T
    length = end - start
    # If tIoU > t, the later one begins within the first 1 - t of the one that begins first.
    rounding = 1e-9 * (np.abs(ranked).max() + 1)
    last = np.searchsorted(start, start + (1 - threshold) * length + rounding, side="right")
    after = last - np.arange(1, count + 1)
    total = int(after.sum())
    if total > _NEIGHBOURS * count:
        return None
    one = np.repeat(np.arange(count), after)
    other = np.arange(total) + np.repeat(last - np.cumsum(after), after)
    overlap = np.maximum(np.minimum(end[one], end[other]) - start[other], 0.0)
    over = overlap > threshold * (length[one] + length[other] - overlap)
    a, b = by_start[one[over]], by_start[other[over]]
    better = np.minimum(a, b)
    in_order = np.argsort(better)
    return better[in_order], np.maximum(a, b)[in_order]


_NEIGHBOURS = 4  # per segment, up to which all pairs are found at once


def _by_pairs(count: int, better: Ints, worse: Ints) -> Ints:
    """For each of `count` ranks the one that suppresses it, or -1, from all pairs in order."""
    winner = np.full(count, -1, dtype=np.int64)
    one = winner.data  # the same numbers, faster to read and write one by one
    for rank, loser in zip(better.tolist(), worse.tolist(), strict=True):
        if one[rank] < 0 and one[loser] < 0:
            one[loser] = rank
    return winner


def _by_search(ranked: Floats, threshold: float) -> Ints:
    """The same for segments with many neighbours: only those that are kept are asked for theirs."""
    winner = np.full(len(ranked), -1, dtype=np.int64)
    one = winner.data
    free = np.arange(len(ranked))
    neighbours = _Neighbours(ranked, threshold)
    while len(free):
        best, first, rivals = neighbours.of_best(free, winner < 0)
        some = np.flatnonzero(first[1:] > first[:-1])
        bounds = (best[some].tolist(), first[some].tolist(), first[some + 1].tolist())
        for rank, begin, end in zip(*bounds, strict=True):
            if one[rank] >= 0:
                continue
            losers = rivals[begin:end]
            if end - begin > _FEW:
                winner[losers[winner[losers] < 0]] = rank
                continue
            for loser in losers.tolist():
                if one[loser] < 0:
                    one[loser] = rank
        free = free[len(best) :]
        free = free[winner[free] < 0]
    return winner


_FEW = 16  # losers up to which a loop is faster than array operations


class _Neighbours:
    """Finds which segments, ranked by descending score, overlap a given one by more than t.

    If tIoU > t, the starts differ by less than (1 - t) times the length of the one that begins
    first, and the lengths by less than a factor of 1 / t. Segments sorted by length (in classes a
    factor of 1 / t wide) and start therefore have their neighbours in three short windows.
    """

    _PAIRS = 1 << 20  # looked at together; bounds the memory
    _RANKS = 4096

    def __init__(self, ranked: Floats, threshold: float) -> None:
        self._start, self._end = ranked[:, 0], ranked[:, 1]
        self._length = self._end - self._start
        self._threshold = threshold
        base = -np.log(min(threshold, 0.8) * 0.999) if threshold > 0 else np.inf
        self._size = np.floor(np.log(self._length) / base).astype(np.int64)
        self._size -= self._size.min()
        # The longest segment of every size, of a size below and of one above all.
        self._longest = np.zeros(int(self._size.max()) + 3)
        np.maximum.at(self._longest, self._size + 1, self._length)
        self._origin = self._start.min()
        self._stride = 2.0 * (self._end.max() - self._origin)
        self._key = self._place(self._size, self._start)
        self._by_key = np.argsort(self._key, kind="stable")

    def _place(self, size: Ints, time: Floats) -> Floats:
        return np.asarray(size * self._stride + (time - self._origin), dtype=np.float64)

    def of_best(self, free: Ints, alive: NDArray[np.bool_]) -> tuple[Ints, Ints, Ints]:
        """Neighbours of the first of the ranks `free`, among lower ranks that are `alive`.

        Returns (best, first, rivals): as many of `free` as fit into memory (at least one), and the
        neighbours of best[i], rivals[first[i]:first[i + 1]].
        """
        best = free[: self._RANKS]
        candidates = self._by_key[alive[self._by_key]]
        keys = self._key[candidates]
        sizes = self._size[best][:, None] + np.array([-1, 0, 1])
        slack = 1.0 - self._threshold
        rounding = 1e-9 * self._stride * (1 + len(self._longest))
        start = self._start[best][:, None]
        low = start - slack * self._longest[sizes + 1] - rounding
        high = start + slack * self._length[best][:, None] + rounding
        inner = np.argsort(self._key[best])  # asked in order, searchsorted is several times faster
        begin, count = np.empty_like(sizes), np.empty_like(sizes)
        low, high = self._place(sizes, low)[inner].T, self._place(sizes, high)[inner].T
        for column in range(3):
            first = np.searchsorted(keys, low[column], side="left")
            begin[inner, column] = first
            count[inner, column] = np.searchsorted(keys, high[column], side="right") - first
        fits = np.searchsorted(np.cumsum(count.sum(axis=1)), self._PAIRS, side="right")
        best, begin, count = best[: max(fits, 1)], begin[: max(fits, 1)], count[: max(fits, 1)]

        flat = count.ravel()
        offset = np.repeat(begin.ravel() - (np.cumsum(flat) - flat), flat)
        rival = candidates[np.arange(flat.sum()) + offset]
        rank = np.repeat(best, count.sum(axis=1))
        overlap = np.minimum(self._end[rank], self._end[rival])
        overlap = np.maximum(overlap - np.maximum(self._start[rank], self._start[rival]), 0.0)
        union = self._length[rank] + self._length[rival] - overlap
        pairs = (rival > rank) & (overlap > self._threshold * union)
        return best, np.searchsorted(rank[pairs], np.append(best, best[-1] + 1)), rival[pairs]


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


def nearest_cuts(cuts: Floats, times: Floats) -> Ints:
    """Indices of the cuts nearest to times in seconds, of any one shape; see `cut_at`."""
    right = np.clip(np.searchsorted(cuts, times), 1, len(cuts) - 1)
    return np.where(cuts[right] - times < times - cuts[right - 1], right, right - 1)


def cut_at(cuts: Floats, time: float) -> int:
    """Index of the cut nearest to `time` seconds; cuts (n + 1,) sorted (VideoReader.cuts)."""
    right = int(np.clip(np.searchsorted(cuts, time), 1, len(cuts) - 1))
    return right if cuts[right] - time < time - cuts[right - 1] else right - 1
