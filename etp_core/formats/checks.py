"""Checks that the readers share: each names the place of what it rejects."""

import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

from etp_core.annotations import Annotations, Segment, overrun
from etp_core.errors import InputError

_MOST_KEPT = 1 << 20


def read_text(path: Path) -> str:
    """The text of a UTF-8 file, line ends as they are; raises InputError naming the bad line."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(
            f"{path}: line {line}: is not UTF-8 text; save the file as UTF-8"
        ) from error


def read_json(path: Path) -> Any:
    """The document of a JSON file. NaN, infinities and a key that occurs twice are errors."""

    def constant(name: str) -> Any:
        raise InputError(f"{path}: holds {name}, which is no number of JSON")

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            count = Counter(key for key, _ in pairs)
            twice = next(key for key, times in count.items() if times > 1)
            raise InputError(f"{path}: the key {twice!r} occurs twice in one object")
        return found

    text = read_text(path)
    try:
        return json.loads(text, parse_constant=constant, object_pairs_hook=members)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise InputError(f"{path}: {place}: is not JSON ({error.msg})") from error
    except RecursionError as error:
        raise InputError(f"{path}: is nested too deeply") from error
    except ValueError as error:  # a number with thousands of digits
        raise InputError(f"{path}: is not JSON ({error})") from error


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
        text = json.dumps(rest, ensure_ascii=False, allow_nan=False)
        text.encode()
    except ValueError as error:
        raise InputError(f"{place}: holds a number or a text that cannot be kept") from error
    if len(text) > _MOST_KEPT:
        raise InputError(f"{place}: holds more than {_MOST_KEPT} characters beside the segments")
    return text


def keys_of(extra: str) -> dict[str, Any]:
    """The keys that `others` kept."""
    return dict(json.loads(extra)) if extra else {}


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
        found = float(text)
    except ValueError:
        raise InputError(f"{place}: must be a number, not {_short(text)}") from None
    if not math.isfinite(found):
        raise InputError(f"{place}: must be a finite number, not {_short(text)}")
    return found


def name(value: Any, place: str) -> str:
    """The value, which must be a text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"{place}: must be a name, not {_short(value)}")
    return value


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


def has_ground_truth(annotations: Annotations) -> bool:
    """Whether there is a row of ground truth, or nothing but videos."""
    return not annotations.segments or bool(ground_truth(annotations))


def ground_truth(annotations: Annotations) -> list[Segment]:
    """The rows of ground truth, in file order."""
    return [row for row in annotations.segments if row.stage == "ground_truth"]


def detections(annotations: Annotations) -> list[Segment]:
    """The rows of the last stage, in file order."""
    return [row for row in annotations.segments if row.stage == "localization"]


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
