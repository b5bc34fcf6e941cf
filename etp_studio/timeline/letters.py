"""The letters of the timeline: of a fixed size beside usual text, larger beside large text."""

from PySide6.QtGui import QFont, QFontInfo

_USUAL, _MOST = 13, 1.3  # pixels of the window's letters; how much larger those of the timeline get


def growth(font: QFont) -> float:
    """How much larger letters, and what they stand in, are than usual where the window's font is
    `font`: from 1 to 1.3, for the names have to fit beside the lanes.
    """
    return min(max(QFontInfo(font).pixelSize() / _USUAL, 1.0), _MOST)


def letters(font: QFont, pixels: float, bold: bool = False) -> QFont:
    """The window's font in a size of `pixels`, larger where the window's letters are."""
    result = QFont(font)
    result.setPixelSize(round(pixels * growth(font)))
    result.setBold(bold)
    return result
