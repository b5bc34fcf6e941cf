"""Checks that the readers share: each names the place of what it rejects."""

import heapq
import json
import math
import re
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from etp_core.annotations import Annotations, Segment, VideoEntry, overrun
from etp_core.errors import InputError

_MOST_KEPT = 1 << 20  # characters of what is kept beside a segment
_DEEPEST = 64  # levels of what is kept
_NO_FILE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_DEVICE = re.compile(r"(?i)con|prn|aux|nul|(com|lpt)[0-9]|")


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
