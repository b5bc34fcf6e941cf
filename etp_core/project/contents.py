"""What is in a project: its tables, its history and its runs, read as values."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from etp_core.errors import ProjectError
from etp_core.evolution import Evolution
from etp_core.project import history, runs
from etp_core.project.records import (
    Alteration,
    Contribution,
    Detection,
    HistoryRow,
    Label,
    Run,
    StoredSegment,
    Verdict,
    Video,
)
from etp_core.project.store import Store

UNDO = "SELECT id, title FROM history WHERE kind = 'edit' AND undone = 0 ORDER BY id DESC LIMIT 1"
REDO = "SELECT id, title FROM history WHERE kind = 'edit' AND undone = 1 ORDER BY id LIMIT 1"


class Contents:
    """What an open project file holds; `Project` adds what changes it.

    path: of the file; author: who edits.
    """

    def __init__(self, store: Store, author: str) -> None:
        self._store = store
        self.path: Path = store.path
        self.author = author

    def changed_by_others(self) -> bool:
        """Whether another program has changed the project since this was asked last."""
        return self._store.changed_by_others()

    def freed(self) -> bool:
        """Whether another program kept the project from being changed and has gone since."""
        return self._store.freed()

    def videos(self, ids: Iterable[int] | None = None) -> list[Video]:
        """The videos (of some ids, those that are there) in the order in which they were added."""
        rows = self._store.rows(
            "SELECT * FROM videos WHERE removed = 0 "
            "AND (?1 IS NULL OR id IN (SELECT value FROM json_each(?1))) ORDER BY id",
            None if ids is None else json.dumps(sorted(ids)),
        )
        folder = Path(os.path.realpath(self.path.parent))  # once: there may be a thousand videos
        return [self._video(row, folder) for row in rows]

    def _video(self, row: Any, folder: Path) -> Video:
        path = folder / row["path"]
        if ".." in path.parts:
            path = Path(os.path.normpath(path))
        return Video(
            id=row["id"],
            path=path,
            name=path.name,
            fingerprint=row["fingerprint"],
            frames=row["frames"],
            duration=row["duration"],
            frame_rate=row["frame_rate"],
            width=row["width"],
            height=row["height"],
            start=row["start_s"],
            about=row["about"],
        )

    def labels(self) -> list[Label]:
        """The labels in the order in which they were added."""
        rows = self._store.rows("SELECT id, name, color FROM labels ORDER BY position, id")
        return [Label(row["id"], row["name"], row["color"]) for row in rows]

    def annotators(self) -> list[str]:
        """Everybody who has drawn or changed a segment, first come first."""
        return [row["name"] for row in self._store.rows("SELECT name FROM annotators ORDER BY id")]

    def segments(
        self,
        video_id: int | None = None,
        ids: Iterable[int] | None = None,
        unsure: bool = False,
    ) -> list[StoredSegment]:
        """The segments of one video or of all, by start (of all: by video, then start).

        ids: only these, those that are there. unsure: only those that somebody is unsure of.
        """
        rows = self._store.rows(
            "SELECT s.id, s.video, s.label, s.start_s, s.end_s, a.name, s.source, s.created, "
            "s.modified, e.name, s.unsure, s.extra FROM segments s "
            "JOIN annotators a ON a.id = s.annotator JOIN annotators e ON e.id = s.editor "
            f"WHERE {'1' if video_id is None else 's.video = ?'} "
            f"{'' if ids is None else 'AND s.id IN (SELECT value FROM json_each(?))'} "
            f"{'AND s.unsure' if unsure else ''} "
            "ORDER BY s.video, s.start_s, s.end_s, s.id",
            *(() if video_id is None else (video_id,)),
            *(() if ids is None else (json.dumps(sorted(ids)),)),
        )
        values = ((*row[:10], bool(row[10]), row[11]) for row in rows)
        return [StoredSegment(*value) for value in values]

    def unsure_videos(self) -> list[int]:
        """Ids of the videos with a segment that somebody is unsure of, in order."""
        # of a million rows, in the order in which they lie on disk
        rows = self._store.rows("SELECT DISTINCT video FROM segments NOT INDEXED WHERE unsure")
        return sorted(row["video"] for row in rows)

    def document(self) -> str:
        """What annotation files said that belongs to no video: a JSON object, or ""."""
        row = self._store.row("SELECT extra FROM documents")
        return "" if row is None else str(row["extra"])

    def segment_counts(self, ids: Iterable[int] | None = None) -> dict[int, int]:
        """The number of segments of each video (of some ids) that has some, by video id."""
        if ids is None:
            rows = self._store.rows("SELECT video, count(*) AS n FROM segments GROUP BY video")
        else:  # in words of its own, so that the index is used
            rows = self._store.rows(
                "SELECT video, count(*) AS n FROM segments "
                "WHERE video IN (SELECT value FROM json_each(?)) GROUP BY video",
                json.dumps(sorted(ids)),
            )
        return {row["video"]: row["n"] for row in rows}

    def verdicts(self, video_id: int | None = None) -> list[Verdict]:
        """The decisions of the review on one video or on all, oldest first."""
        rows = self._store.rows(
            "SELECT v.id, v.video, v.verdict, v.label, v.start_s, v.end_s, a.name, v.created "
            "FROM verdicts v JOIN annotators a ON a.id = v.annotator "
            f"{'' if video_id is None else 'WHERE v.video = ?'} ORDER BY v.id",
            *(() if video_id is None else (video_id,)),
        )
        return [Verdict(*row) for row in rows]

    def contributions(self) -> list[Contribution]:
        """What each annotator has in the project, first come first; who has nothing is left out."""
        rows = self._store.rows(
            "SELECT a.name, coalesce(s.n, 0) AS n, coalesce(s.unsure, 0) AS unsure, "
            "coalesce(v.n, 0) AS verdicts FROM annotators a "
            "LEFT JOIN (SELECT annotator, count(*) AS n, sum(unsure) AS unsure FROM segments "
            "GROUP BY annotator) s ON s.annotator = a.id "
            "LEFT JOIN (SELECT annotator, count(*) AS n FROM verdicts GROUP BY annotator) v "
            "ON v.annotator = a.id WHERE s.n > 0 OR v.n > 0 ORDER BY a.id"
        )
        return [Contribution(*row) for row in rows]

    # Its history

    @property
    def undo_title(self) -> str | None:
        """The title of the edit that `undo` would take back, or None."""
        row = self._store.row(UNDO)
        return None if row is None else str(row["title"])

    @property
    def redo_title(self) -> str | None:
        """The title of the edit that `redo` would do again, or None."""
        row = self._store.row(REDO)
        return None if row is None else str(row["title"])

    def history(self, newest: int | None = None) -> list[HistoryRow]:
        """Every edit, undo and redo since the project was made, or the newest, oldest first."""
        rows = self._store.rows(
            "SELECT id, time, author, kind, title, undone FROM history ORDER BY id DESC LIMIT ?",
            -1 if newest is None else newest,
        )
        return [HistoryRow(**{**row, "undone": row["undone"] > 0}) for row in reversed(rows)]

    def alterations(self, edit: int, most: int = 200) -> tuple[list[Alteration], int]:
        """What an edit (the id of its row in the history) did: its first rows, and how many.

        Raises ProjectError if there is no such edit.
        """
        with self._store.reading() as connection:
            try:
                row = connection.execute(
                    "SELECT edit FROM history WHERE id = ?", (edit,)
                ).fetchone()
                if row is None:
                    raise ProjectError(f"has no step {edit} in its history")
                steps = history.steps(connection, row["edit"] or edit)
            except ProjectError as error:
                raise ProjectError(f"{self.path}: {error}") from None
            return history.Describer(connection).alterations(steps, most)

    def step_size(self, edit: int) -> int:
        """Bytes that the history keeps of what a step did: large ones take time to read."""
        row = self._store.row(
            "SELECT length(s.operations) AS n FROM history h "
            "JOIN steps s ON s.edit = coalesce(h.edit, h.id) WHERE h.id = ?",
            edit,
        )
        return 0 if row is None else int(row["n"])

    # Runs of the engine

    def runs(self, video_id: int | None = None) -> list[Run]:
        """The runs on one video or on all, oldest first."""
        rows = self._store.rows(
            "SELECT r.id, r.video AS video_id, r.model, r.created, r.options FROM runs r "
            "JOIN videos v ON v.id = r.video WHERE v.removed = 0 "
            "AND (? IS NULL OR r.video = ?) ORDER BY r.id",
            video_id,
            video_id,
        )
        return [Run(**{**dict(row), "options": json.loads(row["options"])}) for row in rows]

    def evolution(self, run_id: int) -> Evolution:
        """The Evolution that `add_run` was given. Raises ProjectError if there is no such run."""
        with self._store.reading():
            run = self._store.row("SELECT * FROM runs WHERE id = ?", run_id)
            if run is None:
                raise ProjectError(f"{self.path}: there is no run {run_id} in the project")
            proposals = self._store.rows(
                "SELECT * FROM proposals WHERE run = ? ORDER BY stage, row", run_id
            )
        return runs.evolution(run, proposals)

    def detections(self, run_id: int, min_score: float = 0.0) -> list[Detection]:
        """The detections of a run that score `min_score` or more, by start, without its curves.

        Raises ProjectError if there is no such run.
        """
        with self._store.reading():
            run = self._store.row("SELECT classes FROM runs WHERE id = ?", run_id)
            if run is None:
                raise ProjectError(f"{self.path}: there is no run {run_id} in the project")
            rows = self._store.rows(runs.DETECTIONS, run_id, min_score)
        classes = json.loads(run["classes"])
        return [runs.detection(row, classes) for row in rows]
