"""What the tour says, part by part."""

from typing import TYPE_CHECKING

from etp_studio.actions import Action, key_text
from etp_studio.tour import Step

if TYPE_CHECKING:
    from etp_studio.window import MainWindow


def tour_steps(window: "MainWindow") -> list[Step]:
    """The steps; keys are those that hold now."""
    key = key_text
    return [
        Step(
            lambda: window.video,
            "The frame that is in the file",
            f"{key(Action.play)} plays, {key(Action.frame_back)} and {key(Action.frame_on)} step. "
            "The frame number below is read off the picture on screen, at any frame rate.",
        ),
        Step(
            lambda: window.timeline.curves,
            "Actionness",
            "How likely each moment belongs to an action, a curve per class. Algorithm 1 groups "
            "what lies above a threshold into the first proposals.",
        ),
        Step(
            lambda: window.timeline.lanes,
            "How a proposal evolves",
            "Each ribbon is one proposal on its way through three networks. ▲ moved towards the "
            "ground truth, ▼ away from it. Point at one to see by how many frames.",
        ),
        Step(
            lambda: window.timeline.lanes,
            "Correcting the ground truth",
            f"Drag a boundary: the video shows the frame there. {key(Action.set_start)} and "
            f"{key(Action.set_end)} set start and end at the playhead, digits label. "
            f"{key(Action.undo)} takes anything back; everything is on disk already.",
        ),
        Step(
            lambda: window.queue,
            "Videos",
            "All videos of the project, how much of each is left to review, and what is wrong "
            "with a file that cannot be read. Drop more videos anywhere.",
        ),
        Step(
            lambda: window.review if window.review.isVisible() else window.segments,
            "Review",
            f"{key(Action.next_issue)} goes to the next disagreement between detections and "
            f"ground truth. {key(Action.accept)} accepts, {key(Action.keep)} keeps, "
            f"{key(Action.reject)} rejects, and goes on.",
        ),
        Step(
            lambda: None,
            "And out",
            f"{key(Action.export)} exports ground truth and detections. {key(Action.palette)} "
            f"finds every command by its name, {key(Action.keys)} shows and changes all keys.",
        ),
    ]
