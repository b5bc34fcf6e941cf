"""A project: videos, labels, ground truth, runs and their history in one SQLite file `*.etp`.

An edit (see edits.py) that `apply` has returned from is on disk: it survives a crash of the
program, of the system, and loss of power.
"""

import getpass
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from etp_core.annotations import Annotations
from etp_core.bulk import many_values
from etp_core.errors import ProjectError
from etp_core.evolution import Evolution
from etp_core.project import edits, exchange, history, importing, merge, operations, runs, verify
from etp_core.project.contents import REDO, UNDO, Contents
from etp_core.project.context import Context, now
from etp_core.project.operations import Recorder
from etp_core.project.paths import located, real_path, stored_path
from etp_core.project.perform import perform, perform_all
from etp_core.project.store import Store, check_file, create_file, opened_copy


def login_name() -> str:
    """Who uses the computer; "unknown" where the system does not say, as in some containers."""
    with suppress(Exception):
        return getpass.getuser()
    return "unknown"


class Project(Contents):
    """An open project file. Made by `Project.create` and `Project.open`; close it when done.

    read_only: why the project cannot be changed, "" if it can. Methods that write raise
    ProjectError, with nothing changed, when it cannot or when an edit is not possible.
    """

    @classmethod
    def create(cls, path: Path | str, force: bool = False, author: str | None = None) -> "Project":
        """Make a new project file and open it.

        Raises ProjectError if the file exists (with `force`: if it is not an ETP project, or open
        in another program), or the folder cannot be written.
        """
        path = located(path)
        _check_new(path, force)
        create_file(path)
        return cls.open(path, author)

    @classmethod
    def open(cls, path: Path | str, author: str | None = None) -> "Project":
        """Open a project file; read-only where the file, its folder or another program makes it so.

        author: who edits, by default the user's login name. Raises ProjectError if the file is
        missing, not a project, damaged, or newer than this program.
        """
        return cls(Store(located(path)), login_name() if author is None else author)

    def close(self) -> None:
        """Close the file; harmless the second time."""
        self._store.close()

    def __enter__(self) -> "Project":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def read_only(self) -> str:
        """Why the project cannot be changed, as the end of a sentence; "" if it can."""
        return self._store.read_only

    # Changing it

    def apply(self, edit: edits.Edit) -> edits.Changes:
        """Check the edit and write it, with its row of the history, as one transaction.

        Returns what changed, once it is safely on disk. Raises ProjectError, with nothing changed.
        An edit that changes nothing leaves no step to undo.
        """
        with many_values(), self._store.transaction() as connection:
            recorder = Recorder(connection)
            title = self._perform(edit, recorder)
            self._record(connection, recorder, title)
        return operations.changes(recorder.operations)

    def _perform(self, edit: edits.Edit, recorder: Recorder) -> str:
        try:
            return perform(edit, self._context(recorder))
        except ProjectError as error:
            raise ProjectError(f"{self.path}: {error}") from None

    def _context(self, recorder: Recorder) -> Context:
        return Context(recorder, self.author, self.path.parent)

    def _record(self, connection: Any, recorder: Recorder, title: str) -> None:
        if not recorder.operations:
            return
        connection.execute("UPDATE history SET undone = 2 WHERE kind = 'edit' AND undone = 1")
        row = connection.execute(
            "INSERT INTO history (time, author, kind, title) VALUES (?, ?, 'edit', ?)",
            (now(), self.author, title),
        )
        connection.execute(
            "INSERT INTO steps VALUES (?, ?)", (row.lastrowid, operations.dump(recorder.operations))
        )

    def undo(self) -> edits.Changes | None:
        """Take the last edit back, as one transaction; None if there is nothing to undo."""
        return self._step("undo", UNDO)

    def redo(self) -> edits.Changes | None:
        """Do again what was undone last, as one transaction; None if there is nothing to redo."""
        return self._step("redo", REDO)

    def _step(self, kind: str, query: str) -> edits.Changes | None:
        with many_values(), self._store.transaction() as connection:
            edit = connection.execute(query).fetchone()
            if edit is None:
                return None
            steps = history.steps(connection, edit["id"])
            if kind == "undo":
                steps = operations.inverse(steps)
            operations.replay(connection, steps)
            connection.execute(
                "UPDATE history SET undone = ? WHERE id = ?", (int(kind == "undo"), edit["id"])
            )
            connection.execute(
                "INSERT INTO history (time, author, kind, edit, title) VALUES (?, ?, ?, ?, ?)",
                (now(), self.author, kind, edit["id"], f"{kind.title()}: {edit['title']}"),
            )
        return operations.changes(steps)

    def revert(self, edit: int) -> edits.Changes:
        """Take back one edit of the history and keep those after it; itself an edit.

        Raises ProjectError if it was undone, or a later edit changed the same things.
        """
        with self._store.transaction() as connection:
            row = connection.execute("SELECT * FROM history WHERE id = ?", (edit,)).fetchone()
            if row is None or row["kind"] != "edit":
                raise ProjectError(f"{self.path}: there is no edit {edit} in the history")
            if row["undone"]:
                raise ProjectError(f"{self.path}: {row['title']}: is undone already")
            recorder = Recorder(connection)
            editor = self._context(recorder).annotator(self.author)
            try:
                history.revert(recorder, connection, edit, modified=now(), editor=editor)
            except ProjectError as error:
                raise ProjectError(f"{self.path}: {row['title']}: {error}") from None
            self._record(connection, recorder, f"Take back: {row['title']}")
        return operations.changes(recorder.operations)

    def restore(self, step: int) -> edits.Changes:
        """Bring back the state after a step of the history (0: the empty project); itself an edit.

        Runs are not in the history and stay as they are.
        """
        with self._store.transaction() as connection:
            row = connection.execute("SELECT * FROM history WHERE id = ?", (step,)).fetchone()
            if row is None and step != 0:
                raise ProjectError(f"{self.path}: there is no step {step} in the history")
            recorder = Recorder(connection)
            # names change hands on the way: what belongs to what is looked at in the end
            connection.execute("PRAGMA defer_foreign_keys = ON")
            try:
                history.go_back(recorder, connection, step)
            except ProjectError as error:
                raise ProjectError(f"{self.path}: {error}") from None
            title = "the beginning" if row is None else f"{row['title']} ({row['time'][:19]} UTC)"
            self._record(connection, recorder, f"Go back to: {title}")
        return operations.changes(recorder.operations)

    # Runs of the engine

    def add_run(self, video_id: int, evolution: Evolution, options: dict[str, Any]) -> int:
        """Keep the result of a run on a video, as one transaction; returns the run's id."""
        with self._store.transaction() as connection:
            if not any(video.id == video_id for video in self.videos()):
                raise ProjectError(f"{self.path}: there is no video {video_id} in the project")
            return runs.insert(connection, video_id, evolution, options, now())

    def delete_run(self, run_id: int) -> None:
        """Delete a run and its proposals; segments accepted from it stay."""
        with self._store.transaction() as connection:
            if connection.execute("DELETE FROM runs WHERE id = ?", (run_id,)).rowcount != 1:
                raise ProjectError(f"{self.path}: there is no run {run_id} in the project")

    # In and out

    def annotations(
        self,
        stages: Iterable[str] = (exchange.GROUND_TRUTH,),
        video_ids: Iterable[int] | None = None,
        min_score: float = 0.0,
        pts: exchange.TimeStamps | None = None,
    ) -> Annotations:
        """Ground truth and proposals of each video's newest run, by video and start.

        stages: 'ground_truth' and names of evolution.STAGES. Proposals that were dropped are left
        out; min_score holds for detections (localization) only, so that no parent goes missing; a
        class-agnostic proposal has the label "any". pts(video) gives the video's time stamps (or
        cuts; None where it cannot), from which frames are looked up: start_frame is the first in,
        end_frame the first out.
        """
        with many_values(), self._store.reading() as connection:
            found = exchange.export(self, connection, stages, video_ids, min_score)
            extra = self.document()
        return exchange.annotations(found, pts, extra)  # opens videos: nobody shall wait for that

    def plan_import(self, annotations: Annotations, source: str) -> importing.Plan:
        """What `import_annotations` would do, row by row; changes nothing.

        Raises ProjectError where it would too, other than for videos that are not in the project.
        """
        if self.read_only:
            with self._store.reading():
                return importing.plan(self, annotations, source)
        with many_values(), self._store.transaction() as connection:
            planned = importing.plan(self, annotations, source)
            parts = importing.edits_of(self, planned, skip_unknown=True)
            perform_all(parts, self._context(Recorder(connection)), trial=True)
            self._store.give_up()
        return planned

    def import_annotations(
        self,
        annotations: Annotations,
        source: str,
        differing: importing.Differing = "both",
        skip_unknown: bool = False,
    ) -> edits.Changes:
        """Add the ground truth of a file, and its new labels, as one edit.

        source: the name of the file. Rows that are in the project already are left out; where a
        row differs from the segment that it meets (see importing.PlannedRow), `differing` says
        whether both stay, or the file's or the project's. Raises ProjectError, with nothing
        imported, naming the videos that are not in the project (unless they are to be skipped), or
        the first segment that does not fit its video.
        """
        return self.add((), annotations, source, differing, skip_unknown)

    def add(
        self,
        videos: Iterable[edits.AddVideo],
        annotations: Annotations,
        source: str,
        differing: importing.Differing = "both",
        skip_unknown: bool = False,
    ) -> edits.Changes:
        """Add videos and, as `import_annotations` does, ground truth; all of it as one edit."""
        with many_values(), self._store.transaction() as connection:
            recorder = Recorder(connection)
            added = [self._perform(video, recorder) for video in videos]
            planned = importing.plan(self, annotations, source)
            parts = importing.edits_of(self, planned, differing, skip_unknown)
            perform_all(parts, self._context(recorder))
            self._record(connection, recorder, _title(added, source))
        return operations.changes(recorder.operations)

    def merge(
        self, other: Path | str, choices: Mapping[int, merge.Choice] | merge.Choice | None = None
    ) -> tuple[merge.Report, edits.Changes | None]:
        """Bring in what was done in another project file, which is only read; one edit.

        choices: what to do with each conflict, by its `segment`, or with all of them. While some
        are left the changes are None: nothing was done, and the report tells them. Raises
        ProjectError if the other file cannot be read.
        """
        other = located(other)
        if other == self.path:
            raise ProjectError(f"{other}: is this project itself")
        with opened_copy(other) as theirs, self._store.transaction() as connection:
            recorder = Recorder(connection)
            folders = self.path.parent, other.parent
            report = merge.Merge(recorder, connection, theirs, folders, choices).run()
            if report.conflicts:
                self._store.give_up()
                return report, None
            self._record(connection, recorder, f"Merge {other.name}")
        return report, operations.changes(recorder.operations)

    def backup(self, path: Path | str, force: bool = False) -> None:
        """Write a copy of the project, consistent whatever is going on, atomically.

        The videos stay where they are; in a copy in another folder the paths to them are adapted.
        """
        path = located(path)
        if path == self.path and not self._store.removed:
            raise ProjectError(f"{path}: a project cannot be copied onto itself")
        _check_new(path, force)
        stored = self._store.rows("SELECT id, path FROM videos")
        here = self.path.parent
        moved = [
            ("UPDATE videos SET path = ? WHERE id = ?", (stored_path(real, path.parent), row["id"]))
            for row in stored
            if (real := real_path(row["path"], here))
        ]
        self._store.backup(path, moved)

    def save_as(self, path: Path | str, force: bool = False) -> "Project":
        """Write a copy (see `backup`) and open it; this project stays open."""
        self.backup(path, force)
        return Project.open(path, self.author)

    def verify(self, fingerprint: Callable[[Path], str] | None = None) -> list[str]:
        """What is wrong with the project, a line each; the file itself first, then its videos.

        fingerprint: etp_core.video.fingerprint, to tell a changed video from the one added.
        """
        videos = self.videos()
        with self._store.reading() as connection:
            return list(verify.problems(connection, videos, fingerprint))


def _title(added: list[str], source: str) -> str:
    """The title of what adds videos, each with a title of its own, and what a file says of them."""
    parts = added if len(added) < 2 else [f"Add {len(added)} videos"]
    if source:
        parts = [*parts, f"{'import' if parts else 'Import'} {Path(source).name}"]
    return " and ".join(parts)


def _check_new(path: Path, force: bool) -> None:
    """Raise ProjectError unless a project may be written to `path`."""
    if not os.path.lexists(path):
        return
    if not force:
        raise ProjectError(f"{path}: exists already; choose another name or force overwriting it")
    check_file(path)
