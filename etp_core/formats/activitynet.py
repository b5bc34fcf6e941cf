"""ActivityNet's ground truth: JSON, seconds from 0, half-open, grouped by video.

{"version", "taxonomy", "database": {video: {"subset", "duration", "annotations": [{"segment":
[start, end], "label"}]}}}; "fps", "frames" (or OpenTAD's "frame") and "ambiguous" (segments that
evaluation ignores) are understood, other keys are kept and written back. A bare database without
the frame around it, as ActionFormer publishes, is read too.
"""

from pathlib import Path
from typing import Any

from etp_core.annotations import Annotations, Segment, VideoEntry
from etp_core.errors import InputError
from etp_core.formats import checks, texts
from etp_core.formats.base import Format, Source
from etp_core.formats.clock import Clock

_ASSUMED_RATE = 30.0
_ENTRY = {"subset", "duration", "fps", "frames", "frame", "annotations", "ambiguous"}
_ROW = {"segment", "label"}


def read(source: Source, clock: Clock) -> Annotations:
    """Read the ground truth in file order; keys that are not understood are kept as `extra`.

    Raises InputError naming file, video and row where a segment is empty, reversed, negative, or
    ends after its video (one frame or 0.1 s are forgiven).
    """
    path = source.path
    document = checks.mapping(source.document, str(path))
    bare = _is_bare(document)
    if not bare and "database" not in document:
        raise InputError(f"{path}: has no key 'database'")
    database = document if bare else checks.mapping(document["database"], f"{path}: database")
    found = Annotations()
    if not bare:
        found.extra = checks.others(document, {"database"}, str(path))
    for video, value in database.items():
        place = f"{path}: video {video!r}"
        value = checks.mapping(value, place)
        entry = _entry(value, place)
        rows = checks.array(value.get("annotations", []), f"{place}: annotations")
        segments = [_segment(row, video, f"{place}, row {i}") for i, row in enumerate(rows, 1)]
        latest = max((row.end for row in segments), default=0.0)
        if bare and entry.duration is not None and latest > entry.duration and _is_assumed(entry):
            entry.duration = None  # made up from a frame rate that the video does not have
        for i, row in enumerate(segments, 1):
            checks.within(row.start, row.end, entry.duration, entry.fps, f"{place}, row {i}")
        found.videos[video] = entry
        found.segments += segments
    return found


def _is_bare(document: dict[str, Any]) -> bool:
    return bool(document) and all(
        isinstance(value, dict) and "annotations" in value for value in document.values()
    )


def _is_assumed(entry: VideoEntry) -> bool:
    """Whether the duration is nothing but frames / 30: ActionFormer's THUMOS14 file divides so
    for videos of 25 frames/s as well, whose segments then seem to end after them."""
    return (
        entry.duration is not None
        and entry.frames is not None
        and entry.fps is None
        and abs(entry.duration - entry.frames / _ASSUMED_RATE) < 1e-6
    )


def _entry(value: dict[str, Any], place: str) -> VideoEntry:
    def positive(*keys: str) -> float | None:
        for key in keys:
            if value.get(key) is not None:
                found = checks.number(value[key], f"{place}: {key}")
                if found <= 0:
                    raise InputError(f"{place}: {key}: must be greater than 0, not {found:g}")
                return found
        return None

    subset = value.get("subset")
    frames = positive("frames", "frame")
    ambiguous = checks.array(value.get("ambiguous", []), f"{place}: ambiguous")
    return VideoEntry(
        subset=None if subset is None else checks.name(subset, f"{place}: subset"),
        duration=positive("duration"),
        fps=positive("fps"),
        frames=None if frames is None else int(frames),
        ambiguous=[
            pair(
                row.get("segment") if isinstance(row, dict) else row, f"{place}, ambiguous row {i}"
            )
            for i, row in enumerate(ambiguous, 1)
        ],
        extra=checks.others(value, _ENTRY, place),
    )


def _segment(row: Any, video: str, place: str) -> Segment:
    row = checks.mapping(row, place)
    start, end = pair(row.get("segment"), place)
    label = checks.name(row.get("label"), f"{place}: label")
    return Segment(video, label, start, end, extra=checks.others(row, _ROW, place))


def pair(value: Any, place: str) -> tuple[float, float]:
    """The [start, end) of a row, in seconds, finite and in order."""
    if not isinstance(value, list) or len(value) != 2:
        raise InputError(f"{place}: 'segment' must be [start, end]")
    start, end = (checks.number(second, f"{place}: segment") for second in value)
    return checks.interval(start, end, place)


def write(annotations: Annotations, path: Path, clock: Clock) -> None:
    """Write the ground truth; rows of other stages have no place here and are left out.

    Raises InputError if there is none, or a segment does not lie within its video.
    """
    if not checks.has_ground_truth(annotations):
        raise InputError(f"{path}: there is no ground truth to write, only proposals or detections")
    database: dict[str, Any] = {}
    for video, rows in annotations.by_video().items():
        entry = annotations.videos.get(video, VideoEntry())
        rows = [row for row in rows if row.stage == "ground_truth"]
        for row in rows:
            place = f"{path}: video {video!r}"
            checks.within(row.start, row.end, entry.duration, entry.fps, place)
        value: dict[str, Any] = {
            "subset": entry.subset,
            "duration": entry.duration,
            "fps": entry.fps,
            "frames": entry.frames,
        }
        value = {key: item for key, item in value.items() if item is not None}
        value["annotations"] = [
            checks.with_others({"segment": [r.start, r.end], "label": r.label}, r.extra)
            for r in rows
        ]
        if entry.ambiguous:
            value["ambiguous"] = [{"segment": list(segment)} for segment in entry.ambiguous]
        database[video] = checks.with_others(value, entry.extra)
    document = checks.with_others({"database": database}, annotations.extra)
    texts.write_json({"version": "ETP Studio", "taxonomy": [], **document}, path)


def recognise(source: Source) -> bool:
    """Whether it is JSON with a database, or a bare database."""
    document = source.json
    return isinstance(document, dict) and (
        isinstance(document.get("database"), dict) or _is_bare(document)
    )


FORMAT = Format(
    "activitynet",
    "ActivityNet ground truth",
    (".json",),
    read,
    write,
    recognise,
    checks.has_ground_truth,
)
