"""The history of a project: read it, take one edit back, go back to any earlier state."""

import random

import pytest

from etp_core.errors import ProjectError
from etp_core.project import (
    AddLabel,
    AddSegment,
    AddVideo,
    Batch,
    DeleteSegment,
    MarkUnsure,
    MoveSegment,
    Project,
    RelabelSegment,
    RelinkVideo,
    RemoveVideo,
    RenameLabel,
)


@pytest.fixture
def project(tmp_path):
    """Video 1, the labels 1 (wave) and 2 (run), and the segment 1 of ann; bob goes on."""
    path = tmp_path / "p.etp"
    with Project.create(path, author="ann") as made:
        made.apply(AddVideo(tmp_path / "a.mp4", "print", 100, 10.0, 10.0, 32, 24))
        made.apply(AddLabel("wave"))
        made.apply(AddLabel("run"))
        made.apply(AddSegment(1, 1, 1.0, 2.0))
    with Project.open(path, author="bob") as opened:
        yield opened


def state(project):
    return project.videos(), project.labels(), project.segments(), project.verdicts()


def last(project):
    return project.history()[-1].id


def test_a_step_says_what_was_before_and_what_after(project):
    project.apply(MoveSegment(1, 1.0, 2.5))
    (moved,), count = project.alterations(last(project))
    assert (moved.what, moved.video, moved.segment_id, count) == ("wave", "a.mp4", 1, 1)
    assert (moved.before, moved.after) == ("1.000 – 2.000 s", "1.000 – 2.500 s")
    project.apply(RelabelSegment(1, 2))
    (relabelled,), _ = project.alterations(last(project))
    assert (relabelled.before, relabelled.after) == ("label wave", "label run")
    project.apply(DeleteSegment(1))
    (deleted,), _ = project.alterations(last(project))
    assert (deleted.what, deleted.after) == ("run", "")
    assert "1.000 – 2.500 s" in deleted.before
    project.undo()
    assert project.alterations(last(project))[0] == [deleted]  # the edit that it is about


def test_a_step_says_where_a_video_was_found(project, tmp_path):
    project.apply(RelinkVideo(1, tmp_path / "disk" / "b.mp4"))
    (found,), _ = project.alterations(last(project))
    assert (found.before, found.after) == ("a.mp4", "disk/b.mp4")


def test_of_a_large_step_the_first_rows_are_told_and_their_number(project):
    rows = tuple(AddSegment(1, 1, i / 1000, 5.0) for i in range(1000))
    project.apply(Batch(rows, "Many"))
    found, count = project.alterations(last(project), most=10)
    assert (len(found), count) == (10, 1000)
    with pytest.raises(ProjectError, match=r"p\.etp: has no step 99 in its history"):
        project.alterations(99)


def test_an_edit_is_taken_back_and_later_ones_stay(project):
    project.apply(MoveSegment(1, 3.0, 4.0))
    edit = last(project)
    project.apply(RelabelSegment(1, 2))
    project.apply(AddSegment(1, 1, 5.0, 6.0))
    project.revert(edit)
    first, second = project.segments()
    assert (first.start, first.end, first.label_id, first.editor) == (1.0, 2.0, 2, "bob")
    assert second.start == 5.0
    assert project.undo_title == "Take back: Move wave"
    project.undo()
    assert project.segments()[0].start == 3.0
    project.redo()
    assert project.segments()[0].start == 1.0


def test_a_deleted_segment_comes_back_as_it_was(project):
    before = state(project)
    project.apply(DeleteSegment(1))
    project.revert(last(project))
    assert state(project) == before


def test_an_edit_that_was_built_upon_is_not_taken_back(project):
    project.apply(MoveSegment(1, 3.0, 4.0))
    edit = last(project)
    project.apply(MoveSegment(1, 3.0, 5.0))
    now = state(project), project.history()
    with pytest.raises(ProjectError, match=r"Move wave: the segment was changed again by a later"):
        project.revert(edit)
    with pytest.raises(ProjectError, match=r"Add label wave: .* take that back first"):
        project.revert(2)
    project.apply(DeleteSegment(1))
    deleted = last(project)
    project.apply(RemoveVideo(1))
    with pytest.raises(ProjectError, match="the video of the segment is not in the project"):
        project.revert(deleted)
    project.undo()
    project.undo()
    assert state(project) == now[0]
    with pytest.raises(ProjectError, match="is undone already"):
        project.revert(deleted)
    with pytest.raises(ProjectError, match="there is no edit 99"):
        project.revert(99)


def test_any_earlier_state_is_brought_back_and_that_is_undone_by_one_step(project):
    chance = random.Random(5)
    states = {0: ([], [], [], [])}
    for step in range(1, 5):
        states[step] = None
    states[last(project)] = state(project)
    for i in range(40):
        segments = project.segments()
        key = chance.choice(segments).id if segments else None
        start = chance.randrange(0, 50) / 10
        choices = [AddSegment(1, 1, start, start + 1), RenameLabel(2, f"run {i}")]
        if key:
            choices += [
                MoveSegment(key, start, start + 2),
                DeleteSegment(key),
                MarkUnsure(key, True),
                Batch((DeleteSegment(key), AddSegment(1, 2, start, 9.0)), "Replace"),
            ]
        if i % 5 == 4:
            (project.undo if chance.random() < 0.6 else project.redo)()
        else:
            project.apply(chance.choice(choices))
        states[last(project)] = state(project)
    newest = last(project)
    for step in chance.sample([step for step, seen in states.items() if seen], 15):
        before = state(project)
        project.restore(step)
        assert state(project) == states[step]
        if before != state(project):
            project.undo()
            assert state(project) == before
            project.redo()
    project.restore(newest)
    assert state(project) == states[newest]
    assert [p for p in project.verify() if "missing" not in p] == []


def test_names_that_changed_hands_find_back(project):
    before = state(project)
    step = last(project)
    for key, name in ((1, "x"), (2, "wave"), (1, "run")):
        project.apply(RenameLabel(key, name))
    project.restore(step)
    assert state(project) == before
    assert project.history()[-1].title.startswith("Go back to: Add wave (")
    with pytest.raises(ProjectError, match="there is no step 99"):
        project.restore(99)


def test_a_history_of_a_stranger_names_no_other_tables(project):
    project._store._connection.execute(
        "UPDATE steps SET operations = ? WHERE edit = 4",
        ('[{"do": "delete", "table": "history", "id": 1, "row": {"title": "x"}}]',),
    )
    with pytest.raises(ProjectError, match="a step of the history is damaged"):
        project.undo()
    project._store._connection.execute(
        "UPDATE steps SET operations = ? WHERE edit = 4",
        (
            '[{"do": "update", "table": "labels", "id": 1, "before": {}, '
            '"after": {"name = (SELECT group_concat(path) FROM videos), color": "x"}}]',
        ),
    )
    with pytest.raises(ProjectError, match="a step of the history is damaged"):
        project.undo()
    assert len(project.history()) == 4
