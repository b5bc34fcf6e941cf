"""A line that gives way: it ends in … where there is no room for all of it."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy

_LETTERS = 8  # of a line; fewer say nothing


class ElidedLine(QLabel):
    """One line of text that asks for no width; the tooltip has all of it."""

    def __init__(self) -> None:
        super().__init__()
        self._line = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def set_line(self, line: str) -> None:
        """Show another line."""
        self._line = line
        self.setAccessibleName(line)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room = self.contentsRect().width()
        shown = self.fontMetrics().elidedText(self._line, Qt.TextElideMode.ElideRight, room)
        if shown != self._line and len(shown) < _LETTERS:
            shown = ""
        self.setText(shown)
        self.setToolTip(self._line if shown != self._line else "")
