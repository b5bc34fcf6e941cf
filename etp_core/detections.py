"""Evolutions as rows of an interchange file: detections, and the proposals they came from."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from etp_core.annotations import Annotations, Segment, VideoEntry
from etp_core.evolution import STAGES, Evolution
from etp_core.timeline import cut_at

_PREFIX = {"actionness": "a", "refinement": "r", "localization": "d"}
ANY_ACTION = "any"  # the label of proposals of the class-agnostic curve


def detections_of(
    evolution: Evolution, cuts: NDArray[np.float64] | None = None, all_stages: bool = False
) -> Annotations:
    """The kept detections of a video, best first; with `all_stages` also the kept proposals.

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
        rows = proposals.kept
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
