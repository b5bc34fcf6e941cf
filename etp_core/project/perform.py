"""What each edit means: its checks, its row operations and its title in the history."""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from etp_core.errors import ProjectError
from etp_core.project import adding, edits
from etp_core.project.adding import NewSegments
from etp_core.project.changing import change
from etp_core.project.checks import check_times, json_object, number, one_line
from etp_core.project.context import Context, now
from etp_core.project.paths import stored_path
from etp_core.words import counted

# Okabe and Ito's colours, then Tol's muted ones: told apart with every kind of colour vision.
PALETTE = (
    "#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#f0e442",
    "#332288", "#44aa99", "#117733", "#999933", "#ddcc77", "#cc6677", "#882255", "#aa4499",
)  # fmt: skip


def perform(edit: edits.Edit, context: Context) -> str:
    """Carry the edit out; returns its title, with the names of what it is about.

    Raises ProjectError (without the file's name) if the edit is not possible.
    """
    action = _ACTIONS.get(type(edit))
    if action is None:
        raise TypeError(f"{edit!r} is not an edit")
    return action(edit, context)


def _add_video(edit: edits.AddVideo, context: Context) -> str:
    path = stored_path(edit.path, context.folder)
    if context.recorder.query("SELECT id FROM videos WHERE path = ? AND removed = 0", path):
        raise ProjectError(f"the video {edit.path} is in the project already")
    for name in ("frames", "width", "height"):
        if not 0 <= int(getattr(edit, name)) < 2**53:
            raise ProjectError(f"{name} of {path} cannot be {getattr(edit, name)}")
    rate = number(f"the frame rate of {path}", edit.frame_rate, 0.0)
    key = context.recorder.allocate(
        "videos",
        path=path,
        fingerprint=str(edit.fingerprint),
        frames=int(edit.frames),
        start_s=number(f"the start of {path}", edit.start, -1e9),
        duration=number(f"the duration of {path}", edit.duration, 0.0),
        frame_rate=rate or None,
        width=int(edit.width),
        height=int(edit.height),
        removed=1,
    )
    context.recorder.update("videos", key, removed=0)
    return edit.title


def _remove_video(edit: edits.RemoveVideo, context: Context) -> str:
    video = context.one("videos", "video", edit.video_id)
    sql = "SELECT * FROM segments WHERE video = ?"
    context.recorder.delete_segments(context.recorder.query(sql, video["id"]))
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
    name = one_line("label", name.strip(), limit=200)
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


def _label(key: int | str, context: Context) -> dict[str, Any]:
    """The label with an id, or of a name; one of a new name is added."""
    if isinstance(key, str):
        known = "SELECT * FROM labels WHERE name = ?"
        if not context.recorder.query(known, key.strip()):
            _add_label(edits.AddLabel(key), context)
        return dict(context.recorder.query(known, key.strip())[0])
    return context.one("labels", "label", key)


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
            f"the label {label['name']} is on {counted(used, 'segment')}; "
            "relabel or delete them first"
        )
    context.recorder.delete("labels", label["id"])
    return f"Delete label {label['name']}"


def _add_segment(edit: edits.AddSegment, context: Context) -> str:
    video = context.one("videos", "video", edit.video_id)
    label = _label(edit.label_id, context)
    start, end = check_times(edit.start, edit.end, video)
    time = now()
    context.recorder.insert(
        "segments",
        video=video["id"],
        label=label["id"],
        annotator=context.annotator(edit.annotator or context.author),
        start_s=start,
        end_s=end,
        source=one_line("source", edit.source),
        created=time,
        modified=time,
        editor=context.annotator(context.author),
        unsure=int(edit.unsure),
        extra=json_object(edit.extra),
    )
    return f"Add {label['name']}"


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
    after = _label(edit.label_id, context)
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
        label=one_line("label", edit.label),
        start_s=start,
        end_s=end,
        annotator=context.annotator(context.author),
        created=now(),
    )
    return edit.title


def _describe_video(edit: edits.DescribeVideo, context: Context) -> str:
    video = context.one("videos", "video", edit.video_id)
    context.recorder.update("videos", video["id"], about=json_object(edit.about))
    return f"Describe video {Path(video['path']).name}"


def _describe_project(edit: edits.DescribeProject, context: Context) -> str:
    extra = json_object(edit.extra)
    rows = context.recorder.query("SELECT id, extra FROM documents")
    if [row["extra"] for row in rows] != [extra] * bool(extra):
        for row in rows:
            context.recorder.delete("documents", row["id"])
        if extra:
            context.recorder.insert("documents", extra=extra)
    return edit.title


def _batch(edit: edits.Batch, context: Context) -> str:
    perform_all((("", part) for part in edit.edits), context)
    return one_line("title", edit.title)


def perform_all(
    parts: Iterable[tuple[str, edits.Edit | NewSegments]], context: Context, trial: bool = False
) -> None:
    """Carry out edits in their order; each comes with the words that name it in an error, or "".

    Edits of one kind that follow one another are done at once where there may be many: a million
    segments are added in seconds. trial: the transaction will be given up; new segments are checked
    and not added.
    """
    add = adding.check if trial else adding.add
    for kind, group in groupby(parts, lambda part: type(part[1])):
        if kind is edits.AddSegment:
            rows: list[Any] = [part for _, part in group]
            names = dict.fromkeys(row.label_id for row in rows if isinstance(row.label_id, str))
            add(
                NewSegments.of(rows, {name: _label(name, context)["id"] for name in names}), context
            )
        elif kind in (edits.DeleteSegment, edits.RelabelSegment, edits.MarkUnsure):
            for some in _different(group):
                change(some, lambda key: int(_label(key, context)["id"]), context)
        else:
            for place, part in group:
                if isinstance(part, NewSegments):
                    add(part, context)
                    continue
                try:
                    perform(part, context)
                except ProjectError as error:
                    raise ProjectError(f"{place}: {error}" if place else str(error)) from None


def _different(parts: Iterable[tuple[str, Any]]) -> Iterator[list[tuple[str, Any]]]:
    """Edits of segments, in lists in which no segment comes twice."""
    some: list[tuple[str, Any]] = []
    ids: set[int] = set()
    for place, part in parts:
        if part.segment_id in ids:
            yield some
            some, ids = [], set()
        some.append((place, part))
        ids.add(part.segment_id)
    yield some


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
