"""What each edit means: its checks, its row operations and its title in the history."""

import json
import math
import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from etp_core.annotations import overrun
from etp_core.errors import ProjectError
from etp_core.project import edits
from etp_core.project.operations import Recorder

_FAR = float(np.nextafter(1e9, 0))  # seconds: the tables take no time beyond

# Okabe and Ito's colours, then Tol's muted ones: told apart with every kind of colour vision.
PALETTE = (
    "#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#f0e442",
    "#332288", "#44aa99", "#117733", "#999933", "#ddcc77", "#cc6677", "#882255", "#aa4499",
)  # fmt: skip


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
        name = _text("annotator", name.strip())
        rows = self.recorder.query("SELECT id FROM annotators WHERE name = ?", name)
        return int(rows[0]["id"]) if rows else self.recorder.allocate("annotators", name=name)


def perform(edit: edits.Edit, context: Context) -> str:
    """Carry the edit out; returns its title, with the names of what it is about.

    Raises ProjectError (without the file's name) if the edit is not possible.
    """
    action = _ACTIONS.get(type(edit))
    if action is None:
        raise TypeError(f"{edit!r} is not an edit")
    return action(edit, context)


def now() -> str:
    """The time of an edit."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def stored_path(path: Path, folder: Path) -> str:
    """How the project in `folder` writes the video's path: relative where the drive allows it."""
    path = Path(path)
    absolute = Path(os.path.realpath(path.parent)) / path.name
    try:
        text = Path(os.path.relpath(absolute, os.path.realpath(folder))).as_posix()
    except ValueError:  # another drive
        text = absolute.as_posix()
    return _text("path", text)


def real_path(stored: str, folder: Path) -> Path:
    """The absolute path of a stored one."""
    return Path(os.path.normpath(Path(os.path.realpath(folder)) / stored))


def check_times(start: float, end: float, video: dict[str, Any]) -> tuple[float, float]:
    """The boundaries as float; raises ProjectError unless they are an interval of the video.

    video: a row of the table. Where its duration is not known, any interval is accepted.
    """
    start, end = float(start), float(end)
    if not (math.isfinite(start) and math.isfinite(end) and max(abs(start), abs(end)) < 1e9):
        raise ProjectError(f"[{start}, {end}) s is not an interval of a video")
    if start >= end:
        raise ProjectError(f"the segment [{start:g}, {end:g}) s is empty or reversed")
    least, most = _reach(video)
    if start < least or end > most:
        first, last = video["start_s"], video["start_s"] + video["duration"]
        raise ProjectError(
            f"the segment [{start:g}, {end:g}) s is not within the video "
            f"{Path(video['path']).name} ([{first:g}, {last:g}) s)"
        )
    return start, end


def _text(what: str, value: str, limit: int = 4096) -> str:
    value = str(value)
    if not value.strip() or len(value) > limit or any(ord(c) < 32 or ord(c) == 127 for c in value):
        raise ProjectError(f"{value[:60]!r} is no {what}: it is empty, too long or not one line")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ProjectError(f"{value!r} is no {what}: it is not Unicode; rename it") from None
    return value


def _object(text: str) -> str:
    if text:
        try:
            if not isinstance(json.loads(text), dict):
                raise ValueError
            text.encode()
        except (ValueError, RecursionError):
            raise ProjectError(f"{text[:60]!r} is no JSON object") from None
    return text


def _number(what: str, value: float | None, least: float) -> float | None:
    if value is None:
        return None
    value = float(value)
    if not (math.isfinite(value) and least <= value < 1e9):
        raise ProjectError(f"{what} cannot be {value}")
    return value


def _add_video(edit: edits.AddVideo, context: Context) -> str:
    path = stored_path(edit.path, context.folder)
    if context.recorder.query("SELECT id FROM videos WHERE path = ? AND removed = 0", path):
        raise ProjectError(f"the video {edit.path} is in the project already")
    for name in ("frames", "width", "height"):
        if not 0 <= int(getattr(edit, name)) < 2**53:
            raise ProjectError(f"{name} of {path} cannot be {getattr(edit, name)}")
    rate = _number(f"the frame rate of {path}", edit.frame_rate, 0.0)
    key = context.recorder.allocate(
        "videos",
        path=path,
        fingerprint=str(edit.fingerprint),
        frames=int(edit.frames),
        start_s=_number(f"the start of {path}", edit.start, -1e9),
        duration=_number(f"the duration of {path}", edit.duration, 0.0),
        frame_rate=rate or None,
        width=int(edit.width),
        height=int(edit.height),
        removed=1,
    )
    context.recorder.update("videos", key, removed=0)
    return edit.title


def _remove_video(edit: edits.RemoveVideo, context: Context) -> str:
    video = context.one("videos", "video", edit.video_id)
    for row in context.recorder.query("SELECT id FROM segments WHERE video = ?", video["id"]):
        context.recorder.delete("segments", row["id"])
    context.recorder.update("videos", video["id"], removed=1)
    return f"Remove video {Path(video['path']).name}"


