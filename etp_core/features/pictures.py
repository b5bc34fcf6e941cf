"""What the backbone sees of a snippet: the picture of one modality, made from RGB frames.

`rgb` is the frame itself. `rgbdiff` shows motion to a network that looks at single pictures, as
the RGB difference of temporal segment networks: grey, difference to the snippet before,
difference to three snippets before.
"""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from etp_core.config import Modality

_MEAN = np.array([0.485, 0.456, 0.406], np.float32)  # ImageNet, as the backbones were trained
_STD = np.array([0.229, 0.224, 0.225], np.float32)
_GREY_WEIGHTS = np.array([0.299, 0.587, 0.114], np.float32)
_LAGS = (1, 3)  # snippets
_DIFFERENCE_GAIN = 2.0  # differences are small beside the contrast of a photograph


class PictureMaker:
    """Turns consecutive RGB frames into normalised pictures; remembers the frames it needs."""

    def __init__(self, modality: Modality) -> None:
        self.modality = modality
        self._past: deque[NDArray[np.float32]] = deque(maxlen=max(_LAGS))

    def __call__(self, frame: NDArray[np.uint8]) -> NDArray[np.float32]:
        """One frame (H, W, 3) uint8 RGB -> (3, H, W) float32, about zero mean and unit variance."""
        scaled = frame.astype(np.float32) * np.float32(1 / 255)
        if self.modality == "rgb":
            return np.ascontiguousarray(((scaled - _MEAN) / _STD).transpose(2, 0, 1))
        grey: NDArray[np.float32] = np.asarray(scaled @ _GREY_WEIGHTS, np.float32)
        past = list(self._past)
        self._past.append(grey)
        channels = [(grey - 0.449) / 0.226]
        for lag in _LAGS:
            before = past[-min(lag, len(past))] if past else grey
            channels.append((grey - before) * np.float32(_DIFFERENCE_GAIN / 0.226))
        return np.stack(channels)


def input_size(width: int, height: int, side: int) -> tuple[int, int]:
    """Size of the backbone's input, (width, height) in pixels, multiples of 16.

    It keeps the video's aspect ratio and has about the area of a square of `side` pixels.
    """
    scale = side / (width * height) ** 0.5
    return max(32, round(width * scale / 16) * 16), max(32, round(height * scale / 16) * 16)
