"""One child process: its JSON lines become signals, it can be cancelled, a crash is one line."""

import json
import shlex
import sys
import time
from collections import deque
from enum import StrEnum
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

from etp_studio.texts import later, tr

KILL_AFTER = 700  # milliseconds between asking a process to end and ending it
_LOG_LINES = 2000


def engine_command(*words: str | Path) -> list[str]:
    """The command `etp` with these words, as a job runs it: by this Python, telling progress."""
    return [sys.executable, "-m", "etp_core", *map(str, words), "--progress", "json"]


class Outcome(StrEnum):
    """How a job ended."""

    done = later("done")
    failed = later("failed")
    cancelled = later("cancelled")


class Job(QObject):
    """A command of ours, run as a child process with `--progress json`.

    Signals: `event(dict)` for every JSON line on standard error (see etp_core.progress),
    `progressed()` when `done`, `total` or `task` changed, `logged(line)`, and once
    `ended(Outcome, line)`, where the line says readably what went wrong, or is "".
    """

    event = Signal(object)
    progressed = Signal()
    logged = Signal(str)
    ended = Signal(object, str)

    def __init__(self, title: str, command: list[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.title = title
        self.command = command
        self.task = ""
        self.done = 0.0
        self.total = 0.0
        self.outcome: Outcome | None = None
        self.log: deque[str] = deque(maxlen=_LOG_LINES)
        self._task_began = time.monotonic()
        self._cancelled = False
        self._last_error = ""
        self._rest = {"out": b"", "err": b""}
        self._process = QProcess(self)
        environment = QProcessEnvironment.systemEnvironment()
        environment.insert("PYTHONIOENCODING", "utf-8")
        self._process.setProcessEnvironment(environment)
        self._process.readyReadStandardError.connect(self._read_errors)
        self._process.readyReadStandardOutput.connect(self._read_output)
        self._process.errorOccurred.connect(self._not_started)
        self._process.finished.connect(self._finished)
        self._killer = QTimer(self)
        self._killer.setSingleShot(True)
        self._killer.timeout.connect(self._process.kill)

    @property
    def command_line(self) -> str:
        """The command as one can paste it into a shell."""
        return shlex.join(self.command)

    @property
    def running(self) -> bool:
        """Whether the process runs."""
        return self._process.state() is not QProcess.ProcessState.NotRunning

    @property
    def seconds_left(self) -> float | None:
        """An estimate for the present task, None while there is nothing to estimate from."""
        elapsed = time.monotonic() - self._task_began
        if self.done <= 0 or self.total <= 0 or elapsed < 1.0:
            return None
        return elapsed * (self.total - self.done) / self.done

    def start(self) -> None:
        """Start the process."""
        self._task_began = time.monotonic()
        self._process.start(self.command[0], self.command[1:])

    def cancel(self) -> None:
        """Ask the process to end; it is killed if it has not soon: a second in all."""
        if self.outcome is not None:
            return
        self._cancelled = True
        if not self.running:
            self._end(Outcome.cancelled, "")
            return
        self._process.terminate()
        self._killer.start(KILL_AFTER)

    def shutdown(self) -> None:
        """End the process now and wait for it (at the end of the program)."""
        self._cancelled = True
        if self.running:
            self._process.terminate()
            if not self._process.waitForFinished(KILL_AFTER):
                self._process.kill()
                self._process.waitForFinished(KILL_AFTER)

    def _read_errors(self) -> None:
        for line in self._lines("err", bytes(self._process.readAllStandardError())):
            self._read(line)

    def _read_output(self) -> None:
        for line in self._lines("out", bytes(self._process.readAllStandardOutput())):
            self._write_log(line)

    def _lines(self, stream: str, data: bytes) -> list[str]:
        *whole, self._rest[stream] = (self._rest[stream] + data).split(b"\n")
        return [line.decode("utf-8", "replace").rstrip("\r") for line in whole]

    def _read(self, line: str) -> None:
        event = _parse(line)
        if event is None:
            self._write_log(line)
            if line.startswith("etp: "):
                self._last_error = line.removeprefix("etp: ")
            return
        kind = event["event"]
        if kind in ("start", "step"):
            self._progress(event)
        elif kind in ("message", "error"):
            self._write_log(str(event.get("text", "")))
            if kind == "error":
                self._last_error = str(event.get("text", ""))
        self.event.emit(event)

    def _progress(self, event: dict[str, Any]) -> None:
        task = str(event.get("task", ""))
        if event["event"] == "start" or task != self.task:
            self.task, self.done = task, 0.0
            self._task_began = time.monotonic()
        self.total = _number(event.get("total", self.total))
        self.done = _number(event.get("done", self.done))
        self.progressed.emit()

    def _write_log(self, line: str) -> None:
        if line.strip():
            self.log.append(line)
            self.logged.emit(line)

    def _not_started(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            self._end(Outcome.failed, tr("{}: cannot be started").format(self.command[0]))

    def _finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._killer.stop()
        self._read_errors()
        self._read_output()
        for stream, rest in self._rest.items():
            if rest:  # a last line without an end, as a crash leaves it
                line = rest.decode("utf-8", "replace")
                self._read(line) if stream == "err" else self._write_log(line)
        self._rest = {"out": b"", "err": b""}
        if self._cancelled:
            self._end(Outcome.cancelled, "")
        elif status is QProcess.ExitStatus.CrashExit:
            self._end(
                Outcome.failed,
                tr("{}: the program crashed; its log is in the jobs").format(self.title),
            )
        elif code != 0:
            said = self._last_error or (self.log[-1].strip() if self.log else "")
            reason = said or tr("ended with exit code {}; its log is in the jobs").format(code)
            self._end(Outcome.failed, f"{self.title}: {reason}")
        else:
            self._end(Outcome.done, "")

    def _end(self, outcome: Outcome, line: str) -> None:
        if self.outcome is None:
            self.outcome = outcome
            self.ended.emit(outcome, line)


def _parse(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and isinstance(event.get("event"), str) else None


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
