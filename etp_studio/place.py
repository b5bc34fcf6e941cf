"""Where the annotator left a project: its video, the frame and the zoom, for the next time.

Kept in the settings of the person, not in the project: looking is no edit.
"""

import json
from pathlib import Path

from PySide6.QtCore import QObject, QSettings

from etp_studio.playback.decoder import Clip
from etp_studio.playback.player import Player
from etp_studio.session import Session
from etp_studio.timeline.view import TimelineView

_MOST = 50  # projects that are remembered
_KEY = "places"
_Spot = tuple[int, float, float, float]  # video id, seconds: playhead, start and end of the view


def last_place(project: Path) -> _Spot | None:
    """Where the project was left, or None."""
    spot = _stored().get(str(project))
    try:
        video, time, start, end = spot or ()
        return int(video), float(time), float(start), float(end)
    except (TypeError, ValueError):
        return None


class Place(QObject):
    """Notes where the person is, brings them back there once, and writes it down at `remember`.

    positions: video id -> seconds at which the player opens it; filled in for the video that was
    left, after other listeners of `project_changed` have cleared it.
    """

    def __init__(
        self,
        session: Session,
        player: Player,
        timeline: TimelineView,
        positions: dict[int, float],
    ) -> None:
        super().__init__(session)
        self._session, self._player, self._timeline = session, player, timeline
        self._positions = positions
        self._project: Path | None = None
        self._spot: _Spot | None = None
        self._waiting: _Spot | None = None  # until the video is open
        session.project_changed.connect(self._project_changed)
        player.clip_changed.connect(self._clip_changed)
        player.playhead_moved.connect(lambda _: self._note())
        timeline.range_changed.connect(lambda *_: self._note())

    def remember(self) -> None:
        """Write down where the person is now."""
        if self._project is None or self._spot is None:
            return
        places = _stored()
        places.pop(str(self._project), None)
        places[str(self._project)] = self._spot
        kept = dict(list(places.items())[-_MOST:])
        QSettings().setValue(_KEY, json.dumps(kept))

    def _project_changed(self) -> None:
        self.remember()
        project = self._session.project
        self._project, self._spot = (project.path if project else None), None
        self._waiting = last_place(project.path) if project else None
        if self._waiting is not None:
            self._positions[self._waiting[0]] = self._waiting[1]

    def _clip_changed(self, clip: Clip | None) -> None:
        spot, video = self._waiting, self._session.video
        if clip is None or spot is None or video is None:
            return
        self._waiting = None
        if spot[0] == video.id:
            self._timeline.show_exactly(spot[2], spot[3])

    def _note(self) -> None:
        video, axis = self._session.video, self._timeline.axis
        if self._player.clip and video and self._waiting is None:
            self._spot = (video.id, self._player.playhead, axis.start, axis.end)


def _stored() -> dict[str, object]:
    try:
        found = json.loads(str(QSettings().value(_KEY, "{}")))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
