"""What an interchange format is, and how a file shows which one it has."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from etp_core.annotations import Annotations
from etp_core.evolution import STAGES
from etp_core.formats import texts
from etp_core.formats.clock import Clock

_HEAD = 1 << 16
_JSON = ("{", "[")
GROUND_TRUTH = ("ground_truth",)
EVERY_STAGE = ("ground_truth", *STAGES)


class Source:
    """A file or folder to be recognised and read; what was looked at once is kept."""

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
        texts.regular(self.path)
        with self.path.open("rb") as file:
            data = file.read(_HEAD)
        if data.startswith(texts.GZIP):
            data = texts.read_bytes(self.path)[:_HEAD]
        return data.decode(texts.encoding(data), errors="replace")

    @cached_property
    def text(self) -> str:
        """The whole text; raises InputError naming the line that is not UTF-8."""
        return texts.read_text(self.path)

    @cached_property
    def json(self) -> Any:
        """The document, None if it does not begin as JSON; raises InputError if it is broken."""
        return self.document if self.head.lstrip().startswith(_JSON) else None

    @cached_property
    def document(self) -> Any:
        """The JSON document; raises InputError naming the place where it is broken."""
        return texts.read_json(self.path)

    def files(self, *suffixes: str) -> list["Source"]:
        """The files of a folder that end so, by name; of a file itself."""
        if not self.is_folder:
            return [self]
        return [
            Source(file)
            for file in sorted(self.path.iterdir())
            if file.suffix.lower() in suffixes and file.is_file()
        ]


@dataclass(frozen=True, slots=True)
class Format:
    """One interchange format.

    read(source, clock) -> Annotations raises InputError naming the row or key it rejects;
    write(annotations, path, clock) is atomic; either is None where the format goes one way only.
    recognise(source) looks at the content. holds(annotations) says whether write would find
    something to write. stages: what it has a place for (of ground truth alone: for detections in
    its place). folder: whether it is written as a folder, never (""), for several videos or always.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    read: Callable[[Source, Clock], Annotations] | None
    write: Callable[[Annotations, Path, Clock], None] | None
    recognise: Callable[[Source], bool]
    holds: Callable[[Annotations], bool] = lambda annotations: True
    stages: tuple[str, ...] = GROUND_TRUTH
    folder: Literal["", "several", "always"] = ""
