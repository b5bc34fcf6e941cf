"""BORIS's aggregated events: CSV, a row a behaviour, milliseconds in seconds from 0, half-open.

The columns of `Export events > Aggregated events`. Of them, `Behavior`, `Start (s)` and `Stop (s)`
must be there, and one that names the video. Image indices are 0-based frames.
"""

from pathlib import Path

from etp_core.annotations import Annotations, Segment, VideoEntry
from etp_core.errors import InputError
from etp_core.formats import checks, tables
from etp_core.formats.base import Format, Source
from etp_core.formats.boris import ANNOTATOR, KEYS
from etp_core.formats.clock import Clock, span_ms
from etp_core.words import counted

COLUMNS = (
    "Observation id", "Observation date", "Description", "Observation type", "Source",
    "Time offset (s)", "Coding duration", "Media duration (s)", "FPS (frame/s)", ANNOTATOR,
    "Subject", "Observation duration by subject by observation", "Behavior",
    "Behavioral category", "Modifier #1", "Behavior type", "Start (s)", "Stop (s)", "Duration (s)",
    "Media file name", "Image index start", "Image index stop", "Image file path start",
    "Image file path stop", "Comment start", "Comment stop",
)  # fmt: skip
_REQUIRED = {"Behavior", "Start (s)", "Stop (s)"}
_VIDEO = ("Media file name", "Media file", "Source", "Observation id")
_NOBODY = "No focal subject"
_NOTHING = ("", "NA", "Not found")


def read(source: Source, clock: Clock) -> Annotations:
    """Read the state behaviours; separators ',' ';' and TAB are understood.

    With the cuts of the video each boundary is put on the nearest. Point behaviours are left out,
    with a note; subject, first modifier and comment are kept as keys. Raises InputError naming
    file, line and column.
    """
    comma = tables.delimiter(source) == ";"
    header, table = tables.table(source)
    missing = sorted(_REQUIRED - set(header))
    if missing:
        raise InputError(f"{source.path}: line 1: the column {missing[0]!r} is missing")
    found = Annotations()
    points = 0
    for number, cells in table:
        line = f"{source.path}: line {number}"
        row = {k: tables.unescape(v).strip() for k, v in zip(header, cells, strict=True)}
        video = _video(row, line)
        entry = found.videos.setdefault(video, VideoEntry())
        if row.get("Behavior type", "STATE").upper().startswith("POINT"):
            points += 1
            continue
        _describe(entry, row)
        offset = row.get("Time offset (s)", "")
        shift = tables.number(offset, line, comma) if offset not in _NOTHING else 0.0
        times = [
            tables.number(row[column], f"{line}: {column}", comma) - shift
            for column in ("Start (s)", "Stop (s)")
        ]
        start, end = clock.snapped(video, *checks.interval(times[0], times[1], line))
        label = checks.name(row["Behavior"], f"{line}: Behavior")
        subject = row.get("Subject", "")
        texts = (
            "" if subject == _NOBODY else subject,
            row.get("Modifier #1", ""),
            row.get("Comment start", ""),
        )
        kept = {key: text for key, text in zip(KEYS, texts, strict=True) if text}
        extra = checks.others(kept, set(), line)
        reviewer = row.get(ANNOTATOR, "")
        found.segments.append(Segment(video, label, start, end, reviewer=reviewer, extra=extra))
    if points:
        found.notes.append(f"{source.path}: left out: {counted(points, 'point behaviour')}")
    return found


def _video(row: dict[str, str], line: str) -> str:
    for column in _VIDEO:
        text = row.get(column, "")
        if text not in _NOTHING:
            if column == "Source":
                text = text.split("|")[0].split(";")[0].partition("player #1:")[2] or text
            return checks.stem(text, f"{line}: {column}")
    raise InputError(f"{line}: does not name its video")


def _describe(entry: VideoEntry, row: dict[str, str]) -> None:
    for column, field in (("Media duration (s)", "duration"), ("FPS (frame/s)", "fps")):
        text = row.get(column, "")
        if checks.is_number(text) and 0 < float(text) < 1e9:
            setattr(entry, field, float(text))


def write(annotations: Annotations, path: Path, clock: Clock) -> None:
    """Write ground truth, or else the detections, as state behaviours; scores have no place.

    Times are rounded to milliseconds, half to even. Image indices are written where the frames are
    known; that of a stop is the first frame out.
    """
    videos = checks.chosen(annotations, path)
    table: list[list[str]] = [list(COLUMNS)]
    for video, rows in videos.items():
        entry = annotations.videos.get(video, VideoEntry())
        file = checks.file_of(video, entry)
        for row in rows:
            place = f"{path}: video {video!r}"
            start, end = span_ms(row.start, row.end, place)
            frames: tuple[str, ...] = ("NA", "NA")
            if clock.cuts(video) is not None or row.start_frame is not None:
                frames = tuple(map(str, clock.frames(row, place, entry.fps)))
            subject, modifier, comment = (checks.text_of(row.extra, key) for key in KEYS)
            table.append(
                [
                    tables.escape(video), "", "", "Media file",
                    f"player #1:{file}", "0.000", "NA",
                    "NA" if entry.duration is None else f"{entry.duration:.3f}",
                    "NA" if entry.fps is None else f"{entry.fps:.3f}",
                    tables.escape(row.reviewer), tables.escape(subject or _NOBODY), "",
                    tables.escape(row.label), "Not defined", tables.escape(modifier), "STATE",
                    f"{start / 1000:.3f}", f"{end / 1000:.3f}", f"{(end - start) / 1000:.3f}",
                    tables.escape(file), *frames, "", "", tables.escape(comment), "",
                ]
            )  # fmt: skip
    tables.write(table, path)


def recognise(source: Source) -> bool:
    """Whether the first line names the columns that must be there."""
    return tables.header(source).issuperset(_REQUIRED)


FORMAT = Format(
    "boris-csv", "BORIS aggregated events", (".csv", ".tsv"), read, write, recognise,
    checks.any_rows,
)  # fmt: skip
