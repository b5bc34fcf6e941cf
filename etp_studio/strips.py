"""What can be shown or hidden besides the panes: bands of the timeline and the onion strip."""

from typing import TYPE_CHECKING

from etp_studio import settings
from etp_studio.actions import Action
from etp_studio.texts import tr

if TYPE_CHECKING:
    from etp_studio.window import MainWindow

BANDS = (
    Action.thumbnails,
    Action.waveform,
    Action.proposals_lane,
    Action.error_lane,
    Action.annotator_lanes,
)


def restore_strips(window: "MainWindow") -> None:
    """Show and hide them as the last time."""
    for name in (*BANDS, Action.onion):
        window.actions_by_name[name].setChecked(settings.shown(name))
    show_strips(window)


def show_strips(window: "MainWindow") -> None:
    """Show and hide them as their actions say, and remember it."""
    for name in (*BANDS, Action.onion):
        on = window.actions_by_name[name].isChecked()
        asked = on and not settings.shown(name)
        settings.set_shown(name, on)
        if name not in BANDS:
            window.player.onion = on
            continue
        window.timeline.want(name, on)
        if asked and not window.timeline.has_place(name):
            window.messages.notice(tr("The window is too low for it: it comes in a higher one."))
