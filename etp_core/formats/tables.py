"""Tables as spreadsheets write them: separators, decimal commas, and cells that are no formulas."""

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from etp_core.errors import InputError
from etp_core.files import atomic
from etp_core.formats import checks, texts
from etp_core.formats.base import Source

if TYPE_CHECKING:
    import _csv

# A spreadsheet takes a cell that begins so for a formula; an apostrophe before it says "text".
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_FIRST = frozenset("'=+-@\t\r")  # looked at before, for most texts begin otherwise
_SEPARATOR = re.compile(r"sep=([,;\t])(\r\n|\r|\n)")
_ESCAPED = re.compile(r"'+[=+\-@\t\r]")


def escape(text: str) -> str:
    """The text as a spreadsheet shows it and does not compute it; `unescape` gives it back."""
    return f"'{text}" if text[:1] in _FIRST and _FORMULA.match(text) else text


def unescape(text: str) -> str:
    """The text that `escape` was given."""
    return text[1:] if text[:1] == "'" and _ESCAPED.match(text) else text


def _first(source: Source) -> str:
    """The line that the header is in, after one with which Excel is told the separator."""
    head = source.head
    told = _SEPARATOR.match(head)
    return re.split("[\r\n]", head[told.end() :] if told else head, maxsplit=1)[0]


def delimiter(source: Source) -> str:
    """The separator: ',' ';' or TAB, whichever the header has most of, or what is told to Excel."""
    told = _SEPARATOR.match(source.head)
    return told[1] if told else max(",;\t", key=_first(source).count)


def header(source: Source) -> set[str]:
    """The cells of the header."""
    return {cell.strip().strip('"') for cell in _first(source).split(delimiter(source))}


def table(source: Source) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """The cells of the header, and the rows as `rows` gives them, with as many cells.

    Empty columns after the last, which spreadsheets leave, are dropped. Raises InputError as `rows`
    does, and naming a line with more cells or fewer.
    """
    found = rows(source)
    names = [cell.strip() for cell in next(found, (1, [""]))[1]]
    while names and not names[-1]:
        names.pop()
    return names, _as_wide(found, len(names), source.path)


def _as_wide(
    found: Iterator[tuple[int, list[str]]], width: int, path: Path
) -> Iterator[tuple[int, list[str]]]:
    for number, cells in found:
        if len(cells) != width:
            if len(cells) < width or any(map(str.strip, cells[width:])):
                raise InputError(
                    f"{path}: line {number}: has {len(cells)} cells, the header has {width}"
                )
            del cells[width:]
        yield number, cells


def rows(source: Source, separator: str = "") -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, each with the number of its line, read as they are asked for.

    separator: by default that of the header, which has to be there for that.
    Raises InputError naming the line that is not CSV.
    """
    lines = texts.read_lines(source.path)
    skipped = 0
    if not separator and _SEPARATOR.match(source.head):
        next(lines)
        skipped = 1
    reader: _csv.Reader = csv.reader(lines, delimiter=separator or delimiter(source), strict=True)
    try:
        for cells in reader:
            if any(cells) and (len(cells) > 1 or cells[0].strip()):
                yield reader.line_num + skipped, cells
    except csv.Error as error:
        line = reader.line_num + skipped
        raise InputError(f"{source.path}: line {line}: is not CSV ({error})") from error


def number(text: str, place: str, comma: bool) -> float:
    """The cell as a finite number; with `comma` also with a decimal comma."""
    return checks.parse(text.replace(",", ".") if comma else text, place)


def write(table: Iterable[Iterable[Any]], path: Path) -> None:
    """Write rows as CSV, atomically; the texts are escaped by the caller.

    Raises InputError if a text is not Unicode.
    """
    with atomic(path) as temporary:
        try:
            with temporary.open("w", encoding="utf-8", newline="") as file:
                # Given "\r\n" as its line end, the writer quotes a lone CR too, which would end a
                # line.
                csv.writer(_Lines(file), lineterminator="\r\n").writerows(table)
        except UnicodeEncodeError as error:
            raise InputError(f"{path}: a text is not Unicode: {error.object[:60]!r}") from error


class _Lines:
    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, line: str) -> None:
        self._file.write(line[:-2] + "\n")
