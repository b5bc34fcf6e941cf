"""How parts and windows fit into the room there is: what matters least is the first to go."""

from collections.abc import Sequence

from PySide6.QtCore import QSize
from PySide6.QtGui import QFontInfo
from PySide6.QtWidgets import QWidget

_LETTERS = 13  # pixels of a font for which sizes are given
_TITLE = QSize(0, 40)  # pixels of a title bar


def enlarged(widget: QWidget) -> float:
    """How much larger a widget's letters are than usual, at least 1."""
    return max(QFontInfo(widget.font()).pixelSize() / _LETTERS, 1.0)


def open_at(window: QWidget, width: int, height: int) -> None:
    """Give a window a size: larger for large letters, and no larger than fits on the screen."""
    wanted = QSize(width, height) * enlarged(window)
    window.resize(wanted.boundedTo(window.screen().availableSize() - _TITLE))


def staying(sizes: Sequence[float], room: float, spacing: float = 0.0) -> list[bool]:
    """Which of parts in a row stay so that they fit into `room`; the first are the first to go.

    sizes: (n,) pixels of each, 0 for one that is not there; spacing: pixels that each takes
    besides. The last ones stay as long as they fit; one that goes takes all before it along.
    """
    stay = [False] * len(sizes)
    for place in range(len(sizes) - 1, -1, -1):
        room -= sizes[place] + spacing if sizes[place] else 0.0
        if room < 0:
            break
        stay[place] = True
    return stay
