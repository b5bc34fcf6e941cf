"""Reading the frame number out of what is on screen."""

import barcode
import numpy as np
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget


def pixels(image: QImage) -> np.ndarray:
    """The picture as (H, W, 3) uint8 RGB."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def number_in(image: QImage) -> int:
    """The frame number that a picture of `barcode` carries."""
    return barcode.number(pixels(image))


def number_on_screen(view: QWidget) -> int:
    """The frame number that a VideoView really shows, read from its painted pixels."""
    rect = view.picture_rect().toAlignedRect()
    return number_in(view.grab().toImage().copy(rect))
