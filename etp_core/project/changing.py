"""Many segments changed or deleted at once: read together, written together."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from etp_core.errors import ProjectError
from etp_core.project import edits
from etp_core.project.context import Context, now

Change = edits.DeleteSegment | edits.RelabelSegment | edits.MarkUnsure


def change(
    parts: Sequence[tuple[str, Change]], label: Callable[[int | str], int], context: Context
) -> None:
    """Carry out edits of one kind on different segments; each comes with its words for an error.

    label: gives the id of a label by its id or name. Raises ProjectError about the first edit that
    is not possible.
    """
    ids = json.dumps([int(part.segment_id) for _, part in parts])
    sql = "SELECT * FROM segments WHERE id IN (SELECT value FROM json_each(?))"
    rows = {row["id"]: row for row in context.recorder.query(sql, ids)}
    labels: dict[int | str, int] = {}
    found: list[tuple[sqlite3.Row, dict[str, Any]]] = []
    for place, part in parts:
        try:
            row = rows.get(int(part.segment_id))
            if row is None:
                raise ProjectError(f"there is no segment {part.segment_id} in the project")
            after: dict[str, Any] = {}
            if isinstance(part, edits.MarkUnsure):
                after = {"unsure": int(part.unsure)}
            elif isinstance(part, edits.RelabelSegment):
                if part.label_id not in labels:
                    labels[part.label_id] = label(part.label_id)
                after = {"label": labels[part.label_id]}
            found.append((row, after))
        except ProjectError as error:
            raise ProjectError(f"{place}: {error}" if place else str(error)) from None
    if isinstance(parts[0][1], edits.DeleteSegment):
        context.recorder.delete_segments([row for row, _ in found])
        return
    differing = [
        (row, after)
        for row, after in found
        if any(row[name] != value for name, value in after.items())
    ]
    if differing:
        who = {"modified": now(), "editor": context.annotator(context.author)}
        context.recorder.update_all("segments", [(row, after | who) for row, after in differing])
