"""Evolutions as rows of an interchange file: detections, and the proposals they came from."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from etp_core.annotations import Annotations, Segment, VideoEntry
from etp_core.evolution import STAGES, Evolution
from etp_core.timeline import cut_at, suppress

_PREFIX = {"actionness": "a", "refinement": "r", "localization": "d"}
ANY_ACTION = "any"  # the label of proposals of the class-agnostic curve


def detections_of(
    evolution: Evolution, cuts: NDArray[np.float64] | None = None, all_stages: bool = False
) -> Annotations:
    """The kept detections of a video, best first; with `all_stages` also what the first two
    stages gave to the next.

    cuts (n + 1,) seconds give each boundary its nearest frame; without them there are no frames.
    Proposal ids are unique within the video ("a3", "r1", "d0") and name their parent.
    """
    video = Path(evolution.video).stem
    entry = VideoEntry()
    if cuts is not None:
        entry = VideoEntry(duration=float(cuts[-1] - cuts[0]), frames=len(cuts) - 1)
    result = Annotations({video: entry}, [])
    for number, stage in enumerate(STAGES):
        if stage != "localization" and not all_stages:
            continue
        proposals = evolution.stage(stage)
        rows = proposals.given
        for row in rows[np.argsort(-proposals.scores[rows], kind="stable")].tolist():
            start, end = proposals.segments[row].tolist()
            label = int(proposals.labels[row])
            completeness = float(proposals.completeness[row])
            result.segments.append(
                Segment(
                    video=video,
                    label=evolution.classes[label] if label >= 0 else ANY_ACTION,
                    start=start,
                    end=end,
                    score=float(proposals.scores[row]),
                    stage=stage,
                    start_frame=None if cuts is None else cut_at(cuts, start),
                    end_frame=None if cuts is None else cut_at(cuts, end),
                    completeness=None if np.isnan(completeness) else completeness,
                    proposal_id=f"{_PREFIX[stage]}{row}",
                    parent_id=(
                        f"{_PREFIX[STAGES[number - 1]]}{proposals.parents[row]}" if number else ""
                    ),
                    source=evolution.model,
                )
            )
    return result


def proposals_as_detections(evolution: Evolution, stage: str, nms: float) -> Annotations:
    """What an early stage gave to the next as if they were its detections, best first.

    A proposal has the class whose curve is highest inside it. Its score is how much more actionness
    lies inside it than in its starting and ending stages, half its length before and behind: a mean
    inside alone is highest in the peaks of an action, which are a fraction of its length. Proposals
    of one class suppress each other at tIoU `nms`, as detections do.
    """
    proposals = evolution.stage(stage)
    segments = proposals.segments[proposals.given]
    video = Path(evolution.video).stem
    result = Annotations({video: VideoEntry()}, [])
    if len(segments) == 0:
        return result
    start, end = segments.T
    length = end - start
    between = _integrals(evolution)
    labels = np.argmax([between(k, start, end) for k in range(len(evolution.classes))], axis=0)
    around = between(-1, start - length / 2, start) + between(-1, end, end + length / 2)
    scores = (between(-1, start, end) - around) / length
    for label in np.unique(labels).tolist():
        here = np.flatnonzero(labels == label)
        kept, _ = suppress(segments[here], scores[here], nms)
        for row in here[kept].tolist():
            name, (first, last) = evolution.classes[label], segments[row].tolist()
            result.segments.append(
                Segment(video, name, first, last, float(scores[row]), "localization")
            )
    result.segments.sort(key=lambda segment: -(segment.score or 0.0))
    return result


def _integrals(
    evolution: Evolution,
) -> Callable[[int, NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]:
    """A function (curve, starts, ends) -> the curve's integral between them, in seconds.

    A snippet lasts until the next one; beyond the first and the last there is no actionness.
    """
    times = evolution.times
    step = float(times[-1] - times[0]) / (len(times) - 1) if len(times) > 1 else 1.0
    edges = np.append(times, times[-1] + step)
    total = np.zeros((len(evolution.curves), len(edges)))
    np.cumsum(evolution.curves * np.diff(edges), axis=1, out=total[:, 1:])

    def between(
        curve: int, starts: NDArray[np.float64], ends: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        own = total[curve]
        return np.asarray(np.interp(ends, edges, own) - np.interp(starts, edges, own))

    return between
