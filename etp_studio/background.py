"""Work that must not hold the window up: run a function in a thread, answer on the GUI thread."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from etp_core.errors import EtpError
from etp_studio.texts import tr


def readable(error: Exception) -> str:
    """One line for a person: the message of our own errors, the kind as well of all others."""
    if isinstance(error, EtpError):
        return str(error)
    return tr("unexpected {}: {}").format(type(error).__name__, error)


@dataclass(eq=False)
class _Request:
    work: Callable[[], Any]
    done: Callable[[Any], None]
    failed: Callable[[str], None]
    key: str = ""
    result: Any = field(default=None)
    error: str | None = None


class Background(QObject):
    """A few threads of its own; `close` waits for what runs and forgets the rest.

    `done(result)` or `failed(line)` is called on the GUI thread. Requests that share a `key` are
    one question asked again: only the newest is answered, and an older one that has not begun is
    not worked on at all.
    """

    _posted = Signal(object)

    def __init__(self, parent: QObject | None = None, threads: int = 2) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="background")
        self._newest: dict[str, _Request] = {}
        self._pending = 0
        self._closed = False
        self._posted.connect(self._answer, Qt.ConnectionType.QueuedConnection)

    @property
    def busy(self) -> bool:
        """Whether an answer is still to come."""
        return self._pending > 0

    def run(
        self,
        work: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[str], None],
        key: str = "",
    ) -> None:
        """Call `work()` in a thread, then `done` with its result or `failed` with one line."""
        request = _Request(work, done, failed, key)
        if key:
            self._newest[key] = request
        self._pending += 1
        self._pool.submit(self._work, request)

    def _work(self, request: _Request) -> None:
        if self._wanted(request):
            try:
                request.result = request.work()
            except Exception as error:  # whatever it is, it is told on the GUI thread
                request.error = readable(error)
        self._posted.emit(request)

    def _wanted(self, request: _Request) -> bool:
        """Whether anybody still waits for the answer (called from the threads as well)."""
        return not self._closed and (not request.key or self._newest.get(request.key) is request)

    def close(self) -> None:
        """Wait for what runs now; nothing is answered any more."""
        self._closed = True
        self._pool.shutdown(cancel_futures=True)

    def _answer(self, request: _Request) -> None:
        self._pending -= 1
        if not self._wanted(request):
            return
        if request.key:
            del self._newest[request.key]
        if request.error is None:
            request.done(request.result)
        else:
            request.failed(request.error)
