"""Opening projects and videos: looking into files in the background, then showing them."""

import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from etp_core.errors import EtpError, VideoError
from etp_core.formats import FORMATS, recognise
from etp_core.project import AddVideo, Batch, Project, RelinkVideo, probe
from etp_core.video import SUFFIXES, fingerprint
from etp_studio import settings
from etp_studio.background import Background
from etp_studio.place import last_place
from etp_studio.session import Session, Start, read_start
from etp_studio.texts import tr

_ANNOTATIONS = {s for f in FORMATS.values() if f.read for s in f.suffixes}


def is_project(path: Path) -> bool:
    """Whether a file is to be opened as a project: by its name, or by how it begins."""
    if path.suffix.lower() == ".etp":
        return True
    try:
        with path.open("rb") as file:
            return file.read(16) == b"SQLite format 3\0"
    except OSError:
        return False


def is_annotations(path: Path) -> bool:
    """Whether a file or folder is to be imported into a project: by its name, then its content."""
    if path.suffix.lower() in _ANNOTATIONS or path.name.lower().endswith(".boris.gz"):
        return True
    if not path.is_dir():
        return False
    try:
        return not video_files([path]) and bool(recognise(path))
    except (EtpError, OSError):
        return False


@dataclass(frozen=True)
class Found:
    """What looking into a video file gave; error is why it cannot be shown, or ""."""

    edit: AddVideo
    error: str


def look_into(path: Path) -> Found:
    """Read what the project keeps of a video; one that cannot be decoded is kept as such.

    Raises VideoError if the file itself is missing or cannot be read.
    """
    path = path.absolute()
    try:
        return Found(probe(path), "")
    except VideoError as error:
        return Found(AddVideo(path, fingerprint(path), 0, None, None, 0, 0), str(error))


def video_files(paths: Iterable[Path]) -> list[Path]:
    """The paths, with folders replaced by the video files directly in them."""
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(path.iterdir())
            files += [file for file in inside if file.suffix.lower() in SUFFIXES]
        else:
            files.append(path)
    return list(dict.fromkeys(files))


def _known_as(path: Path) -> Path:
    """The path under which a project lists the file."""
    return Path(os.path.realpath(path.parent)) / path.name


def _start(path: Path) -> Start:
    """Open a project and read what is shown first; raises ProjectError."""
    project = Project.open(path, settings.annotator())
    place = last_place(project.path)
    try:
        return read_start(project, place[0] if place else None)
    except EtpError:
        project.close()
        raise


