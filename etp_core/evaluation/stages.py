"""What each stage did: the recall of its proposals, and whether it moved boundaries the right way.

Boundaries are followed along chains: each ground truth that a detection finds (its best-scored one
of its class with a tIoU above 0.5), the refined proposal it came from, and the initial one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etp_core.annotations import Annotations, Segment
from etp_core.detections import detections_of
from etp_core.errors import InputError
from etp_core.evaluation.arrays import or_none
from etp_core.evaluation.matching import first_hits
from etp_core.evaluation.recall import share_below
from etp_core.evolution import STAGES, Evolution
from etp_core.timeline import Floats, Ints, cut_at

STAGE_TIOUS = (0.3, 0.4, 0.5, 0.6, 0.7)
STILL = 1e-3  # seconds by which an error must change to count as better or worse


@dataclass(frozen=True)
class StageMetrics:
    """One stage: the proposals that it gave, the recall (T,) of them all, and boundary errors.

    Errors are means of absolute values over the chains, in seconds and in frames (NaN where there
    is no chain, or frames are not known). improved, worsened: boundaries whose error shrank or grew
    since the stage before, of 2 a chain; 0 in the first stage.
    """

    name: str
    proposals: int
    recall: Floats
    start: float
    end: float
    start_frames: float
    end_frames: float
    improved: int
    worsened: int


@dataclass(frozen=True)
class StageReport:
    """The stages that are there, in their order; `chains`: ground truths followed through all."""

    tious: tuple[float, ...]
    ground_truths: int
    chains: int
    stages: tuple[StageMetrics, ...]

    def as_dict(self) -> dict[str, Any]:
        """Recall in percent, errors in seconds and frames (None where unknown)."""
        return {
            "ground_truths": self.ground_truths,
            "chains": self.chains,
            "stages": {
                stage.name: {
                    "proposals": stage.proposals,
                    "recall": {
                        f"{level:g}": 100 * share
                        for level, share in zip(self.tious, stage.recall.tolist(), strict=True)
                    },
                    "start_s": or_none(stage.start),
                    "end_s": or_none(stage.end),
                    "start_frames": or_none(stage.start_frames),
                    "end_frames": or_none(stage.end_frames),
                    "improved": stage.improved,
                    "worsened": stage.worsened,
                }
                for stage in self.stages
            },
        }


def stage_metrics(
    ground_truth: Annotations,
    proposals: Annotations,
    tious: Sequence[float] = STAGE_TIOUS,
    subset: str | None = None,
) -> StageReport:
    """Metrics of the stages that `proposals` holds (`etp detect --stages`, a project file).

    Proposals of videos that the ground truth does not know are left out. Frames come from the rows'
    own frames where both have them, else from the videos' frame rate. Raises InputError if there is
    no ground truth.
    """
    known = ground_truth if subset is None else ground_truth.subset(subset)
    truth = [row for row in known.segments if row.stage == "ground_truth"]
    if not truth:
        raise InputError("the ground truth has no segments")
    videos = {*known.videos, *(row.video for row in truth)}
    rows = {
        name: [row for row in proposals.segments if row.stage == name and row.video in videos]
        for name in STAGES
    }
    there = [name for name in STAGES if rows[name]]
    chains, found = _chains(truth, rows, there)
    errors, frames = _errors(truth, chains, found, known, proposals)
    return StageReport(
        tious=tuple(tious),
        ground_truths=len(truth),
        chains=len(found),
        stages=tuple(
            _metrics(name, rows[name], truth, tious, errors[:, : i + 1], frames[:, i])
            for i, name in enumerate(there)
        ),
    )


def evolution_metrics(
    evolution: Evolution,
    segments: Sequence[Segment],
    cuts: NDArray[np.float64] | None = None,
    tious: Sequence[float] = STAGE_TIOUS,
) -> StageReport:
    """Metrics of the stages of one video against its ground truth; see `stage_metrics`.

    segments: of whatever video name; cuts (n + 1,) seconds count the errors in frames exactly.
    """
    found = detections_of(evolution, cuts, all_stages=True)
    name = next(iter(found.videos))
    truth = [
        Segment(
            name, row.label, row.start, row.end,
            start_frame=None if cuts is None else cut_at(cuts, row.start),
            end_frame=None if cuts is None else cut_at(cuts, row.end),
        )
        for row in segments
    ]  # fmt: skip
    return stage_metrics(Annotations.of(truth), found, tious)


def _metrics(
    name: str,
    rows: list[Segment],
    truth: list[Segment],
    tious: Sequence[float],
    errors: Floats,
    frames: Floats,
) -> StageMetrics:
    """errors (F, S, 2) seconds up to this stage, frames (F, 2) in it."""
    groups: dict[str, int] = {}
    ranks = first_hits(
        *_arrays(truth, groups, _video_key), *_arrays(rows, groups, _video_key),
        np.array([row.score or 0.0 for row in rows]), tious, strict=False,
    )[0]  # fmt: skip
    start, end = _means(errors[:, -1])
    start_frames, end_frames = _means(frames)
    moved = np.zeros((0, 2))
    if errors.shape[1] > 1:
        moved = errors[:, -1] - errors[:, -2]
    return StageMetrics(
        name=name,
        proposals=len(rows),
        recall=share_below(ranks, [None])[:, 0],
        start=start,
        end=end,
        start_frames=start_frames,
        end_frames=end_frames,
        improved=int(np.count_nonzero(moved < -STILL)),
        worsened=int(np.count_nonzero(moved > STILL)),
    )


def _chains(
    truth: list[Segment], rows: dict[str, list[Segment]], there: list[str]
) -> tuple[list[list[Segment]], list[int]]:
    """Per found ground truth its proposals, one a stage, and the number of the ground truth."""
    last = there[-1] if there else ""
    if last != STAGES[-1]:
        return [], []
    detections = rows[last]
    groups: dict[str, int] = {}
    places = [_arrays(some, groups, _label_key) for some in (truth, detections)]
    scores = np.array([row.score or 0.0 for row in detections])
    winners = first_hits(*places[0], *places[1], scores, 0.5, strict=True)[1][0]
    ids = {
        (row.video, row.stage, row.proposal_id): row
        for name in there
        for row in rows[name]
        if row.proposal_id
    }
    chains, found = [], []
    for number in np.flatnonzero(winners >= 0).tolist():
        row: Segment | None = detections[winners[number]]
        chain = []
        for name in reversed(there):
            if row is None:
                break
            chain.append(row)
            before = there.index(name) - 1
            if before >= 0:
                row = ids.get((row.video, there[before], row.parent_id))
        if len(chain) == len(there):
            chains.append(chain[::-1])
            found.append(number)
    return chains, found


def _errors(
    truth: list[Segment],
    chains: list[list[Segment]],
    found: list[int],
    known: Annotations,
    proposals: Annotations,
) -> tuple[Floats, Floats]:
    """Absolute errors (F, S, 2) in seconds and in frames, NaN where those are not known."""
    if not chains:
        return np.zeros((0, 3, 2)), np.zeros((0, 3, 2))
    seconds = np.array(
        [
            [(abs(row.start - truth[n].start), abs(row.end - truth[n].end)) for row in chain]
            for n, chain in zip(found, chains, strict=True)
        ],
        dtype=np.float64,
    )
    frames = np.full_like(seconds, np.nan)
    for i, (n, chain) in enumerate(zip(found, chains, strict=True)):
        entries = (known.videos.get(truth[n].video), proposals.videos.get(truth[n].video))
        rate = next((entry.fps for entry in entries if entry and entry.fps), None)
        for s, row in enumerate(chain):
            pairs = (
                (row.start_frame, truth[n].start_frame), (row.end_frame, truth[n].end_frame)
            )  # fmt: skip
            for b, (mine, true) in enumerate(pairs):
                if mine is not None and true is not None:
                    frames[i, s, b] = abs(mine - true)
                elif rate:
                    frames[i, s, b] = seconds[i, s, b] * rate
    return seconds, frames


def _video_key(row: Segment) -> str:
    return row.video


def _label_key(row: Segment) -> str:
    return f"{row.video}\0{row.label}"


def _arrays(
    rows: list[Segment], groups: dict[str, int], key: Callable[[Segment], str]
) -> tuple[Floats, Ints]:
    """Segments (N, 2) and their groups (N,), numbered as they come."""
    segments = np.array([(row.start, row.end) for row in rows], dtype=np.float64).reshape(-1, 2)
    numbers = [groups.setdefault(key(row), len(groups)) for row in rows]
    return segments, np.array(numbers, dtype=np.int64)


def _means(errors: Floats) -> tuple[float, float]:
    if not len(errors) or np.isnan(errors).any():
        return float("nan"), float("nan")
    start, end = errors.mean(axis=0).tolist()
    return start, end
