"""Starting the demo from the window: made if need be, opened, detected in, and shown around in."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from etp_core.errors import EtpError
from etp_studio import settings
from etp_studio.demo import Demo
from etp_studio.detecting import detect
from etp_studio.texts import tr

if TYPE_CHECKING:
    from etp_studio.window import MainWindow


class DemoStart(QObject):
    """Takes the window to the demo. `waiting`: whether it is still being made."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self._demo = Demo(window.jobs, window.background)
        self._demo.ready.connect(self._ready)
        self._demo.failed.connect(self._failed)
        self._tour_wanted = False
        self._notice = 0
        self.waiting = False

    def start(self, tour: bool = True) -> None:
        """Generate the demo if need be, open it and detect in it; the first time, show around."""
        self.waiting = True
        self._tour_wanted = tour and not settings.tour_seen()
        self._notice = self._window.messages.notice(tr("Preparing the demo …"))
        self._demo.start()

    def _ready(self, path: Path) -> None:
        window, session = self._window, self._window.session
        self.waiting = False
        window.messages.withdraw(self._notice)
        try:
            window.opener.open_project(path)
        except EtpError as error:
            window.messages.error(str(error))
            return
        if session.segments and session.video:
            first = session.segments[0]
            session.select(first.id)
            window.player.open(session.video.path, (first.start + first.end) / 2)
        detect(window, [video for video in session.videos if video.id not in session.runs])
        if self._tour_wanted:
            window.show_tour()

    def _failed(self, line: str) -> None:
        self.waiting = False
        self._window.messages.error(line)
