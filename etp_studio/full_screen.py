"""Full screen: the video and its transport bar alone, and everything as it was afterwards."""

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QMainWindow, QWidget


class FullScreen:
    """Hides `others` while `window` fills the screen."""

    def __init__(self, window: QMainWindow, others: list[QWidget]) -> None:
        self._window, self._others = window, others
        self._hidden: list[QWidget] = []
        self._state = QByteArray()
        self._maximized = False
        self.on = False

    def toggle(self) -> None:
        """Enter or leave (F11)."""
        if not self.leave():
            self._enter()

    def leave(self) -> bool:
        """Leave (Esc); returns whether the video filled the screen."""
        if not self.on:
            return False
        self.on = False
        self._window.showMaximized() if self._maximized else self._window.showNormal()
        for widget in self._hidden:
            widget.show()
        self._window.restoreState(self._state)
        return True

    def _enter(self) -> None:
        self.on = True
        self._maximized = self._window.isMaximized()
        self._state = self._window.saveState()
        self._hidden = [w for w in self._others if not w.isHidden()]
        for widget in self._hidden:
            widget.hide()
        self._window.showFullScreen()
