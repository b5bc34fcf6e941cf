"""Videos that were moved: one folder is named, and every missing video in it is found."""

from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QProgressDialog, QWidget

from etp_core.project import Batch, RelinkVideo, Video
from etp_core.project.moved import find_moved
from etp_studio.background import Background
from etp_studio.session import Session
from etp_studio.texts import tr


class Relocation(QObject):
    """Looks for the missing videos of the open project; all that are found are one edit."""

    done = Signal(str)  # what was found, one line
    failed = Signal(str)
    _progressed = Signal(int, int)

    def __init__(self, session: Session, background: Background) -> None:
        super().__init__(session)
        self._session, self._background = session, background
        self._given_up = False
        self.dialog: QProgressDialog | None = None
        self._progressed.connect(self._show)

    @property
    def missing(self) -> list[Video]:
        """The videos of the project whose files are not there."""
        return [video for video in self._session.videos if not video.path.is_file()]

    def look_in(self, folder: Path, parent: QWidget | None = None) -> None:
        """Look through `folder` and all below it, in the background; `done` says what came of it.

        A small window tells how far it is and can cancel.
        """
        videos, project = self.missing, self._session.project
        if project is None or not videos:
            self.done.emit(tr("Every video of the project is where it was."))
            return
        self._given_up = False
        dialog = QProgressDialog(
            tr("Looking through {} …").format(folder), tr("Cancel"), 0, 0, parent
        )
        dialog.setWindowTitle(tr("Finding videos"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setMinimumDuration(300)
        dialog.canceled.connect(self.cancel)
        self.dialog = dialog

        def go_on(files: int, found: int) -> bool:
            self._progressed.emit(files, found)
            return not self._given_up

        def show(found: dict[int, Path]) -> None:
            self._close()
            if self._session.project is project and not self._given_up:
                self._take(found, len(videos), folder)

        def fail(line: str) -> None:
            self._close()
            self.failed.emit(line)

        self._background.run(lambda: find_moved(videos, folder, go_on), show, fail, key="relocate")

    def cancel(self) -> None:
        """Give up looking; nothing is changed."""
        self._given_up = True

    def _take(self, found: dict[int, Path], sought: int, folder: Path) -> None:
        if not found:
            self.failed.emit(
                tr("{}: none of the %n video(s) that are missing is in it", "", sought).format(
                    folder
                )
            )
            return
        edits = tuple(RelinkVideo(key, path) for key, path in found.items())
        title = edits[0].title if len(edits) == 1 else f"Find {len(edits)} videos"
        if self._session.apply(edits[0] if len(edits) == 1 else Batch(edits, title)) is None:
            return
        rest = sought - len(found)
        line = tr("Found %n video(s)", "", len(found))
        line += tr("; %n video(s) still missing", "", rest) if rest else tr(": none missing")
        self.done.emit(line)

    def _show(self, files: int, found: int) -> None:
        if self.dialog is not None:
            files_seen = tr("%n file(s) looked into", "", files)
            self.dialog.setLabelText(tr("{}, %n video(s) found", "", found).format(files_seen))

    def _close(self) -> None:
        if self.dialog is not None:
            self.dialog.canceled.disconnect()
            self.dialog.close()
            self.dialog = None
