"""The dock of the jobs comes with the first one and goes after the last that ended well."""

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QDockWidget, QMainWindow

from etp_studio.jobs.pane import JobsPane
from etp_studio.jobs.queue import JobQueue

_STAY = 3000  # milliseconds that jobs which ended well are still shown


class JobsDock(QObject):
    """Shows the dock while there is something to see in it, as high as its list wants to be.

    It does not go under somebody's hand: video and timeline grow into its place, and what a person
    was about to click would be somewhere else.
    """

    def __init__(
        self, window: QMainWindow, dock: QDockWidget, pane: JobsPane, jobs: JobQueue
    ) -> None:
        super().__init__(window)
        self._window, self._dock, self._pane, self._jobs = window, dock, pane, jobs
        self._tidying = QTimer(self, singleShot=True, interval=_STAY)
        self._tidying.timeout.connect(self._tidy)
        jobs.added.connect(self._added)
        jobs.changed.connect(self._changed)
        pane.resized.connect(self._fit)
        pane.resized.connect(lambda: self._tidying.start())  # its log may be closed now

    def stop(self) -> None:
        """Tidy no more (at the end of the program)."""
        self._tidying.stop()

    def _added(self) -> None:
        self._dock.show()
        self._fit()

    def _changed(self) -> None:
        if any(job.outcome is not None for job in self._jobs.jobs):
            self._tidying.start()
        elif not self._jobs.jobs:
            self._dock.hide()

    def _tidy(self) -> None:
        """Jobs that ended well go by themselves, and their dock with the last of them."""
        if self._hand_is_near:
            self._tidying.start()
        elif self._pane.shown is None:
            self._jobs.tidy()
            self._dock.setVisible(bool(self._jobs.jobs))
            self._fit()

    @property
    def _hand_is_near(self) -> bool:
        return self._window.centralWidget().underMouse() or self._dock.underMouse()

    def _fit(self) -> None:
        height = self._pane.height_wanted
        self._window.resizeDocks([self._dock], [height], Qt.Orientation.Vertical)
