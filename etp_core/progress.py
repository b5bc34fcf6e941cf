"""How long work tells what it is doing: a bar for people, JSON lines for programs, or nothing.

One JSON object a line on standard error, told apart by "event":
  {"event": "start", "task": "extract", "video": PATH or "", "total": N}
  {"event": "step", "task": …, "video": …, "done": N, "total": N, …figures such as "loss"}
  {"event": "curves", "video": …, "classes": […], "times": [s, …], "scores": [[K + 1 values], …],
   "sigma": samples by which Algorithm 1 smooths them, where that is not its default}
  {"event": "result", "video": …, "path": PATH of the saved Evolution}
  {"event": "message" or "error", "text": …}
"""

import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Column


class Reporter:
    """Says nothing; the base of the others, and the default of every library call."""

    def emit(self, event: str, **data: Any) -> None:
        """Report one event; its fields are listed at the top of this module."""

    def close(self) -> None:
        """End the report (clears a bar)."""


class JsonLines(Reporter):
    """One JSON object a line, for the program that started this one."""

    def __init__(self, stream: TextIO = sys.stderr) -> None:
        self._stream = stream

    def emit(self, event: str, **data: Any) -> None:
        with suppress(BrokenPipeError):
            # in one piece, because videos may be read by several threads
            self._stream.write(json.dumps({"event": event, **data}) + "\n")
            self._stream.flush()


class Bars(Reporter):
    """Progress bars on a terminal (standard error, where no other is given)."""

    def __init__(self, console: Console | None = None) -> None:
        self._progress = Progress(
            TextColumn("{task.description}", table_column=Column(max_width=28, no_wrap=True)),
            BarColumn(bar_width=12),
            TextColumn("{task.completed:.0f}/{task.total:.0f}"),
            TimeRemainingColumn(),
            # where the terminal is narrow, figures give way, not how far it is
            TextColumn("{task.fields[figures]}", table_column=Column(ratio=1, no_wrap=True)),
            console=console or Console(stderr=True),
            expand=True,
        )
        self._progress.start()
        self._tasks: dict[tuple[str, str], TaskID] = {}
        self._figures: dict[tuple[str, str], dict[str, float]] = {}

    def emit(self, event: str, **data: Any) -> None:
        if event in ("message", "error"):
            self._progress.console.print(data["text"])
            return
        if event not in ("start", "step"):
            return
        key = (data["task"], data.get("video", ""))
        if key not in self._tasks:
            name = " ".join(part for part in (key[0], Path(key[1]).name) if part)
            self._tasks[key] = self._progress.add_task(name, total=data["total"], figures="")
        if event == "step":
            known = ("task", "video", "done", "total")
            own = self._figures.setdefault(key, {})  # some are measured now and then only
            own.update((k, v) for k, v in data.items() if k not in known and v is not None)
            first = sorted(own.items(), key=lambda f: (f[0] != "loss", not f[0].startswith("mAP")))
            figures = "  ".join(f"{name} {value:.4g}" for name, value in first)
            self._progress.update(self._tasks[key], completed=data["done"], figures=figures)

    def close(self) -> None:
        self._progress.stop()
