"""What the lanes show: the bars of the three stages and the ground truth, linked to each other.

Computed once for an evolution, a truth and a threshold; painting and hit-testing only read it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from etp_core.evolution import STAGES, Evolution, ProposalList, Reason
from etp_core.project import Label, StoredSegment
from etp_studio.hues import class_colors
from etp_studio.timeline.bars import SUB_ROWS, Bars, best_match, pack, pair_tiou

LANES = (*STAGES, "ground_truth")
TRUTH = len(STAGES)  # the index of the ground truth lane

Ints = NDArray[np.int64]


class Links(NamedTuple):
    """Pairs of bars (upper, lower) of two lanes, `lane` above, and the seconds that each spans."""

    lane: int
    upper: Ints
    lower: Ints
    start: NDArray[np.float64]
    end: NDArray[np.float64]


@dataclass(frozen=True)
class Scene:
    """The four lanes; hues ('#rrggbb', "" for no class) and names are indexed by `Bars.hue`.

    leaf is the lane whose kept bars are the result: the last stage that has proposals, -1 if none.
    held_back: results that score enough and are not shown, being of classes that were not chosen or
    one of several for the same ground truth.
    """

    lanes: tuple[Bars, Bars, Bars, Bars]
    hues: tuple[str, ...]
    names: tuple[str, ...]
    leaf: int
    held_back: int = 0

    @property
    def truth(self) -> Bars:
        """The bars of the ground truth lane."""
        return self.lanes[TRUTH]

    @cached_property
    def links(self) -> tuple[Links, ...]:
        """What joins each lane to one above it, the ground truth to the results: see `Links`."""
        return tuple(self._links(lane) for lane in range(len(self.lanes)))

    def _links(self, lane: int) -> Links:
        if lane < TRUTH:
            from_lane, lower = max(lane - 1, 0), np.flatnonzero(self.lanes[lane].up >= 0)
            upper = self.lanes[lane].up[lower]
        else:
            from_lane, results = self.leaf, self.lanes[self.leaf]
            upper = np.flatnonzero((results.match >= 0) & (results.reason == Reason.KEPT))
            lower = results.match[upper]
        above, below = self.lanes[from_lane], self.lanes[lane]
        start = np.minimum(below.start[lower], above.start[upper])
        end = np.maximum(below.end[lower], above.end[upper])
        return Links(from_lane, upper, lower, start, end)

    def chain(self, lane: int, bar: int) -> tuple[Ints, Ints, Ints, Ints]:
        """Bars of every lane that belong to one: its ancestors, descendants and match."""
        none = np.zeros(0, np.int64)
        found = [none, none, none, none]
        if lane == TRUTH:
            found[TRUTH] = np.array([bar])
            if self.leaf < 0:
                return tuple(found)
            leaves = self.lanes[self.leaf]
            kept = leaves.reason == Reason.KEPT
            found[self.leaf] = np.flatnonzero((leaves.match == bar) & kept)
            lane = self.leaf
        else:
            found[lane] = np.array([bar])
            for below in range(lane + 1, self.leaf + 1):
                found[below] = np.flatnonzero(np.isin(self.lanes[below].up, found[below - 1]))
            match = self.lanes[self.leaf].match[found[self.leaf]]
            found[TRUTH] = np.unique(match[match >= 0])
        for above in range(lane - 1, -1, -1):
            up = self.lanes[above + 1].up[found[above + 1]]
            found[above] = np.unique(up[up >= 0])
        return tuple(found)

    def path(self, lane: int, bar: int) -> tuple[int, ...]:
        """One bar of each stage lane through the given one, to its best descendant; -1: none."""
        bars = [-1, -1, -1]
        bars[lane] = bar
        for above in range(lane - 1, -1, -1):
            bars[above] = int(self.lanes[above + 1].up[bars[above + 1]])
        for below in range(lane + 1, self.leaf + 1):
            children = np.flatnonzero(self.lanes[below].up == bars[below - 1])
            if not len(children):
                break
            bars[below] = int(children[_rank(self.lanes[below], children)[-1]])
        return tuple(bars)


def build(
    evolution: Evolution | None,
    truth: Sequence[StoredSegment],
    labels: Sequence[Label],
    threshold: float = 0.0,
    dropped: bool = False,
    frame: float = 0.04,
    classes: frozenset[str] = frozenset(),
    best: bool = False,
    chosen: tuple[str, int] | None = None,
) -> Scene:
    """Link everything that is to be shown.

    Shown are the kept proposals of the last stage that score `threshold` or more and what they came
    from; with `dropped` also the proposals that did not go on (of the last stage, those that score
    enough). frame: seconds of a frame; a boundary that moved less than half of it did not move.
    classes: names of those to be shown alone, none for all. best: of several results for one ground
    truth only the one that fits it best. chosen: stage and row of a proposal that is shown anyway.
    """
    classes_of = evolution.classes if evolution else ()
    colors = class_colors(classes_of, tuple((label.name, label.color) for label in labels))
    names, hues = [*colors, ""], [*colors.values(), ""]
    places = {name: place for place, name in enumerate(colors)}
    hue_of_label = {label.id: places[label.name] for label in labels}
    neutral = len(names) - 1
    bottom = _truth_bars(truth, hue_of_label, neutral)
    if evolution is None:
        return Scene((_EMPTY, _EMPTY, _EMPTY, bottom), tuple(hues), tuple(names), -1)
    lists = [evolution.stage(stage) for stage in STAGES]
    leaf = max((i for i, stage in enumerate(lists) if len(stage)), default=-1)
    table = np.array([*(places[name] for name in classes_of), neutral], np.int64)
    wanted, held_back = None, 0
    if leaf >= 0 and (classes or best):
        own = frozenset(names.index(name) for name in classes if name in names)
        wanted = _wanted(lists[leaf], table, own, best, threshold, bottom)
        enough = (lists[leaf].reasons == Reason.KEPT) & (lists[leaf].scores >= threshold)
        held_back = int((enough & ~wanted).sum())
        if chosen is not None:
            wanted[_results_of(lists, leaf, *chosen)] = True
    led = _shown(lists, leaf, threshold, wanted, dropped=False)
    shown = _shown(lists, leaf, threshold, wanted, dropped=True) if dropped else led
    lanes = _stage_bars(lists, shown, led, leaf, table, neutral, bottom, frame / 2)
    return Scene((*lanes, bottom), tuple(hues), tuple(names), leaf, held_back)


def _wanted(
    stage: ProposalList,
    table: Ints,
    hues: frozenset[int],
    best: bool,
    threshold: float,
    truth: Bars,
) -> NDArray[np.bool_]:
    """Which results may be shown: those of the given hues (none: of all), see `build`."""
    hue = table[stage.labels]
    wanted = np.isin(hue, list(hues)) if hues else np.ones(len(stage), bool)
    rows = np.flatnonzero(wanted & (stage.reasons == Reason.KEPT) & (stage.scores >= threshold))
    if not best or not len(truth) or not len(rows):
        return wanted
    start, end = stage.segments[rows].T
    match = best_match(start, end, hue[rows], truth)
    at = np.maximum(match, 0)
    fit = pair_tiou(start, end, truth.start[at], truth.end[at])
    order = np.lexsort((fit, hue[rows] == truth.hue[at]))
    first = np.full(len(truth), -1, np.int64)
    matched = order[match[order] >= 0]
    first[match[matched]] = matched  # the last one written wins: the best
    wanted[rows[(match >= 0) & (first[at] != np.arange(len(rows)))]] = False
    return wanted


def _results_of(lists: list[ProposalList], leaf: int, stage: str, row: int) -> Ints:
    """Rows of the last list that came from a proposal."""
    lane = STAGES.index(stage)
    rows = np.array([row])
    for below in range(lane + 1, leaf + 1):
        rows = np.flatnonzero(np.isin(lists[below].parents, rows))
    return rows


def _shown(
    lists: list[ProposalList],
    leaf: int,
    threshold: float,
    wanted: NDArray[np.bool_] | None,
    dropped: bool,
) -> list[NDArray[np.bool_]]:
    """Which rows of each list are shown."""
    kept = [stage.reasons == Reason.KEPT for stage in lists]
    shown = [~keep if dropped else np.zeros(len(keep), bool) for keep in kept]
    if leaf >= 0:
        shown[leaf] = (kept[leaf] | dropped) & (lists[leaf].scores >= threshold)
        if wanted is not None:
            shown[leaf] &= wanted
    for below in range(leaf, 0, -1):
        parents = lists[below].parents[shown[below]]
        shown[below - 1][parents[parents >= 0]] = True
    return shown


def _stage_bars(
    lists: list[ProposalList],
    shown: list[NDArray[np.bool_]],
    led: list[NDArray[np.bool_]],
    leaf: int,
    table: Ints,
    neutral: int,
    truth: Bars,
    still: float,
) -> list[Bars]:
    """The three stage lanes, from the first (so that bars find their parents) to the last.

    led: the rows that led to a result; they have their sub-rows before all others.
    """
    hues = [table[stage.labels] for stage in lists]  # a label of -1 takes the last: neutral
    matches: list[Ints] = [np.zeros(0, np.int64)] * len(lists)
    for lane in range(len(lists) - 1, -1, -1):  # what is known of a child is known of its parent
        stage = lists[lane]
        start, end = stage.segments[:, 0], stage.segments[:, 1]
        child = _best_child(lists, shown, lane) if lane < leaf else np.full(len(stage), -1)
        has = child >= 0
        if has.any():
            bare = has & (hues[lane] == neutral)
            hues[lane] = hues[lane].copy()
            hues[lane][bare] = hues[lane + 1][child[bare]]
        matches[lane] = best_match(start, end, hues[lane], truth)
        if has.any():
            matches[lane][has] = matches[lane + 1][child[has]]
    lanes: list[Bars] = []
    above = _EMPTY
    for lane, stage in enumerate(lists):
        row = np.flatnonzero(shown[lane])
        row = row[np.argsort(stage.segments[row, 0], kind="stable")]
        start, end = stage.segments[row, 0], stage.segments[row, 1]
        up = _places(above, stage.parents[row])
        wanted = np.where(up >= 0, above.sub[up], -1) if len(above) else np.full(len(row), -1)
        strength = np.clip(stage.scores[row] / max(1.0, stage.scores.max(initial=1.0)), 0.0, 1.0)
        above = Bars(
            start=start,
            end=end,
            row=row,
            hue=hues[lane][row],
            strength=strength,
            up=up,
            match=matches[lane][row],
            reason=stage.reasons[row],
            sub=_packed(start, end, wanted, led[lane][row]),
            moved=_moved(start, end, up, matches[lane][row], above, truth, still),
            until=np.maximum.accumulate(end) if len(end) else end,
        )
        lanes.append(above)
    return lanes


def _packed(
    start: NDArray[np.float64], end: NDArray[np.float64], wanted: Ints, first: NDArray[np.bool_]
) -> Ints:
    """Sub-rows; bars that are not `first` lie below those, which stay as they are without them."""
    return _packed_anew(*(array.tobytes() for array in (start, end, wanted, first)))


@lru_cache(maxsize=8)  # an edit of the ground truth leaves the stages as they are
def _packed_anew(start: bytes, end: bytes, wanted: bytes, first: bytes) -> Ints:
    begins, ends = np.frombuffer(start), np.frombuffer(end)
    wishes, led = np.frombuffer(wanted, np.int64), np.frombuffer(first, np.bool_)
    sub = np.zeros(len(begins), np.int64)
    sub[led] = pack(begins[led].tolist(), ends[led].tolist(), wishes[led].tolist())
    below = int(sub[led].max()) + 1 if led.any() else 0
    below = min(below, SUB_ROWS - 1)
    rest, most = ~led, SUB_ROWS - below
    lower = (wishes[rest] - below).tolist()
    sub[rest] = pack(begins[rest].tolist(), ends[rest].tolist(), lower, most) + below
    sub.flags.writeable = False
    return sub


def _best_child(lists: list[ProposalList], shown: list[NDArray[np.bool_]], lane: int) -> Ints:
    """For every row the shown row of the next list that speaks for it: kept first, then score."""
    below = lists[lane + 1]
    best = np.full(len(lists[lane]), -1, np.int64)
    rows = np.flatnonzero(shown[lane + 1] & (below.parents >= 0))
    rows = rows[np.lexsort((below.scores[rows], below.reasons[rows] == Reason.KEPT))]
    best[below.parents[rows]] = rows  # the last one written wins
    return best


def _rank(bars: Bars, which: Ints) -> Ints:
    """Order of bars from the least to the one that speaks for all: kept, then strongest."""
    return np.lexsort((bars.strength[which], bars.reason[which] == Reason.KEPT))


def _places(bars: Bars, rows: Ints) -> Ints:
    """The bars that show `rows`, -1 for rows that are not shown or are -1."""
    if not len(bars) or not len(rows):
        return np.full(len(rows), -1, np.int64)
    table = np.full(max(int(bars.row.max()), int(rows.max())) + 2, -1, np.int64)
    table[bars.row] = np.arange(len(bars))
    return table[rows]  # a row of -1 reads the last place, which is free


def _moved(
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    up: Ints,
    match: Ints,
    above: Bars,
    truth: Bars,
    still: float,
) -> NDArray[np.int8]:
    """(N, 2): start and end came nearer to the matching truth (1), went away (-1), stayed (0)."""
    moved = np.zeros((len(start), 2), np.int8)
    known = np.flatnonzero((up >= 0) & (match >= 0))
    if len(known):
        for side, (now, before, true) in enumerate(
            ((start, above.start, truth.start), (end, above.end, truth.end))
        ):
            goal = true[match[known]]
            gain = np.abs(before[up[known]] - goal) - np.abs(now[known] - goal)
            moved[known, side] = np.where(np.abs(gain) < still, 0, np.sign(gain))
    return moved


def _truth_bars(truth: Sequence[StoredSegment], hues: dict[int, int], neutral: int) -> Bars:
    """The ground truth lane; `row` is the place in the given sequence."""
    if not truth:
        return _EMPTY
    start, end = np.array([s.start for s in truth]), np.array([s.end for s in truth])
    row = np.argsort(start, kind="stable")
    hue = np.array([hues.get(segment.label_id, neutral) for segment in truth])
    start, end = start[row], end[row]
    return Bars(
        start=start,
        end=end,
        row=row,
        hue=hue[row],
        strength=np.ones(len(row)),
        up=np.full(len(row), -1, np.int64),
        match=np.arange(len(row)),
        reason=np.zeros(len(row), np.int8),
        sub=_layers(start, end, [truth[k].annotator for k in row.tolist()]),
        moved=np.zeros((len(row), 2), np.int8),
        until=np.maximum.accumulate(end),
    )


def _layers(start: NDArray[np.float64], end: NDArray[np.float64], whose: Sequence[str]) -> Ints:
    """Sub-rows of the ground truth: where segments of several people overlap, each has their own.

    In the order of their names, as the annotator lanes; together where there are not that many.
    """
    together = pack(start.tolist(), end.tolist(), [0] * len(start))
    names = sorted(set(whose))
    if len(names) == 1 or not together.any():
        return together
    apart, used, people = np.zeros(len(start), np.int64), 0, np.array(whose)
    for name in names:
        own = np.flatnonzero(people == name)
        rows = pack(start[own].tolist(), end[own].tolist(), [0] * len(own))
        apart[own] = rows + used
        used += int(rows.max()) + 1
    return apart if used <= SUB_ROWS else together


_EMPTY = Bars(
    start=np.zeros(0),
    end=np.zeros(0),
    row=np.zeros(0, np.int64),
    hue=np.zeros(0, np.int64),
    strength=np.zeros(0),
    up=np.zeros(0, np.int64),
    match=np.zeros(0, np.int64),
    reason=np.zeros(0, np.int8),
    sub=np.zeros(0, np.int64),
    moved=np.zeros((0, 2), np.int8),
    until=np.zeros(0),
)
NOTHING = Scene((_EMPTY, _EMPTY, _EMPTY, _EMPTY), ("",), ("",), -1)
