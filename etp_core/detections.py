"""Evolutions as rows of an interchange file: detections, and the proposals they came from."""

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

    A proposal has the class, and as its score the mean inside, of the class curve that is highest
    in it; those of one class suppress each other at tIoU `nms`, as detections do.
    """
    proposals = evolution.stage(stage)
    segments = proposals.segments[proposals.given]
    video = Path(evolution.video).stem
    result = Annotations({video: VideoEntry()}, [])
    if len(segments) == 0:
        return result
    classes = evolution.curves[:-1].astype(np.float64)
    total = np.concatenate([np.zeros((len(classes), 1)), classes.cumsum(axis=1)], axis=1)
    first, last = np.searchsorted(evolution.times, segments).T
    first = np.minimum(first, len(evolution.times) - 1)
    last = np.maximum(last, first + 1)
    means = (total[:, last] - total[:, first]) / (last - first)  # (K, N)
    labels, scores = means.argmax(axis=0), means.max(axis=0)
    for label in range(len(classes)):
        here = np.flatnonzero(labels == label)
        kept, _ = suppress(segments[here], scores[here], nms)
        for row in here[kept].tolist():
            start, end = segments[row].tolist()
            name, score = evolution.classes[label], float(scores[row])
            result.segments.append(Segment(video, name, start, end, score, "localization"))
    result.segments.sort(key=lambda segment: -(segment.score or 0.0))
    return result
