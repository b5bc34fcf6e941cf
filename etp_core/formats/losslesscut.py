"""LosslessCut's CSV: rows `start,end,name` without a header, seconds from 0, half-open.

One video a file. An empty start is the video's beginning, an empty end its end.
"""

from pathlib import Path

from etp_core.annotations import Annotations, Segment, VideoEntry
from etp_core.errors import InputError
from etp_core.formats import checks, tables
from etp_core.formats.base import Format, Source
from etp_core.formats.clock import Clock
from etp_core.formats.one_video import reading, recognising, writing

_SUFFIXES = (".csv",)


def read(source: Source, clock: Clock) -> Annotations:
    """Read the rows; an empty end needs the video. Raises InputError naming the line."""
    video = checks.stem(source.path.name.removesuffix(source.path.suffix), str(source.path))
    found = Annotations({video: VideoEntry()})
    for number, cells in tables.rows(source, ","):
        line = f"{source.path}: line {number}"
        if len(cells) != 3:
            raise InputError(f"{line}: must be 'start,end,name', not {len(cells)} cells")
        cuts = clock.cuts(video)
        times = [cell.strip() for cell in cells[:2]]
        if not times[1] and cuts is None:
            raise InputError(f"{line}: has no end, and the video's is not known; give the video")
        start = checks.parse(times[0], line) if times[0] else _at(cuts, 0)
        end = checks.parse(times[1], line) if times[1] else _at(cuts, -1)
        start, end = checks.interval(start, end, line)
        checks.within(start, end, None, None, line)
        label = checks.name(tables.unescape(cells[2]), f"{line}: name")
        found.segments.append(Segment(video, label, start, end))
    return found


def _at(cuts: object, index: int) -> float:
    return 0.0 if cuts is None else float(cuts[index])  # type: ignore[index]


def write(rows: list[Segment], entry: VideoEntry, video: str, path: Path, clock: Clock) -> None:
    """Write a row a segment, with all digits of its times."""
    checks.not_before_0(rows, f"{path}: video {video!r}")
    table = [(float(r.start), float(r.end), tables.escape(r.label)) for r in rows]
    tables.write(table, path)


def recognise(source: Source) -> bool:
    """Whether the first row is two times, which may be empty, and a name."""
    first = source.head.split("\n", 1)[0].strip("\r")
    cells = first.split(",", 2)
    if len(cells) != 3 or not cells[2].strip():
        return False
    times = [cell.strip() for cell in cells[:2]]
    return any(times) and all(not time or checks.is_number(time) for time in times)


FORMAT = Format(
    "losslesscut",
    "LosslessCut CSV",
    _SUFFIXES,
    reading(_SUFFIXES, read),
    writing(_SUFFIXES, write),
    recognising(_SUFFIXES, recognise),
    checks.any_rows,
    folder="several",
)
