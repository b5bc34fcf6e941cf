"""The history of a project."""

import sqlite3

from etp_core.errors import ProjectError
from etp_core.project import operations
from etp_core.project.operations import Operation


def steps(connection: sqlite3.Connection, edit: int) -> list[Operation]:
    """The row operations of an edit of the history."""
    row = connection.execute("SELECT operations FROM steps WHERE edit = ?", (edit,)).fetchone()
    if row is None:
        raise ProjectError("a step of the history is damaged")
    return operations.load(row[0])
