"""Why a proposal is where it is: the facts of a stored run, put together for one of its rows."""

from dataclasses import dataclass

import numpy as np

from etp_core.evolution import STAGES, Evolution, Reason

Span = tuple[float, float]  # [start, end) seconds


@dataclass(frozen=True)
class Step:
    """A proposal at one stage. offset: the predicted (c, s) that moved it there, if known."""

    stage: str
    row: int
    span: Span
    score: float
    label: str
    reason: Reason
    offset: tuple[float, float] | None


@dataclass(frozen=True)
class Explanation:
    """What is known of one row of one stage.

    steps: the proposal at the stages it went through, first to last; `at` is the index of the one
    that was asked for. units: the video units that moved it from the first stage to the second
    (their length in seconds beside them). looked_at: starting, course and ending of the refined
    proposal, as the Localization Network samples it (section 3.3). probabilities: the classes, best
    first, with the background as ""; empty where the run does not know them. completeness and score
    belong to the detection. suppressed_by and suppressed: (stage, row) of other proposals.
    """

    steps: tuple[Step, ...]
    at: int
    units: tuple[Span, ...]
    unit: float
    looked_at: tuple[Span, Span, Span] | None
    probabilities: tuple[tuple[str, float], ...]
    completeness: float | None
    suppressed_by: tuple[str, int] | None
    suppressed: tuple[tuple[str, int], ...]
    complete: bool  # whether the run keeps offsets, units and probabilities

    @property
    def step(self) -> Step:
        """The proposal that was asked for."""
        return self.steps[self.at]


def explain(evolution: Evolution, stage: str, row: int) -> Explanation:
    """All that a run knows of a proposal. Raises IndexError if the stage has no such row."""
    steps = tuple(_step(evolution, name, here) for name, here in _path(evolution, stage, row))
    names = [step.stage for step in steps]
    here = evolution.stage(stage)
    by = int(here.suppressed_by[row])
    losers = np.flatnonzero(here.suppressed_by == row)
    losers = losers[np.argsort(-here.scores[losers], kind="stable")]
    refined = next((step for step in steps if step.stage == STAGES[1]), None)
    units: tuple[Span, ...] = ()
    length, looked_at = 0.0, None
    probabilities: tuple[tuple[str, float], ...] = ()
    if refined is not None:
        stage_2 = evolution.refinement
        units, length = _units(stage_2.units[refined.row])
        looked_at = _looked_at(refined.span)
        probabilities = _ranked(evolution.classes, stage_2.probabilities[refined.row])
    completeness = None
    if names[-1] == STAGES[-1]:
        value = float(evolution.localization.completeness[steps[-1].row])
        completeness = value if np.isfinite(value) else None
    return Explanation(
        steps=steps,
        at=names.index(stage),
        units=units,
        unit=length,
        looked_at=looked_at,
        probabilities=probabilities,
        completeness=completeness,
        suppressed_by=(stage, by) if by >= 0 else None,
        suppressed=tuple((stage, int(loser)) for loser in losers),
        complete=bool(evolution.recipe),
    )


def tally(evolution: Evolution) -> dict[str, dict[Reason, int]]:
    """For each stage that has proposals: how many went on, and how many were dropped, by reason."""
    found = {}
    for name in STAGES:
        reasons, counts = np.unique(evolution.stage(name).reasons, return_counts=True)
        if len(reasons):
            found[name] = dict(zip(map(Reason, reasons.tolist()), counts.tolist(), strict=True))
    return found


def _path(evolution: Evolution, stage: str, row: int) -> list[tuple[str, int]]:
    """(stage, row) from the first stage to the last that the proposal reached."""
    place = STAGES.index(stage)
    if not 0 <= row < len(evolution.stage(stage)):
        raise IndexError(f"{stage} has no row {row}")
    path = [(stage, row)]
    for above in range(place, 0, -1):
        parent = int(evolution.stage(STAGES[above]).parents[path[0][1]])
        if parent < 0:
            break
        path.insert(0, (STAGES[above - 1], parent))
    for name in STAGES[place + 1 :]:
        below = evolution.stage(name)
        children = np.flatnonzero(below.parents == path[-1][1])
        if not len(children):
            break
        order = np.lexsort((below.scores[children], below.reasons[children] == Reason.KEPT))
        path.append((name, int(children[order[-1]])))
    return path


def _step(evolution: Evolution, stage: str, row: int) -> Step:
    of = evolution.stage(stage)
    start, end = of.segments[row].tolist()
    label, offset = int(of.labels[row]), of.offsets[row]
    return Step(
        stage=stage,
        row=row,
        span=(start, end),
        score=float(of.scores[row]),
        label=evolution.classes[label] if label >= 0 else "",
        reason=Reason(int(of.reasons[row])),
        offset=(float(offset[0]), float(offset[1])) if np.isfinite(offset).all() else None,
    )


def _units(stored) -> tuple[tuple[Span, ...], float]:
    first, end, length, count = stored.tolist()
    if not np.isfinite(first):
        return (), 0.0
    starts = np.linspace(first, max(end - length, first), int(count))
    return tuple((start, start + length) for start in starts.tolist()), length


def _looked_at(span: Span) -> tuple[Span, Span, Span]:
    start, end = span
    half = (end - start) / 2
    return (start - half, start), span, (end, end + half)


def _ranked(classes: tuple[str, ...], values) -> tuple[tuple[str, float], ...]:
    if not len(values) or not np.isfinite(values).all():
        return ()
    pairs = zip((*classes, ""), values.tolist(), strict=True)
    return tuple(sorted(pairs, key=lambda pair: -pair[1]))
