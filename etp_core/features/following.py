"""A square window that follows what moves: a person who is small in a picture of a still camera.

Grey differences between snippets, at a fraction of the size, say where something moves; their
columns and rows, smoothed over time, say where the moving one is and how large. What hardly moves
for a while is looked for where it moved around that time. A cut of the film, a jump of the whole
picture, ends one search and begins the next.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from etp_core.config import Crop
from etp_core.opencv import cv2
from etp_core.video import VideoReader

_AREA = 93  # side of the square as large as the small pictures that are looked at, pixels
_NOISE = 5.0  # grey levels, of 255, that differ without a movement
_MOST = 25.0  # levels beyond the noise count as this many: a bright shirt is no larger movement
_CUT = 3.0  # a cut differs this many times as much as neighbours usually do
_OUTSIDE = 0.04  # share of the movement that may lie beyond each side of the box
_ACROSS, _ALONG, _WIDE, _STEADY = 0.4, 0.6, 2.0, 0.3  # seconds of smoothing
_WIDE_ACROSS, _WIDE_ALONG = 0.05, 0.2  # weight of the wide smoothing beside the narrow one
_LEAST = 0.42  # side of the smallest window, of the picture's height
_MARGIN = 1.1  # side of a window, of its box
_ABOVE = 0.12  # of a window's side, over the box: arms go up
_PART = 1024  # pictures that are looked at together
_UPPER = np.array([0.18, 0.04, 0.64])  # left, top, side of the upper body in a window


def small_size(width: int, height: int) -> tuple[int, int]:
    """Size at which movement is looked for, (width, height) in pixels."""
    scale = min(1.0, _AREA / (width * height) ** 0.5)
    return max(16, round(width * scale)), max(16, round(height * scale))


def follow(
    reader: VideoReader, frames: NDArray[np.int64], crop: Crop
) -> NDArray[np.float64] | None:
    """The window of each snippet, one decoding pass: (T, 3) left, top, side, of the height.

    It is square and may reach beyond the picture. None where nothing is cut.
    """
    if crop == "none":
        return None
    size = small_size(reader.info.width, reader.info.height)
    grey = cv2().COLOR_RGB2GRAY
    small = np.stack([cv2().cvtColor(f, grey) for f in reader.sample(frames, size)])
    step = float(np.median(np.diff(reader.pts[frames]))) if len(frames) > 1 else 1.0
    whole = windows(small, step)
    return whole if crop == "person" else upper(whole)


def smallest(crop: Crop) -> float:
    """The side of the smallest window, of the picture's height."""
    return _LEAST if crop == "person" else _LEAST * float(_UPPER[2])


def upper(whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Windows (T, 3) of an upright person -> of head, arms and trunk."""
    placed: NDArray[np.float64] = whole * [1, 1, 0] + whole[:, 2:] * _UPPER
    return placed


def windows(small: NDArray[Any], step: float) -> NDArray[np.float64]:
    """The same from the small grey pictures (T, h, w), 0 to 255, `step` seconds apart."""
    mean, across, down = _movement(small)
    is_cut = (mean > _CUT * np.median(mean) + 0.5) & (mean == maximum_filter1d(mean, 5))
    cuts = np.flatnonzero(is_cut)
    across[cuts], down[cuts] = 0, 0
    parts = np.split(np.arange(len(small)), cuts[cuts > 0])
    boxes = np.concatenate([_boxes(across[part], down[part], step) for part in parts if len(part)])
    height, width = small.shape[1:]
    left, top, right, bottom = boxes.T
    side = np.maximum(_MARGIN * np.maximum(bottom - top, 0.8 * (right - left)), _LEAST * height)
    side = np.minimum(side, max(height, width))
    return np.stack([(left + right - side) / 2, top - _ABOVE * side, side], axis=1) / height


def _movement(
    small: NDArray[Any],
) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.float64]]:
    """How much differs from the picture before: mean (T,), beyond the noise across (T, w) and
    down (T, h) the picture. Hours of pictures are looked at in parts, for they are large."""
    count, height, width = small.shape
    mean = np.empty(count, np.float32)
    across, down = np.empty((count, width)), np.empty((count, height))
    for start in range(0, count, _PART):
        part = small[max(start - 1, 0) : start + _PART].astype(np.float32)
        moved = np.abs(np.diff(part, axis=0, prepend=part[:1]))[min(start, 1) :]
        own = slice(start, start + len(moved))
        mean[own] = moved.mean(axis=(1, 2))
        energy = np.clip(moved - _NOISE, 0, _MOST)
        across[own] = energy.sum(axis=1, dtype=np.float64)
        down[own] = energy.sum(axis=2, dtype=np.float64)
    return mean, across, down


def _boxes(
    across: NDArray[np.float64], down: NDArray[np.float64], step: float
) -> NDArray[np.float64]:
    """Left, top, right, bottom (T, 4) of what moves between two cuts; see `_movement`."""

    def smooth(values: NDArray[np.float64], seconds: float) -> NDArray[np.float64]:
        smoothed: NDArray[np.float64] = gaussian_filter1d(
            values, max(seconds / step, 1e-3), axis=0, mode="nearest"
        )
        return smoothed

    sides = []
    for energy, near, wide in ((across, _ACROSS, _WIDE_ACROSS), (down, _ALONG, _WIDE_ALONG)):
        profile = smooth(energy, near) + wide * smooth(energy, _WIDE) + 1e-9
        share = profile.cumsum(axis=1)
        share /= share[:, -1:]
        low = (share < _OUTSIDE).sum(axis=1).astype(np.float64)
        high = (share < 1 - _OUTSIDE).sum(axis=1) + 1.0
        sides.append((low, high))
    (left, right), (top, bottom) = sides
    return smooth(np.stack([left, top, right, bottom], axis=1), _STEADY)


def cut_out(
    picture: NDArray[np.uint8], window: NDArray[np.float64], side: int
) -> NDArray[np.uint8]:
    """A window (left, top, side of the height) of a picture (H, W, 3), scaled to (side, side, 3).

    Beyond the picture its edge is repeated.
    """
    left, top, extent = window * len(picture)
    zoom = side / max(extent, 1.0)
    place = np.array([[zoom, 0, -left * zoom], [0, zoom, -top * zoom]])
    cut: NDArray[np.uint8] = cv2().warpAffine(
        picture, place, (side, side), flags=cv2().INTER_LINEAR, borderMode=cv2().BORDER_REPLICATE
    )
    return cut
