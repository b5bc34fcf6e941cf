"""A line that gives way: it ends in … where there is no room for all of it."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy

_LETTERS = 8  # of a line; fewer say nothing


class ElidedLine(QLabel):
    """One line of text that takes what width there is; the tooltip has all of it."""

    def __init__(self, line: str = "") -> None:
        super().__init__()
        self._line = self._more = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.set_line(line)

    def set_line(self, line: str, more: str = "") -> None:
        """Show another line; more: what the tooltip says in its place."""
        self._line, self._more = line, more
        self.setAccessibleName(line)
        self._fit()
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        margins = self.contentsMargins()
        wide = self.fontMetrics().horizontalAdvance(self._line) + margins.left() + margins.right()
        return QSize(wide + 1, super().sizeHint().height())

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
        self.setToolTip(self._more or (self._line if shown != self._line else ""))
