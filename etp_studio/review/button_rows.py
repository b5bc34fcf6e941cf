"""Buttons side by side, in two rows where there is no room for one."""

from collections.abc import Iterable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

_SPACING = 2


class ButtonRows(QWidget):
    """Shows actions as buttons with their short texts."""

    def __init__(self, actions: Iterable[QAction]) -> None:
        super().__init__()
        self._buttons: list[QToolButton] = []
        self._rows = QHBoxLayout(), QHBoxLayout()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(_SPACING)
        for row in self._rows:
            row.setSpacing(_SPACING)
            column.addLayout(row)
        for action in actions:
            button = QToolButton()
            button.setDefaultAction(action)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.setAccessibleName(action.iconText())
            self._buttons.append(button)
        self._place(len(self._buttons))

    def minimumSizeHint(self) -> QSize:
        half = self._half
        wide = max(self._wide(self._buttons[:half]), self._wide(self._buttons[half:]))
        return QSize(wide, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        one = self._wide(self._buttons) <= self.width()
        self._place(len(self._buttons) if one else self._half)

    @property
    def _half(self) -> int:
        return (len(self._buttons) + 1) // 2

    def _place(self, above: int) -> None:
        """Put so many buttons into the upper row and the others into the lower one."""
        if self._rows[0].count() == above + 1:
            return
        for row, buttons in zip(
            self._rows, (self._buttons[:above], self._buttons[above:]), strict=True
        ):
            while row.takeAt(0):
                pass
            for button in buttons:
                row.addWidget(button)
            if buttons:
                row.addStretch(1)

    @staticmethod
    def _wide(buttons: list[QToolButton]) -> int:
        return sum(button.sizeHint().width() + _SPACING for button in buttons)
