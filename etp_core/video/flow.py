"""Optical flow between consecutive frames: how far every pixel has moved, in pixels."""

from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from etp_core.errors import InputError
from etp_core.opencv import cv2


class FlowEstimator:
    """Flow from one frame to the next, of frames that are handed over in order.

    method  "dis" (dense inverse search, Kroeger et al. 2016) or "tvl1" (Zach et al. 2007)
    limit   longer displacements are clipped to it, pixels in x and in y
    finest  how often "dis" halves the picture that it looks at last; 0 sees what is small, each
            halving takes a third to a fifth of the time
    """

    def __init__(self, method: str = "dis", limit: float = 20.0, finest: int = 0) -> None:
        """Raises InputError where OpenCV lacks the method."""
        library = cv2()
        self.grey = lambda frame: library.cvtColor(frame, library.COLOR_RGB2GRAY)
        if method == "tvl1":
            self._method = _tvl1(library)
        else:
            self._method = library.DISOpticalFlow_create(library.DISOPTICAL_FLOW_PRESET_FAST)
            self._method.setFinestScale(finest)
        self.limit = limit
        self._before: NDArray[np.uint8] | None = None

    def __call__(self, frame: NDArray[np.uint8]) -> NDArray[np.float32] | None:
        """Frame (H, W, 3) uint8 RGB -> flow (H, W, 2) from the frame before, x then y.

        None for the first frame. H and W must stay the same and be 16 pixels at least.
        """
        grey = self.grey(frame)
        before, self._before = self._before, grey
        if before is None:
            return None
        return self.between(before, grey)

    def between(self, before: NDArray[np.uint8], after: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Grey frames (H, W) uint8 -> flow (H, W, 2) from one to the other, x then y."""
        field: NDArray[np.float32] = self._method.calc(before, after, None)
        return field.clip(-self.limit, self.limit)


def _tvl1(library: ModuleType):  # type: ignore[no-untyped-def]
    contributed = getattr(library, "optflow", None)
    if contributed is None:
        raise InputError(
            "features.flow.method: tvl1 is not in this OpenCV; pip install opencv-contrib-python "
            'in place of opencv-python, or use "dis"'
        )
    return contributed.DualTVL1OpticalFlow_create()
