"""Detection as the menus ask for it: in which videos, with which model, or why not."""

from pathlib import Path
from typing import TYPE_CHECKING

from etp_core.project import Video
from etp_studio import settings
from etp_studio.actions import Action, way_to
from etp_studio.jobs.detection import why_not
from etp_studio.texts import tr

if TYPE_CHECKING:
    from etp_studio.window import MainWindow


def detect(window: "MainWindow", videos: list[Video]) -> None:
    """Detect in these videos with the chosen model."""
    session, model = window.session, settings.model()
    if session.project is None:
        return
    if line := why_not(session.project, model):
        window.messages.error(line)
        return
    working = [video for video in videos if video.id not in session.errors]
    for video in working:
        _start(window, video, model)
    drawn = all(settings.demo_folder() in video.path.parents for video in working)
    if len(working) < len(videos):
        broken = next(video for video in videos if video.id in session.errors)
        window.messages.error(session.errors[broken.id])
    elif model == settings.shipped_model() and not drawn:
        line = tr(
            "The demo model knows the actions of its drawn figure only: {} makes a model of yours, "
            "{} takes another."
        )
        window.messages.notice(line.format(way_to(Action.train), way_to(Action.choose_model)))


def propose_by_motion(window: "MainWindow") -> None:
    """Let Algorithm 1 propose where something moves in the video shown."""
    session = window.session
    project, video = session.project, session.video
    if project is None or video is None or video.id in session.errors:
        return
    if project.read_only:
        window.messages.error(why_not(project, None))
    else:
        _start(window, video, None)


def use_model(window: "MainWindow", folder: Path) -> None:
    """Detect with another model from now on."""
    if not settings.is_model(folder):
        window.messages.error(
            tr("{}: holds no model (there is no model.toml in it)").format(folder)
        )
        return
    settings.set_model(folder)
    window.messages.notice(tr("Detecting with the model in {} from now on").format(folder))


def _start(window: "MainWindow", video: Video, model: Path | None) -> None:
    project = window.session.project
    assert project is not None
    position = window.wiring.positions.get(video.id, 0.0)
    if window.detections.start(project, video, model, position):
        window.wiring.detection_started(video.id)
