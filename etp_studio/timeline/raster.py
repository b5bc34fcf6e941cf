"""Crowded lanes as pictures: each sub-row is one line of pixels, written by array operations.

Drawing thousands of rectangles of hundreds of colours takes a painter longer than a frame; writing
their colours into an array takes it a millisecond. In a drawing of vectors they stay rectangles.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPaintEngine, QPainter

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Colors = NDArray[np.uint32]


def table(colors: list[QColor]) -> Colors:
    """Colours as premultiplied ARGB32 (N,)."""
    parts = np.array([color.getRgb() for color in colors], np.uint32).reshape(-1, 4)
    alpha = parts[:, 3]
    red, green, blue = ((parts[:, k] * alpha + 127) // 255 for k in range(3))
    return (alpha << 24 | red << 16 | green << 8 | blue).astype(np.uint32)


def is_vector(painter: QPainter) -> bool:
    """Whether what is painted stays lines and areas (SVG) instead of becoming pixels."""
    return painter.paintEngine().type() == QPaintEngine.Type.SVG


def bars(
    painter: QPainter,
    left: Floats,
    right: Floats,
    sub: Ints,
    fill: Colors,
    ends: Colors | None,
    x: float,
    width: float,
    rows: int,
    top: Callable[[int], float],
    height: float,
) -> None:
    """Draw N bars [left, right) in pixels from `x` on, of sub-row `sub`, as `strips` and `draw`."""
    if not is_vector(painter):
        ratio = painter.device().devicePixelRatioF()
        pixels = strips(left * ratio, right * ratio, sub, fill, ends, int(width * ratio), rows)
        draw(painter, pixels, x, width, top, height)
        return
    first, last = np.maximum(left, 0.0), np.minimum(np.maximum(right, left + 1), width)
    edges = fill if ends is None else ends
    for a, b, row, color, edge in zip(
        first.tolist(), last.tolist(), sub.tolist(), fill.tolist(), edges.tolist(), strict=True
    ):
        if a >= b:
            continue
        y = top(row)
        painter.fillRect(QRectF(x + a, y, b - a, height), _color(color))
        if edge != color and b - a >= 4:
            painter.fillRect(QRectF(x + a, y, 1, height), _color(edge))
            painter.fillRect(QRectF(x + b - 1, y, 1, height), _color(edge))


def _color(premultiplied: int) -> QColor:
    alpha = premultiplied >> 24
    parts = (
        min(255 * (premultiplied >> shift & 255) // max(alpha, 1), 255) for shift in (16, 8, 0)
    )
    return QColor(*parts, alpha)


def strips(
    left: Floats, right: Floats, sub: Ints, fill: Colors, ends: Colors | None, width: int, rows: int
) -> Colors:
    """The pixels (rows, width) of N bars [left, right) in pixels of sub-row `sub`, later over
    earlier; each is one pixel wide at least, and has the colour `ends` at its ends if it is wide.
    """
    pixels = np.zeros((rows, width), np.uint32)
    first = np.floor(left + 0.5).astype(np.int64)
    last = np.maximum(np.floor(right + 0.5).astype(np.int64), first + 1)
    wide = last - first >= 4
    first, last = np.clip(first, 0, width), np.clip(last, 0, width)
    count = last - first
    flat = pixels.ravel()
    offset = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
    flat[np.repeat(sub * width + first, count) + offset] = np.repeat(fill, count)
    if ends is not None:
        whole = wide & (count > 0)
        flat[(sub * width + first)[whole]] = ends[whole]
        flat[(sub * width + last - 1)[whole]] = ends[whole]
    return pixels


def draw(
    painter: QPainter,
    pixels: Colors,
    x: float,
    width: float,
    top: Callable[[int], float],
    height: float,
) -> None:
    """Draw each row of `pixels` from `x` on, `width` wide and `height` high, at top(row)."""
    rows, columns = pixels.shape
    form = QImage.Format.Format_ARGB32_Premultiplied
    image = QImage(pixels.data, columns, rows, 4 * columns, form)
    for row in range(rows):
        target = QRectF(x, top(row), width, height)
        painter.drawImage(target, image, QRectF(0, row, columns, 1))


def draw_whole(painter: QPainter, pixels: Colors, x: float, y: float) -> None:
    """Draw `pixels` (rows, columns) one to one, its upper left corner at (x, y)."""
    rows, columns = pixels.shape
    form = QImage.Format.Format_ARGB32_Premultiplied
    painter.drawImage(QPointF(x, y), QImage(pixels.data, columns, rows, 4 * columns, form))
