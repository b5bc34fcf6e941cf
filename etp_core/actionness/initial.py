"""From the curves of one video to its initial proposals: interpolation and Algorithm 1."""

import numpy as np
from numpy.typing import NDArray

from etp_core.actionness.proposals import propose
from etp_core.config import ActionnessConfig
from etp_core.evolution import ProposalList


def with_average(scores: NDArray[np.float32], how: str) -> NDArray[np.float32]:
    """Append the class-agnostic curve S^(K+1): (K, T) -> (K + 1, T). `how`: mean, max or sum."""
    return np.concatenate([scores, getattr(scores, how)(axis=0, keepdims=True)])


def initial_proposals(
    times: NDArray[np.float64],
    curves: NDArray[np.float32],
    cuts: NDArray[np.float64],
    config: ActionnessConfig,
    min_length: float,
    max_length: float,
) -> ProposalList:
    """Run Algorithm 1 on every frame of a video.

    times (T,) seconds of the scored snippets, curves (K + 1, T) with the class-agnostic one last,
    cuts (n + 1,) seconds of the video's frames, lengths in seconds. Scores between snippets are
    interpolated linearly. Proposals that NMS suppressed are in the list with that reason.
    """
    frames = cuts[:-1]
    per_frame = np.stack([np.interp(frames, times, curve) for curve in curves])
    frame = (cuts[-1] - cuts[0]) / len(frames)
    step = (times[-1] - times[0]) / (len(times) - 1) if len(times) > 1 else frame
    found = propose(
        per_frame[:-1],
        config.thresholds,
        min_length / frame,
        max_length / frame,
        sigma=config.sigma * step / frame,
        extra=per_frame[-1],
        semantics=config.semantics,
        extent=config.extent,
        nms_threshold=config.nms,
    )
    return ProposalList.of(
        segments=cuts[found.spans],
        scores=found.scores,
        labels=found.labels,
        reasons=found.reasons,
        suppressed_by=found.suppressed_by,
    )
