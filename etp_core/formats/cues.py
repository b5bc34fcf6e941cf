"""WebVTT and SubRip: a cue a segment, in milliseconds from 0, half-open, one video a file.

The text of a cue is its label; tags in it are dropped, lines joined. Files are read strictly and by
line, because a cue that a player would skip in silence is a segment that somebody has lost.
"""

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from etp_core.annotations import Annotations, Segment, VideoEntry
from etp_core.errors import InputError
from etp_core.formats import checks, texts
from etp_core.formats.base import Format, Source
from etp_core.formats.clock import MOST_HOURS, Clock, span_ms
from etp_core.formats.one_video import reading, recognising, writing

_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<\d[\d:.]*>")
_BLOCK = re.compile(r"(NOTE|STYLE|REGION)(\s|$)")


@dataclass(frozen=True, slots=True)
class _Flavour:
    """Where the two differ. escape, unescape: of the text of a cue."""

    suffix: str
    header: str
    comma: str
    escape: Callable[[str], str]
    unescape: Callable[[str], str]

    @property
    def timing(self) -> re.Pattern[str]:
        """The line of times; hours may be left out."""
        stamp = rf"(?:(\d+):)?([0-5]?\d):([0-5]?\d)[{self.comma}](\d{{1,3}})"
        return re.compile(rf"\s*{stamp}\s+-->\s+{stamp}(\s.*)?", re.DOTALL)


_WEBVTT = _Flavour(
    ".vtt",
    "WEBVTT\n\n",
    ".",
    lambda text: html.escape(text, quote=False),
    lambda text: html.unescape(_TAG.sub("", text)),
)
# SubRip has no escapes: only the tags that it has are dropped, and no label may hold one.
_SRT_TAG = re.compile(r"(?i)</?(b|i|u|s|font)(\s[^<>]*)?>|\{\\[^{}]*\}")
_SRT = _Flavour(".srt", "", ",.", lambda text: text, lambda text: _SRT_TAG.sub("", text))


def _read(flavour: _Flavour, source: Source, clock: Clock) -> Annotations:
    """Read the cues; with the cuts of the video each boundary is put on the nearest.

    A comma or a point may stand before the milliseconds of SubRip. A segment that is empty or
    reversed, or has no text, is an error that names the line.
    """
    video = checks.stem(source.path.name.removesuffix(source.path.suffix), str(source.path))
    found = Annotations({video: VideoEntry()})
    for place, match, text in _cues(source, flavour):
        start, end = _seconds(match.groups()[:4], place), _seconds(match.groups()[4:8], place)
        start, end = checks.interval(start, end, place)
        label = checks.name(flavour.unescape(text).strip(), f"{place}: text")
        found.segments.append(Segment(video, label, *clock.snapped(video, start, end)))
    return found


def _seconds(parts: tuple[str | None, ...], place: str) -> float:
    hours, minutes, seconds, fraction = parts
    if len(hours or "") > 9 or int(hours or 0) > MOST_HOURS:
        raise InputError(f"{place}: {hours} hours are too many")
    whole = (int(hours or 0) * 60 + int(minutes or 0)) * 60 + int(seconds or 0)
    return (whole * 1000 + int((fraction or "0").ljust(3, "0"))) / 1000


def _cues(source: Source, flavour: _Flavour) -> Iterator[tuple[str, re.Match[str], str]]:
    """Place, times and text of each cue; blocks that are no cues are passed over."""
    lines = enumerate((line.rstrip("\r\n") for line in texts.read_lines(source.path)), 1)
    timing = flavour.timing
    if flavour.header:
        number, first = next(lines, (1, ""))
        if not re.match(r"WEBVTT(\s|$)", first):
            raise InputError(f"{source.path}: line {number}: must begin with WEBVTT")
        for _, line in lines:  # what may follow it
            if not line.strip():
                break
    block: list[tuple[int, str]] = []
    for number, line in (*lines, (0, "")):
        if line.strip():
            block.append((number, line))
            continue
        if block:
            cue = _cue(block, timing, flavour, source.path)
            if cue is not None:
                yield cue
        block = []


def _cue(
    block: list[tuple[int, str]], timing: re.Pattern[str], flavour: _Flavour, path: Path
) -> tuple[str, re.Match[str], str] | None:
    if flavour.header and _BLOCK.match(block[0][1]):
        return None
    for position, (number, line) in enumerate(block[:2]):
        if "-->" in line:
            match = timing.fullmatch(line)
            if match is None:
                break
            return f"{path}: line {number}", match, " ".join(t for _, t in block[position + 1 :])
    else:
        number = block[0][0]
    raise InputError(
        f"{path}: line {number}: must be the times of a cue, such as "
        f"'00:00:01{flavour.comma[0]}200 --> 00:00:02{flavour.comma[0]}000'"
    )


def _write(
    flavour: _Flavour, rows: list[Segment], entry: VideoEntry, video: str, path: Path, clock: Clock
) -> None:
    """Write a cue a segment, by start; times are rounded half to even, 1 ms long at least."""
    parts = [flavour.header]
    place = f"{path}: video {video!r}"
    for i, row in enumerate(sorted(rows, key=lambda row: (row.start, row.end)), 1):
        start, end = span_ms(row.start, row.end, place)
        label = flavour.escape(checks.one_line(row.label, path))
        if flavour.unescape(label) != row.label:
            raise InputError(
                f"{place}: a part of the label {row.label[:60]!r} would be taken for a tag"
            )
        comma = flavour.comma[0]
        parts.append(f"{i}\n{_stamp(start, comma)} --> {_stamp(end, comma)}\n{label}\n\n")
    texts.write_text("".join(parts), path)


def _stamp(time: int, comma: str) -> str:
    minutes, rest = divmod(time, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}{comma}{rest % 1000:03}"


def _is_webvtt(source: Source) -> bool:
    return re.match(r"WEBVTT(\s|$)", source.head) is not None


def _is_srt(source: Source) -> bool:
    lines = [line for line in source.head.splitlines() if line.strip()][:2]
    return any(_SRT.timing.fullmatch(line) for line in lines)


def _format(
    name: str, title: str, flavour: _Flavour, recognise: Callable[[Source], bool]
) -> Format:
    suffixes = (flavour.suffix,)
    return Format(
        name,
        title,
        suffixes,
        reading(suffixes, partial(_read, flavour)),
        writing(suffixes, partial(_write, flavour)),
        recognising(suffixes, recognise),
        checks.any_rows,
        folder="several",
    )


WEBVTT = _format("webvtt", "WebVTT", _WEBVTT, _is_webvtt)
SRT = _format("srt", "SubRip (SRT)", _SRT, _is_srt)
