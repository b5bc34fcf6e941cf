"""SSN's proposal lists: ground truth and proposals of each video, in frames.

A group a video: `#i`, path, number of frames, a factor for it (the list with frames 1 and factor 1
counts in fractions of the video), n_gt, then `class start end` each, n_prop, then `class iou
overlap start end` each. Frames are 0-based, intervals half-open. `classes.txt` beside the list, or
where THUMOS14 has it, names the classes; class 0 is background.
"""

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np

from etp_core.annotations import Annotations, Segment, VideoEntry
from etp_core.errors import InputError
from etp_core.evolution import STAGES
from etp_core.formats import checks, texts
from etp_core.formats.base import EVERY_STAGE, Format, Source
from etp_core.formats.class_ids import NAME, class_names, write_class_names
from etp_core.formats.clock import Clock
from etp_core.timeline import tiou

BACKGROUND = "background"
_MOST = 10_000_000  # rows of one video


def read(source: Source, clock: Clock) -> Annotations:
    """Read ground truth, and proposals as rows of the stage actionness, without a score.

    Times need the videos or their frame rate. A proposal of class 0 has the label 'background'.
    Raises InputError naming the line.
    """
    names = {0: BACKGROUND} | class_names(source.path)
    lines = (
        (f"{source.path}: line {i}", line.strip())
        for i, line in enumerate(texts.read_lines(source.path), 1)
        if line.strip()
    )
    found = Annotations()
    for place, line in lines:
        if not line.startswith("#"):
            raise InputError(f"{place}: must begin a video with '#'")
        reader = _Group(lines, source.path)
        video = checks.stem(reader.next()[1], place)
        if video in found.videos:
            raise InputError(f"{place}: the video {video} is in the file twice")
        frames = reader.real() * reader.real()
        found.videos[video] = VideoEntry(frames=int(frames) if 1 < frames < 2**53 else None)
        fractions = frames <= 1
        for stage, width in (("ground_truth", 3), (STAGES[0], 5)):
            for _ in range(reader.count()):
                at, cells = reader.cells(width)
                label = names.get(_class(cells[0], at), f"class_{cells[0]}")
                times = [checks.parse(cell, at) for cell in cells[-2:]]
                start, end = (_seconds(t, fractions, video, clock, at) for t in times)
                start, end = checks.interval(start, end, at)
                found.segments.append(Segment(video, label, start, end, stage=stage))
    return found


class _Group:
    """The lines of one video, asked for one by one."""

    def __init__(self, lines: Iterator[tuple[str, str]], path: Path) -> None:
        self._lines, self._path = lines, path

    def next(self) -> tuple[str, str]:
        found = next(self._lines, None)
        if found is None:
            raise InputError(f"{self._path}: ends within a video")
        return found

    def real(self) -> float:
        place, line = self.next()
        return checks.parse(line, place)

    def count(self) -> int:
        place, line = self.next()
        if not re.fullmatch("[0-9]{1,8}", line) or int(line) > _MOST:
            raise InputError(f"{place}: must be the number of rows that follow, not {line[:60]!r}")
        return int(line)

    def cells(self, width: int) -> tuple[str, list[str]]:
        place, line = self.next()
        cells = line.split()
        if len(cells) != width:
            raise InputError(f"{place}: must have {width} columns, not {len(cells)}")
        return place, cells


def _class(cell: str, place: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", cell):
        raise InputError(f"{place}: the class must be a whole number, not {cell[:60]!r}")
    return int(cell)


def _seconds(time: float, fractions: bool, video: str, clock: Clock, place: str) -> float:
    if not fractions:
        return clock.seconds(video, checks.integer(time, place), place)
    cuts = clock.cuts(video)
    if cuts is None:
        raise InputError(
            f"{place}: the file counts in fractions of {video}, whose length is not known; give "
            "the videos"
        )
    return float(cuts[0] + time * (cuts[-1] - cuts[0]))


def write(annotations: Annotations, path: Path, clock: Clock) -> None:
    """Write ground truth, and as proposals the rows of all other stages.

    A proposal has the class of the ground truth that it overlaps most, and its tIoU and the share
    of the proposal that lies in it; class 0 if it overlaps none. Raises InputError where frames are
    not known.
    """
    groups = annotations.by_video()
    if not groups:
        raise InputError(f"{path}: there is no video to write")
    truth = checks.ground_truth(annotations)
    ids, new = write_class_names({row.label for row in truth}, path)
    lines = []
    for i, (video, rows) in enumerate(groups.items(), 1):
        place = f"{path}: video {video!r}"
        entry = annotations.videos.get(video, VideoEntry())
        spans = {
            stage: [clock.frames(row, place, entry.fps) for row in rows if row.stage == stage]
            for stage in EVERY_STAGE
        }
        truth_spans = spans["ground_truth"]
        labels = [ids[row.label] for row in rows if row.stage == "ground_truth"]
        proposals = list(chain.from_iterable(spans[stage] for stage in STAGES))
        cuts = clock.cuts(video)
        latest = max((end for span in spans.values() for _, end in span), default=1)
        frames = len(cuts) - 1 if cuts is not None else entry.frames or latest
        lines += [f"# {i}", checks.one_line(video, path), str(frames), "1", str(len(labels))]
        lines += [f"{k} {a} {b}" for k, (a, b) in zip(labels, truth_spans, strict=True)]
        lines.append(str(len(proposals)))
        lines += _proposals(proposals, truth_spans, labels)
    texts.write_text("\n".join(lines) + "\n", path)
    if new:
        texts.write_text(new, path.absolute().parent / NAME)


def _proposals(
    proposals: list[tuple[int, int]], truth: list[tuple[int, int]], labels: list[int]
) -> Iterator[str]:
    for start, end in proposals:
        key, iou, overlap = 0, 0.0, 0.0
        if truth:
            row = tiou([(start, end)], truth)[0]
            best = int(np.argmax(row))
            iou = float(row[best])
            if iou > 0:
                a, b = truth[best]
                key, overlap = labels[best], (min(end, b) - max(start, a)) / (end - start)
        yield f"{key} {iou:.4f} {overlap:.4f} {start} {end}"


def recognise(source: Source) -> bool:
    """Whether it begins as a group: '#', a path, and the two numbers."""
    lines = [line.strip() for line in source.head.splitlines()[:16] if line.strip()]
    return (
        len(lines) >= 5
        and re.fullmatch(r"#\s*\d+", lines[0]) is not None
        and all(re.fullmatch(r"[0-9.]+(e[+-]?\d+)?", line) for line in lines[2:5])
    )


FORMAT = Format(
    "ssn",
    "SSN proposal list",
    (".txt",),
    read,
    write,
    recognise,
    lambda annotations: bool(annotations.videos),
    stages=EVERY_STAGE,
)
