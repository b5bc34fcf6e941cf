"""Algorithm 1: temporal proposals from actionness curves, by growing runs of high scores.

The while loop of the paper's ConnComponent is a one-dimensional dilation. After p passes two runs
with g frames between them touch if p >= floor(g / 2) + 1, so that passes need not be simulated:
every candidate has a pass at which it is taken, every gap a pass at which it closes, and only
their order matters. An event that comes before all events around it can be carried out at once,
so each round handles all such candidates of all curves together. The candidates left after r
rounds lie more than 2 r frames apart, which makes the whole O(n log n) in the number of scores.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import gaussian_filter1d

from etp_core.config import Average, Extent, Semantics
from etp_core.evolution import Reason
from etp_core.timeline import suppress

_Ints = NDArray[np.int64]
_Rows = tuple[_Ints, _Ints, _Ints]  # curve, start and end of candidates
_NEVER = np.iinfo(np.int64).max // 4  # a pass that does not come; may be added to without overflow


@dataclass(frozen=True)
class Proposals:
    """N proposals; the fields are arrays of equal length, ordered by class, start and end.

    spans (N, 2) int64 frames, half-open [start, end); scores (N,) float64, the mean of the raw
    curve inside; labels (N,) int64, the class index or -1 for the class-agnostic curve; reasons
    (N,) int8, `Reason.KEPT`, `Reason.NMS` or, behind all others and only where they were asked
    for, `Reason.LENGTH`; suppressed_by (N,) int64, the row that suppressed this one or -1.
    """

    spans: NDArray[np.int64]
    scores: NDArray[np.float64]
    labels: NDArray[np.int64]
    reasons: NDArray[np.int8]
    suppressed_by: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.spans)

    @property
    def kept(self) -> NDArray[np.int64]:
        """Rows that survived non-maximum suppression, best first."""
        rows = np.flatnonzero(self.reasons == Reason.KEPT)
        return rows[np.argsort(-self.scores[rows], kind="stable")]


def propose(
    scores: ArrayLike,
    thresholds: float | Sequence[float],
    min_length: float = 0,
    max_length: float = np.inf,
    *,
    sigma: float = 3.0,
    average: Average = "mean",
    extra: ArrayLike | None = None,
    semantics: Semantics = "move",
    extent: Extent = "tight",
    nms_threshold: float = 0.9,
    across_labels: bool = True,
    dropped: bool = False,
) -> Proposals:
    """Algorithm 1 of the paper: candidates of every curve, raw and smoothed, then NMS.

    scores: (K, T), one actionness curve per class, or (T,), a single class-agnostic curve.
    thresholds: a frame is above where its score is at least the threshold; with several, the
        candidates of all are pooled.
    min_length, max_length: frames, strict on both sides (min < |C| < max).
    sigma: width in samples of the Gaussian of the smoothed curves; 0 leaves them out.
    average: how the class-agnostic curve S^(K+1) is made of the K (not used with (T,) scores).
    extra: (T,), takes the place of that curve.
    semantics: "move", a candidate leaves when its length first fits and bridges no others (the
        paper); "copy", it stays and goes on growing, so that every scale is proposed once.
    extent: "tight", from the first to the last frame above the threshold; "dilated", with the
        frames that the passes added (the paper), as far as the video has them. The length test
        measures what is returned.
    nms_threshold: a tIoU above it is a duplicate.
    across_labels: one NMS over the proposals of all curves (the paper: the two stages that follow
        do not look at a proposal's class, so the same span of two classes is one proposal);
        False lets only proposals of the same class suppress each other.
    dropped: also return the candidates whose length never fitted, from the first to the last
        frame above the threshold.

    The paper's loop stops when one candidate is left, which loses a lone frame and, if dilated,
    the last candidate that has not grown to `min_length` yet. Here the loop goes on until
    nothing can change: what becomes of a run does not depend on another run being there.

    Raises ValueError for scores that are not finite, a wrong shape or an unknown option.
    """
    prepared = Proposer(scores, sigma=sigma, average=average, extra=extra)
    return prepared.propose(
        thresholds,
        min_length,
        max_length,
        semantics=semantics,
        extent=extent,
        nms_threshold=nms_threshold,
        across_labels=across_labels,
        dropped=dropped,
    )


class Proposer:
    """Algorithm 1 on curves that stay, for thresholds that change: what needs no threshold is done
    once, so that a threshold can be moved by hand. Parameters and errors are those of `propose`.
    """

    def __init__(
        self,
        scores: ArrayLike,
        *,
        sigma: float = 3.0,
        average: Average = "mean",
        extra: ArrayLike | None = None,
    ) -> None:
        curves, self._labels = _curves(scores, average, extra)
        if not (np.isfinite(sigma) and sigma >= 0):
            raise ValueError(f"sigma must be 0 or more, not {sigma}")
        self._both = [curves]
        if sigma > 0:
            self._both.append(gaussian_filter1d(curves, sigma, axis=1))
        self._total = np.zeros((len(curves), curves.shape[1] + 1))
        np.cumsum(curves, axis=1, dtype=np.float64, out=self._total[:, 1:])

    def propose(
        self,
        thresholds: float | Sequence[float],
        min_length: float = 0,
        max_length: float = np.inf,
        *,
        semantics: Semantics = "move",
        extent: Extent = "tight",
        nms_threshold: float = 0.9,
        across_labels: bool = True,
        dropped: bool = False,
    ) -> Proposals:
        """Candidates of every curve, raw and smoothed, then NMS; lengths in frames."""
        if semantics not in ("move", "copy"):
            raise ValueError(f"semantics must be 'move' or 'copy', not {semantics!r}")
        if extent not in ("tight", "dilated"):
            raise ValueError(f"extent must be 'tight' or 'dilated', not {extent!r}")
        levels = np.atleast_1d(np.asarray(thresholds, dtype=np.float64))
        if levels.ndim != 1 or levels.size == 0 or not np.isfinite(levels).all():
            raise ValueError("thresholds must be one finite number or several")
        if np.isnan(min_length) or np.isnan(max_length):
            raise ValueError("min_length and max_length must be numbers")
        found = [
            _components(curve, level, min_length, max_length, semantics, extent)
            for curve in self._both
            for level in levels
        ]
        # CPSet is a set: the same span found in the raw and the smoothed curve is one proposal.
        fitting, others = zip(*found, strict=True)
        which, spans, means = self._scored(fitting)
        if across_labels:
            suppressed_by = suppress(spans, means, nms_threshold)[1]
        else:
            suppressed_by = _duplicates(spans, means, which, nms_threshold)
        reasons = np.where(suppressed_by < 0, Reason.KEPT, Reason.NMS).astype(np.int8)
        if dropped:
            more, spans_of_more, means_of_more = self._scored(others)
            which, means = np.append(which, more), np.append(means, means_of_more)
            spans = np.concatenate([spans, spans_of_more])
            reasons = np.append(reasons, np.full(len(more), Reason.LENGTH, np.int8))
            suppressed_by = np.append(suppressed_by, np.full(len(more), -1))
        return Proposals(spans, means, self._labels[which], reasons, suppressed_by)

    def _scored(self, found: Sequence[_Rows]) -> tuple[_Ints, _Ints, NDArray[np.float64]]:
        """Curve (N,), span (N, 2) and mean inside (N,) of what several thresholds found."""
        which, start, end = (np.concatenate(part) for part in zip(*found, strict=True))
        which, start, end = _distinct(which, start, end, self._both[0].shape[1])
        means = (self._total[which, end] - self._total[which, start]) / (end - start)
        return which, np.stack([start, end], axis=1), means


def _curves(
    scores: ArrayLike, average: Average, extra: ArrayLike | None
) -> tuple[NDArray[np.floating], _Ints]:
    """The curves S^1 ... S^(K+1) as (K + 1, T), or (1, T) of (T,) scores, and their labels."""
    given = _finite(scores, "scores")
    if given.ndim not in (1, 2) or given.size == 0:
        raise ValueError(f"scores must have the shape (T,) or (K, T), not {given.shape}")
    if given.ndim == 1:
        if extra is not None:
            raise ValueError("extra is the class-agnostic curve; scores of shape (T,) are one too")
        return given[None], np.full(1, -1, dtype=np.int64)
    if extra is not None:
        agnostic = _finite(extra, "extra")
        if agnostic.shape != given.shape[1:]:
            raise ValueError(f"extra must have the shape {given.shape[1:]}, not {agnostic.shape}")
    elif average in ("mean", "max", "sum"):
        agnostic = getattr(given, average)(axis=0)
    else:
        raise ValueError(f"average must be 'mean', 'max' or 'sum', not {average!r}")
    labels = np.append(np.arange(len(given), dtype=np.int64), -1)
    return np.concatenate([given, agnostic[None].astype(given.dtype)]), labels


def _finite(values: ArrayLike, name: str) -> NDArray[np.floating]:
    """Values as float32 or float64; single precision is kept so that 0.7 >= 0.7 holds in it."""
    array = np.asarray(values)
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{name} must be numbers, not {array.dtype}")
    kind = np.float32 if array.dtype in (np.float16, np.float32) else np.float64
    array = array.astype(kind, copy=False)
    if not np.isfinite(array).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(f"{name} must be finite; the value at {where} is not")
    return array


def _runs(curves: NDArray[np.floating], threshold: float) -> _Rows:
    """Runs of frames at or above the threshold, those a single frame apart joined to one.

    Curve, start and end, in order of time. (A gap of one frame closes at the first pass, at which
    nothing is taken yet.)
    """
    level = curves.dtype.type(threshold)
    above = np.zeros(curves.shape[1] + 2, dtype=bool)  # no run goes on beyond the video
    found = []
    for curve in curves:  # one at a time: it stays in the processor's cache
        np.greater_equal(curve, level, out=above[1:-1])
        edges = np.flatnonzero(above[1:] != above[:-1])
        stays = np.ones(len(edges), dtype=bool)
        stays[1:-1] = np.repeat(edges[2::2] - edges[1:-1:2] > 1, 2)
        found.append(edges[stays])
    which = np.repeat(np.arange(len(curves)), [len(edges) // 2 for edges in found])
    edges = np.concatenate(found)
    return which, edges[::2].copy(), edges[1::2].copy()


def _components(
    curves: NDArray[np.floating],
    threshold: float,
    min_length: float,
    max_length: float,
    semantics: Semantics,
    extent: Extent,
) -> tuple[_Rows, _Rows]:
    """ConnComponent of Algorithm 1 for every curve (C, T): PSet, and what never came into it."""
    frames = curves.shape[1]
    which, first, last = _runs(curves, threshold)
    taken = _pass_taken(first, last, np.ones_like(first), frames, min_length, max_length, extent)
    copied = np.zeros(len(first), bool)
    none = np.zeros(0, dtype=np.int64)
    result: list[_Rows] = [(none, none, none)]
    while len(first):
        closes = _pass_closed(which, first, last)
        is_ready = taken < np.minimum(closes[:-1], closes[1:])
        ready = np.flatnonzero(is_ready)
        if len(ready):
            grown = taken[ready] if extent == "dilated" else 0
            start = np.maximum(first[ready] - grown, 0)
            end = np.minimum(last[ready] + grown, frames)
            result.append((which[ready], start, end))
            if semantics == "move":
                rest = np.flatnonzero(~is_ready)
                which, first, last, taken = (x[rest] for x in (which, first, last, taken))
                copied = copied[rest]
                closes = _pass_closed(which, first, last)
            else:
                taken[ready] = _NEVER
                copied[ready] = True
        gap = closes[1:-1]
        join = (gap < _NEVER) & (gap <= closes[:-2]) & (gap <= closes[2:])
        join &= (taken[:-1] >= gap) & (taken[1:] >= gap)
        if not join.any():
            if len(ready):
                continue
            break
        heads = np.flatnonzero(np.concatenate([[True], ~join]))  # the others join the one before
        tails = np.append(heads[1:], len(first)) - 1
        merged = np.flatnonzero(tails > heads)
        born = closes[heads[merged] + 1]
        which, first, last, taken = which[heads], first[heads], last[tails], taken[heads]
        copied = copied[heads]
        copied[merged] = False
        taken[merged] = _pass_taken(
            first[merged], last[merged], born, frames, min_length, max_length, extent
        )
    curve, start, end = (np.concatenate(part) for part in zip(*result, strict=True))
    return (curve, start, end), (which[~copied], first[~copied], last[~copied])


def _pass_closed(which: _Ints, first: _Ints, last: _Ints) -> _Ints:
    """The pass at which each gap closes: (N + 1,), before, between and after the candidates."""
    closes = np.full(len(first) + 1, _NEVER, dtype=np.int64)
    closes[1:-1] = np.where(which[1:] == which[:-1], ((first[1:] - last[:-1]) >> 1) + 1, _NEVER)
    return closes


def _pass_taken(
    first: _Ints,
    last: _Ints,
    born: _Ints,
    frames: int,
    min_length: float,
    max_length: float,
    extent: Extent,
) -> _Ints:
    """The first pass, from `born` on, at which min < |C| < max; _NEVER if there is none."""
    length = last - first
    if extent == "tight":
        return np.where((length > min_length) & (length < max_length), born, _NEVER)
    # Each pass adds a frame on both sides, and on one only once the video's nearer end is reached.
    missing = np.floor(np.clip(min_length, -1, frames)).astype(np.int64) + 1 - length
    near = np.minimum(first, frames - last)
    far = np.maximum(first, frames - last)
    half = -(-missing // 2)
    needed = np.where(half <= near, half, np.where(missing - near <= far, missing - near, _NEVER))
    taken = np.maximum(needed, born)
    grown = np.minimum(last + taken, frames) - np.maximum(first - taken, 0)
    return np.where((taken < _NEVER) & (grown < max_length), taken, _NEVER)


def _distinct(which: _Ints, start: _Ints, end: _Ints, frames: int) -> _Rows:
    """Rows without repetition, ordered by curve, start and end; each is sorted as one number."""
    cuts = frames + 1
    rows = np.sort((which * cuts + start) * cuts + end)
    rows, end = np.divmod(rows[np.diff(rows, prepend=-1) > 0], cuts)
    which, start = np.divmod(rows, cuts)
    return which, start, end


def _duplicates(
    spans: _Ints, scores: NDArray[np.float64], groups: _Ints, threshold: float
) -> _Ints:
    """For every row the row that suppresses it, or -1; rows of other groups never do."""
    by = np.full(len(spans), -1, dtype=np.int64)
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        winner = suppress(spans[rows], scores[rows], threshold)[1]
        by[rows[winner >= 0]] = rows[winner[winner >= 0]]
    return by
