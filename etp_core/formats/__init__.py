"""Interchange formats: one module each, found by name, by content (read) or by suffix (write)."""

from collections import Counter
from pathlib import Path

from etp_core.annotations import Annotations
from etp_core.bulk import many_values
from etp_core.errors import InputError
from etp_core.formats import (
    activitynet,
    activitynet_results,
    audacity,
    boris,
    boris_csv,
    checks,
    cues,
    eaf,
    etp_csv,
    fiftyone,
    label_studio,
    losslesscut,
    otio,
    ssn,
    thumos14,
    via,
)
from etp_core.formats.base import Format, Source
from etp_core.formats.clock import Clock
from etp_core.words import counted

__all__ = [
    "FORMATS",
    "Clock",
    "Format",
    "by_suffix",
    "left_out",
    "named",
    "read",
    "recognise",
    "unnamed",
    "write",
]

# In the order in which they are asked whether a file is theirs, and whether a suffix is.
FORMATS: dict[str, Format] = {
    format.name: format
    for format in (
        etp_csv.FORMAT,
        boris_csv.FORMAT,
        activitynet.FORMAT,
        activitynet_results.FORMAT,
        boris.FORMAT,
        via.FORMAT,
        label_studio.FORMAT,
        fiftyone.FORMAT,
        eaf.FORMAT,
        otio.FORMAT,
        cues.WEBVTT,
        cues.SRT,
        ssn.FORMAT,
        audacity.FORMAT,
        losslesscut.FORMAT,
        thumos14.FORMAT,
    )
}

# What is meant by a suffix that several formats have.
_USUAL = {".csv": ("csv",), ".json": ("activitynet", "activitynet-results")}


def read(path: Path | str, format: str | None = None, clock: Clock | None = None) -> Annotations:
    """Read an annotation file; format None recognises it by its content.

    clock: what is known of the videos' frames; formats that count frames need it, those that count
    milliseconds are exact with it. Raises InputError naming the file, and the row or key that is
    wrong; nothing is read in part.
    """
    source = Source(Path(path))
    if not source.path.exists():
        raise InputError(f"{path}: there is no such file")
    try:
        chosen = _recognise(source) if format is None else named(format)
        if chosen.read is None:
            raise InputError(f"{path}: {chosen.title} can be written, not read")
        with many_values():
            return chosen.read(source, clock or Clock())
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error


def write(
    annotations: Annotations,
    path: Path | str,
    format: str | None = None,
    clock: Clock | None = None,
) -> None:
    """Write annotations, atomically; format None goes by the suffix and what there is to write.

    Raises InputError where the format is not known or cannot hold the annotations, EtpError where
    the file cannot be written.
    """
    path = Path(path)
    chosen = by_suffix(path, annotations) if format is None else named(format)
    if chosen.write is None:
        raise InputError(f"{path}: {chosen.title} can be read, not written")
    chosen.write(annotations, path, clock or Clock())


def recognise(path: Path | str) -> Format:
    """The format of a file or folder, by its content; raises InputError if it has none of them."""
    try:
        return _recognise(Source(Path(path)))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error


def _recognise(source: Source) -> Format:
    for candidate in FORMATS.values():
        if candidate.read is not None and candidate.recognise(source):
            return candidate
    if source.is_folder:
        folders = [name for name, format in FORMATS.items() if format.read and format.folder]
        raise InputError(
            f"{source.path}: holds no files of a format that is read by the folder "
            f"(these are: {', '.join(folders)})"
        )
    if source.path.suffix.lower() in (".xlsx", ".xls", ".ods"):
        raise InputError(f"{source.path}: is a spreadsheet; save it as CSV")
    if not source.head.strip():
        raise InputError(f"{source.path}: is empty")
    if source.path.suffix.lower() == ".csv":
        columns = ", ".join(etp_csv.REQUIRED)
        raise InputError(
            f"{source.path}: is in no format that is known: a CSV of segments has at least the "
            f"columns {columns} in its first line"
        )
    known = ", ".join(name for name, format in FORMATS.items() if format.read)
    raise InputError(f"{source.path}: is in no format that is known (known: {known})")


def by_suffix(path: Path, annotations: Annotations) -> Format:
    """The format to write `path` in: of those with its suffix the first that has what to write."""
    suffix = path.suffix.lower()
    fits = [f for f in FORMATS.values() if f.write and suffix in f.suffixes]
    if not fits:
        known = sorted({suffix for f in FORMATS.values() if f.write for suffix in f.suffixes})
        raise InputError(
            f"{path}: the suffix {path.suffix!r} tells no format (known: {', '.join(known)}); "
            "name the format"
        )
    usual = [FORMATS[name] for name in _USUAL.get(suffix, ())] or fits
    if suffix not in _USUAL and len(fits) > 1:
        names = ", ".join(format.name for format in fits)
        raise InputError(f"{path}: the suffix {suffix!r} is that of {names}; name the format")
    return next((f for f in usual if f.holds(annotations)), usual[0])


def left_out(annotations: Annotations, format: Format) -> list[str]:
    """What `write` has no place for, a line a stage."""
    count = Counter(row.stage for row in annotations.segments)
    if not count.keys() & set(format.stages):
        return []  # detections are written in the place of ground truth, or nothing is
    return [
        f"left out: {counted(number, 'segment')} of the stage {stage}, which has no place in "
        f"{format.title}"
        for stage, number in count.items()
        if stage not in format.stages
    ]


def unnamed(annotations: Annotations, path: Path, format: Format) -> list[str]:
    """What reading `path` would take for the name of its video, a line, if that is not its name."""
    held = {row.video for row in annotations.segments}
    if not format.folder or path.is_dir() or len(held) != 1:
        return []
    (video,) = held
    if checks.stem(path.name.removesuffix(path.suffix), str(path)) == video:
        return []
    return [
        f"{path}: does not name its video; call the file {video}{path.suffix}, or say "
        f"--video {video} where it is imported"
    ]


def named(name: str) -> Format:
    """The format of that name; raises InputError if there is none."""
    if name not in FORMATS:
        raise InputError(f"there is no format {name!r} (there are: {', '.join(FORMATS)})")
    return FORMATS[name]
