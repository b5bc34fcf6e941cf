"""What each action does: a table a menu, from the names of the actions to the window's parts."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication

from etp_studio import dialogs
from etp_studio.actions import Action, way_to
from etp_studio.annotator import ask_annotator
from etp_studio.detecting import detect, propose_by_motion, use_model
from etp_studio.keys import KeysDialog
from etp_studio.palette import pick_label, show_commands
from etp_studio.picture_dialog import PictureDialog, figure_of
from etp_studio.playback.zoom import STEP
from etp_studio.strips import BANDS, show_strips
from etp_studio.texts import tr

if TYPE_CHECKING:
    from etp_studio.window import MainWindow


Handlers = dict[Action, Callable[[], object]]


def handlers(window: "MainWindow") -> Handlers:
    """A handler for every action; the views are looked up when an action is taken."""
    tables = (_file, _edit, _playback, _view, _detect, _help)
    return {name: handler for table in tables for name, handler in table(window).items()}


def _file(window: "MainWindow") -> Handlers:
    session = window.session
    return {
        Action.new_project: lambda: dialogs.new_project(window, window.new_project),
        Action.open_videos: lambda: dialogs.open_videos(window, window.open),
        Action.open_project: lambda: dialogs.open_project(window, window.open),
        Action.demo: lambda: window.demo.start(),
        Action.save_as: lambda: dialogs.save_as(window, session, window.save_as),
        Action.find_videos: window.find_videos,
        Action.import_annotations: lambda: dialogs.import_file(
            window, lambda path: window.intake.import_files([path])
        ),
        Action.export: lambda: dialogs.export(window, session, window.exchange.export),
        Action.export_picture: lambda: PictureDialog(window).open(),
        Action.copy_picture: lambda: window.pictures.copy(figure_of(window)),
        Action.export_plot: partial(_export_plot, window),
        Action.merge_project: lambda: window.care.merge(),
        Action.backups: lambda: window.care.show_backups(),
        Action.quit: window.close,
    }


def _edit(window: "MainWindow") -> Handlers:
    editor, reviewer = window.editor, window.reviewer
    return {
        Action.undo: editor.undo,
        Action.redo: editor.redo,
        Action.set_start: editor.set_start,
        Action.set_end: editor.set_end,
        Action.start_back: partial(editor.nudge, "start", -1),
        Action.start_on: partial(editor.nudge, "start", 1),
        Action.end_back: partial(editor.nudge, "end", -1),
        Action.end_on: partial(editor.nudge, "end", 1),
        Action.split: editor.split,
        Action.merge: editor.merge,
        Action.duplicate: editor.duplicate,
        Action.copy: editor.copy,
        Action.paste: editor.paste,
        Action.paste_same: editor.paste_same,
        Action.select_all: editor.select_all,
        Action.delete: editor.delete,
        Action.unsure: editor.toggle_unsure,
        Action.accept: reviewer.accept,
        Action.accept_boundary: reviewer.accept_boundary,
        Action.accept_all: reviewer.accept_all,
        Action.keep: reviewer.keep,
        Action.reject: reviewer.reject,
        Action.next_issue: reviewer.next,
        Action.pick_label: partial(pick_label, window),
        Action.new_label: window.new_label,
        Action.annotator: partial(ask_annotator, window),
    }


def _playback(window: "MainWindow") -> Handlers:
    player, editor = window.player, window.editor
    return {
        Action.play: player.toggle,
        Action.pause: player.pause,
        Action.backwards: partial(player.shuttle, -1),
        Action.faster: partial(player.shuttle, 1),
        Action.frame_back: partial(player.step, -1),
        Action.frame_on: partial(player.step, 1),
        Action.frames_back: partial(player.step, -10),
        Action.frames_on: partial(player.step, 10),
        Action.second_back: partial(player.skip, -1.0),
        Action.second_on: partial(player.skip, 1.0),
        Action.to_start: partial(editor.to_edge, "start"),
        Action.to_end: partial(editor.to_edge, "end"),
        Action.first_frame: partial(player.go, 0),
        Action.last_frame: lambda: player.go(len(player.clip or ()) - 1),
        Action.loop: editor.loop,
        Action.go_to: lambda: window.transport.edit_frame(),
        Action.copy_frame: partial(_copy_frame, window),
        Action.mute: lambda: window.transport.loudness.toggle(),
        Action.louder: partial(_change_volume, window, 1),
        Action.quieter: partial(_change_volume, window, -1),
    }


def _view(window: "MainWindow") -> Handlers:
    player, editor = window.player, window.editor
    return {
        Action.previous_segment: partial(editor.step_segment, -1),
        Action.next_segment: partial(editor.step_segment, 1),
        Action.find: window.find_segments,
        Action.deselect: window.deselect,
        Action.previous_video: partial(editor.step_video, -1),
        Action.next_video: partial(editor.step_video, 1),
        Action.zoom_in: lambda: window.timeline.zoom(1.6, player.playhead),
        Action.zoom_out: lambda: window.timeline.zoom(1 / 1.6, player.playhead),
        Action.fit: lambda: window.timeline.fit(),
        Action.zoom_segment: window.zoom_segment,
        Action.picture_in: lambda: window.video.zoom(STEP),
        Action.picture_out: lambda: window.video.zoom(1 / STEP),
        Action.picture_whole: lambda: window.video.zoom_reset(),
        Action.picture_left: partial(_look, window, -1, 0),
        Action.picture_right: partial(_look, window, 1, 0),
        Action.picture_up: partial(_look, window, 0, -1),
        Action.picture_down: partial(_look, window, 0, 1),
        Action.follow: window.toggle_follow,
        Action.colours_system: partial(window.set_colours, "system"),
        Action.colours_light: partial(window.set_colours, "light"),
        Action.colours_dark: partial(window.set_colours, "dark"),
        **dict.fromkeys((*BANDS, Action.onion), partial(show_strips, window)),
        Action.full_screen: lambda: window.full_screen.toggle(),
        Action.show_all: lambda: window.timeline.show_all(
            window.actions_by_name[Action.show_all].isChecked()
        ),
        Action.stage_back: lambda: window.timeline.evolve.step(-1),
        Action.stage_on: lambda: window.timeline.evolve.step(1),
        Action.dropped: lambda: window.timeline.show_dropped(
            window.actions_by_name[Action.dropped].isChecked()
        ),
    }


def _detect(window: "MainWindow") -> Handlers:
    session = window.session
    return {
        Action.detect: lambda: detect(window, [session.video] if session.video else []),
        Action.detect_all: lambda: detect(window, session.videos),
        Action.motion: partial(propose_by_motion, window),
        Action.cancel: window.jobs.cancel_all,
        Action.delete_run: lambda: dialogs.delete_run(window, session, window.messages.notice),
        Action.train: lambda: window.training.bring(),
        Action.choose_model: lambda: dialogs.choose_model(window, partial(use_model, window)),
    }


def _help(window: "MainWindow") -> Handlers:
    return {
        Action.palette: partial(show_commands, window),
        Action.tour: window.show_tour,
        Action.keys: lambda: KeysDialog(window.actions_by_name, window).show(),
        Action.about: lambda: dialogs.show_about(window),
    }


def _copy_frame(window: "MainWindow") -> None:
    """Put the frame on screen on the clipboard."""
    picture, image = window.video.picture, window.video.image()
    if picture is not None and image is not None:
        QGuiApplication.clipboard().setImage(image)
        size = f"{image.width()}×{image.height()}"
        window.messages.notice(tr("Frame {} is on the clipboard ({})").format(picture.index, size))


def _change_volume(window: "MainWindow", steps: int) -> None:
    """Make sound louder or quieter, and say so where the slider is not to be seen."""
    loudness, clip = window.transport.loudness, window.player.clip
    if clip is None or clip.track is None:
        window.messages.notice(tr("This video has no sound."))
        return
    loudness.step(steps)
    if not loudness.slider.isVisible():
        window.messages.notice(tr("Volume {} %").format(round(100 * loudness.value[0])))


def _look(window: "MainWindow", across: int, down: int) -> None:
    """Look at the part of the zoomed picture beside the one on screen."""
    if not window.video.look(across, down) and window.video.picture is not None:
        line = tr("The whole picture is to be seen; {} looks closer.")
        window.messages.notice(line.format(way_to(Action.picture_in)))


def _export_plot(window: "MainWindow") -> None:
    """Save the plot of the metrics, which are brought forward, and measured if they were not."""
    metrics = window.metrics
    window.docks.bring("Metrics")

    def export() -> None:
        if metrics.plot.isVisible():
            window.pictures.ask(metrics.plot)
        else:
            window.messages.notice(metrics.detail.text())

    metrics.when_measured(export)
