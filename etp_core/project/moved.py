"""Finding videos that were moved or renamed: by what they hold, wherever they lie in a folder."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from etp_core.errors import VideoError
from etp_core.project.records import Video
from etp_core.video import SUFFIXES, fingerprint


def find_moved(
    videos: Sequence[Video], folder: Path, go_on: Callable[[int, int], bool] = lambda *_: True
) -> dict[int, Path]:
    """Where the `videos` lie now in `folder` or below it: id -> path, for those that are found.

    A file is a video if its fingerprint says so, whatever its name; files of the same name are
    looked into first. `go_on(files, found)` is asked before each file that is looked into (the
    numbers so far); False gives up. Files and folders that cannot be read are passed over.
    """
    sought: dict[str, list[int]] = {}  # ids; copies of one video have one fingerprint
    for video in videos:
        if video.fingerprint:
            sought.setdefault(video.fingerprint, []).append(video.id)
    names = {video.name for video in videos}
    found: dict[int, Path] = {}
    files = list(_files(folder, names))
    for count, path in enumerate(sorted(files, key=lambda path: path.name not in names)):
        if not sought or not go_on(count, len(found)):
            break
        try:
            mark = fingerprint(path)
        except VideoError:
            continue
        if mark in sought:
            found[sought[mark].pop(0)] = path
            if not sought[mark]:
                del sought[mark]
    return found


def _files(folder: Path, names: set[str]) -> Iterator[Path]:
    """Files that may be videos, in a settled order; hidden folders are not entered."""
    for place, below, files in os.walk(folder):
        below[:] = sorted(name for name in below if not name.startswith("."))
        for name in sorted(files):
            path = Path(place) / name
            if name in names or path.suffix.lower() in SUFFIXES:
                yield path
