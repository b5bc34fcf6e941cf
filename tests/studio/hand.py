"""A timeline and the hand that works it: presses, drags and turns of the wheel as Qt sends them."""

from evolving import LABELS, cuts_of
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from etp_core.project import StoredSegment
from etp_studio.timeline import TimelineView
from etp_studio.timeline.scene import TRUTH

SECONDS = 60.0
CUTS = cuts_of(SECONDS)
SEGMENTS = [
    StoredSegment(11, 1, 1, 10.0, 14.0, "Ada", "drawn"),
    StoredSegment(12, 1, 2, 20.0123, 26.0, "Ada", "imported:a.csv"),  # its start lies on no cut
    StoredSegment(13, 1, 3, 30.0, 34.0, "Ada", "drawn"),
]
LEFT, NO = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def timeline(qtbot):
    """A timeline with three segments that notes in `heard` what it asks for."""
    made = TimelineView()
    qtbot.addWidget(made)
    made.resize(1132, 500)
    made.set_video(1, CUTS)
    made.set_labels(LABELS)
    made.set_truth(SEGMENTS)
    made.show()
    made.heard = []
    for name in ("edit", "seek", "preview"):
        getattr(made, f"{name}_requested").connect(lambda x, n=name: made.heard.append((n, x)))
    made.preview_ended.connect(lambda: made.heard.append(("preview ended", None)))
    made.selection_changed.connect(lambda x: made.heard.append(("selected", x)))
    made.proposal_selected.connect(lambda s, r: made.heard.append(("proposal", (s, r))))
    return made


def told(view, name):
    """What the view asked for under that name, in order."""
    return [value for kind, value in view.heard if kind == name]


def place(view, time, lane=TRUTH, dx=0):
    """A point of the lanes at a time, in the first sub-row of a lane."""
    band = view.lanes.bands[lane]
    return QPoint(round(view.axis.x(time)) + dx, round(band.row_top(0) + band.bar / 2))


def send(widget, kind, point, button=LEFT, buttons=LEFT, modifiers=NO):
    where = QPointF(widget.mapToGlobal(point))
    event = QMouseEvent(kind, QPointF(point), where, button, buttons, modifiers)
    QApplication.sendEvent(widget, event)


def drag(widget, points, modifiers=NO, button=LEFT, release=True):
    """Press at the first point, move over the others, let go at the last."""
    send(widget, QEvent.Type.MouseButtonPress, points[0], button, button, modifiers)
    for point in points[1:]:
        none = Qt.MouseButton.NoButton
        send(widget, QEvent.Type.MouseMove, point, none, button, modifiers)
    if release:
        none = Qt.MouseButton.NoButton
        send(widget, QEvent.Type.MouseButtonRelease, points[-1], button, none, modifiers)


def wheel(widget, point, x=0, y=0, modifiers=NO):
    """Turn the wheel by eighths of a degree; a notch is 120."""
    event = QWheelEvent(
        QPointF(point), QPointF(widget.mapToGlobal(point)), QPoint(), QPoint(x, y),
        Qt.MouseButton.NoButton, modifiers, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)
