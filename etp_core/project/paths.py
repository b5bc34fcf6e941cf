"""Paths of videos as the project writes them, and as the system has them."""

import os
from pathlib import Path

from etp_core.project.checks import one_line


def stored_path(path: Path, folder: Path) -> str:
    """How the project in `folder` writes the video's path: relative where the drive allows it."""
    path = Path(path)
    absolute = Path(os.path.realpath(path.parent)) / path.name
    try:
        text = Path(os.path.relpath(absolute, os.path.realpath(folder))).as_posix()
    except ValueError:  # another drive
        text = absolute.as_posix()
    return one_line("path", text)


def real_path(stored: str, folder: Path) -> Path:
    """The absolute path of a stored one."""
    return Path(os.path.normpath(Path(os.path.realpath(folder)) / stored))


def located(path: Path | str) -> Path:
    """Where a project file lies itself, if the path is a link to it: its log and lock lie there."""
    path = Path(path).absolute()
    return Path(os.path.realpath(path)) if path.is_symlink() else path
