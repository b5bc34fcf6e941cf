"""Merging two project files: what either did is kept, and where both did, somebody decides."""

import json
import shutil

import numpy as np
import pytest

from etp_core.errors import ProjectError
from etp_core.evolution import Evolution, ProposalList
from etp_core.project import (
    AddLabel,
    AddSegment,
    AddVideo,
    Batch,
    DeleteSegment,
    DescribeProject,
    DescribeVideo,
    Judge,
    MarkUnsure,
    MoveSegment,
    Project,
    RelabelSegment,
    RemoveVideo,
    RenameLabel,
    schema,
)
from etp_core.project.repair import _TABLES


def video(path, mark="print"):
    return AddVideo(path, mark, 100, 10.0, 10.0, 32, 24)


@pytest.fixture
def pair(tmp_path):
    """Two copies of a project in two folders: a video, labels wave and run, segments 1, 2, 3."""
    first, second = tmp_path / "ann" / "p.etp", tmp_path / "bob" / "p.etp"
    with Project.create(first, author="ann") as project:
        project.apply(video(tmp_path / "ann" / "a.mp4"))
        for name in ("wave", "run"):
            project.apply(AddLabel(name))
        for start in (1.0, 3.0, 5.0):
            project.apply(AddSegment(1, 1, start, start + 1))
    second.parent.mkdir()
    shutil.copyfile(first, second)
    with Project.open(first, author="ann") as mine, Project.open(second, author="bob") as theirs:
        yield mine, theirs


def spans(project):
    return [(s.label_id, s.start, s.end, s.annotator) for s in project.segments()]


def state(project):
    return project.videos(), project.labels(), project.segments(), project.verdicts()


def merged(mine, theirs, choices=None):
    report, changes = mine.merge(theirs.path, choices)
    assert report.conflicts == []
    assert changes is not None
    return report


def test_what_either_did_is_in_the_merged_project_and_one_undo_takes_it_out(pair):
    mine, theirs = pair
    mine.apply(MoveSegment(1, 1.5, 2.0))
    mine.apply(AddSegment(1, 2, 7.0, 8.0))
    theirs.apply(MoveSegment(2, 3.0, 4.5))
    theirs.apply(DeleteSegment(3))
    theirs.apply(AddLabel("jump"))
    theirs.apply(AddSegment(1, 3, 8.0, 9.0))
    theirs.apply(Judge(1, "rejected", "run", 2.0, 3.0))
    before, others = state(mine), theirs.path.read_bytes()
    report = merged(mine, theirs)
    assert report.counts == {
        "labels added": 1,
        "segments changed": 1,
        "segments deleted": 1,
        "segments added": 1,
        "decisions of the review added": 1,
    }
    assert spans(mine) == [
        (1, 1.5, 2.0, "ann"),
        (1, 3.0, 4.5, "ann"),
        (2, 7.0, 8.0, "ann"),
        (3, 8.0, 9.0, "bob"),
    ]
    assert mine.segments()[1].editor == "bob"
    assert theirs.path.read_bytes() == others
    assert mine.undo_title == "Merge p.etp"
    after = state(mine)
    mine.undo()
    assert state(mine) == before
    mine.redo()
    assert state(mine) == after
    assert (
        merged(mine, theirs).counts.get("segments added") is None
    )  # a second time changes nothing
    assert state(mine) == after


def test_both_may_change_different_things_of_one_segment(pair):
    mine, theirs = pair
    mine.apply(MoveSegment(1, 1.2, 2.0))
    theirs.apply(RelabelSegment(1, 2))
    theirs.apply(MarkUnsure(1, True))
    mine.apply(RenameLabel(2, "sprint"))
    theirs.apply(RenameLabel(1, "greet"))
    merged(mine, theirs)
    first = mine.segments()[0]
    assert (first.label_id, first.start, first.unsure) == (2, 1.2, True)
    assert [label.name for label in mine.labels()] == ["greet", "sprint"]


