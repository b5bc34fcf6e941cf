"""From the curves of one video to its initial proposals: interpolation and Algorithm 1."""

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from etp_core.actionness.proposals import Proposer
from etp_core.config import ActionnessConfig, Extent, Semantics
from etp_core.evolution import ProposalList


def with_average(scores: NDArray[np.float32], how: str) -> NDArray[np.float32]:
    """Append the class-agnostic curve S^(K+1): (K, T) -> (K + 1, T). `how`: mean, max or sum."""
    return np.concatenate([scores, getattr(scores, how)(axis=0, keepdims=True)])


class Recipe(BaseModel):
    """How Algorithm 1 is run on a video: all it needs beside the curves. Lengths in seconds."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    thresholds: tuple[float, ...] = (0.5,)
    min_length: float = 0.0
    max_length: float = float("inf")
    sigma: float = 3.0  # snippets
    semantics: Semantics = "move"
    extent: Extent = "tight"
    nms: float = 0.9

    @classmethod
    def of(cls, config: ActionnessConfig, min_length: float, max_length: float) -> "Recipe":
        """The recipe of a configuration, with lengths in seconds in place of its own."""
        values = config.model_dump(include=set(cls.model_fields))
        return cls(**{**values, "min_length": min_length, "max_length": max_length})


class InitialProposals:
    """Algorithm 1 on every frame of a video, for thresholds that change.

    times (T,) seconds of the scored snippets, curves (K + 1, T) with the class-agnostic one last,
    cuts (n + 1,) seconds of the video's frames. Scores between snippets are interpolated linearly.
    """

    def __init__(
        self,
        times: NDArray[np.float64],
        curves: NDArray[np.float32],
        cuts: NDArray[np.float64],
        recipe: Recipe,
    ) -> None:
        self.recipe = recipe
        self._cuts = cuts
        frames = cuts[:-1]
        self._frame = float(cuts[-1] - cuts[0]) / len(frames)
        step = (times[-1] - times[0]) / (len(times) - 1) if len(times) > 1 else self._frame
        per_frame = np.empty((len(curves), len(frames)), np.float32)
        for row, curve in zip(per_frame, curves, strict=True):
            row[:] = np.interp(frames, times, curve)
        sigma = recipe.sigma * float(step) / self._frame
        self._proposer = (
            Proposer(per_frame[:-1], sigma=sigma, extra=per_frame[-1])
            if len(curves) > 1
            else Proposer(per_frame[0], sigma=sigma)
        )

    def propose(self, *thresholds: float) -> ProposalList:
        """The proposals at one or several thresholds, by default those of the recipe.

        Proposals that NMS suppressed, and candidates whose length did not fit, are in the list with
        that reason.
        """
        recipe = self.recipe
        found = self._proposer.propose(
            thresholds or recipe.thresholds,
            recipe.min_length / self._frame,
            recipe.max_length / self._frame,
            semantics=recipe.semantics,
            extent=recipe.extent,
            nms_threshold=recipe.nms,
            dropped=True,
        )
        return ProposalList.of(
            segments=self._cuts[found.spans],
            scores=found.scores,
            labels=found.labels,
            reasons=found.reasons,
            suppressed_by=found.suppressed_by,
        )


def initial_proposals(
    times: NDArray[np.float64],
    curves: NDArray[np.float32],
    cuts: NDArray[np.float64],
    config: ActionnessConfig,
    min_length: float,
    max_length: float,
) -> ProposalList:
    """The proposals of a video as its model is configured; see `InitialProposals`."""
    recipe = Recipe.of(config, min_length, max_length)
    return InitialProposals(times, curves, cuts, recipe).propose()
