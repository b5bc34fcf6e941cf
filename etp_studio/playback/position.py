"""Where in a video: frame numbers and times as people read and type them."""

import re

from etp_studio.playback.decoder import Clip

_TIME = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d*)?|\.\d+)\s*(s?)", re.ASCII)


def clock_text(seconds: float) -> str:
    """Seconds as m:ss.mmm, or h:mm:ss.mmm from an hour on."""
    sign = "−" if seconds < 0 else ""
    milliseconds = round(abs(seconds) * 1000)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    tail = f"{milliseconds // 1000:02d}.{milliseconds % 1000:03d}"
    return f"{sign}{hours}:{minutes:02d}:{tail}" if hours else f"{sign}{minutes}:{tail}"


def parse_position(text: str, clip: Clip) -> int | None:
    """The frame index that `text` means, or None.

    A bare whole number is a frame; "12.5", "12s", "1:02.5" and "1:00:00" are times, in seconds
    since the time stamp zero. Positions outside the video are clamped to it.
    """
    match = _TIME.fullmatch(text.strip())
    if not match:
        return None
    hours, minutes, seconds, unit = match.groups()
    if minutes is None and not unit and seconds.isdigit():
        return min(int(seconds), len(clip) - 1)
    time = 3600 * int(hours or 0) + 60 * int(minutes or 0) + float(seconds)
    return clip.index_at(time)