def test_the_same_change_on_both_sides_is_no_conflict(pair):
    mine, theirs = pair
    for project in pair:
        project.apply(MoveSegment(1, 1.2, 2.0))
        project.apply(DeleteSegment(2))
        project.apply(AddSegment(1, 2, 7.0, 8.0, annotator="eve"))
    before = state(mine)
    assert merged(mine, theirs).counts == {"segments that both have": 1}
    assert state(mine) == before


CONFLICTS = {
    "moved on both sides": (
        MoveSegment(1, 1.2, 2.0),
        MoveSegment(1, 0.5, 2.0),
        ("wave 1.200 – 2.000 s (ann)", "wave 0.500 – 2.000 s (ann)"),
        [(1.2, 2.0)],
        [(0.5, 2.0)],
        [(0.5, 2.0), (1.2, 2.0)],
    ),
    "deleted here, moved there": (
        DeleteSegment(1),
        MoveSegment(1, 0.5, 2.0),
        ("", "wave 0.500 – 2.000 s (ann)"),
        [],
        [(0.5, 2.0)],
        [(0.5, 2.0)],
    ),
    "moved here, deleted there": (
        MoveSegment(1, 1.2, 2.0),
        DeleteSegment(1),
        ("wave 1.200 – 2.000 s (ann)", ""),
        [(1.2, 2.0)],
        [],
        [(1.2, 2.0)],
    ),
    "the same action drawn on both sides": (
        Batch((DeleteSegment(1), AddSegment(1, 1, 7.0, 8.0)), "Draw"),
        Batch((DeleteSegment(1), AddSegment(1, 2, 7.1, 8.0, annotator="ann")), "Draw"),
        ("wave 7.000 – 8.000 s (ann)", "run 7.100 – 8.000 s (ann)"),
        [(7.0, 8.0)],
        [(7.1, 8.0)],
        [(7.0, 8.0), (7.1, 8.0)],
    ),
}


@pytest.mark.parametrize(
    ("here", "there", "words", "mine_wins", "theirs_wins", "both_stay"),
    CONFLICTS.values(),
    ids=CONFLICTS,
)
def test_a_conflict_is_shown_changes_nothing_and_is_decided_each_way(
    pair, here, there, words, mine_wins, theirs_wins, both_stay
):
    mine, theirs = pair
    mine.apply(here)
    theirs.apply(there)
    theirs.apply(AddLabel("jump"))
    before, rows = state(mine), len(mine.history())
    report, changes = mine.merge(theirs.path)
    assert changes is None
    ((conflict,), video_name) = report.conflicts, report.conflicts[0].video
    assert (conflict.mine, conflict.theirs, video_name) == (*words, "a.mp4")
    assert (state(mine), len(mine.history())) == (before, rows)
    kept = {"mine": mine_wins, "theirs": theirs_wins, "both": both_stay}
    for choice, wanted in kept.items():
        merged(mine, theirs, {conflict.segment: choice})
        found = [(s.start, s.end) for s in mine.segments() if (s.start, s.end) not in
                 [(3.0, 4.0), (5.0, 6.0)]]  # fmt: skip
        assert found == wanted
        mine.undo()
        assert state(mine) == before
    merged(mine, theirs, "both")
    assert [line for line in mine.verify() if "missing" not in line] == []


def test_two_annotators_of_one_action_are_layers_and_no_conflict(pair):
    mine, theirs = pair
    mine.apply(AddSegment(1, 1, 7.0, 8.0))
    theirs.apply(AddSegment(1, 1, 7.1, 8.0))
    merged(mine, theirs)
    assert spans(mine)[-2:] == [(1, 7.0, 8.0, "ann"), (1, 7.1, 8.0, "bob")]


