"""THUMOS14's text files, in seconds, half-open.

Ground truth is a folder of `Class_test.txt` and `Class_val.txt` (here also `Class_train.txt`), a
row `video start end` each, with `Ambiguous_*.txt` apart; detections are one file of rows
`video start end class_id score`, whose class ids `classes.txt` names. Videos without a segment have
no place in it.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from etp_core.annotations import Annotations, Segment, VideoEntry
from etp_core.errors import InputError
from etp_core.files import atomic_folder
from etp_core.formats import checks, texts
from etp_core.formats.base import Format, Source
from etp_core.formats.class_ids import NAME, class_names, write_class_names
from etp_core.formats.clock import Clock

_FILE = re.compile(r"(.+)_(test|val|train)\.txt")
_SUBSETS = {"test": "test", "val": "validation", "train": "train"}
_ENDINGS = {"test": "test", "testing": "test", "validation": "val", "val": "val"} | {
    "train": "train",
    "training": "train",
}
_AMBIGUOUS = "Ambiguous"


def read(source: Source, clock: Clock) -> Annotations:
    """Read a folder of ground truth, one of its files, or a file of detections.

    Ground truth comes sorted by file name, then in file order; the subset of a video is 'test',
    'validation' or 'train'. Detections whose start is greater than their end are put in order,
    '.mp4' is taken off the video's name, and a class id that no classes.txt (see class_ids.py)
    names is called class_<id>. Raises InputError naming file and line.
    """
    path = source.path
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if _FILE.fullmatch(file.name))
        if not files:
            raise InputError(f"{path}: holds no Class_test.txt or Class_val.txt of THUMOS14")
        return _ground_truth(files)
    if _FILE.fullmatch(path.name) and all(len(cells) == 3 for _, cells in _lines(path)):
        return _ground_truth([path])
    return _detections(path)


def _lines(path: Path) -> Iterator[tuple[str, list[str]]]:
    for i, line in enumerate(texts.read_lines(path), 1):
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
            if label == _AMBIGUOUS:
                entry.ambiguous.append((start, end))
            else:
                found.segments.append(Segment(video, label, start, end))
    return found


def _detections(path: Path) -> Annotations:
    names = class_names(path)
    rows = []
    for place, cells in _lines(path):
        if len(cells) != 5:
            raise InputError(
                f"{place}: must be 'video start end class_id score', not {len(cells)} columns"
            )
        if not re.fullmatch("[0-9]{1,9}", cells[3]):
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


def write(annotations: Annotations, path: Path, clock: Clock) -> None:
    """Write ground truth as a folder, or, where there is none, detections as one file.

    A video without a subset is of the test set. Class ids are those of the `classes.txt` that the
    reader would find; where there is none, one is written beside the detections. Raises InputError
    if a name cannot stand in such files, a subset is none of them, or a score is missing.
    """
    if not checks.has_ground_truth(annotations):
        _write_detections(annotations, path)
        return
    files: dict[str, list[str]] = {}
    videos = annotations.videos
    entries = {video: videos.get(video, VideoEntry()) for video in annotations.by_video()}
    for video, entry in entries.items():
        checks.one_line(video, path, " \t")
        for start, end in entry.ambiguous:
            _add(files, _AMBIGUOUS, entry, video, start, end, path)
    for row in checks.ground_truth(annotations):
        checks.within(row.start, row.end, None, None, f"{path}: video {row.video!r}")
        if row.label == _AMBIGUOUS:
            raise InputError(f"{path}: the label {row.label} means something else here; rename it")
        _add(files, row.label, entries[row.video], row.video, row.start, row.end, path)
    if not files:
        raise InputError(f"{path}: there is no segment to write")
    if len({name.casefold() for name in files}) < len(files):
        raise InputError(f"{path}: the names of two labels differ in case only; rename one")
    there = {file.name for file in path.iterdir()} if path.is_dir() else set()
    for name in sorted(there - set(files)):
        if _FILE.fullmatch(name):
            raise InputError(
                f"{path}: holds {name}, which would be read as part of this; remove it"
            )
    with atomic_folder(path) as folder:
        for name, lines in files.items():
            texts.write_text("".join(lines), folder / name)


def _add(
    files: dict[str, list[str]],
    label: str,
    entry: VideoEntry,
    video: str,
    start: float,
    end: float,
    path: Path,
) -> None:
    ending = _ENDINGS.get((entry.subset or "test").lower())
    if ending is None:
        raise InputError(
            f"{path}: video {video!r}: the subset {entry.subset!r} is none of THUMOS14's "
            "(test, validation, train)"
        )
    name = f"{checks.file_name(label, path)}_{ending}.txt"
    files.setdefault(name, []).append(f"{video}  {float(start)!r} {float(end)!r}\n")


def _write_detections(annotations: Annotations, path: Path) -> None:
    rows = checks.detections(annotations)
    if not rows:
        raise InputError(f"{path}: there is no ground truth and no detection to write")
    ids, new = write_class_names({row.label for row in rows}, path)
    lines = []
    for row in rows:
        if row.score is None:
            raise InputError(f"{path}: a detection of {row.label} in {row.video} has no score")
        video = checks.one_line(row.video, path, " \t")
        numbers = f"{float(row.start)!r} {float(row.end)!r} {ids[row.label]} {float(row.score)!r}"
        lines.append(f"{video} {numbers}\n")
    texts.write_text("".join(lines), path)
    if new:
        texts.write_text(new, path.absolute().parent / NAME)


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
            return len(cells) in (3, 5) and bool(numbers) and all(map(checks.is_number, numbers))
    return False


FORMAT = Format(
    "thumos14",
    "THUMOS14 text files",
    (".txt",),
    read,
    write,
    recognise,
    checks.any_rows,
    folder="always",
)
