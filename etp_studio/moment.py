"""Going to a moment of a video of the project, wherever one is."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from etp_core.evaluation import Case
from etp_core.project import Video
from etp_core.project.exchange import video_names

if TYPE_CHECKING:
    from etp_studio.window import MainWindow

_SAME = 1e-6  # seconds


def video_called(videos: list[Video], name: str) -> Video | None:
    """The video of that name in exported files, or of that file name; None if there is none."""
    names: Mapping[int, str] = video_names(videos)
    by_name = next((video for video in videos if names[video.id] == name), None)
    return by_name or next((video for video in videos if video.name == name), None)


def show_moment(window: "MainWindow", video: Video, time: float) -> None:
    """Show the frame at `time` seconds of a video, which is opened if need be."""
    session, player = window.session, window.player
    if session.video is None or session.video.id != video.id:
        window.wiring.positions[video.id] = time
        session.set_video(video)
    elif player.clip is not None:
        player.pause()
        player.seek(time)
        window.timeline.ensure_visible(time)
    else:
        player.open(video.path, time)


def show_case(window: "MainWindow", video_id: int, case: Case) -> None:
    """Show where a case begins; in the video that is open, select what it is about."""
    session = window.session
    video = session.video_with(video_id)
    if video is None:
        return
    here = session.video is not None and session.video.id == video_id
    show_moment(window, video, case.start)
    if not here:
        return
    if case.score is None:
        for segment in session.segments:
            label = session.label(segment.label_id)
            if label and label.name == case.label and abs(segment.start - case.start) < _SAME:
                session.select(segment.id)
    else:
        for found in session.detections:
            if found.label == case.label and abs(found.start - case.start) < _SAME:
                session.select_detection(found.row)
