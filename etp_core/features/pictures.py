"""What the backbone sees of a snippet: the picture of one modality, made from RGB frames.

`rgb` is the frame itself. `rgbdiff` shows motion to a network that looks at single pictures, as
the RGB difference of temporal segment networks: grey, difference to the snippet before,
difference to three snippets before.

`flow` is the optical flow between consecutive frames at the video's full rate. A snippet shows how
things move where it begins: the flow since the snippet before, averaged over those frames, as x, y
and length ("uvm", which suits a network trained on photographs), or the last frames' flow one
behind the other, x and y of each ("stack", as two-stream networks take it).

Where a window follows the person (`etp_core.features.following`), all frames of one picture are cut
by the window of its snippet: what stands still stays still in the difference and in the flow.
"""

from collections import deque
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etp_core.config import FeatureConfig, FlowConfig
from etp_core.video.flow import FlowEstimator

_MEAN = np.array([0.485, 0.456, 0.406], np.float32)  # ImageNet, as the backbones were trained
_STD = np.array([0.229, 0.224, 0.225], np.float32)
_GREY_WEIGHTS = np.array([0.299, 0.587, 0.114], np.float32)
_LAGS = (1, 3)  # snippets
_DIFFERENCE_GAIN = 2.0  # differences are small beside the contrast of a photograph
_FLOW_UNIT = 2.0  # pixels a frame that are shown as one deviation of a photograph
Cut = Callable[[NDArray[Any]], NDArray[Any]]  # a picture -> what is shown of it
WARM_UP = max(_LAGS)  # snippets that a maker must have seen for the next picture to be right


class PictureMaker:
    """Turns consecutive RGB frames into normalised pictures; remembers the frames it needs."""

    full_rate = False  # whether `between` must see the frames between the snippets

    def __init__(self, stream: str) -> None:
        self.stream = stream
        self._past: deque[NDArray[np.float32]] = deque(maxlen=max(_LAGS))

    def between(self, frame: NDArray[np.uint8]) -> None:
        """Look at a frame that is no snippet."""

    def __call__(self, frame: NDArray[np.uint8], cut: Cut = np.asarray) -> NDArray[np.float32]:
        """One snippet's frame (H, W, 3) uint8 RGB -> (C, H, W) float32, about zero mean and unit
        variance. `cut` makes a picture of the size that is wanted from a frame or its grey one."""
        if self.stream == "rgb":
            scaled = cut(frame).astype(np.float32) * np.float32(1 / 255)
            return np.ascontiguousarray(((scaled - _MEAN) / _STD).transpose(2, 0, 1))
        scaled = frame.astype(np.float32) * np.float32(1 / 255)
        whole: NDArray[np.float32] = np.asarray(scaled @ _GREY_WEIGHTS, np.float32)
        past = list(self._past)
        self._past.append(whole)
        grey = cut(whole)
        channels = [(grey - 0.449) / 0.226]
        for lag in _LAGS:
            before = cut(past[-min(lag, len(past))]) if past else grey
            channels.append((grey - before) * np.float32(_DIFFERENCE_GAIN / 0.226))
        return np.stack(channels)


class FlowMaker(PictureMaker):
    """Turns the frames of a video, all of them, into pictures of optical flow at its snippets."""

    full_rate = True

    def __init__(self, config: FlowConfig) -> None:
        super().__init__("flow")
        self.config = config
        self._estimate = FlowEstimator(config.method, config.limit, config.finest)
        # the fields since the snippet before, or the last ones
        stacked = config.stack if config.picture == "stack" else None
        self._fields: deque[NDArray[np.float32]] = deque(maxlen=stacked)

    def between(self, frame: NDArray[np.uint8]) -> None:
        field = self._estimate(frame)
        if field is not None:
            self._fields.append(field)

    def __call__(self, frame: NDArray[np.uint8], cut: Cut = np.asarray) -> NDArray[np.float32]:
        self.between(frame)
        fields = list(self._fields)
        if self.config.picture == "uvm":
            self._fields.clear()
        return self._picture(fields, frame.shape[:2])

    def _picture(
        self, known: list[NDArray[np.float32]], shape: tuple[int, ...]
    ) -> NDArray[np.float32]:
        """The picture of fields (H, W, 2) of a shape (H, W), the last one at the end."""
        still = np.zeros((*shape, 2), np.float32)
        if self.config.picture == "stack":
            missing = [known[0] if known else still] * (self.config.stack - len(known))
            fields = np.concatenate([*missing, *known], axis=2)
        else:
            mean = np.mean(known, axis=0) if known else still
            length = np.linalg.norm(mean, axis=2, keepdims=True)
            fields = np.concatenate([mean, length], axis=2)
        return np.ascontiguousarray(fields.transpose(2, 0, 1) / np.float32(_FLOW_UNIT))


class WindowedFlowMaker(FlowMaker):
    """The same within windows: the flow is looked for in what the snippet's window shows."""

    def __init__(self, config: FlowConfig) -> None:
        super().__init__(config)
        kept = config.stack + 1 if config.picture == "stack" else None
        self._frames: deque[NDArray[np.uint8]] = deque(maxlen=kept)

    def between(self, frame: NDArray[np.uint8]) -> None:
        self._frames.append(self._estimate.grey(frame))

    def __call__(self, frame: NDArray[np.uint8], cut: Cut = np.asarray) -> NDArray[np.float32]:
        self.between(frame)
        shown = [cut(grey) for grey in self._frames]
        if self.config.picture == "uvm":
            while len(self._frames) > 1:
                self._frames.popleft()
        fields = [self._estimate.between(a, b) for a, b in pairwise(shown)]
        return self._picture(fields, shown[-1].shape)


def new_maker(stream: str, config: FeatureConfig) -> PictureMaker:
    """What makes the pictures of one stream; raises InputError where OpenCV lacks the flow."""
    if stream != "flow":
        return PictureMaker(stream)
    return FlowMaker(config.flow) if config.crop == "none" else WindowedFlowMaker(config.flow)


def channels(stream: str, config: FeatureConfig) -> int:
    """Channels of the pictures of one stream."""
    stacked = stream == "flow" and config.flow.picture == "stack"
    return 2 * config.flow.stack if stacked else 3


def mirror(
    pictures: NDArray[np.float32], stream: str, config: FeatureConfig
) -> NDArray[np.float32]:
    """Pictures (..., C, H, W) as a mirror shows them: what moved right moves left."""
    mirrored = pictures[..., ::-1].copy()
    if stream == "flow":
        across = slice(0, None, 2) if config.flow.picture == "stack" else slice(0, 1)
        mirrored[..., across, :, :] *= -1
    return mirrored


def input_size(width: int, height: int, side: int) -> tuple[int, int]:
    """Size of the backbone's input, (width, height) in pixels, multiples of 16.

    It keeps the video's aspect ratio and has about the area of a square of `side` pixels.
    """
    scale = side / (width * height) ** 0.5
    return max(32, round(width * scale / 16) * 16), max(32, round(height * scale / 16) * 16)
