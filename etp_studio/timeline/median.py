"""The median without numpy's, whose first use imports numpy.ma: 40 ms of the first painting."""

import numpy as np
from numpy.typing import NDArray


def median(values: NDArray[np.floating]) -> float:
    """The middle value of (N,) numbers that are not NaN; of an even N the mean of both."""
    half, odd = divmod(len(values), 2)
    ordered = np.partition(values, [half] if odd else [half - 1, half])
    return float(ordered[half] if odd else (ordered[half - 1] + ordered[half]) / 2)