def _relink_video(edit: edits.RelinkVideo, context: Context) -> str:
    video = context.one("videos", "video", edit.video_id)
    path = stored_path(edit.path, context.folder)
    taken = "SELECT 1 FROM videos WHERE path = ? AND id <> ? AND removed = 0"
    if context.recorder.query(taken, path, video["id"]):
        raise ProjectError(f"the video {path} is in the project already")
    context.recorder.update("videos", video["id"], path=path)
    return edit.title


def _label_name(name: str, context: Context, key: int = -1) -> str:
    name = _text("label", name.strip(), limit=200)
    if context.recorder.query("SELECT id FROM labels WHERE name = ? AND id <> ?", name, key):
        raise ProjectError(f"there is a label {name!r} already")
    return name


def _color(color: str) -> str:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", color):
        raise ProjectError(f"{color!r} is no colour: write it as #rrggbb")
    return color.lower()


def _add_label(edit: edits.AddLabel, context: Context) -> str:
    rows = context.recorder.query("SELECT color, position FROM labels")
    used = [row["color"] for row in rows]
    color = min(PALETTE, key=used.count) if edit.color is None else _color(edit.color)
    position = max((row["position"] for row in rows), default=-1) + 1
    name = _label_name(edit.name, context)
    context.recorder.insert("labels", name=name, color=color, position=position)
    return f"Add label {name}"


def _rename_label(edit: edits.RenameLabel, context: Context) -> str:
    label = context.one("labels", "label", edit.label_id)
    name = _label_name(edit.name, context, label["id"])
    context.recorder.update("labels", label["id"], name=name)
    return f"Rename label {label['name']} to {name}"


def _recolor_label(edit: edits.RecolorLabel, context: Context) -> str:
    label = context.one("labels", "label", edit.label_id)
    context.recorder.update("labels", label["id"], color=_color(edit.color))
    return f"Change colour of {label['name']}"


def _delete_label(edit: edits.DeleteLabel, context: Context) -> str:
    label = context.one("labels", "label", edit.label_id)
    sql = "SELECT count(*) AS n FROM segments WHERE label = ?"
    used = context.recorder.query(sql, label["id"])[0]["n"]
    if used:
        raise ProjectError(
            f"the label {label['name']} is on {used} segments; relabel or delete them first"
        )
    context.recorder.delete("labels", label["id"])
    return f"Delete label {label['name']}"


def _add_segment(edit: edits.AddSegment, context: Context) -> str:
    video = context.one("videos", "video", edit.video_id)
    label = context.one("labels", "label", edit.label_id)
    start, end = check_times(edit.start, edit.end, video)
    time = now()
    context.recorder.insert(
        "segments",
        video=video["id"],
        label=label["id"],
        annotator=context.annotator(edit.annotator or context.author),
        start_s=start,
        end_s=end,
        source=_text("source", edit.source),
        created=time,
        modified=time,
        editor=context.annotator(context.author),
        unsure=int(edit.unsure),
        extra=_object(edit.extra),
    )
    return f"Add {label['name']}"


def add_segments(rows: Sequence[tuple[str, edits.AddSegment]], context: Context) -> None:
    """Add many segments at once; each comes with the words that name it in an error.

    Raises ProjectError about the first that is not possible, with nothing added.
    """
    wanted = [edit for _, edit in rows]
    videos = {k: context.one("videos", "video", k) for k in {edit.video_id for edit in wanted}}
    for key in {edit.label_id for edit in wanted}:
        context.one("labels", "label", key)
    times = np.array([(edit.start, edit.end) for edit in wanted], np.float64)
    ends = {key: _reach(video) for key, video in videos.items()}
    reach = np.array([ends[edit.video_id] for edit in wanted])
    fits = (times[:, 0] < times[:, 1]) & (times[:, 0] >= reach[:, 0]) & (times[:, 1] <= reach[:, 1])
    for i in np.flatnonzero(~fits).tolist():
        try:
            check_times(wanted[i].start, wanted[i].end, videos[wanted[i].video_id])
        except ProjectError as error:
            raise ProjectError(f"{rows[i][0]}: {error}" if rows[i][0] else str(error)) from None
    names = dict.fromkeys(edit.annotator or context.author for edit in wanted)
    annotators = {name: context.annotator(name) for name in names}
    for value in {edit.source for edit in wanted}:
        _text("source", value)
    for value in {edit.extra for edit in wanted}:
        _object(value)
    time = now()
    context.recorder.insert_segments(
        {
            "video": [edit.video_id for edit in wanted],
            "label": [edit.label_id for edit in wanted],
            "annotator": [annotators[edit.annotator or context.author] for edit in wanted],
            "start_s": times[:, 0].tolist(),
            "end_s": times[:, 1].tolist(),
            "source": [edit.source for edit in wanted],
            "unsure": [int(edit.unsure) for edit in wanted],
            "extra": [edit.extra for edit in wanted],
        },
        created=time,
        modified=time,
        editor=context.annotator(context.author),
    )


