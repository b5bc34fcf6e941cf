"""Audacity's label track: rows `start TAB end TAB label`, seconds from 0, half-open.

One video a file. Labels at one point in time have no length and are left out, with a note; lines of
a spectral selection (beginning with a backslash) are passed over.
"""

from pathlib import Path

from etp_core.annotations import Annotations, Segment, VideoEntry
from etp_core.errors import InputError
from etp_core.formats import checks, texts
from etp_core.formats.base import Format, Source
from etp_core.formats.clock import Clock
from etp_core.formats.one_video import reading, recognising, writing
from etp_core.words import counted

_SUFFIXES = (".txt",)


def read(source: Source, clock: Clock) -> Annotations:
    """Read the labels. Raises InputError naming the line."""
    video = checks.stem(source.path.name.removesuffix(source.path.suffix), str(source.path))
    found = Annotations({video: VideoEntry()})
    points = 0
    for number, text in enumerate(texts.read_lines(source.path), 1):
        line = text.rstrip("\r\n")
        place = f"{source.path}: line {number}"
        if not line.strip() or line.startswith("\\"):
            continue
        cells = line.split("\t")
        if len(cells) != 3:
            raise InputError(f"{place}: must be 'start TAB end TAB label'")
        start, end = (checks.parse(cell, place) for cell in cells[:2])
        if start == end:
            points += 1
            continue
        start, end = checks.interval(start, end, place)
        checks.within(start, end, None, None, place)
        label = checks.name(cells[2].strip(), f"{place}: label")
        found.segments.append(Segment(video, label, start, end))
    if points:
        found.notes.append(f"{source.path}: left out: {counted(points, 'label')} of no length")
    return found


def write(rows: list[Segment], entry: VideoEntry, video: str, path: Path, clock: Clock) -> None:
    """Write a row a segment, with all digits of its times."""
    checks.not_before_0(rows, f"{path}: video {video!r}")
    lines = [
        f"{checks.decimal(row.start)}\t{checks.decimal(row.end)}\t"
        f"{checks.one_line(row.label, path)}\n"
        for row in rows
    ]
    texts.write_text("".join(lines), path)


def recognise(source: Source) -> bool:
    """Whether the first row is two numbers and a label, with tabs between."""
    cells = source.head.split("\n", 1)[0].split("\t")
    return len(cells) == 3 and all(map(checks.is_number, cells[:2])) and bool(cells[2].strip())


FORMAT = Format(
    "audacity",
    "Audacity labels",
    _SUFFIXES,
    reading(_SUFFIXES, read),
    writing(_SUFFIXES, write),
    recognising(_SUFFIXES, recognise),
    checks.any_rows,
    folder="several",
)
