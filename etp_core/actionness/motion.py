"""Actionness without a model: how much moves, so that Algorithm 1 has something to propose.

The energy of a snippet is the mean absolute difference of small grey pictures, a tenth of a second
apart. It is scaled per video: what moves least in it is 0, what moves most is 1.
"""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from etp_core.actionness.initial import InitialProposals, Recipe
from etp_core.evolution import MOTION, Evolution
from etp_core.video import VideoReader

STEP = 0.1  # seconds between snippets
_WIDTH = 96  # pixels of the pictures that are compared
_TELL = 64  # snippets between two pieces
_LOW, _HIGH = 10.0, 98.0  # percentiles of the energy that become 0 and 1
_NOISE = 0.5  # grey levels of 255; what moves less over a whole video is the noise of its coding
_GREY = np.array([0.299, 0.587, 0.114], np.float32)

OnPiece = Callable[[NDArray[np.float64], NDArray[np.float32], int], None]
"""Told times (M,) in seconds, scores (M, 1) scaled by what is known so far, and snippets in all."""


def detect_motion(
    video: Path, on_piece: OnPiece | None = None, start: float = -math.inf
) -> Evolution:
    """The motion of a video as a class-agnostic curve, and the proposals of Algorithm 1 on it.

    It is read from about `start` seconds to its end and then up to there; the result is the same.
    Stages two and three are empty, there are no classes. Raises VideoError naming the file.
    """
    with VideoReader(video) as reader:
        frames = _snippets(reader)
        times = reader.pts[frames]
        size = (_WIDTH, max(16, round(_WIDTH * reader.info.height / reader.info.width)))
        energy = np.zeros(len(frames))
        known = np.zeros(len(frames), bool)
        middle = min(max(int(np.searchsorted(times, start)) - _TELL // 2, 0), len(frames) - 1)
        for first, last in ((middle, len(frames)), (0, middle)):
            before: NDArray[np.float32] | None = None
            told = first
            begin = max(first - 1, 0)  # the first difference needs the snippet before
            for i, picture in enumerate(reader.sample(frames[begin:last].tolist(), size), begin):
                grey = picture.astype(np.float32) @ _GREY
                if before is not None:
                    energy[i] = float(np.abs(grey - before).mean())
                before = grey
                if i < first:
                    continue
                known[i] = True
                if on_piece is not None and (i + 1 == last or i + 1 - told == _TELL):
                    piece = slice(told, i + 1)
                    scaled = _scaled(energy[known])[known[: piece.stop].cumsum()[piece] - 1]
                    on_piece(times[piece], scaled[:, None], len(frames))
                    told = i + 1
        cuts = reader.cuts
    if len(energy) > 1:
        energy[0] = energy[1]
    curve = _scaled(energy)[None]
    recipe = Recipe(
        thresholds=(0.2, 0.3, 0.4, 0.5, 0.6), min_length=0.3, max_length=float(cuts[-1] - cuts[0])
    )
    return Evolution(
        video=str(video),
        classes=(),
        times=times,
        curves=curve,
        actionness=InitialProposals(times, curve, cuts, recipe).propose(),
        model=MOTION,
        recipe=recipe.model_dump(),
    )


def _snippets(reader: VideoReader) -> NDArray[np.int64]:
    """Frames about STEP seconds apart, none twice."""
    grid = np.arange(reader.pts[0], reader.pts[-1] + STEP * 1e-3, STEP)
    return np.unique(np.searchsorted(reader.pts, grid, side="right") - 1)


def _scaled(energy: NDArray[np.float64]) -> NDArray[np.float32]:
    energy = median_filter(energy, size=3, mode="nearest")  # a cut, or a key frame, is one snippet
    low, high = np.percentile(energy, (_LOW, _HIGH))
    return np.clip((energy - low) / max(high - low, _NOISE), 0.0, 1.0).astype(np.float32)
