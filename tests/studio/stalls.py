"""A scripted session of real key and mouse events, and every turn of the event loop that is long.

Used by the test of the window and, on a large project and by the wall clock, by the benchmark.
"""

import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QEventLoop, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

LIMIT = 0.05  # seconds
_NONE, _CONTROL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
_KEYS = (
    *((key, _NONE) for key in (Qt.Key.Key_Period, Qt.Key.Key_Comma, Qt.Key.Key_Right) * 3),
    *((key, _NONE) for key in (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_N, Qt.Key.Key_U) * 2),
    *((key, _NONE) for key in (Qt.Key.Key_Q, Qt.Key.Key_W, Qt.Key.Key_E, Qt.Key.Key_R)),
    *((key, _NONE) for key in (Qt.Key.Key_I, Qt.Key.Key_O, Qt.Key.Key_1, Qt.Key.Key_2)),
    *((key, _NONE) for key in (Qt.Key.Key_Space, Qt.Key.Key_L, Qt.Key.Key_J, Qt.Key.Key_K)),
    *((key, _NONE) for key in (Qt.Key.Key_Plus, Qt.Key.Key_Minus, Qt.Key.Key_F, Qt.Key.Key_Z)),
    *((key, _NONE) for key in (Qt.Key.Key_B, Qt.Key.Key_M, Qt.Key.Key_Delete, Qt.Key.Key_H)),
    *((key, _NONE) for key in (Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Return, Qt.Key.Key_Y)),
    *((key, _CONTROL) for key in (Qt.Key.Key_Z, Qt.Key.Key_Z, Qt.Key.Key_D, Qt.Key.Key_C)),
    (Qt.Key.Key_V, _CONTROL),
    (Qt.Key.Key_Z, _CONTROL | Qt.KeyboardModifier.ShiftModifier),
    (Qt.Key.Key_PageDown, _NONE),
)


def wait_for(true: Callable[[], bool], seconds: float = 30.0) -> None:
    """Turn the event loop until something holds; TimeoutError if it never does."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise TimeoutError("the window did not get there")
        rest(5)


def rest(milliseconds: int) -> None:
    """Turn the event loop for a while."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def awake_clock() -> Callable[[], float]:
    """The wall clock, less the time for which this thread stood in line for a processor.

    Unlike the thread's own processor time it counts waiting for a lock, another thread of ours or
    a disk, which a person feels as well. Where the system does not tell: the processor time.
    """
    told = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
    if not told.exists():
        return time.thread_time
    return lambda: time.perf_counter() - int(told.read_text().split()[1]) * 1e-9


class Session:
    """Plays events into a window; `done` events so far, `longest` turn in seconds.

    clock: what a turn is measured by. The wall clock is what a person feels; the thread's own time
    leaves out what other programs take of a busy machine. other: a second clock, by which `others`
    are the turns above LIMIT as `play` returns them.
    """

    def __init__(
        self,
        window: QWidget,
        seed: int,
        clock: Callable[[], float] = time.perf_counter,
        other: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._window, self._random = window, random.Random(seed)
        self._clock, self._other = clock, other
        self.done, self.longest = 0, 0.0
        self.others: list[tuple[float, str]] = []
        self._what = "the start"
        self._stalls: list[tuple[float, str]] = []
        self._start_clocks()
        self._heart = QTimer(interval=0)
        self._heart.timeout.connect(self._beat)

    def open(self, path: Path) -> list[tuple[float, str]]:
        """Open a project and watch until its media have come; returns as `play` does, from here on.

        Its long turns are those of the project, then of the first pictures, curves and thumbnails.
        """
        self._what, self._stalls = "opening", []
        self._start_clocks()
        self._heart.start()
        QTimer.singleShot(0, lambda: self._window.open([path]))  # a turn of its own, as a click is
        wait_for(lambda: self._window.video.on_screen)
        wait_for(lambda: not self._window.timeline.media.busy and self._window.loaded)
        rest(300)
        self._heart.stop()
        return self._stalls

    def play(self, events: int) -> list[tuple[float, str]]:
        """Play that many events; returns (seconds, event before) of every turn above LIMIT."""
        self._start_clocks()
        self._heart.start()
        for _ in range(events):
            kind = self._random.choice(("key", "key", "key", "click", "drag", "wheel"))
            getattr(self, f"_{kind}")()
            self.done += 1
            rest(self._random.choice((1, 5, 15)))
        rest(200)
        self._heart.stop()
        return self._stalls

    def _start_clocks(self) -> None:
        self._last, self._last_other = self._clock(), self._other()

    def _beat(self) -> None:
        now, other = self._clock(), self._other()
        if other - self._last_other > LIMIT:
            self.others.append((other - self._last_other, self._what))
        self._last_other = other
        turn, self._last = now - self._last, now
        self.longest = max(self.longest, turn)
        if turn > LIMIT:
            self._stalls.append((turn, self._what))

    def _key(self) -> None:
        key, modifiers = self._random.choice(_KEYS)
        self._what = f"the key {modifiers.name} {key.name}"
        popup = QApplication.activePopupWidget()
        QTest.keyClick(popup or QApplication.focusWidget() or self._window, key, modifiers)

    def _point(self) -> QPointF:
        lanes = self._window.timeline.lanes
        return QPointF(
            self._random.uniform(140, lanes.width() - 5),
            self._random.uniform(5, lanes.height() - 5),
        )

    def _click(self) -> None:
        self._what = "a click"
        at = self._point().toPoint()
        QTest.mouseClick(self._window.timeline.lanes, Qt.MouseButton.LeftButton, _NONE, at)

    def _drag(self) -> None:
        """Press on the ground truth, move a dozen times, let go."""
        self._what = "a drag"
        lanes = self._window.timeline.lanes
        band = lanes.bands[-1]
        at = QPointF(self._point().x(), band.row_top(0) + band.bar / 2)
        self._mouse(QEvent.Type.MouseButtonPress, at, Qt.MouseButton.LeftButton)
        for _ in range(12):
            at += QPointF(self._random.uniform(-4, 6), 0)
            self._mouse(QEvent.Type.MouseMove, at, Qt.MouseButton.LeftButton)
            rest(4)
        self._what = "the end of a drag"
        self._mouse(QEvent.Type.MouseButtonRelease, at, Qt.MouseButton.NoButton)

    def _mouse(self, kind: QEvent.Type, at: QPointF, buttons: Qt.MouseButton) -> None:
        lanes = self._window.timeline.lanes
        moving = kind is QEvent.Type.MouseMove
        button = Qt.MouseButton.NoButton if moving else Qt.MouseButton.LeftButton
        event = QMouseEvent(kind, at, lanes.mapToGlobal(at), button, buttons, _NONE)
        QApplication.sendEvent(lanes, event)

    def _wheel(self) -> None:
        self._what = "the wheel"
        lanes, at = self._window.timeline.lanes, self._point()
        event = QWheelEvent(
            at,
            lanes.mapToGlobal(at),
            QPoint(0, 0),
            QPoint(0, self._random.choice((120, -120))),
            Qt.MouseButton.NoButton,
            self._random.choice((_NONE, Qt.KeyboardModifier.ShiftModifier)),
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(lanes, event)
