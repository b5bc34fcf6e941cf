"""ETP CSV: one row a segment of any stage, with its frames, its parent and who reviewed it.

start_s, end_s: seconds of presentation time; start_frame, end_frame: 0-based frames, empty where
they are not known. Both are half-open: end is the first moment, and the first frame, that is out.
Subsets and durations of videos have no place here.
"""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from etp_core.annotations import Annotations, Segment
from etp_core.errors import InputError
from etp_core.evolution import STAGES
from etp_core.files import atomic
from etp_core.formats import checks
from etp_core.formats.base import Format, Source

if TYPE_CHECKING:
    import _csv

COLUMNS = (
    "video", "label", "stage", "start_s", "end_s", "start_frame", "end_frame", "score",
    "completeness", "proposal_id", "parent_id", "source", "reviewer",
)  # fmt: skip
_REQUIRED = ("video", "label", "start_s", "end_s")
_STAGES = ("ground_truth", *STAGES)

# A spreadsheet takes a cell that begins so for a formula; an apostrophe before it says "text".
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_ESCAPED = re.compile(r"'+[=+\-@\t\r]")


def escape(text: str) -> str:
    """The text as a spreadsheet shows it and does not compute it; `unescape` gives it back."""
    return f"'{text}" if _FORMULA.match(text) else text


def unescape(text: str) -> str:
    """The text that `escape` was given."""
    return text[1:] if _ESCAPED.match(text) else text


def write(annotations: Annotations, path: Path) -> None:
    """Write all rows of all stages. Raises InputError if a text is not Unicode."""
    lines: list[str] = []
    # Given "\r\n" as its line end, the writer quotes a lone CR too, which would end a line.
    writer = csv.writer(_Lines(lines), lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in annotations.segments:
        writer.writerow(
            (
                escape(row.video),
                escape(row.label),
                row.stage,
                repr(float(row.start)),
                repr(float(row.end)),
                "" if row.start_frame is None else int(row.start_frame),
                "" if row.end_frame is None else int(row.end_frame),
                "" if row.score is None else repr(float(row.score)),
                "" if row.completeness is None else repr(float(row.completeness)),
                *map(escape, (row.proposal_id, row.parent_id, row.source, row.reviewer)),
            )
        )
    try:
        data = "".join(lines).encode()
    except UnicodeEncodeError as error:
        raise InputError(f"{path}: a text is not Unicode: {error.object[:60]!r}") from error
    with atomic(path) as temporary:
        temporary.write_bytes(data)


class _Lines:
    def __init__(self, lines: list[str]) -> None:
        self._lines = lines

    def write(self, line: str) -> None:
        self._lines.append(line.removesuffix("\r\n") + "\n")


def read(path: Path) -> Annotations:
    """Read the rows; columns may stand in any order, and only video, label and times must be there.

    Separators ',' ';' and TAB are understood (with ';' also decimal commas, as spreadsheets of many
    countries write them). Raises InputError naming file, line and column.
    """
    text = checks.read_text(path)
    delimiter = _delimiter(text)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [cell.strip() for cell in next(rows, [])]
        _check_header(header, path)
        return Annotations.of(_segments(rows, header, path, comma=delimiter == ";"))
    except csv.Error as error:
        raise InputError(f"{path}: line {rows.line_num}: is not CSV ({error})") from error


def _delimiter(text: str) -> str:
    first = text.split("\n", 1)[0]
    return max(",;\t", key=first.count)


def _check_header(header: list[str], path: Path) -> None:
    for column in _REQUIRED:
        if column not in header:
            raise InputError(f"{path}: line 1: the column {column!r} is missing")
    for column in header:
        if column not in COLUMNS:
            raise InputError(
                f"{path}: line 1: the column {column!r} is not known (known: {', '.join(COLUMNS)})"
            )
        if header.count(column) > 1:
            raise InputError(f"{path}: line 1: the column {column!r} occurs twice")


def _segments(rows: "_csv.Reader", header: list[str], path: Path, comma: bool) -> Iterator[Segment]:
    for cells in rows:
        line = f"{path}: line {rows.line_num}"
        if not any(cells):
            continue
        if len(cells) != len(header):
            raise InputError(f"{line}: has {len(cells)} cells, the header has {len(header)}")
        row = dict.fromkeys(COLUMNS, "") | dict(zip(header, cells, strict=True))
        yield _segment(row, line, comma)


def _segment(row: dict[str, str], line: str, comma: bool) -> Segment:
    def real(column: str) -> float | None:
        text = row[column].strip()
        return (
            checks.parse(text.replace(",", ".") if comma else text, f"{line}: {column}")
            if text
            else None
        )

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
    if stage not in _STAGES:
        raise InputError(f"{line}: stage: must be one of {', '.join(_STAGES)}, not {stage!r}")
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
    first = source.head.split("\n", 1)[0]
    cells = {cell.strip().strip('"') for cell in first.split(_delimiter(first))}
    return cells.issuperset(_REQUIRED)


FORMAT = Format("csv", "ETP CSV", (".csv",), read, write, recognise)
