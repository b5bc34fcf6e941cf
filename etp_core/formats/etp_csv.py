"""ETP CSV: one row a segment of any stage, with its frames, its parent and who reviewed it.

start_s, end_s: seconds of presentation time; start_frame, end_frame: 0-based frames, empty where
they are not known. Both are half-open: end is the first moment, and the first frame, that is out.
Subsets and durations of videos have no place here.
"""

import math
import re
from collections.abc import Iterator
from pathlib import Path

from etp_core.annotations import Annotations, Segment
from etp_core.errors import InputError
from etp_core.formats import checks, tables
from etp_core.formats.base import EVERY_STAGE, Format, Source
from etp_core.formats.clock import Clock
from etp_core.formats.tables import escape, unescape

COLUMNS = (
    "video", "label", "stage", "start_s", "end_s", "start_frame", "end_frame", "score",
    "completeness", "proposal_id", "parent_id", "source", "reviewer",
)  # fmt: skip
REQUIRED = ("video", "label", "start_s", "end_s")


def write(annotations: Annotations, path: Path, clock: Clock) -> None:
    """Write all rows of all stages. Raises InputError if a text is not Unicode."""
    tables.write(_table(annotations.segments), path)


def _table(segments: list[Segment]) -> Iterator[tuple[object, ...]]:
    yield COLUMNS
    for row in segments:
        yield (
            escape(row.video),
            escape(row.label),
            row.stage,
            float(row.start),
            float(row.end),
            "" if row.start_frame is None else int(row.start_frame),
            "" if row.end_frame is None else int(row.end_frame),
            "" if row.score is None else float(row.score),
            "" if row.completeness is None else float(row.completeness),
            escape(row.proposal_id),
            escape(row.parent_id),
            escape(row.source),
            escape(row.reviewer),
        )


def read(source: Source, clock: Clock) -> Annotations:
    """Read the rows; columns may stand in any order, and only video, label and times must be there.

    Separators ',' ';' and TAB are understood (with ';' also decimal commas, as spreadsheets of many
    countries write them). Raises InputError naming file, line and column.
    """
    rows = tables.rows(source)
    _, cells = next(rows, (1, []))
    header = [cell.strip() for cell in cells]
    _check_header(header, source.path)
    return Annotations.of(_segments(rows, header, source.path, tables.delimiter(source) == ";"))


def _check_header(header: list[str], path: Path) -> None:
    for column in REQUIRED:
        if column not in header:
            raise InputError(f"{path}: line 1: the column {column!r} is missing")
    for column in header:
        if column not in COLUMNS:
            raise InputError(
                f"{path}: line 1: the column {column!r} is not known (known: {', '.join(COLUMNS)})"
            )
        if header.count(column) > 1:
            raise InputError(f"{path}: line 1: the column {column!r} occurs twice")


def _segments(
    rows: Iterator[tuple[int, list[str]]], header: list[str], path: Path, comma: bool
) -> Iterator[Segment]:
    position = [header.index(column) if column in header else -1 for column in COLUMNS]
    for number, cells in rows:
        if len(cells) != len(header):
            raise InputError(
                f"{path}: line {number}: has {len(cells)} cells, the header has {len(header)}"
            )
        cells.append("")  # what the columns that are not there hold
        values = [cells[i] for i in position]
        segment = _plain(*values)
        if segment is None:
            row = dict(zip(COLUMNS, values, strict=True))
            segment = _segment(row, f"{path}: line {number}", comma)
        yield segment


def _plain(
    video: str,
    label: str,
    stage: str,
    start_s: str,
    end_s: str,
    start_frame: str,
    end_frame: str,
    score: str,
    completeness: str,
    proposal_id: str,
    parent_id: str,
    source: str,
    reviewer: str,
) -> Segment | None:
    """The row as nearly all are written, or None: `_segment` then says what is odd about it.

    A million rows take a third of the time that they would take there.
    """
    try:
        start, end = float(start_s), float(end_s)
        if not (-math.inf < start < end < math.inf and stage in EVERY_STAGE):
            return None
        for frame in (start_frame, end_frame):
            if frame and not (frame.isascii() and frame.isdecimal() and len(frame) < 16):
                return None
        numbers = [float(text) if text else None for text in (score, completeness)]
        for found in numbers:
            if found is not None and not math.isfinite(found):
                return None
    except ValueError:
        return None
    video, label = unescape(video), unescape(label)
    if not video or not label or video.isspace() or label.isspace():
        return None
    return Segment(
        video,
        label,
        start,
        end,
        numbers[0],
        stage,
        int(start_frame) if start_frame else None,
        int(end_frame) if end_frame else None,
        numbers[1],
        unescape(proposal_id),
        unescape(parent_id),
        unescape(source),
        unescape(reviewer),
    )


def _segment(row: dict[str, str], line: str, comma: bool) -> Segment:
    def real(column: str) -> float | None:
        text = row[column].strip()
        return tables.number(text, f"{line}: {column}", comma) if text else None

    def whole(column: str) -> int | None:
        text = row[column].strip()
        if not text:
            return None
        if not re.fullmatch(r"[+-]?[0-9]{1,15}", text):
            raise InputError(f"{line}: {column}: must be a whole number, not {text!r}")
        return int(text)

    def required(column: str) -> float:
        value = real(column)
        if value is None:
            raise InputError(f"{line}: {column}: is empty")
        return value

    stage = row["stage"].strip() or "ground_truth"
    if stage not in EVERY_STAGE:
        raise InputError(f"{line}: stage: must be one of {', '.join(EVERY_STAGE)}, not {stage!r}")
    start, end = checks.interval(required("start_s"), required("end_s"), line)
    return Segment(
        video=checks.name(unescape(row["video"]), f"{line}: video"),
        label=checks.name(unescape(row["label"]), f"{line}: label"),
        start=start,
        end=end,
        score=real("score"),
        stage=stage,
        start_frame=whole("start_frame"),
        end_frame=whole("end_frame"),
        completeness=real("completeness"),
        proposal_id=unescape(row["proposal_id"]),
        parent_id=unescape(row["parent_id"]),
        source=unescape(row["source"]),
        reviewer=unescape(row["reviewer"]),
    )


def recognise(source: Source) -> bool:
    """Whether the first line names the columns that must be there."""
    return tables.header(source).issuperset(REQUIRED)


FORMAT = Format("csv", "ETP CSV", (".csv",), read, write, recognise, stages=EVERY_STAGE)