class Opener(QObject):
    """Opens what is given to the window; `finished` tells how many things were opened."""

    finished = Signal(int, object)  # how many, and the lines that say what could not be

    def __init__(self, session: Session, background: Background) -> None:
        super().__init__(session)
        self._session, self._background = session, background
        self._newest = object()  # of the projects that were asked for
        self._unseen: list[Project] = []  # opened in the background
        self._one = threading.Lock()  # of them at a time

    def open(self, paths: list[Path]) -> None:
        """Open projects (the last one stays) and add videos to it, or to one of their own."""
        projects = [path for path in paths if is_project(path)]
        rest = [path for path in paths if path not in projects]
        if not projects:
            self._open_rest(rest, 0, [])
        elif self._is_open(projects[-1]):
            self._newest = object()
            self._open_rest(rest, 1, [])
        else:
            self._read_project(projects[-1], rest)

    def _read_project(self, path: Path, rest: list[Path]) -> None:
        """Read a project in the background, show it and go on with the rest."""
        token = self._newest = object()
        before = self._session.project

        def read() -> Start:
            with self._one:
                self._close_unseen()  # it may be this one, asked for twice, and would be locked
                start = _start(path)
                self._unseen.append(start.project)
                return start

        def show(start: Start) -> None:
            if self._newest is not token or self._session.project is not before:
                start.project.close()  # another one was asked for meanwhile
                return
            self._unseen.remove(start.project)
            self._show(start)
            self._open_rest(rest, 1, [])

        self._background.run(read, show, lambda line: self._open_rest(rest, 0, [line]))

    def close(self) -> None:
        """Close what was opened and is shown no more; the background works no more."""
        self._close_unseen()

    def _close_unseen(self) -> None:
        while self._unseen:
            self._unseen.pop().close()

    def _open_rest(self, rest: list[Path], opened: int, lines: list[str]) -> None:
        """Add videos; opened: how many projects were, lines: why one was not."""
        lines += [
            tr("{}: annotations go into a project, open one or a video first").format(path)
            for path in rest
            if is_annotations(path)
        ]
        rest = [path for path in rest if not is_annotations(path)]
        inside = {path: video_files([path]) for path in rest}
        videos = list(dict.fromkeys(chain.from_iterable(inside.values())))
        lines += [
            tr("{}: there is no video in this folder").format(path)
            for path, files in inside.items()
            if not files
        ]
        if not videos:
            self.finished.emit(opened, lines)
            return

        def look() -> tuple[list[Found], list[str]]:
            found, missing = [], []
            for path in videos:
                try:
                    found.append(look_into(path))
                except EtpError as error:
                    missing.append(str(error))
            return found, missing

        def show(result: tuple[list[Found], list[str]]) -> None:
            found, missing = result
            count, refused = self._add(found)
            self.finished.emit(opened + count, lines + missing + refused)

        def fail(line: str) -> None:
            self.finished.emit(opened, [*lines, line])

        self._background.run(look, show, fail)

    def open_project(self, path: Path) -> None:
        """Open a project file, unless it is the one that is open; raises ProjectError."""
        if not self._is_open(path):
            self._show(_start(path))

    def _is_open(self, path: Path) -> bool:
        current = self._session.project
        return current is not None and path.exists() and current.path.samefile(path)

    def _show(self, start: Start) -> None:
        settings.add_recent(start.project.path)
        self._session.show_project(start)
        self._look_again()

    def new_project(self, path: Path) -> None:
        """Make an empty project and open it; raises ProjectError, as where one is there already."""
        project = Project.create(path, author=settings.annotator())
        settings.add_recent(project.path)
        self._session.set_project(project)

    def relink(self, video_id: int, path: Path) -> None:
        """Say where the file of a video lies now; `finished` tells if it is not that video."""
        session = self._session
        video = session.video_with(video_id)
        if session.project is None or video is None:
            return
        try:
            if video.fingerprint and fingerprint(path) != video.fingerprint:
                raise VideoError(
                    tr("{}: is not the video {} (its content differs)").format(path, video.name)
                )
        except EtpError as error:
            self.finished.emit(0, [str(error)])
            return
        if session.apply(RelinkVideo(video_id, path)) is not None:
            session.set_video(session.video_with(video_id))

    def save_as(self, path: Path) -> None:
        """Go on in a copy of the project; raises ProjectError. An existing copy is replaced."""
        session = self._session
        if session.project is None:
            return
        video = session.video
        copy = session.project.save_as(path, force=True)
        settings.add_recent(copy.path)
        session.set_project(copy)
        if video:
            session.set_video(session.video_with(video.id))

    def _add(self, found: list[Found]) -> tuple[int, list[str]]:
        """Put videos into the project, a new one if need be; returns how many work, and why not."""
        session = self._session
        works = [one for one in found if not one.error]
        lines = [one.error for one in found if one.error]
        try:
            if session.project is None:
                if not works:
                    return 0, lines
                self._open_automatic(works[0].edit)
            project = session.project
            assert project is not None
            self._find_moved(works)
            known = {video.path for video in session.videos}
            new = [one for one in found if _known_as(one.edit.path) not in known]
            if new:
                edits = tuple(one.edit for one in new)
                title = edits[0].title if len(edits) == 1 else f"Add {len(edits)} videos"
                if session.apply(edits[0] if len(edits) == 1 else Batch(edits, title)) is None:
                    return 0, lines
        except EtpError as error:
            return 0, [*lines, str(error)]
        by_path = {video.path: video for video in session.videos}
        for one in found:
            video = by_path.get(_known_as(one.edit.path))
            if video:
                session.set_error(video.id, one.error or None)
        if works:
            session.set_video(by_path.get(_known_as(works[0].edit.path), session.video))
        return len(works), lines

    def _find_moved(self, works: list[Found]) -> None:
        """A video whose file is gone, opened from another place: the project follows the file."""
        session = self._session
        assert session.project is not None
        gone = {v.fingerprint: v for v in session.videos if not v.path.is_file()}
        for one in works:
            video = gone.pop(one.edit.fingerprint, None)
            if video is not None:
                session.apply(RelinkVideo(video.id, one.edit.path))

    def _open_automatic(self, first: AddVideo) -> None:
        path = settings.automatic_project(first.path, first.fingerprint)
        if path.exists():
            self.open_project(path)
            return
        self.new_project(path)

    def _look_again(self) -> None:
        """See in the background whether videos that did not work do now, and why not."""
        doubtful = [video for video in self._session.videos if not video.frames]
        project = self._session.project

        def look() -> dict[int, str]:
            found = {}
            for video in doubtful:
                try:
                    found[video.id] = look_into(video.path).error
                except EtpError as error:
                    found[video.id] = str(error)
            return found

        def show(found: dict[int, str]) -> None:
            if self._session.project is project:
                for video_id, error in found.items():
                    self._session.set_error(video_id, error or None)

        if doubtful:
            self._background.run(look, show, self._session.refused.emit, key="look again")
