"""Where in a video: frame numbers and times as people read and type them."""

import re

from etp_studio.playback.decoder import Clip

_TIME = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d*)?|\.\d+)\s*(s?)", re.ASCII)


def clock_text(time: float, decimals: int = 3) -> str:
    """`time` seconds as m:ss.mmm, or h:mm:ss.mmm from an hour on; negative times have a minus."""
    units = round(abs(time) * 10**decimals)
    whole, fraction = divmod(units, 10**decimals)
    minutes, seconds = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    text = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
    if decimals:
        text += f".{fraction:0{decimals}}"
    return f"−{text}" if time < 0 and units else text


def parse_position(text: str, clip: Clip) -> int | None:
    """The frame index that `text` means, or None.

    A bare whole number is a frame; "12.5", "12,5", "12s", "1:02.5" and "1:00:00" are times, in
    seconds since the time stamp zero. Positions outside the video are clamped to it.
    """
    match = _TIME.fullmatch(text.strip().replace(",", "."))
    if not match:
        return None
    hours, minutes, seconds, unit = match.groups()
    if minutes is None and not unit and seconds.isdigit():
        return min(int(seconds), len(clip) - 1)
    time = 3600 * int(hours or 0) + 60 * int(minutes or 0) + float(seconds)
    return clip.index_at(time)
