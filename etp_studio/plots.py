"""A plot to be looked at: nothing in it is moved; Tab leads to it, for its context menu."""

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QFocusEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame

from etp_studio.theme import of_palette


class StillPlot(pg.PlotWidget):
    """Shows where the keyboard is; that frame is not in its picture."""

    def __init__(self, name: str, file_name: str) -> None:
        """name: what screen readers call it; file_name: what its picture is to be called."""
        super().__init__()
        self.setAccessibleName(name)
        self.file_name = file_name
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseEnabled(False, False)
        self.setMenuEnabled(False)
        self.hideButtons()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self.viewport())
            painter.setPen(QPen(of_palette(self.palette()).color("accent"), 2))
            painter.drawRect(self.viewport().rect().adjusted(1, 1, -1, -1))
