"""Where and when an edit is carried out."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from etp_core.errors import ProjectError
from etp_core.project.checks import one_line
from etp_core.project.operations import Recorder


@dataclass(frozen=True, slots=True)
class Context:
    """Where an edit is carried out: the open transaction, who edits, the project's folder."""

    recorder: Recorder
    author: str
    folder: Path

    def one(self, table: str, what: str, key: int) -> dict[str, Any]:
        """The row with the id; raises ProjectError if there is none."""
        shown = " AND removed = 0" if table == "videos" else ""
        rows = self.recorder.query(f"SELECT * FROM {table} WHERE id = ?{shown}", int(key))
        if not rows:
            raise ProjectError(f"there is no {what} {key} in the project")
        return dict(rows[0])

    def annotator(self, name: str) -> int:
        """The id of the annotator, who is entered if new."""
        name = one_line("annotator", name.strip())
        rows = self.recorder.query("SELECT id FROM annotators WHERE name = ?", name)
        return int(rows[0]["id"]) if rows else self.recorder.allocate("annotators", name=name)


def now() -> str:
    """The time of an edit."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
