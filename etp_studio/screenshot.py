"""`--screenshot`: wait until the window shows what it is to show, write a picture, leave."""

import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from etp_core.errors import EtpError
from etp_core.files import atomic
from etp_studio.window import MainWindow

_LONGEST = 120.0  # seconds
_SETTLE = 400  # milliseconds for the last repaints


class Screenshot(QObject):
    """Writes the picture once `loaded()` is true, or the longest wait is over; then `finished`.

    finished(code, line): 0, or 1 and why the picture could not be written.
    """

    def __init__(
        self, window: MainWindow, path: Path, finished: Callable[[int, str], object]
    ) -> None:
        super().__init__(window)
        self._window, self._path, self._finished = window, path, finished
        self._deadline = time.monotonic() + _LONGEST
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        self._timer.start(100)

    def _look(self) -> None:
        if self._window.loaded or time.monotonic() > self._deadline:
            self._timer.stop()
            QTimer.singleShot(_SETTLE, self, self._write)

    def _write(self) -> None:
        image = self._window.grab().toImage()
        try:
            with atomic(self._path) as temporary:
                if not image.save(str(temporary), "PNG"):
                    raise EtpError(f"{self._path}: cannot be written")
        except EtpError as error:
            self._finished(1, str(error))
        else:
            self._finished(0, "")
