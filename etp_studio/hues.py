"""Colours for classes of a model that are no labels of the project, apart from the labels'.

They depend on the names of the classes and on the labels alone: the same in every session.
"""

from collections.abc import Sequence
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from etp_studio.theme import class_hues, theme

APART = 20.0  # CIE76 distance from which on two colours are told from each other by everybody
_THEMES = ("dark", "light")
_HUES, _SHADES = 18, ((0.75, 0.9), (0.75, 0.6), (0.35, 0.9), (0.35, 0.65))  # saturation and value
# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB: three kinds of colour-blind
# eyes, and the usual one.
_EYES = np.array(
    [
        [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ],
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ],
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ],
    ]
)
_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


@lru_cache(maxsize=16)
def class_colors(classes: tuple[str, ...], labels: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """The colour '#rrggbb' of every class by its name; that of the label with its name, if any.

    labels: name and colour of each. Other classes take, in their order, the class hue of their
    place, or the next that everybody tells from those of labels and of other classes; where there
    is none, the colour that lies farthest from all of those. None is given twice before all are.
    """
    colors = dict(labels)
    if colors.keys() >= set(classes):
        return colors  # without looking for others, which takes its time
    hues = _candidates()
    seen = _seen(hues)
    apart = _distances(seen, seen)
    from_labels = _distances(seen, _seen([color for _, color in labels])).min(
        axis=1, initial=np.inf
    )
    first, free = len(class_hues()), np.zeros(len(hues), bool)
    for place, name in enumerate(classes):
        if name in colors:
            continue
        if not free.any():
            free[:], nearest = True, from_labels.copy()
        order = np.arange(len(hues))
        order[:first] = np.roll(order[:first], -(place % first))
        order = order[free[order]]
        enough = np.minimum(nearest[order], APART)
        best = order[enough.argmax()]  # the first of the best
        colors[name], free[best] = hues[best], False
        nearest = np.minimum(nearest, apart[best])
    return colors


@cache
def _candidates() -> list[str]:
    """Class hues, then what else there is."""
    others = [
        QColor.fromHsvF(hue / _HUES, saturation, value).name()
        for saturation, value in _SHADES
        for hue in range(_HUES)
    ]
    return [QColor(hue).name() for hue in class_hues()] + others


def _seen(colors: Sequence[str]) -> NDArray[np.float64]:
    """CIELAB of colours as each kind of eye sees them in each theme, (N, eyes and themes, 3)."""
    ways = len(_EYES) * len(_THEMES)
    shown = [[theme(name).shown(color).getRgbF()[:3] for name in _THEMES] for color in colors]
    rgb = np.array(shown).reshape(-1, len(_THEMES), 3)
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.einsum("eij,ntj->neti", _EYES, linear).clip(0, 1).reshape(len(rgb), ways, 3)
    t = seen @ _XYZ.T / _XYZ.sum(axis=1)
    f = np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116)
    x, y, z = np.moveaxis(f, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def _distances(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """The CIE76 distance (N, M) of every two, to the eye and in the theme that tell them worst."""
    apart = one[:, None] - other[None]
    return np.sqrt((apart**2).sum(axis=-1)).min(axis=-1, initial=np.inf)
