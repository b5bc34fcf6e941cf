"""Interchange formats: one module each, found by name, by content (read) or by suffix (write)."""

from pathlib import Path

from etp_core.annotations import Annotations
from etp_core.errors import InputError
from etp_core.formats import activitynet, activitynet_results, checks, etp_csv, thumos14
from etp_core.formats.base import Format, Source

__all__ = ["FORMATS", "Format", "read", "recognise", "write"]

# In the order in which they are asked whether a file is theirs.
FORMATS: dict[str, Format] = {
    module.FORMAT.name: module.FORMAT
    for module in (etp_csv, activitynet, activitynet_results, thumos14)
}


def read(path: Path | str, format: str | None = None) -> Annotations:
    """Read an annotation file; format None recognises it by its content.

    Raises InputError naming the file, and the row or key that is wrong; nothing is read in part.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"{path}: there is no such file")
    chosen = recognise(path) if format is None else _named(format)
    if chosen.read is None:
        raise InputError(f"{path}: {chosen.title} can be written, not read")
    return chosen.read(path)


def write(annotations: Annotations, path: Path | str, format: str | None = None) -> None:
    """Write annotations, atomically; format None goes by the suffix and what there is to write.

    Raises InputError where the format is not known or cannot hold the annotations, EtpError where
    the file cannot be written.
    """
    path = Path(path)
    chosen = by_suffix(path, annotations) if format is None else _named(format)
    if chosen.write is None:
        raise InputError(f"{path}: {chosen.title} can be read, not written")
    chosen.write(annotations, path)


def recognise(path: Path | str) -> Format:
    """The format of a file or folder, by its content; raises InputError if it has none of them."""
    path = Path(path)
    source = Source(path)
    try:
        for candidate in FORMATS.values():
            if candidate.read is not None and candidate.recognise(source):
                return candidate
        if not source.is_folder and not source.head.strip():
            raise InputError(f"{path}: is empty")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    if source.head.lstrip().startswith(("{", "[")) and source.json is None:
        checks.read_json(path)  # says where the JSON is broken
    raise InputError(f"{path}: is in no format that is known (known: {', '.join(FORMATS)})")


def by_suffix(path: Path, annotations: Annotations) -> Format:
    """The format to write `path` in: of those with its suffix the first that has what to write."""
    fits = [f for f in FORMATS.values() if f.write and path.suffix.lower() in f.suffixes]
    if not fits:
        known = sorted({suffix for f in FORMATS.values() if f.write for suffix in f.suffixes})
        raise InputError(
            f"{path}: the suffix {path.suffix!r} tells no format (known: {', '.join(known)}); "
            "name the format"
        )
    return next((f for f in fits if f.holds(annotations)), fits[0])


def _named(name: str) -> Format:
    if name not in FORMATS:
        raise InputError(f"there is no format {name!r} (there are: {', '.join(FORMATS)})")
    return FORMATS[name]
