"""What the tour says, part by part."""

from typing import TYPE_CHECKING

from etp_studio.actions import Action, key_text
from etp_studio.texts import tr
from etp_studio.tour import Step

if TYPE_CHECKING:
    from etp_studio.window import MainWindow


def tour_steps(window: "MainWindow") -> list[Step]:
    """The steps; keys are those that hold now."""
    key = key_text
    return [
        Step(
            lambda: window.video,
            tr("The frame that is in the file"),
            tr(
                "{} plays; {} steps a frame back, {} a frame on. The frame number below is read "
                "off the picture on screen, at any frame rate."
            ).format(key(Action.play), key(Action.frame_back), key(Action.frame_on)),
        ),
        Step(
            lambda: window.timeline.curves,
            tr("Actionness"),
            tr(
                "How likely each moment belongs to an action, a curve per class. "
                "Algorithm 1 groups what lies above a threshold into the first proposals."
            ),
        ),
        Step(
            lambda: window.timeline.lanes,
            tr("How a proposal evolves"),
            tr(
                "Each ribbon is one proposal on its way through three networks. "
                "▲ moved towards the ground truth, ▼ away from it. "
                "Point at one to see by how many frames."
            ),
        ),
        Step(
            lambda: window.timeline.lanes,
            tr("Correcting the ground truth"),
            tr(
                "Drag a boundary: the video shows the frame there. {} and {} set start "
                "and end at the playhead, digits label. {} takes anything back; "
                "everything is on disk already."
            ).format(key(Action.set_start), key(Action.set_end), key(Action.undo)),
        ),
        Step(
            lambda: window.queue,
            tr("Videos"),
            tr(
                "All videos of the project, how much of each is left to review, and what is wrong "
                "with a file that cannot be read. Drop more videos anywhere."
            ),
        ),
        Step(
            lambda: window.review,
            tr("Review"),
            tr(
                "{} goes to the next disagreement between detections and ground truth. "
                "{} accepts, {} keeps, {} rejects, and goes on."
            ).format(
                key(Action.next_issue), key(Action.accept), key(Action.keep), key(Action.reject)
            ),
            lambda: window.docks.bring("Review"),
        ),
        Step(
            lambda: None,
            tr("And out"),
            tr(
                "{} exports ground truth and detections. {} finds every command by its "
                "name, {} shows and changes all keys."
            ).format(key(Action.export), key(Action.palette), key(Action.keys)),
            lambda: window.docks.bring("Segments"),
        ),
    ]
