"""What the window does for the project file: backups, following another window, merging, repair."""

from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from etp_core.errors import EtpError
from etp_core.project import Project, backups
from etp_core.project.merge import Choice
from etp_core.project.repair import repair, repaired_name
from etp_studio import dialogs, settings
from etp_studio.background import Background
from etp_studio.care_dialogs import BackupsDialog, MergeDialog
from etp_studio.session import Session
from etp_studio.texts import tr

_EVERY = 10 * 60_000  # milliseconds between backups while there are edits
_LOOK = 1000  # milliseconds between looks at what another window did


class Care(QObject):
    """Backs the open project up in the background, and does what the File menu says of its file."""

    done = Signal(str)
    failed = Signal(str)

    def __init__(
        self, session: Session, window: QWidget, show: Callable[[list[Path]], object]
    ) -> None:
        """show: opens project files in the window."""
        super().__init__(session)
        self._session, self._window, self._show = session, window, show
        self._background = Background(self, threads=1)
        self._backup = QTimer(self, singleShot=True, interval=_EVERY)
        self._backup.timeout.connect(self._back_up)
        self._look = QTimer(self, interval=_LOOK)
        self._look.timeout.connect(self._follow)
        session.project_changed.connect(self._project_changed)
        session.history_changed.connect(self._edited)

    def close(self) -> None:
        """Stop; a backup that is being written is finished."""
        self._backup.stop()
        self._look.stop()
        self._background.close()

    @property
    def busy(self) -> bool:
        """Whether something is being done."""
        return self._background.busy

    # By itself

    def _project_changed(self) -> None:
        project = self._session.project
        self._backup.stop()
        self._look.stop()
        if project is None:
            return
        if project.read_only:
            self._look.start()
        else:
            self._back_up()

    def _edited(self) -> None:
        project = self._session.project
        if project and not project.read_only and not self._backup.isActive():
            self._backup.start()

    def _back_up(self) -> None:
        project = self._session.project
        if project is not None and not project.read_only:
            path = project.path
            self._background.run(
                lambda: backups.make(path),
                lambda _: None,
                lambda line: self.failed.emit(tr("No backup could be made: {}").format(line)),
                key="backup",
            )

    def _follow(self) -> None:
        project = self._session.project
        if project is None:
            return
        if project.changed_by_others():
            self._session.read_again()
        if project.freed():
            self._take_over(project.path)

    def _take_over(self, path: Path) -> None:
        """The other program has gone: go on in the same place, and change things from now on."""
        video = self._session.video
        try:
            project = Project.open(path, settings.annotator())
        except EtpError as error:
            self._look.stop()
            self.failed.emit(str(error))
            return
        if project.read_only:  # a third program was quicker
            project.close()
            return
        self._session.set_project(project, video.id if video else None)
        self.done.emit(tr("The other program has closed this project: it can be changed here now."))

    # When it is asked

    def merge(self) -> None:
        """Ask for another project, and bring its work into the open one."""
        if self._session.project is not None:
            dialogs.merge_project(self._window, self.merge_with)

    def merge_with(self, other: Path, choices: Mapping[int, Choice] | None = None) -> None:
        """Bring in the work of another project; conflicts are asked about."""
        project = self._session.project
        if project is None:
            return

        def show(result) -> None:
            if self._session.project is not project:
                return
            report, changes = result
            if changes is None:
                dialog = MergeDialog(other, report.conflicts, self._window)
                dialog.decided.connect(lambda chosen: self.merge_with(other, chosen))
                dialog.open()
                return
            self._session.changed_elsewhere(changes)
            self._session.runs_added()
            words = ", ".join(report.lines) or tr("nothing that is not here already")
            self.done.emit(tr("Merged {}: {}").format(other.name, words))

        self._background.run(lambda: project.merge(other, choices), show, self.failed.emit)

    def show_backups(self) -> None:
        """List the backups of the open project, or of one that is asked for."""
        project = self._session.project
        if project is not None:
            self.backups_of(project.path)
        else:
            dialogs.open_project(self._window, lambda paths: self.backups_of(paths[0]))

    def backups_of(self, path: Path) -> None:
        """List the backups of a project file, which may be damaged or gone."""
        dialog = BackupsDialog(path, backups.listing(path), self._window)
        dialog.restore_requested.connect(lambda backup: self._restore(path, backup))
        dialog.repair_requested.connect(lambda: self._repair(path))
        dialog.open()

    def _restore(self, path: Path, backup: backups.Backup) -> None:
        out = backups.restored_name(path, backup)
        time = backup.time.astimezone().strftime("%Y-%m-%d %H:%M")

        def show(_) -> None:
            self._show([out])
            self.done.emit(
                tr("This is the backup of {}. {} was left as it is.").format(time, path.name)
            )

        self._background.run(
            lambda: backups.restore(backup.path, path, out), show, self.failed.emit
        )

    def _repair(self, path: Path) -> None:
        out = repaired_name(path)

        def show(lines: list[str]) -> None:
            self._show([out])
            words = "; ".join(lines) or tr("all of it could be read")
            self.done.emit(tr("This is what could be read of {}: {}").format(path.name, words))

        self._background.run(lambda: repair(path, out), show, self.failed.emit)


def why_read_only(project: Project) -> str:
    """What a window says that only looks at its project."""
    line = tr("This project cannot be changed here, because {}").format(project.read_only)
    if "another program" in project.read_only:
        line += tr("; it follows what is done there")
    return line
