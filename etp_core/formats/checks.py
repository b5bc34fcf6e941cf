"""Checks that the readers share: each names the place of what it rejects."""

import codecs
import gzip
import heapq
import json
import math
import os
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from etp_core.annotations import Annotations, Segment, VideoEntry, overrun
from etp_core.errors import InputError
from etp_core.files import atomic

GZIP = b"\x1f\x8b"
_MOST_KEPT = 1 << 20  # characters of what is kept beside a segment
MOST_BYTES = 1 << 28  # of a file that has to be read as a whole
_MOST_STREAMED = 1 << 29  # bytes of a file that is read by line
_DEEPEST = 64  # levels of what is kept
_LONGEST_LINE = 1 << 20  # characters
_NO_FILE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_DEVICE = re.compile(r"(?i)con|prn|aux|nul|(com|lpt)[0-9]|")


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


def mapping(value: Any, place: str) -> dict[str, Any]:
    """The value, which must be a JSON object."""
    if not isinstance(value, dict):
        raise InputError(f"{place}: must be an object {{…}}, not {_short(value)}")
    return value


def array(value: Any, place: str) -> list[Any]:
    """The value, which must be a JSON list."""
    if not isinstance(value, list):
        raise InputError(f"{place}: must be a list […], not {_short(value)}")
    return value


def others(value: dict[str, Any], known: set[str], place: str) -> str:
    """The keys of an object that are not `known`, as a JSON object, or "" where there are none."""
    if value.keys() <= known:
        return ""
    try:
        rest = {key: item for key, item in value.items() if key not in known}
        if _is_deep(rest, _DEEPEST):
            raise ValueError
        text = json.dumps(rest, ensure_ascii=False, allow_nan=False)
        text.encode()
    except ValueError as error:
        raise InputError(f"{place}: holds a value that cannot be kept beside it") from error
    if len(text) > _MOST_KEPT:
        raise InputError(f"{place}: holds more than {_MOST_KEPT} characters beside the segments")
    return text


