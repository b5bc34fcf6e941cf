"""What tests do to the window by hand, and what they read off it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication


def press(qtbot, window, key, modifier=Qt.KeyboardModifier.NoModifier):
    target = QApplication.focusWidget() or window
    qtbot.keyClick(target, key, modifier)


def go(qtbot, window, index):
    window.player.go(index)
    qtbot.waitUntil(lambda: window.video.on_screen and shown(window) == index)


def shown(window):
    """The frame number in the counter."""
    return int(window.transport.frame.text())


def bounds(window):
    return [(s.start, s.end) for s in window.session.segments]
