"""Many edits as one step do what they do one by one, are undone exactly, or not done at all."""

import random
from dataclasses import replace
from pathlib import Path

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
    RemoveVideo,
)


def project_in(path):
    """Two videos with segments in turn: some ids of one follow each other, others lie apart."""
    project = Project.create(path, author="Ada")
    for name in ("a.mp4", "b.mp4"):
        project.apply(AddVideo(Path("/videos") / name, name, 1000, 100.0, 10.0, 64, 48))
    project.apply(Batch(tuple(AddLabel(name) for name in ("jump", "wave", "sit")), "Add labels"))
    many = [
        AddSegment(1 + (k % 3 == 2), 1 + k % 3, k / 10, k / 10 + 1, f"drawn {k % 4}", who)
        for k in range(60)
        for who in ("Ada", "Bo")[: 1 + k % 2]
    ]
    project.apply(Batch(tuple(many), "Add segments"))
    return project


@pytest.fixture
def project(tmp_path):
    with project_in(tmp_path / "many.etp") as made:
        yield made


def state(project):
    """All that is there, but for when it was changed."""
    rows = [
        (s.id, s.video_id, s.label_id, s.start, s.end, s.annotator, s.source, s.editor, s.unsure)
        for s in project.segments()
    ]
    return [v.id for v in project.videos()], [label.name for label in project.labels()], rows


def exactly(project):
    """All that is there, when it was changed included."""
    return project.videos(), project.labels(), project.segments(), project.annotators()


def mixed(seed, ids, count=80):
    """Edits of all kinds in runs, some of a segment that was changed already."""
    chance, there, made = random.Random(seed), list(ids), []
    while len(made) < count:
        kind = chance.choice("dummlll")
        for _ in range(chance.randint(1, 12)):
            key = chance.choice(there)
            if kind == "d":
                made.append(DeleteSegment(key))
                there.remove(key)
            elif kind == "u":
                made.append(MarkUnsure(key, chance.random() < 0.5))
            elif kind == "m":
                start = chance.randint(0, 80)
                made.append(MoveSegment(key, start, start + chance.randint(1, 9)))
            else:
                made.append(RelabelSegment(key, chance.choice((1, 2, 3, "wave", "new", "newer"))))
    return made


@pytest.mark.parametrize("seed", range(6))
def test_a_batch_leaves_what_its_edits_leave_one_by_one(tmp_path, project, seed):
    made = mixed(seed, [s.id for s in project.segments()])
    before = exactly(project)
    changes = project.apply(Batch(tuple(made), "All"))
    after = exactly(project)
    with project_in(tmp_path / "single.etp") as single:
        touched = [single.apply(edit) for edit in made]
        assert state(single) == state(project)
    assert changes.segments == frozenset().union(*(one.segments for one in touched))
    assert changes.videos == frozenset().union(*(one.videos for one in touched))
    for _ in range(2):
        project.undo()
        assert exactly(project)[:3] == before[:3]
        project.redo()
        assert exactly(project) == after


@pytest.mark.parametrize("video", [None, 1])
@pytest.mark.parametrize(
    "kind", [DeleteSegment, lambda key: RelabelSegment(key, 2), lambda key: MarkUnsure(key, True)]
)
def test_all_segments_at_once_are_one_step_that_is_undone_exactly(project, kind, video):
    before, steps = exactly(project), len(project.history())
    ids = [s.id for s in project.segments(video)]
    project.apply(Batch(tuple(map(kind, ids)), "All of them"))
    assert len(project.history()) == steps + 1
    assert exactly(project) != before
    changes = project.undo()
    assert exactly(project) == before
    assert changes.segments <= frozenset(ids)
    path = project.path
    project.close()
    with Project.open(path) as again:
        assert exactly(again) == before
        again.redo()
        again.revert(again.history()[steps].id)
        assert [but_editor(row) for row in again.segments()] == list(map(but_editor, before[2]))
        assert all("is missing" in line for line in again.verify())


def but_editor(segment):
    return replace(segment, editor="", modified="")


@pytest.mark.parametrize("kind", [DeleteSegment, lambda key: MarkUnsure(key, True)])
def test_where_one_is_not_there_none_is_changed(project, kind):
    before, steps = exactly(project), len(project.history())
    ids = [s.id for s in project.segments()]
    with pytest.raises(ProjectError, match="there is no segment 4711 in the project"):
        project.apply(Batch(tuple(map(kind, [*ids[:5], 4711, *ids[5:]])), "All"))
    assert exactly(project) == before and len(project.history()) == steps


def test_a_segment_cannot_be_deleted_twice_in_one_step(project):
    before = exactly(project)
    with pytest.raises(ProjectError, match="there is no segment 3 in the project"):
        project.apply(Batch((DeleteSegment(3), DeleteSegment(4), DeleteSegment(3)), "Twice"))
    assert exactly(project) == before


def test_a_step_of_which_nothing_differs_is_none(project):
    steps = len(project.history())
    same = tuple(RelabelSegment(s.id, s.label_id) for s in project.segments())
    project.apply(Batch(same, "The same"))
    assert len(project.history()) == steps


def test_a_video_goes_and_comes_with_all_its_segments(project):
    before = exactly(project)
    changes = project.apply(RemoveVideo(1))
    assert len(changes.segments) == len([s for s in before[2] if s.video_id == 1])
    assert {s.video_id for s in project.segments()} == {2}
    project.undo()
    assert exactly(project) == before


def test_what_another_program_deleted_is_missed_by_undo_and_nothing_changes(project):
    project.apply(Batch(tuple(MarkUnsure(s.id, True) for s in project.segments()), "All"))
    with project._store.transaction() as connection:
        connection.execute("DELETE FROM segments WHERE id = 7")
    before = exactly(project)
    with pytest.raises(ProjectError, match="not in the project any more"):
        project.undo()
    assert exactly(project) == before
