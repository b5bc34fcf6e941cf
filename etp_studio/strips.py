"""What can be shown or hidden besides the panes: bands of the timeline and the onion strip."""

from typing import TYPE_CHECKING

from etp_studio import settings
from etp_studio.actions import Action

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
        settings.set_shown(name, on)
        if name in BANDS:
            window.timeline.want(name, on)
        else:
            window.player.onion = on
