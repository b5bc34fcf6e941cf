"""What an interchange format is, and how a file shows which one it has."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from etp_core.annotations import Annotations

_HEAD = 1 << 16


class Source:
    """A file or folder to be recognised; what was looked at once is kept."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def is_folder(self) -> bool:
        """Whether the path is a folder."""
        return self.path.is_dir()

    @cached_property
    def head(self) -> str:
        """The first 64 KiB as text without a byte order mark; "" of a folder."""
        if self.is_folder:
            return ""
        with self.path.open("rb") as file:
            return file.read(_HEAD).decode("utf-8-sig", errors="replace")

    @cached_property
    def json(self) -> Any:
        """The parsed document, or None if it is not (wholly) JSON."""
        if not self.head.lstrip().startswith(("{", "[")):
            return None
        try:
            return json.loads(self.path.read_bytes().decode("utf-8-sig"))
        except (ValueError, RecursionError):
            return None


@dataclass(frozen=True, slots=True)
class Format:
    """One interchange format.

    read(path) -> Annotations raises InputError naming the row or key it rejects; write(annotations,
    path) is atomic; either is None where the format goes one way only. recognise(source) looks at
    the content. holds(annotations) says whether write would find something to write.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    read: Callable[[Path], Annotations] | None
    write: Callable[[Annotations, Path], None] | None
    recognise: Callable[[Source], bool]
    holds: Callable[[Annotations], bool] = lambda annotations: True
