"""Files in and out of the window: export and import, written and read in the background."""

from collections import Counter
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from etp_core.errors import InputError
from etp_core.evolution import STAGES
from etp_core.formats import FORMATS
from etp_core.project import Changes, Project, interchange
from etp_core.project.importing import Differing
from etp_studio.background import Background
from etp_studio.importing import Preview, look_at
from etp_studio.session import Session
from etp_studio.texts import tr


def export_annotations(
    project: Project,
    path: Path,
    format: str,
    threshold: float,
    stages: tuple[str, ...] | None = None,
) -> Counter[str]:
    """Write ground truth and detections of the whole project; returns the segments of each stage.

    stages: those that are written, by default all that the format holds; detections below
    `threshold` are left out. Frames are looked up in each video's cuts, the end is the first frame
    outside.
    """
    annotations = interchange.save(project, path, format, stages, threshold)
    return Counter(segment.stage for segment in annotations.segments)


def target(path: Path, format: str, videos: int) -> Path:
    """Where an export goes that was given this name: a folder for several files, or the file.

    Raises InputError where the name ends as another format's, or the folder is not empty.
    """
    suffixes = FORMATS[format].suffixes
    if path.suffix.lower() not in suffixes:
        raise InputError(
            tr("{}: give the file a name that ends in {}, its format").format(
                path.name, suffixes[0]
            )
        )
    folders = FORMATS[format].folder
    if not folders or (folders == "several" and videos == 1):
        return path
    folder = path.with_suffix("")
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise InputError(tr("{}: is there already; give the folder another name").format(folder))
    return folder


def told(counts: Counter[str], threshold: float) -> str:
    """What an export wrote, in words: its segments by stage, and the threshold if it mattered."""
    truth, detections = counts["ground_truth"], counts[STAGES[-1]]
    proposals = counts[STAGES[0]] + counts[STAGES[1]]
    parts = []
    if truth or not detections:
        parts.append(tr("%n segment(s) of ground truth", "", truth))
    if detections:
        words = tr("%n detection(s)", "", detections)
        parts.append(tr("{} from score {:g} on").format(words, threshold) if threshold else words)
    if proposals:
        parts.append(tr("%n proposal(s)", "", proposals))
    return ", ".join(parts)


class Exchange(QObject):
    """Exports and imports for the window; `done(line)` or `failed(line)` says how it went.

    `planned(preview)`: what an import would do, for somebody to decide on.
    """

    done = Signal(str)
    failed = Signal(str)
    planned = Signal(object)

    def __init__(self, session: Session, background: Background) -> None:
        super().__init__(session)
        self._session, self._background = session, background

    def export(self, path: Path, format: str, stages: tuple[str, ...] | None = None) -> None:
        """Write the project's segments to `path`, replacing it; to a folder for several files.

        stages: which of them; None: all that the format holds.
        """
        project, threshold = self._session.project, self._session.threshold
        if project is None:
            return
        try:
            place = target(path, format, len(self._session.videos))
        except InputError as error:
            self.failed.emit(str(error))
            return
        self._background.run(
            lambda: export_annotations(project, place, format, threshold, stages),
            lambda counts: self.done.emit(
                tr("Exported {} to {}").format(told(counts, threshold), place)
            ),
            self.failed.emit,
        )

    def preview(self, path: Path, video: str = "", certain: bool = False) -> None:
        """Look at a file and tell what importing it would do; with `certain` do it if it is plain.

        video: the name of the project's video that the file is said to be about.
        """
        project = self._session.project
        if project is None:
            return

        def show(found: Preview) -> None:
            if self._session.project is not project:
                return
            if certain and found.certain:
                self.carry_out(found)
            else:
                self.planned.emit(found)

        self._background.run(lambda: look_at(project, path, video or None), show, self.failed.emit)

    def carry_out(self, preview: Preview, differing: Differing = "both") -> None:
        """Import what was looked at, as one step of undo; what is of unknown videos stays out."""
        project = self._session.project
        if project is None:
            return

        def load() -> Changes:
            return project.import_annotations(
                preview.annotations, str(preview.path), differing, skip_unknown=True
            )

        def show(changes: Changes) -> None:
            if self._session.project is project:
                self._session.changed_elsewhere(changes)
                words = tr("%n segment(s)", "", len(changes.segments))
                self.done.emit(tr("Imported {} from {}").format(words, preview.path.name))

        self._background.run(load, show, self.failed.emit)
