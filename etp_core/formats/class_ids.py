"""`classes.txt`: the names of the numbers that THUMOS14's and SSN's files have for classes."""

import re
from pathlib import Path

from etp_core.errors import InputError
from etp_core.formats import checks, texts

NAME = "classes.txt"


def class_names(path: Path) -> dict[int, str]:
    """The names by id, for the file `path`: {} where there is no classes.txt.

    It is looked for beside the file, or in `annotation` beside it or beside its folder. Raises
    InputError naming the line that is not 'class_id name'.
    """
    file = _find(path)
    if file is None:
        return {}
    names: dict[int, str] = {}
    for i, line in enumerate(texts.read_lines(file), 1):
        cells = line.split(maxsplit=1)
        if not cells:
            continue
        if len(cells) != 2 or not re.fullmatch("[0-9]{1,9}", cells[0]):
            raise InputError(f"{file}: line {i}: must be 'class_id name'")
        names[int(cells[0])] = cells[1].strip()
    return names


def _find(path: Path) -> Path | None:
    folder = path.absolute().parent
    for place in (folder, folder / "annotation", folder.parent / "annotation", folder.parent):
        if (place / NAME).is_file():
            return place / NAME
    return None


def write_class_names(labels: set[str], path: Path) -> tuple[dict[str, int], str]:
    """The ids of the labels in a file `path`, and what to write as classes.txt beside it, or "".

    Raises InputError if the classes.txt that is there lacks a label, or a label is not one line.
    """
    names = class_names(path)
    if names:
        ids = {name: key for key, name in names.items()}
        missing = sorted(labels - set(ids))
        if missing:
            raise InputError(f"{path}: the label {missing[0]!r} is not in {_find(path)}; add it")
        return ids, ""
    ids = {checks.one_line(label, path): i for i, label in enumerate(sorted(labels), 1)}
    return ids, "".join(f"{i} {label}\n" for label, i in ids.items())
