"""THUMOS14's text files, in seconds, half-open.

Ground truth is a folder of `Class_test.txt` and `Class_val.txt`, a row `video start end` each, with
`Ambiguous_*.txt` apart; detections are one file of rows `video start end class_id score`, whose
class ids `classes.txt` names.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from etp_core.annotations import Annotations, Segment, VideoEntry
from etp_core.errors import InputError
from etp_core.formats import checks
from etp_core.formats.base import Format, Source

_FILE = re.compile(r"(.+)_(test|val)\.txt")
_SUBSETS = {"test": "test", "val": "validation"}


def read(path: Path) -> Annotations:
    """Read a folder of ground truth, one of its files, or a file of detections.

    Ground truth comes sorted by file name, then in file order; the subset of a video is 'test' or
    'validation'. Detections whose start is greater than their end are put in order, '.mp4' is taken
    off the video's name, and a class id that no classes.txt (beside the file, or in `annotation`
    beside it or beside its folder) names is called class_<id>. Raises InputError naming file and
    line.
    """
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if _FILE.fullmatch(file.name))
        if not files:
            raise InputError(f"{path}: holds no Class_test.txt or Class_val.txt of THUMOS14")
        return _ground_truth(files)
    if _FILE.fullmatch(path.name) and all(len(cells) == 3 for _, cells in _lines(path)):
        return _ground_truth([path])
    return _detections(path)


def _lines(path: Path) -> Iterator[tuple[str, list[str]]]:
    for i, line in enumerate(checks.read_text(path).splitlines(), 1):
        cells = line.split()
        if cells:
            yield f"{path}: line {i}", cells


def _ground_truth(files: list[Path]) -> Annotations:
    found = Annotations()
    for file in files:
        match = _FILE.fullmatch(file.name)
        assert match is not None
        label, subset = match[1], _SUBSETS[match[2]]
        for place, cells in _lines(file):
            if len(cells) != 3:
                raise InputError(f"{place}: must be 'video start end', not {len(cells)} columns")
            video = _video(cells[0])
            start, end = (checks.parse(cell, place) for cell in cells[1:])
            start, end = checks.interval(start, end, place)
            checks.within(start, end, None, None, place)
            entry = found.videos.setdefault(video, VideoEntry(subset=subset))
            if entry.subset != subset:
                raise InputError(f"{place}: the video {video} is in the subset {entry.subset} too")
            if label == "Ambiguous":
                entry.ambiguous.append((start, end))
            else:
                found.segments.append(Segment(video, label, start, end))
    return found


def _detections(path: Path) -> Annotations:
    names = _class_names(path)
    rows = []
    for place, cells in _lines(path):
        if len(cells) != 5:
            raise InputError(
                f"{place}: must be 'video start end class_id score', not {len(cells)} columns"
            )
        if not cells[3].isdecimal():
            raise InputError(f"{place}: the class id must be a whole number, not {cells[3]!r}")
        key = int(cells[3])
        start, end = sorted(checks.parse(cell, place) for cell in cells[1:3])
        start, end = checks.interval(start, end, place)
        rows.append(
            Segment(
                video=_video(cells[0]),
                label=names.get(key, f"class_{key}"),
                start=start,
                end=end,
                score=checks.parse(cells[4], place),
                stage="localization",
            )
        )
    return Annotations.of(rows)


def _video(cell: str) -> str:
    return cell.removesuffix(".mp4")


def _class_names(path: Path) -> dict[int, str]:
    folder = path.absolute().parent
    for place in (folder, folder / "annotation", folder.parent / "annotation", folder.parent):
        file = place / "classes.txt"
        if file.is_file():
            break
    else:
        return {}
    names: dict[int, str] = {}
    for line, cells in _lines(file):
        if len(cells) != 2 or not cells[0].isdecimal():
            raise InputError(f"{line}: must be 'class_id name'")
        names[int(cells[0])] = cells[1]
    return names


def recognise(source: Source) -> bool:
    """Whether it is a folder with such files, or a text whose first row is one of a detection."""
    if source.is_folder:
        return any(_FILE.fullmatch(file.name) for file in source.path.iterdir())
    for line in source.head.splitlines():
        cells = line.split()
        if cells:
            numbers = (
                cells[1:] if _FILE.fullmatch(source.path.name) else cells[1:] * (len(cells) == 5)
            )
            return len(cells) in (3, 5) and bool(numbers) and all(map(_is_number, numbers))
    return False


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


FORMAT = Format("thumos14", "THUMOS14 text files", (".txt",), read, None, recognise)
