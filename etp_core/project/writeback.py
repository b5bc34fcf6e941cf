"""Writing the log back into the file in a pause between edits, so that no edit waits for it.

SQLite would do so within the edit that makes the log 1000 pages long, which then takes ten times as
long as the others. The log is as durable as the file.
"""

import threading
import time
from collections.abc import Callable

EDITS = 100  # that the log may hold before it is written back; about 4 MB
PAUSE = 1.0  # seconds since the last of them
MOST = 1 << 14  # pages (64 MB) at which SQLite does it at once, within the edit


class WriteBack:
    """Calls `work` with the lock held, in the first pause after enough edits.

    The lock is the one that every edit holds.
    """

    def __init__(self, lock: threading.RLock, work: Callable[[], None]) -> None:
        self._lock, self._work = lock, work
        self._edits, self._last = 0, 0.0
        self._timer: threading.Timer | None = None
        self._closed = False

    def edited(self) -> None:
        """Count an edit that has just been made, with the lock held."""
        self._edits += 1
        self._last = time.monotonic()
        if self._edits >= EDITS and self._timer is None and not self._closed:
            self._wait(PAUSE)

    def _wait(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._ring)
        self._timer.daemon = True
        self._timer.start()

    def _ring(self) -> None:
        with self._lock:
            self._timer = None
            if self._closed:
                return
            left = self._last + PAUSE - time.monotonic()
            if left > 0:
                self._wait(left)
                return
            self._edits = 0
            self._work()

    def close(self) -> None:
        """Call nothing any more; not with the lock held."""
        with self._lock:
            self._closed = True
            timer = self._timer
        if timer is not None:
            timer.cancel()
            timer.join()
