"""Text files of every format: read within bounds, naming the line that is wrong, written whole."""

import codecs
import gzip
import json
import os
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from etp_core.errors import InputError
from etp_core.files import atomic

GZIP = b"\x1f\x8b"
MOST_BYTES = 1 << 28  # of a file that has to be read as a whole
_MOST_STREAMED = 1 << 29  # bytes of a file that is read by line
_LONGEST_LINE = 1 << 20  # characters


def regular(path: Path) -> None:
    """Raise InputError unless `path` is a file that has an end."""
    if path.exists() and not path.is_file():
        what = "a folder" if path.is_dir() else "no regular file"
        raise InputError(f"{path}: is {what}")


def read_bytes(path: Path) -> bytes:
    """The content of a file, unpacked if it is gzip; InputError if it is too large to be one."""
    regular(path)
    try:
        with path.open("rb") as file:
            packed = file.read(len(GZIP)) == GZIP
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
            if not packed and size > MOST_BYTES:
                raise _too_large(path, MOST_BYTES)
            if packed:
                with gzip.open(file) as unpacked:
                    data = unpacked.read(MOST_BYTES + 1)
            else:
                data = file.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{path}: cannot be read ({reason})") from error
    if len(data) > MOST_BYTES:
        raise _too_large(path, MOST_BYTES)
    return data


def _too_large(path: Path, most: int) -> InputError:
    return InputError(f"{path}: is larger than {most >> 20} MiB; split it")


def encoding(data: bytes) -> str:
    """The encoding of a text that begins so: UTF-8, or UTF-16 with a mark, as Excel may save."""
    if data.startswith(codecs.BOM_UTF32_LE):  # whose mark begins with that of UTF-16
        return "utf-8-sig"  # which it is not: the reader says so
    return "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"


def read_text(path: Path) -> str:
    """The text of a file, line ends as they are; raises InputError naming the bad line."""
    data = read_bytes(path)
    try:
        return data.decode(encoding(data))
    except UnicodeDecodeError as error:
        raise _no_text(path, data[: error.start].count(b"\n") + 1) from error


def _no_text(path: Path, line: int) -> InputError:
    return InputError(f"{path}: line {line}: is not UTF-8 text; save the file as UTF-8")


def read_lines(path: Path) -> Iterator[str]:
    """The lines of a file with their ends, read as they are asked for.

    Raises InputError naming the line that is no text, or is longer than any line should be.
    """
    regular(path)
    number = 0
    if path.exists() and path.stat().st_size > _MOST_STREAMED:
        raise _too_large(path, _MOST_STREAMED)
    try:
        with path.open("rb") as file:
            written = encoding(file.read(4))
        with path.open(encoding=written, newline="") as file:
            while line := file.readline(_LONGEST_LINE + 1):
                number += 1
                if len(line) > _LONGEST_LINE:
                    raise InputError(
                        f"{path}: line {number}: is longer than {_LONGEST_LINE} characters"
                    )
                yield line
    except UnicodeError as error:  # it was read ahead: the line is this one or a later one
        raise _no_text(path, _undecodable(path)) from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error


def _undecodable(path: Path) -> int:
    with path.open("rb") as file:
        number = 1
        while part := file.readline(_LONGEST_LINE):
            try:
                part.decode("utf-8-sig")
            except UnicodeDecodeError:
                break
            number += part.endswith(b"\n")
    return number


def read_json(path: Path) -> Any:
    """The document of a JSON file; see `parse_json`."""
    return parse_json(read_text(path), str(path))


def parse_json(text: str, place: str) -> Any:
    """The document. NaN, infinities and a key that occurs twice are errors."""

    def constant(name: str) -> Any:
        raise InputError(f"{place}: holds {name}, which is no number of JSON")

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            count = Counter(key for key, _ in pairs)
            twice = next(key for key, times in count.items() if times > 1)
            raise InputError(f"{place}: the key {twice!r} occurs twice in one object")
        return found

    try:
        return json.loads(text, parse_constant=constant, object_pairs_hook=members)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise InputError(f"{place}: {where}: is not JSON ({error.msg})") from error
    except RecursionError as error:
        raise InputError(f"{place}: is nested too deeply") from error
    except ValueError as error:
        raise InputError(f"{place}: is not JSON (a number has thousands of digits)") from error


def write_text(text: str, path: Path) -> None:
    """Write a text as UTF-8, atomically; raises InputError if it is not Unicode."""
    try:
        data = text.encode()
    except UnicodeEncodeError as error:
        raise InputError(f"{path}: a text is not Unicode: {error.object[:60]!r}") from error
    with atomic(path) as temporary:
        temporary.write_bytes(data)


def write_json(document: Any, path: Path) -> None:
    """Write a JSON document atomically; raises InputError if it holds NaN or an infinity."""
    try:
        text = json.dumps(document, indent=1, allow_nan=False)
    except ValueError as error:
        raise InputError(f"{path}: a value is not finite and cannot be written as JSON") from error
    write_text(text + "\n", path)
