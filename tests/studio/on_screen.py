"""A program for test_screen.py: what is on a real screen, beside what the widgets paint afresh.

It opens a project, turns the wheel over the lanes and drags a boundary with the mouse, from outside
by xdotool, and prints after each a line of JSON: the parts of the timeline that differ, by name.
A widget's own picture does not tell: taking it paints it again.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QApplication, QWidget

from etp_studio.look import apply_look
from etp_studio.timeline.scene import TRUTH
from etp_studio.window import MainWindow

_SETTLED = 0.5  # seconds
_HAIRLINES = 0.003  # share of pixels: a line between two pixels falls to either side


def xdotool(*words: object) -> None:
    subprocess.run(["xdotool", *map(str, words)], check=True, timeout=10)


def until(condition: Callable[[], object], seconds: float = 20.0) -> bool:
    """Let the window live until the condition holds; whether it did in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QApplication.processEvents()
        if condition():
            return True
        time.sleep(0.02)
    return False


def pixels(picture: QPixmap) -> NDArray[np.uint8]:
    """(H, W, 3)"""
    image = picture.toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : 3 * image.width()].reshape(image.height(), -1, 3).copy()


def on_screen(widget: QWidget) -> NDArray[np.uint8]:
    """What the screen shows where the widget lies, (H, W, 3)."""
    corner = widget.mapToGlobal(QPoint(0, 0))
    size = widget.width(), widget.height()
    return pixels(widget.screen().grabWindow(0, corner.x(), corner.y(), *size))


def settled(widget: QWidget) -> None:
    """Wait until the screen has shown the same for a while.

    Nothing is painted for it: that would bring onto the screen what is missing there.
    """
    seen, since = on_screen(widget), time.monotonic()

    def same() -> bool:
        nonlocal seen, since
        now = on_screen(widget)
        if not np.array_equal(now, seen):
            seen, since = now, time.monotonic()
        return time.monotonic() - since > _SETTLED

    until(same)


def differing(window: MainWindow) -> list[str]:
    """The parts of the timeline whose pixels on the screen are not what they paint."""
    parts = [part for part in window.timeline._parts if part.isVisible()]
    seen = [on_screen(part) for part in parts]
    share = [
        (now != pixels(part.grab())).any(axis=2).mean()
        for part, now in zip(parts, seen, strict=True)
    ]
    found = zip(parts, share, strict=True)
    return [type(part).__name__ for part, other in found if other > _HAIRLINES]


def tell(window: MainWindow, step: str, happened: bool) -> None:
    """Wait for the last repaints, and print what differs then."""
    settled(window.timeline)
    line = {"step": step, "happened": happened, "differing": differing(window)}
    print(json.dumps(line), flush=True)


def main(project: Path) -> None:
    application = QApplication([])
    apply_look(application)
    window = MainWindow()
    window.open([project])
    window.show()
    until(lambda: window.loaded)
    lanes, axis = window.timeline.lanes, window.timeline._axis
    tell(window, "open", len(lanes.scene.truth) > 0)

    at = lanes.mapToGlobal(QPoint(lanes.width() // 3, lanes.height() // 2))
    xdotool("mousemove", at.x(), at.y())
    for _ in range(3):
        seen = axis.value
        xdotool("click", 4)
        happened = until(lambda seen=seen: axis.value != seen)
        tell(window, "zoom", happened)

    segment = window.session.segments[0]
    height = lanes.box(TRUTH, lanes.bar_of(segment.id)).center().y()
    edge = lanes.mapToGlobal(QPoint(round(lanes.axis.x(segment.end)) - 1, round(height)))
    xdotool("mousemove", edge.x(), edge.y(), "mousedown", 1)
    for step in range(1, 6):
        xdotool("mousemove", edge.x() + 12 * step, edge.y())
        QApplication.processEvents()
    tell(window, "drag", until(lambda: lanes.draft is not None))
    xdotool("mouseup", 1)
    tell(window, "drop", until(lambda: window.session.segments[0].end > segment.end))
    window.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
