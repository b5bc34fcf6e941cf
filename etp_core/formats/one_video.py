"""Formats that hold one video a file: a file is named after its video, several are a folder."""

from collections.abc import Callable
from pathlib import Path

from etp_core.annotations import Annotations, Segment, VideoEntry
from etp_core.errors import InputError
from etp_core.files import atomic_folder
from etp_core.formats import checks
from etp_core.formats.base import Source
from etp_core.formats.clock import Clock

ReadOne = Callable[[Source, Clock], Annotations]
WriteOne = Callable[[list[Segment], VideoEntry, str, Path, Clock], None]


def reading(suffixes: tuple[str, ...], read: ReadOne) -> ReadOne:
    """A reader of a file, and of all files of a folder that end so."""

    def read_all(source: Source, clock: Clock) -> Annotations:
        if not source.is_folder:
            return read(source, clock)
        found = Annotations()
        for file in source.files(*suffixes):
            one = read(file, clock)
            for video, entry in one.videos.items():
                if video in found.videos:
                    raise InputError(f"{file.path}: the video {video} is in another file too")
                found.videos[video] = entry
            found.segments += one.segments
            found.notes += one.notes
        if not found.videos:
            raise InputError(f"{source.path}: holds no file {', '.join(suffixes)}")
        return found

    return read_all


def writing(
    suffixes: tuple[str, ...],
    write: WriteOne,
    choose: Callable[[Annotations, Path], dict[str, list[Segment]]] = checks.chosen,
) -> Callable[[Annotations, Path, Clock], None]:
    """A writer of a file, where the path has a suffix of the format, or else of a folder.

    Raises InputError if there are several videos for one file, or a video's name is no file name.
    """

    def write_all(annotations: Annotations, path: Path, clock: Clock) -> None:
        videos = choose(annotations, path)
        if not videos:
            raise InputError(f"{path}: there is no video to write")
        entry = {video: annotations.videos.get(video, VideoEntry()) for video in videos}
        if path.suffix.lower() in suffixes and not path.is_dir():
            if len(videos) > 1:
                raise InputError(
                    f"{path}: the format holds one video a file; name a folder for {len(videos)}"
                )
            for video, rows in videos.items():
                write(rows, entry[video], video, path, clock)
            return
        names = {video: checks.file_name(video, path) for video in videos}
        if len({name.casefold() for name in names.values()}) < len(names):
            raise InputError(f"{path}: the names of two videos differ in case only; rename one")
        with atomic_folder(path) as folder:
            for video, rows in videos.items():
                write(rows, entry[video], video, folder / (names[video] + suffixes[0]), clock)

    return write_all


def recognising(
    suffixes: tuple[str, ...], recognise: Callable[[Source], bool]
) -> Callable[[Source], bool]:
    """Recognises a file, or a folder by its first file that ends so."""

    def recognise_any(source: Source) -> bool:
        return any(recognise(file) for file in source.files(*suffixes)[:1])

    return recognise_any
