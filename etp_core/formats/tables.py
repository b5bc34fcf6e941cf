"""Tables as spreadsheets write them: separators, decimal commas, and cells that are no formulas."""

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from etp_core.errors import InputError
from etp_core.files import atomic
from etp_core.formats import checks
from etp_core.formats.base import Source

if TYPE_CHECKING:
    import _csv

# A spreadsheet takes a cell that begins so for a formula; an apostrophe before it says "text".
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_FIRST = frozenset("'=+-@\t\r")  # looked at before, for most texts begin otherwise
_ESCAPED = re.compile(r"'+[=+\-@\t\r]")


def escape(text: str) -> str:
    """The text as a spreadsheet shows it and does not compute it; `unescape` gives it back."""
    return f"'{text}" if text[:1] in _FIRST and _FORMULA.match(text) else text


def unescape(text: str) -> str:
    """The text that `escape` was given."""
    return text[1:] if text[:1] == "'" and _ESCAPED.match(text) else text


def delimiter(source: Source) -> str:
    """The separator of the first line: ',' ';' or TAB."""
    first = re.split("[\r\n]", source.head, maxsplit=1)[0]
    return max(",;\t", key=first.count)


def header(source: Source) -> set[str]:
    """The cells of the first line."""
    first = re.split("[\r\n]", source.head, maxsplit=1)[0]
    return {cell.strip().strip('"') for cell in first.split(delimiter(source))}


def rows(source: Source, separator: str = "") -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, each with the number of its line, read as they are asked for.

    separator: by default that of the first line, which has to be a header for that.
    Raises InputError naming the line that is not CSV.
    """
    reader: _csv.Reader = csv.reader(
        checks.read_lines(source.path), delimiter=separator or delimiter(source), strict=True
    )
    try:
        for cells in reader:
            if any(cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise InputError(f"{source.path}: line {reader.line_num}: is not CSV ({error})") from error


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