def _reach(video: dict[str, Any]) -> tuple[float, float]:
    """The first and the last moment, in seconds, that a segment of the video may have."""
    if video["duration"] is None:
        return -_FAR, _FAR
    slack = overrun(video["frame_rate"])
    return video["start_s"] - slack, video["start_s"] + video["duration"] + slack


def _change_segment(segment: dict[str, Any], context: Context, **columns: Any) -> None:
    if any(segment[name] != value for name, value in columns.items()):
        editor = context.annotator(context.author)
        context.recorder.update("segments", segment["id"], **columns, modified=now(), editor=editor)


def _move_segment(edit: edits.MoveSegment, context: Context) -> str:
    segment = context.one("segments", "segment", edit.segment_id)
    video = context.one("videos", "video", segment["video"])
    label = context.one("labels", "label", segment["label"])
    start, end = check_times(edit.start, edit.end, video)
    _change_segment(segment, context, start_s=start, end_s=end)
    whole = start != segment["start_s"] and end != segment["end_s"]
    return f"Move {label['name']}" if whole else f"Move boundary of {label['name']}"


def _relabel_segment(edit: edits.RelabelSegment, context: Context) -> str:
    segment = context.one("segments", "segment", edit.segment_id)
    before = context.one("labels", "label", segment["label"])
    after = context.one("labels", "label", edit.label_id)
    _change_segment(segment, context, label=after["id"])
    return f"Relabel {before['name']} as {after['name']}"


def _delete_segment(edit: edits.DeleteSegment, context: Context) -> str:
    segment = context.one("segments", "segment", edit.segment_id)
    label = context.one("labels", "label", segment["label"])
    context.recorder.delete("segments", segment["id"])
    return f"Delete {label['name']}"


def _mark_unsure(edit: edits.MarkUnsure, context: Context) -> str:
    segment = context.one("segments", "segment", edit.segment_id)
    label = context.one("labels", "label", segment["label"])
    _change_segment(segment, context, unsure=int(edit.unsure))
    return f"Mark {label['name']} as {'unsure' if edit.unsure else 'sure'}"


def _judge(edit: edits.Judge, context: Context) -> str:
    video = context.one("videos", "video", edit.video_id)
    start, end = check_times(edit.start, edit.end, video)
    context.recorder.insert(
        "verdicts",
        video=video["id"],
        verdict=edit.verdict,
        label=_text("label", edit.label),
        start_s=start,
        end_s=end,
        annotator=context.annotator(context.author),
        created=now(),
    )
    return edit.title


def _describe_video(edit: edits.DescribeVideo, context: Context) -> str:
    video = context.one("videos", "video", edit.video_id)
    context.recorder.update("videos", video["id"], about=_object(edit.about))
    return f"Describe video {Path(video['path']).name}"


def _describe_project(edit: edits.DescribeProject, context: Context) -> str:
    extra = _object(edit.extra)
    rows = context.recorder.query("SELECT id, extra FROM documents")
    if [row["extra"] for row in rows] != [extra] * bool(extra):
        for row in rows:
            context.recorder.delete("documents", row["id"])
        if extra:
            context.recorder.insert("documents", extra=extra)
    return edit.title


def _batch(edit: edits.Batch, context: Context) -> str:
    perform_all((("", part) for part in edit.edits), context)
    return _text("title", edit.title)


def perform_all(parts: Iterable[tuple[str, edits.Edit]], context: Context) -> None:
    """Carry out edits in their order; each comes with the words that name it in an error, or "".

    Segments that follow one another are added at once, so that a million takes seconds.
    """
    waiting: list[tuple[str, edits.AddSegment]] = []
    for place, part in parts:
        if isinstance(part, edits.AddSegment):
            waiting.append((place, part))
            continue
        if waiting:
            add_segments(waiting, context)
            waiting = []
        try:
            perform(part, context)
        except ProjectError as error:
            raise ProjectError(f"{place}: {error}" if place else str(error)) from None
    if waiting:
        add_segments(waiting, context)


_ACTIONS: dict[type, Callable[[Any, Context], str]] = {
    edits.AddVideo: _add_video,
    edits.RemoveVideo: _remove_video,
    edits.RelinkVideo: _relink_video,
    edits.AddLabel: _add_label,
    edits.RenameLabel: _rename_label,
    edits.RecolorLabel: _recolor_label,
    edits.DeleteLabel: _delete_label,
    edits.AddSegment: _add_segment,
    edits.MoveSegment: _move_segment,
    edits.RelabelSegment: _relabel_segment,
    edits.DeleteSegment: _delete_segment,
    edits.MarkUnsure: _mark_unsure,
    edits.Judge: _judge,
    edits.DescribeVideo: _describe_video,
    edits.DescribeProject: _describe_project,
    edits.Batch: _batch,
}
