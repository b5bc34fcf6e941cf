"""Random walks of edits, undo and redo: project file, timeline, table and selection stay one.

ETP_WALKS sets how many walks; the long form is `ETP_WALKS=300 pytest tests/studio/test_walk.py`.
"""

import os

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt

from etp_core.project import (
    AddSegment,
    Batch,
    DeleteSegment,
    MoveSegment,
    Project,
    RelabelSegment,
)
from etp_studio.timeline.scene import TRUTH

WALKS = int(os.environ.get("ETP_WALKS", 4))
FRAME = 1 / 30
SPANS = st.tuples(st.integers(0, 100), st.integers(1, 15))
STEPS = st.one_of(
    st.tuples(st.just("add"), st.integers(0, 1), SPANS),
    st.tuples(st.just("move"), st.integers(0, 50), SPANS),
    st.tuples(st.just("relabel"), st.integers(0, 50), st.integers(0, 1)),
    st.tuples(st.just("delete"), st.integers(0, 50), st.none()),
    st.tuples(st.just("delete two"), st.integers(0, 50), st.integers(0, 50)),
    st.tuples(st.just("select"), st.integers(0, 50), st.none()),
    st.tuples(st.just("undo"), st.none(), st.none()),
    st.tuples(st.just("redo"), st.none(), st.none()),
)


class Model:
    """What ought to be there: id -> (label, start, end), and the states to go back and forth to."""

    def __init__(self, window) -> None:
        self.window = window
        self.now = {s.id: (s.label_id, s.start, s.end) for s in window.session.segments}
        self.before, self.after = [], []

    def pick(self, number: int) -> int | None:
        """A segment by any number."""
        return sorted(self.now)[number % len(self.now)] if self.now else None

    def change(self, state: dict) -> None:
        """A new state, unless it is the old one."""
        if state != self.now:
            self.before.append(self.now)
            self.now, self.after = state, []

    def step(self, kind: str, a, b) -> None:
        """Do a step in the window and here."""
        session, labels = self.window.session, self.window.session.labels
        if kind == "add":
            start, end = b[0] * FRAME, (b[0] + b[1]) * FRAME
            made = session.apply(AddSegment(session.video.id, labels[a].id, start, end)).created
            self.change(self.now | {made[-1]: (labels[a].id, start, end)})
        elif kind == "undo":
            if self.before:
                self.window.editor.undo()
                self.after.append(self.now)
                self.now = self.before.pop()
        elif kind == "redo":
            if self.after:
                self.window.editor.redo()
                self.before.append(self.now)
                self.now = self.after.pop()
        elif (key := self.pick(a)) is not None:
            label, start, end = self.now[key]
            rest = {k: v for k, v in self.now.items() if k != key}
            if kind == "move":
                start, end = b[0] * FRAME, (b[0] + b[1]) * FRAME
                session.apply(MoveSegment(key, start, end))
                self.change(rest | {key: (label, start, end)})
            elif kind == "relabel":
                session.apply(RelabelSegment(key, labels[b].id))
                self.change(rest | {key: (labels[b].id, start, end)})
            elif kind == "delete":
                session.apply(DeleteSegment(key))
                self.change(rest)
            elif kind == "delete two":
                two = {key, self.pick(b)}
                session.apply(Batch(tuple(map(DeleteSegment, sorted(two))), "Delete"))
                self.change({k: v for k, v in self.now.items() if k not in two})
            else:
                session.select(key)


def on_screen(window) -> dict:
    """The segments as the timeline has them."""
    lanes = window.timeline.lanes
    bars = lanes.scene.lanes[TRUTH]
    label = {item.name: item.id for item in window.session.labels}
    return {
        lanes.truth[int(bars.row[i])].id: (
            label[lanes.scene.names[int(bars.hue[i])]],
            float(bars.start[i]),
            float(bars.end[i]),
        )
        for i in range(len(bars))
    }


def check(window, model: Model) -> None:
    """Everything that shows the ground truth shows the model."""
    session, table = window.session, window.segments.truth
    assert {s.id: (s.label_id, s.start, s.end) for s in session.segments} == model.now
    assert on_screen(window) == model.now
    ids = {item.id: item.name for item in session.labels}
    rows = {row.key: row.values[:3] for row in table.rows._rows}
    assert rows == {k: (ids[label], a, b) for k, (label, a, b) in model.now.items()}
    assert session.selected is None or session.selected in model.now
    assert window.timeline.selected == session.selected
    assert table.currentIndex().data(Qt.ItemDataRole.UserRole) == session.selected


@settings(
    max_examples=WALKS,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEPS, min_size=10, max_size=20))
def test_file_and_screen_follow_any_walk_of_edits_undo_and_redo(qtbot, opened, steps):
    model = Model(opened)
    for step in steps:
        model.step(*step)
        qtbot.waitUntil(lambda: not opened.wiring.table_due)
        check(opened, model)
    for kind, ways in (("undo", model.before), ("redo", model.after)):
        while ways:
            model.step(kind, None, None)
        qtbot.waitUntil(lambda: not opened.wiring.table_due)
        check(opened, model)
    with Project.open(opened.session.project.path) as stored:
        found = {s.id: (s.label_id, s.start, s.end) for s in stored.segments(1)}
    assert found == model.now
