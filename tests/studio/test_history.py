"""The history pane: what was done, and ways back, by the mouse."""

from PySide6.QtCore import Qt

from etp_core.project import AddSegment, Batch, DeleteSegment, MoveSegment, RelabelSegment


def shown(qtbot, window):
    window.docks.bring("History")
    qtbot.waitUntil(window.history.isVisible)
    return window.history


def click(qtbot, widget):
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


def test_steps_are_listed_with_before_and_after(qtbot, opened):
    history = shown(qtbot, opened)
    segment = opened.session.segments[0]
    opened.session.apply(MoveSegment(segment.id, 0.5, 1.5))
    assert history.step.title == "Move boundary of jump"
    cells = [history.changes.item(0, column).text() for column in range(3)]
    assert cells == ["jump", "0.500 – 1.000 s", "0.500 – 1.500 s"]
    opened.session.undo()
    assert history.model.data(history.model.index(1, 2)).endswith("(undone)")
    count = len(history.model.steps)
    opened.docks["History"].hide()
    opened.session.redo()
    assert len(history.model.steps) == count  # nobody looks: nothing is read
    shown(qtbot, opened)
    assert len(history.model.steps) == count + 1


def test_one_edit_is_taken_back_by_a_click_and_later_ones_stay(qtbot, opened):
    history, session = shown(qtbot, opened), opened.session
    segment = session.segments[0]
    session.apply(MoveSegment(segment.id, 0.6, 1.5))
    edit = history.step.id
    session.apply(RelabelSegment(segment.id, session.labels[1].id))
    history.choose(edit)
    click(qtbot, history.take_back)
    now = session.segments[0]
    assert (now.start, now.end, now.label_id) == (0.5, 1.0, session.labels[1].id)
    assert session.project.undo_title == "Take back: Move jump"
    history.choose(edit)
    click(qtbot, history.take_back)
    assert "was changed again by a later edit" in opened.messages.text


def test_going_back_is_one_step_of_undo(qtbot, opened):
    history, session = shown(qtbot, opened), opened.session
    before = session.segments
    here = history.step.id
    session.apply(DeleteSegment(before[0].id))
    session.apply(AddSegment(session.video.id, session.labels[0].id, 1.0, 1.5))
    after = session.segments
    history.choose(here)
    click(qtbot, history.go_back)
    assert session.segments == before
    session.undo()
    assert session.segments == after
    assert not history.go_back.isEnabled() or history.table.currentIndex().row() > 0


def test_a_click_on_a_row_shows_its_segment(qtbot, opened):
    history, session = shown(qtbot, opened), opened.session
    segment = session.segments[1]
    session.apply(MoveSegment(segment.id, 2.0, 2.5))
    session.select(None)
    session.set_video(session.videos[1])
    history.changes.cellClicked.emit(0, 0)
    assert (session.video.id, session.selected) == (session.videos[0].id, segment.id)


def test_a_large_step_is_read_in_the_background(qtbot, opened, monkeypatch):
    monkeypatch.setattr("etp_studio.review.history._LARGE", 0)
    history = shown(qtbot, opened)
    rows = tuple(AddSegment(1, 1, i / 1000, 3.0) for i in range(500))
    opened.session.apply(Batch(rows, "Many"))
    qtbot.waitUntil(lambda: history.note.text() == "and 300 more")
    assert history.changes.rowCount() == 200