def test_projects_without_a_common_past_are_joined_by_fingerprint_and_label(tmp_path):
    with (
        Project.create(tmp_path / "x" / "a.etp", author="ann") as mine,
        Project.create(tmp_path / "y" / "b.etp", author="bob") as theirs,
    ):
        mine.apply(video(tmp_path / "x" / "a.mp4", "A"))
        mine.apply(AddLabel("wave"))
        mine.apply(AddSegment(1, 1, 1.0, 2.0))
        theirs.apply(AddLabel("run"))
        theirs.apply(AddLabel("wave"))
        theirs.apply(video(tmp_path / "y" / "new.mp4", "N"))
        theirs.apply(video(tmp_path / "y" / "other name.mp4", "A"))
        theirs.apply(AddSegment(2, 2, 1.1, 2.0))
        theirs.apply(AddSegment(1, 1, 4.0, 5.0))
        points = ProposalList.of(np.array([[1.0, 2.0]]), np.array([0.8]))
        evolution = Evolution(
            "new", ("run",), np.zeros(1), np.zeros((2, 1), np.float32), points, points, points, "m"
        )
        run = theirs.add_run(1, evolution, {})
        report = merged(mine, theirs)
        assert report.counts["runs added"] == 1
        assert [v.path for v in mine.videos()] == [
            tmp_path / "x" / "a.mp4",
            tmp_path / "y" / "new.mp4",
        ]
        names = {label.id: label.name for label in mine.labels()}
        assert [(s.video_id, names[s.label_id], s.annotator) for s in mine.segments()] == [
            (1, "wave", "ann"),
            (1, "wave", "bob"),
            (2, "run", "bob"),
        ]
        assert mine.evolution(mine.runs(2)[0].id).classes == theirs.evolution(run).classes
        merged(mine, theirs)
        assert len(mine.segments()) == 3
        assert len(mine.runs()) == 1


def test_a_video_that_one_removed_is_not_brought_back_nor_taken_away(pair):
    mine, theirs = pair
    theirs.apply(RemoveVideo(1))
    before = state(mine)
    merged(mine, theirs)
    assert state(mine) == before
    mine.apply(RemoveVideo(1))
    theirs.undo()
    theirs.apply(AddSegment(1, 1, 7.0, 8.0))
    assert merged(mine, theirs).lines == ["video a.mp4 was removed here and stays so"]
    assert mine.segments() == []


def test_what_cannot_be_merged_is_told_by_name(pair, tmp_path):
    mine, _ = pair
    with pytest.raises(ProjectError, match="is this project itself"):
        mine.merge(mine.path)
    with pytest.raises(ProjectError, match=r"no\.etp: there is no such project file"):
        mine.merge(tmp_path / "no.etp")


def test_repair_knows_every_table(pair):
    rows = pair[0]._store.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
    assert {row["name"] for row in rows} - {"sqlite_sequence"} == set(_TABLES)
    assert schema.VERSION >= 4


def test_what_files_said_is_merged_key_by_key_and_what_both_changed_is_told(pair):
    mine, theirs = pair
    for project in pair:
        project.apply(DescribeProject('{"version": 1, "licence": "CC"}'))
        project.apply(DescribeVideo(1, '{"subset": "train"}'))
    mine.apply(DescribeProject('{"version": 2, "licence": "CC", "here": true}'))
    theirs.apply(DescribeProject('{"version": 3, "licence": "BY", "there": [1]}'))
    theirs.apply(DescribeVideo(1, '{"subset": "test"}'))
    before = mine.document()
    report = merged(mine, theirs)
    assert json.loads(mine.document()) == {
        "version": 2, "licence": "CC", "here": True, "there": [1],
    }  # fmt: skip
    mine.undo()
    assert mine.document() == before
    assert report.lines == [
        "description of the video a.mp4: subset is another there; it stays as here",
        "description of the project: version is another there; it stays as here",
        "description of the project: licence is another there; it stays as here",
    ]
    merged(mine, theirs, "theirs")
    assert json.loads(mine.document())["version"] == 3
    assert mine.videos()[0].about == '{"subset": "test"}'


def test_descriptions_that_only_the_other_changed_since_are_taken(pair):
    mine, theirs = pair
    theirs.apply(DescribeProject('{"version": 1}'))
    theirs.apply(DescribeVideo(1, '{"subset": "test"}'))
    assert merged(mine, theirs).lines == []
    assert (mine.document(), mine.videos()[0].about) == ('{"version": 1}', '{"subset": "test"}')
    assert merged(mine, theirs).lines == []
