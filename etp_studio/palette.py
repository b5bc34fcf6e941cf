"""What is picked by typing a few letters: a label over the timeline, a command, a video."""

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint

from etp_studio.actions import SPECS, TITLES, Action, key_text, plain_text
from etp_studio.docks import PANES
from etp_studio.icons import swatch
from etp_studio.picker import Choice, Picker
from etp_studio.texts import tr

if TYPE_CHECKING:
    from etp_studio.window import MainWindow


def pick_label(window: "MainWindow") -> None:
    """T: type the name of a label over the timeline."""
    label = window.editor.label_named
    choices = [
        Choice(item.name, partial(label, item.name), swatch(item.color))
        for item in window.session.labels
    ]
    picker = Picker(
        tr("Label by name"),
        choices,
        window,
        other=lambda typed: Choice(tr("Add “{}”").format(typed), partial(label, typed)),
    )
    timeline = window.timeline
    picker.show_at(timeline.mapToGlobal(timeline.rect().topLeft()), 280)


def _about(name: Action) -> str:
    """Where a command stands and what it does: words by which people look for it."""
    spec = SPECS[name]
    menu = tr(TITLES[spec.menu.removeprefix("-")]).replace("&", "")
    return f"{menu} {tr(spec.tip)}" if spec.tip else menu


def show_commands(window: "MainWindow") -> None:
    """Ctrl+Shift+P: every command, every video and every pane, found by a few letters."""
    choices = [
        Choice(plain_text(name), action.trigger, action.icon(), key_text(name), _about(name))
        for name, action in window.actions_by_name.items()
        if action.isEnabled() and name is not Action.palette
    ]
    choices += [
        Choice(tr("Go to {}").format(video.name), partial(window.session.set_video, video))
        for video in window.session.videos
    ]
    choices += [
        Choice(tr("Go to {}").format(tr(pane.title)), partial(window.docks.enter, pane.title))
        for pane in PANES
        if window.session.project is not None and not pane.on_demand
    ]
    width = min(560, window.width() - 80)
    place = window.mapToGlobal(window.rect().topLeft())
    Picker(tr("Type a command, or the name of a video"), choices, window).show_at(
        place + QPoint((window.width() - width) // 2, 80), width
    )
