"""Two project files as one: what was done in the other since both were the same is done here too.

Copies of one project share the beginning of their history. What either did after it is compared
row by row; where both changed the same segment differently, a person decides. Projects without a
common beginning are joined by the fingerprints of their videos and the names of their labels.
"""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from etp_core.project import history, operations
from etp_core.project.exchange import to_json
from etp_core.project.meeting import Place, Segments
from etp_core.project.operations import Operation, Recorder
from etp_core.project.paths import real_path, stored_path
from etp_core.words import counted

Choice = Literal["mine", "theirs", "both"]

_NOTHING = object()  # where a key is not there
_UNITS = (("start_s", "end_s"), ("label",), ("unsure",), ("extra",), ("annotator",))


@dataclass(frozen=True, slots=True)
class Conflict:
    """A segment that both projects changed; mine and theirs in words, "" where it was deleted.

    segment: its id in the other project; video: its name.
    """

    segment: int
    video: str
    mine: str
    theirs: str


@dataclass(slots=True)
class Report:
    """What a merge did or would do, a line for each kind, and what has to be decided."""

    counts: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)

    def add(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1

    @property
    def lines(self) -> list[str]:
        """The report in words."""
        lines = []
        for what, count in self.counts.items():
            thing, _, rest = what.partition("s ")
            lines.append(f"{counted(count, thing)} {rest}")
        return lines + self.notes


def fork_of(mine: sqlite3.Connection, theirs: sqlite3.Connection) -> int:
    """The last step of the history that both projects have in common; 0 if there is none."""
    sql = (
        "SELECT h.id, h.time, h.author, h.kind, h.edit, h.title, s.operations "
        "FROM history h LEFT JOIN steps s ON s.edit = h.id ORDER BY h.id"
    )
    last = 0
    for a, b in zip(mine.execute(sql), theirs.execute(sql), strict=False):
        if tuple(a) != tuple(b):
            break
        last = a["id"]
    return last


def _place(row: sqlite3.Row | dict[str, Any]) -> Place:
    return Place(row["start_s"], row["end_s"], row["label"], row["annotator"])


class Merge:
    """Brings the other project's work into the open transaction of this one.

    folders: of this project and of the other, to which paths of videos are relative. choices: what
    to do with a conflict, by the segment's id in the other project, or one choice for all.
    """

    def __init__(
        self,
        recorder: Recorder,
        mine: sqlite3.Connection,
        theirs: sqlite3.Connection,
        folders: tuple[Path, Path],
        choices: Mapping[int, Choice] | Choice | None = None,
    ) -> None:
        self.report = Report()
        self._recorder, self._mine, self._theirs = recorder, mine, theirs
        self._here, self._there = folders
        self._choices = choices or {}
        self._known: dict[int, Segments] = {}
        self._new: list[dict[str, Any]] = []

    def run(self) -> Report:
        """Do it; where the report has conflicts nothing may be kept."""
        fork = fork_of(self._mine, self._theirs)
        mine = operations.by_row(history.after(self._mine, fork))
        theirs = operations.by_row(history.after(self._theirs, fork))
        self._mine_did = {key: op for (table, key), op in mine.items() if table == "segments"}
        self._videos = self._match_videos()
        self._labels = self._match_labels(theirs)
        self._annotators = self._match_annotators()
        for (table, key), operation in theirs.items():
            if table == "segments":
                self._segment(key, operation)
        if self._new:
            names = self._new[0]
            self._recorder.insert_segments({n: [row[n] for row in self._new] for n in names})
        self._verdicts()
        self._descriptions(theirs)
        self._runs()
        return self.report

    # What stands for what

    def _match_videos(self) -> dict[int, int]:
        """The id here of each video there; those that are new are added."""
        here = [dict(row) for row in self._mine.execute("SELECT * FROM videos ORDER BY id")]
        found = {}
        for row in self._theirs.execute("SELECT * FROM videos WHERE removed = 0 ORDER BY id"):
            path = stored_path(real_path(row["path"], self._there), self._here)
            same = [
                v for v in here if row["fingerprint"] and v["fingerprint"] == row["fingerprint"]
            ]
            same += [v for v in here if v["path"] == path and v not in same]
            same = sorted(same, key=lambda v: (v["removed"], v["id"] != row["id"]))
            if same and not same[0]["removed"]:
                found[row["id"]] = same[0]["id"]
                continue
            name = Path(path).name
            if any(v["id"] == row["id"] for v in same):
                self.report.notes.append(f"video {name} was removed here and stays so")
                continue
            values = {k: row[k] for k in row.keys() if k != "id"}  # noqa: SIM118
            key = self._recorder.allocate("videos", **{**values, "path": path, "removed": 1})
            self._recorder.update("videos", key, removed=0)
            found[row["id"]] = key
            self.report.add("videos added")
        return found

    def _match_labels(self, theirs: dict[tuple[str, int], Operation]) -> dict[int, int]:
        found = {}
        for row in self._theirs.execute("SELECT * FROM labels ORDER BY position, id").fetchall():
            names = {r["name"]: r["id"] for r in self._recorder.query("SELECT * FROM labels")}
            operation = theirs.get(("labels", row["id"]))
            there_before = operation is None or operation["do"] == "update"
            if there_before and row["id"] in names.values():
                found[row["id"]] = row["id"]
                if operation is not None:
                    self._relabel(row, operation, names)
            elif row["name"] in names:
                found[row["id"]] = names[row["name"]]
            else:
                last = self._recorder.query("SELECT max(position) AS n FROM labels")[0]["n"]
                found[row["id"]] = self._recorder.insert(
                    "labels",
                    name=row["name"],
                    color=row["color"],
                    position=0 if last is None else last + 1,
                )
                self.report.add("labels added")
        return found

    def _relabel(self, row: sqlite3.Row, operation: Operation, names: dict[str, int]) -> None:
        """A label that the other renamed or recoloured: done here too, unless we did it as well."""
        mine = self._recorder.row("labels", row["id"])
        for column in operation["after"]:
            value = row[column]
            if mine[column] == value:
                continue
            if mine[column] == operation["before"][column] and (
                column != "name" or value not in names
            ):
                self._recorder.update("labels", row["id"], **{column: value})
                self.report.add("labels changed")
            elif column == "name":
                self.report.notes.append(f"label {mine['name']} is {value} there; it stays as here")

    def _match_annotators(self) -> dict[int, int]:
        here = {row["name"]: row["id"] for row in self._mine.execute("SELECT * FROM annotators")}
        found = {}
        for row in self._theirs.execute("SELECT * FROM annotators").fetchall():
            found[row["id"]] = here.get(row["name"]) or self._recorder.allocate(
                "annotators", name=row["name"]
            )
        return found

    def _translated(self, row: sqlite3.Row | dict[str, Any]) -> dict[str, Any] | None:
        """A row of segments or verdicts with the ids of this project; None without its video."""
        values = dict(row)
        del values["id"]
        if values["video"] not in self._videos:
            return None
        values["video"] = self._videos[values["video"]]
        values["annotator"] = self._annotators[values["annotator"]]
        if "editor" in values:
            values["label"] = self._labels[values["label"]]
            values["editor"] = self._annotators[values["editor"]]
        return values

    # Segments

    def _segment(self, key: int, operation: Operation) -> None:
        row = self._theirs.execute("SELECT * FROM segments WHERE id = ?", (key,)).fetchone()
        if operation["do"] == "insert":
            theirs = self._translated(row)
            if theirs is not None:
                self._added(key, theirs)
            return
        found = self._recorder.query("SELECT * FROM segments WHERE id = ?", key)
        mine = dict(found[0]) if found else None
        if row is None:
            there = operation["row"]["video"]
            if there not in self._videos:  # it went with its video, which stays here
                return
            if mine is None:
                return
            if key in self._mine_did:
                self._conflict(key, mine, None, key)
            else:
                self._recorder.delete("segments", key)
                self.report.add("segments deleted")
            return
        theirs = self._translated(row)
        if theirs is None:
            return
        if mine is None:
            self._conflict(key, None, theirs, key)
            return
        before = {**dict(row), **operation["before"]}
        base = self._translated(before) or theirs
        wanted: dict[str, Any] = {}
        for unit in _UNITS:
            new = [theirs[name] for name in unit]
            was, is_ = [base[name] for name in unit], [mine[name] for name in unit]
            if new in (was, is_):
                continue
            if is_ != was:
                self._conflict(key, mine, theirs, key)
                return
            wanted.update(zip(unit, new, strict=True))
        if wanted:
            self._recorder.update(
                "segments", key, **wanted, modified=theirs["modified"], editor=theirs["editor"]
            )
            self.report.add("segments changed")

    def _added(self, key: int, theirs: dict[str, Any]) -> None:
        video = theirs["video"]
        if video not in self._known:
            rows = self._recorder.query("SELECT * FROM segments WHERE video = ?", video)
            self._known[video] = Segments((row["id"], _place(row)) for row in rows)
        kind, meets = self._known[video].meet(_place(theirs))
        if kind == "present":
            self.report.add("segments that both have")
        elif meets is not None and meets in self._mine_did:
            self._conflict(key, self._recorder.row("segments", meets), theirs, meets)
        else:
            self._insert(theirs)

    def _insert(self, theirs: dict[str, Any]) -> None:
        self._new.append(theirs)
        self.report.add("segments added")

    def _conflict(
        self, key: int, mine: dict[str, Any] | None, theirs: dict[str, Any] | None, here: int
    ) -> None:
        """Do what was chosen, or note that somebody has to; `here` is the segment's id here."""
        choice = self._choices if isinstance(self._choices, str) else self._choices.get(key)
        if choice is None:
            video = (mine or theirs or {})["video"]
            path = self._recorder.row("videos", video)["path"]
            told = Conflict(key, Path(path).name, self._words(mine), self._words(theirs))
            self.report.conflicts.append(told)
            return
        self.report.add(f"conflicts decided for {choice}")
        if choice == "mine" or (choice == "both" and theirs is None):
            return
        if choice == "both" or mine is None:
            assert theirs is not None
            self._insert(theirs)
        elif theirs is None:
            self._recorder.delete("segments", here)
        else:
            self._recorder.update("segments", here, **theirs)

    def _words(self, row: dict[str, Any] | None) -> str:
        if row is None:
            return ""
        label = self._recorder.row("labels", row["label"])["name"]
        who = self._recorder.row("annotators", row["annotator"])["name"]
        unsure = ", unsure" if row["unsure"] else ""
        return f"{label} {row['start_s']:.3f} – {row['end_s']:.3f} s ({who}{unsure})"

    # The rest

    def _verdicts(self) -> None:
        columns = ("video", "verdict", "label", "start_s", "end_s", "annotator")
        rows = self._recorder.query("SELECT * FROM verdicts")
        there = {tuple(row[name] for name in columns) for row in rows}
        for row in self._theirs.execute("SELECT * FROM verdicts ORDER BY id").fetchall():
            values = self._translated(row)
            if values is not None and tuple(values[name] for name in columns) not in there:
                self._recorder.insert("verdicts", **values)
                self.report.add("decisions of the review added")

    def _descriptions(self, theirs: dict[tuple[str, int], Operation]) -> None:
        """What annotation files said of videos, and of themselves, key by key."""
        for there, here in self._videos.items():
            operation = theirs.get(("videos", there), {"before": {}})
            row = self._theirs.execute("SELECT * FROM videos WHERE id = ?", (there,)).fetchone()
            video = self._recorder.row("videos", here)
            base = operation["before"].get("about", row["about"])
            name = Path(video["path"]).name
            about = self._joined(f"the video {name}", video["about"], row["about"], base)
            self._recorder.update("videos", here, about=about)
        found = self._theirs.execute("SELECT extra FROM documents").fetchone()
        ours = self._recorder.query("SELECT id, extra FROM documents")
        before = [
            operation["row"]["extra"]
            for (table, _), operation in theirs.items()
            if table == "documents" and operation["do"] == "delete"
        ]
        text = found["extra"] if found else ""
        changed = any(table == "documents" for table, _ in theirs)
        mine = ours[0]["extra"] if ours else ""
        base = (before[0] if before else "") if changed else text
        joined = self._joined("the project", mine, text, base)
        if joined != mine:
            for row in ours:
                self._recorder.delete("documents", row["id"])
            if joined:
                self._recorder.insert("documents", extra=joined)

    def _joined(self, what: str, mine: str, theirs: str, base: str) -> str:
        """A JSON object with what either side changed of it since it was `base`.

        Where both changed a key, ours stays, and the report says so, unless theirs are wanted.
        """
        ours, there, before = (json.loads(text or "{}") for text in (mine, theirs, base))
        for key in {**before, **there}:
            new, was, is_ = (side.get(key, _NOTHING) for side in (there, before, ours))
            if new in (was, is_):
                continue
            if is_ != was and self._choices != "theirs":
                self.report.notes.append(
                    f"description of {what}: {key} is another there; it stays as here"
                )
            elif new is _NOTHING:
                del ours[key]
            else:
                ours[key] = new
        return to_json(ours) if ours != json.loads(mine or "{}") else mine

    def _runs(self) -> None:
        """Runs that are not here; they are no edits, so undo leaves them."""
        sql = "SELECT video, created, model FROM runs"
        there = {tuple(row) for row in self._recorder.query(sql)}
        for run in self._theirs.execute("SELECT * FROM runs ORDER BY id").fetchall():
            video = self._videos.get(run["video"])
            if video is None or (video, run["created"], run["model"]) in there:
                continue
            values = {**dict(run), "video": video}
            del values["id"]
            key = self._recorder.allocate("runs", **values)
            for row in self._theirs.execute("SELECT * FROM proposals WHERE run = ?", (run["id"],)):
                self._recorder.allocate("proposals", **{**dict(row), "run": key})
            self.report.add("runs added")