def _is_deep(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inside = value.values() if isinstance(value, dict) else value
    return not levels or any(_is_deep(item, levels - 1) for item in inside)


def with_others(known: dict[str, Any], extra: str) -> dict[str, Any]:
    """The object `known` with the keys that `others` kept."""
    rest = json.loads(extra) if extra else {}
    return known | {key: value for key, value in rest.items() if key not in known}


def text_of(extra: str, key: str) -> str:
    """The text that `others` kept under a key, or ""."""
    found = json.loads(extra).get(key) if extra else None
    return found if isinstance(found, str) else ""


def number(value: Any, place: str) -> float:
    """The value as a finite float; a bool or a text is an error."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{place}: must be a number, not {_short(value)}")
    try:
        found = float(value)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        raise InputError(f"{place}: must be a finite number, not {_short(value)}")
    return found


def parse(text: str, place: str) -> float:
    """The text as a finite float."""
    try:
        found = _float(text)
    except ValueError:
        raise InputError(f"{place}: must be a number, not {_short(text)}") from None
    if not math.isfinite(found):
        raise InputError(f"{place}: must be a finite number, not {_short(text)}")
    return found


def _float(text: str) -> float:
    if "_" in text:  # which Python would pass over
        raise ValueError
    return float(text)


def is_number(text: str) -> bool:
    """Whether the text is a number; NaN and infinities are."""
    try:
        _float(text)
    except ValueError:
        return False
    return True


def decimal(seconds: float) -> str:
    """The shortest decimal that reads as the same float, without an exponent."""
    return format(Decimal(repr(float(seconds))), "f")


def name(value: Any, place: str) -> str:
    """The value, which must be a text that is not empty, and Unicode."""
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"{place}: must be a name, not {_short(value)}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InputError(f"{place}: must be Unicode text, not {_short(value)}") from None
    return value


def integer(value: Any, place: str) -> int:
    """The value as a whole number."""
    found = number(value, place)
    if found != int(found) or abs(found) > 2**53:
        raise InputError(f"{place}: must be a whole number, not {_short(value)}")
    return int(found)


def stem(value: Any, place: str) -> str:
    """The name of a video from its path or address in a file, without folders and suffix.

    What is in front of the last separator is dropped, whichever system wrote it; of suffixes only
    those of videos are.
    """
    from etp_core.video import SUFFIXES

    text = name(value, place)
    if "?d=" in text:  # Label Studio's address of a file on its own disk
        text = text.partition("?d=")[2]
    elif "://" in text:
        text = unquote(text.partition("?")[0])
    last = re.split(r"[/\\]", text)[-1]
    if Path(last).suffix.lower() in SUFFIXES:
        last = last[: -len(Path(last).suffix)]
    return name(last, place)


def file_name(text: str, path: Path) -> str:
    """The text, which must be usable as the name of a file, on any system.

    Raises InputError: a name out of an annotation file must not lead to another folder.
    """
    plain = text.strip(" .") == text and not _NO_FILE.search(text)
    if not plain or _DEVICE.fullmatch(text.split(".")[0]):
        raise InputError(f"{path}: {_short(text)} cannot be the name of a file; rename it")
    return text


def one_line(text: str, path: Path, forbidden: str = "") -> str:
    """The text, which must be a line without the `forbidden` characters; raises InputError."""
    if any(ord(c) < 32 or c in "\x7f\x85\u2028\u2029" or c in forbidden for c in text):
        raise InputError(f"{path}: the format cannot hold the text {_short(text)}; rename it")
    return text


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


def file_of(video: str, entry: VideoEntry) -> str:
    """The name of the video's file: as it is known, or else with the suffix that most have."""
    return entry.file or f"{video}.mp4"


def chosen(annotations: Annotations, path: Path) -> dict[str, list[Segment]]:
    """By video, what a format without stages writes: ground truth, or else the detections.

    Raises InputError if there is neither, but something else.
    """
    rows = ground_truth(annotations) or detections(annotations)
    if annotations.segments and not rows:
        raise InputError(f"{path}: there is no ground truth and no detection to write")
    found: dict[str, list[Segment]] = {video: [] for video in annotations.videos}
    for row in rows:
        found.setdefault(row.video, []).append(row)
    return found


def layers(rows: list[Segment]) -> list[list[Segment]]:
    """The rows by start, dealt to as few layers as it takes for none to overlap in its layer."""
    found: list[list[Segment]] = []
    free: list[tuple[float, int]] = []  # when each layer ends, earliest first
    for row in sorted(rows, key=lambda row: (row.start, row.end)):
        if free and free[0][0] <= row.start:
            _, layer = heapq.heappop(free)
        else:
            layer = len(found)
            found.append([])
        found[layer].append(row)
        heapq.heappush(free, (row.end, layer))
    return found


def interval(start: float, end: float, place: str) -> tuple[float, float]:
    """The interval in seconds, which must be neither empty nor reversed."""
    if start == end:
        raise InputError(f"{place}: the segment [{start:g}, {end:g}) s is empty")
    if start > end:
        raise InputError(f"{place}: the segment [{start:g}, {end:g}) s is reversed")
    return start, end


def within(
    start: float, end: float, duration: float | None, frame_rate: float | None, place: str
) -> None:
    """Raise InputError unless the interval lies in [0, duration) s, one frame or 0.1 s more."""
    slack = overrun(frame_rate)
    if start < 0:
        raise InputError(f"{place}: the segment [{start:g}, {end:g}) s begins before 0")
    if duration is not None and end > duration + slack:
        raise InputError(
            f"{place}: the segment [{start:g}, {end:g}) s ends after the video, "
            f"which lasts {duration:g} s"
        )


def not_before_0(rows: list[Segment], place: str) -> None:
    """Raise InputError about the first segment that begins before 0, for formats that forbid it."""
    for row in rows:
        within(row.start, row.end, None, None, place)


def has_ground_truth(annotations: Annotations) -> bool:
    """Whether there is a row of ground truth, or nothing but videos."""
    return not annotations.segments or bool(ground_truth(annotations))


def any_rows(annotations: Annotations) -> bool:
    """Whether there is ground truth or a detection, or nothing but videos."""
    return has_ground_truth(annotations) or bool(detections(annotations))


def ground_truth(annotations: Annotations) -> list[Segment]:
    """The rows of ground truth, in file order."""
    return [row for row in annotations.segments if row.stage == "ground_truth"]


def detections(annotations: Annotations) -> list[Segment]:
    """The rows of the last stage, in file order."""
    return [row for row in annotations.segments if row.stage == "localization"]


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
