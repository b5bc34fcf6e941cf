"""ETP CSV: one row a segment of any stage, with its frames, its parent and who reviewed it.

start_s, end_s: seconds of presentation time; start_frame, end_frame: 0-based frames, empty where
they are not known. Both are half-open: end is the first moment, and the first frame, that is out.
extra: a JSON object of what else is known of the segment (`"unsure": true` among it); the column is
there only where some row has it. Subsets and durations of videos have no place here.
"""

import math
import operator
import re
from collections.abc import Iterator
from pathlib import Path

from etp_core.annotations import Annotations, Segment
from etp_core.errors import InputError
from etp_core.formats import checks, tables, texts
from etp_core.formats.base import EVERY_STAGE, Format, Source
from etp_core.formats.clock import Clock
from etp_core.formats.tables import escape, unescape

COLUMNS = (
    "video", "label", "stage", "start_s", "end_s", "start_frame", "end_frame", "score",
    "completeness", "proposal_id", "parent_id", "source", "reviewer", "extra",
)  # fmt: skip
REQUIRED = ("video", "label", "start_s", "end_s")
_LONGEST_CELL = 100_000  # characters; Python's reader of CSV takes no cell that is much longer


def write(annotations: Annotations, path: Path, clock: Clock) -> None:
    """Write all rows of all stages.

    Raises InputError if a text is not Unicode, or what is kept beside a segment is too long.
    """
    tables.write(_table(annotations.segments, path), path)


def _table(segments: list[Segment], path: Path) -> Iterator[tuple[object, ...]]:
    kept = any(row.extra for row in segments)
    yield COLUMNS if kept else COLUMNS[:-1]
    for row in segments:
        cells = (
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
        if len(row.extra) > _LONGEST_CELL:
            raise InputError(
                f"{path}: there are {len(row.extra)} characters beside a segment of {row.video}, "
                f"more than the {_LONGEST_CELL} that a cell can hold"
            )
        yield (*cells, row.extra) if kept else cells


def read(source: Source, clock: Clock) -> Annotations:
    """Read the rows; columns may stand in any order, and only video, label and times must be there.

    Separators ',' ';' and TAB are understood (with ';' also decimal commas, as spreadsheets of many
    countries write them). Raises InputError naming file, line and column.
    """
    header, rows = tables.table(source)
    header = [cell.lower() for cell in header]
    _check_header(header, source.path)
    return Annotations.of(_segments(rows, header, source.path, tables.delimiter(source) == ";"))


def _check_header(header: list[str], path: Path) -> None:
    for column in REQUIRED:
        if column not in header:
            raise InputError(f"{path}: line 1: the column {column!r} is missing")
    for number, column in enumerate(header, 1):
        if not column:
            raise InputError(f"{path}: line 1: column {number} has no name; delete it")
        if column not in COLUMNS:
            raise InputError(
                f"{path}: line 1: the column {column!r} is not known (known: {', '.join(COLUMNS)})"
            )
        if header.count(column) > 1:
            raise InputError(f"{path}: line 1: the column {column!r} occurs twice")


def _segments(
    rows: Iterator[tuple[int, list[str]]], header: list[str], path: Path, comma: bool
) -> Iterator[Segment]:
    in_order = operator.itemgetter(
        *(header.index(column) if column in header else -1 for column in COLUMNS)
    )
    texts = _Texts()
    for number, cells in rows:
        cells.append("")  # what the columns that are not there hold
        values = in_order(cells)
        segment = _plain(texts, *values)
        if segment is None:
            row = dict(zip(COLUMNS, values, strict=True))
            segment = _segment(row, f"{path}: line {number}", comma)
        yield segment


class _Texts(dict[str, str]):
    """Cells that many rows repeat, unescaped; each is kept once."""

    def __missing__(self, cell: str) -> str:
        return self.setdefault(cell, unescape(cell))


_STAGES = {stage: stage for stage in EVERY_STAGE}


def _plain(
    texts: _Texts,
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
    extra: str,
) -> Segment | None:
    """The row as nearly all are written, or None: `_segment` then says what is odd about it.

    A million rows take a third of the time that they would take there.
    """
    try:
        start, end = float(start_s), float(end_s)
        if not -math.inf < start < end < math.inf or "_" in start_s or "_" in end_s:
            return None
        stage = _STAGES[stage]
        first = _frame(start_frame) if start_frame else None
        last = _frame(end_frame) if end_frame else None
        scored = _finite(score) if score else None
        complete = _finite(completeness) if completeness else None
        extra = _kept(extra, "") if extra else ""
    except (ValueError, KeyError, InputError):
        return None
    video, label = texts[video], texts[label]
    if not video or not label or video.isspace() or label.isspace():
        return None
    return Segment(
        video,
        label,
        start,
        end,
        scored,
        stage,
        first,
        last,
        complete,
        unescape(proposal_id) if proposal_id else "",
        unescape(parent_id) if parent_id else "",
        texts[source],
        texts[reviewer],
        extra,
    )


def _frame(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise ValueError
    return int(text)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError
    return number


def _kept(text: str, place: str) -> str:
    """The JSON object of a cell as it is kept; raises InputError if it is none."""
    return checks.others(checks.mapping(texts.parse_json(text, place), place), set(), place)


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
        extra=_kept(row["extra"], f"{line}: extra") if row["extra"].strip() else "",
    )


def recognise(source: Source) -> bool:
    """Whether the first line names the columns that must be there."""
    return {cell.lower() for cell in tables.header(source)}.issuperset(REQUIRED)


FORMAT = Format("csv", "ETP CSV", (".csv",), read, write, recognise, stages=EVERY_STAGE)
