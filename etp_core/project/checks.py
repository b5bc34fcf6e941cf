"""What an edit is checked for: times within the video, texts of one line, JSON objects, numbers.

Each raises ProjectError without the name of the project's file.
"""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from etp_core.annotations import overrun
from etp_core.errors import ProjectError

_FAR = float(np.nextafter(1e9, 0))  # seconds: the tables take no time beyond


def check_times(start: float, end: float, video: dict[str, Any]) -> tuple[float, float]:
    """The boundaries as float; raises ProjectError unless they are an interval of the video.

    video: a row of the table. Where its duration is not known, any interval is accepted.
    """
    start, end = float(start), float(end)
    if not (math.isfinite(start) and math.isfinite(end) and max(abs(start), abs(end)) < 1e9):
        raise ProjectError(f"[{start}, {end}) s is not an interval of a video")
    if start >= end:
        raise ProjectError(f"the segment [{start:g}, {end:g}) s is empty or reversed")
    least, most = reach(video)
    if start < least or end > most:
        first, last = video["start_s"], video["start_s"] + video["duration"]
        raise ProjectError(
            f"the segment [{start:g}, {end:g}) s is not within the video "
            f"{Path(video['path']).name} ([{first:g}, {last:g}) s)"
        )
    return start, end


def reach(video: dict[str, Any]) -> tuple[float, float]:
    """The first and the last moment, in seconds, that a segment of the video may have."""
    if video["duration"] is None:
        return -_FAR, _FAR
    slack = overrun(video["frame_rate"])
    return video["start_s"] - slack, video["start_s"] + video["duration"] + slack


def one_line(what: str, value: str, limit: int = 4096) -> str:
    """The text, which must be a line of Unicode that is neither blank nor longer than `limit`."""
    value = str(value)
    if not value.strip() or len(value) > limit or any(ord(c) < 32 or ord(c) == 127 for c in value):
        raise ProjectError(f"{value[:60]!r} is no {what}: it is empty, too long or not one line")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ProjectError(f"{value!r} is no {what}: it is not Unicode; rename it") from None
    return value


def json_object(text: str) -> str:
    """The text, which must be a JSON object, or empty."""
    if text:
        try:
            if not isinstance(json.loads(text), dict):
                raise ValueError
            text.encode()
        except (ValueError, RecursionError):
            raise ProjectError(f"{text[:60]!r} is no JSON object") from None
    return text


def number(what: str, value: float | None, least: float) -> float | None:
    """The number, which must be at least `least` and less than 1e9, or None."""
    if value is None:
        return None
    value = float(value)
    if not (math.isfinite(value) and least <= value < 1e9):
        raise ProjectError(f"{what} cannot be {value}")
    return value
