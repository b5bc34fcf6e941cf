"""The project: what every edit does, how it is undone, and what is refused."""

import dataclasses
import math
import sqlite3

import numpy as np
import pytest

from etp_core.errors import ProjectError
from etp_core.project import (
    AddLabel,
    AddSegment,
    AddVideo,
    Batch,
    Changes,
    DeleteLabel,
    DeleteSegment,
    Judge,
    MarkUnsure,
    MoveSegment,
    Project,
    RecolorLabel,
    RelabelSegment,
    RelinkVideo,
    RemoveVideo,
    RenameLabel,
    perform,
)


@pytest.fixture
def project(tmp_path):
    with Project.create(tmp_path / "work" / "p.etp", author="ann") as opened:
        yield opened


def video(path, duration=10.0, rate=10.0, start=0.0):
    frames = round((duration or 0) * (rate or 0))
    return AddVideo(path, "print", frames, duration, rate, 320, 240, start)


@pytest.fixture
def filled(project):
    """A project with the video 1, the labels 1 (wave) and 2 (run), and the segment 1."""
    project.apply(video(project.path.parent / "a.mp4"))
    project.apply(AddLabel("wave"))
    project.apply(AddLabel("run"))
    project.apply(AddSegment(1, 1, 1.0, 2.0))
    return project


def state(project):
    """All that can be seen of a project, without its history."""
    return project.videos(), project.labels(), project.segments()


EDITS = {
    "add a video": video("b.mp4"),
    "remove a video with its segments": RemoveVideo(1),
    "add a label": AddLabel("jump"),
    "rename a label": RenameLabel(1, "greet"),
    "recolour a label": RecolorLabel(1, "#010203"),
    "delete a label": DeleteLabel(2),
    "add a segment": AddSegment(1, 2, 3.0, 4.0, "accepted:run 7", "bob"),
    "move a boundary": MoveSegment(1, 1.0, 2.5),
    "move a segment": MoveSegment(1, 5.0, 6.0),
    "relabel a segment": RelabelSegment(1, 2),
    "delete a segment": DeleteSegment(1),
    "split a segment": Batch((MoveSegment(1, 1.0, 1.5), AddSegment(1, 1, 1.5, 2.0)), "Split wave"),
    "mark a segment": MarkUnsure(1, True),
    "a batch in a batch": Batch((Batch((DeleteSegment(1),), "Inner"), DeleteLabel(1)), "Outer"),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_every_edit_is_undone_and_redone_exactly_and_survives_reopening(filled, edit):
    before = state(filled)
    changes = filled.apply(edit)
    after = state(filled)
    assert after != before
    title = filled.undo_title
    for _ in range(3):
        undone = filled.undo()
        assert state(filled) == before
        assert filled.redo_title == title
        assert (undone.videos, undone.segments, undone.labels) == dataclasses.astuple(changes)[:3]
        redone = filled.redo()
        assert redone == changes
        assert state(filled) == after
        assert filled.undo_title == title
    filled.close()
    with Project.open(filled.path) as again:
        assert state(again) == after
        assert again.undo_title == title
        again.undo()
        assert state(again) == before


def test_changes_name_what_was_touched_and_the_new_ids(project):
    assert project.apply(video("a.mp4")) == Changes(videos=frozenset({1}), created=(1,))
    assert project.apply(AddLabel("wave")) == Changes(labels=True, created=(1,))
    added = project.apply(AddSegment(1, 1, 0.0, 1.0))
    assert added == Changes(frozenset({1}), frozenset({1}), created=(1,))
    moved = project.apply(MoveSegment(1, 0.0, 2.0))
    assert moved == Changes(frozenset({1}), frozenset({1}))
    assert project.apply(RenameLabel(1, "greet")) == Changes(labels=True)
    two = Batch((AddSegment(1, 1, 3.0, 4.0), AddSegment(1, 1, 5.0, 6.0)), "Two")
    assert project.apply(two) == Changes(frozenset({1}), frozenset({2, 3}), created=(2, 3))
    removed = project.apply(RemoveVideo(1))
    assert removed == Changes(frozenset({1}), frozenset({1, 2, 3}))
    assert sorted(project.undo().created) == [1, 1, 2, 3]  # the video and its segments


def test_created_ids_stand_in_the_order_of_the_edits_even_where_they_are_equal(project):
    edits = (video("a.mp4"), AddLabel("wave"), AddSegment(1, 1, 1.0, 2.0), AddLabel("run"))
    assert project.apply(Batch(edits, "All")).created == (1, 1, 1, 2)
    brief = Batch((AddSegment(1, 1, 3.0, 4.0), DeleteSegment(2)), "Come and gone")
    assert project.apply(brief).created == ()


def test_a_label_is_added_by_its_name_with_the_segment_that_needs_it_as_one_step(filled):
    before = [label.name for label in filled.labels()]
    count = len(filled.segments())
    edits = (
        AddSegment(1, "hop", 3.0, 4.0),
        AddSegment(1, "wave", 4.0, 5.0),
        AddSegment(1, "hop", 5.0, 6.0),
        RelabelSegment(1, "skip"),
    )
    assert filled.apply(Batch(edits, "Accept")).labels
    names = {label.id: label.name for label in filled.labels()}
    assert [*names.values()] == [*before, "hop", "skip"]
    new = {(s.start, names[s.label_id]) for s in filled.segments()}
    assert {(3.0, "hop"), (4.0, "wave"), (5.0, "hop"), (1.0, "skip")} <= new
    filled.undo()
    assert [label.name for label in filled.labels()] == before
    assert len(filled.segments()) == count
    filled.redo()
    assert len(filled.segments()) == count + 3
    with pytest.raises(ProjectError, match="label"):
        filled.apply(AddSegment(1, " ", 1.0, 2.0))


def test_titles_say_what_happens_to_which_label(filled):
    titles = {
        MoveSegment(1, 1.0, 3.0): "Move boundary of wave",
        MoveSegment(1, 2.0, 4.0): "Move wave",
        RelabelSegment(1, 2): "Relabel wave as run",
        DeleteSegment(1): "Delete run",
        AddSegment(1, 1, 1.0, 2.0): "Add wave",
        RenameLabel(1, "greet"): "Rename label wave to greet",
        RemoveVideo(1): "Remove video a.mp4",
    }
    for edit, title in titles.items():
        filled.apply(edit)
        assert filled.undo_title == title
    assert all(edit.title for edit in EDITS.values())


def test_undo_and_redo_return_none_when_there_is_nothing_left(filled):
    assert filled.redo() is None
    assert filled.redo_title is None
    steps = 0
    while filled.undo() is not None:
        steps += 1
    assert steps == 4
    assert filled.undo_title is None
    assert filled.undo() is None
    assert state(filled) == ([], [], [])


def test_a_new_edit_ends_what_could_be_redone_for_good(filled):
    filled.apply(AddLabel("jump"))
    filled.undo()
    filled.apply(AddLabel("sit"))
    assert filled.redo_title is None
    filled.undo()
    assert filled.redo_title == "Add label sit"
    filled.redo()
    assert filled.redo() is None
    assert [label.name for label in filled.labels()] == ["wave", "run", "sit"]


def test_the_history_shows_edits_undo_and_redo_with_their_author(filled):
    filled.undo()
    filled.redo()
    rows = filled.history()[-3:]
    assert [(row.kind, row.title, row.author) for row in rows] == [
        ("edit", "Add wave", "ann"),
        ("undo", "Undo: Add wave", "ann"),
        ("redo", "Redo: Add wave", "ann"),
    ]
    assert not rows[0].undone
    filled.undo()
    assert filled.history()[3].undone


def test_an_edit_that_changes_nothing_leaves_no_step_and_keeps_redo(filled):
    filled.undo()
    assert filled.apply(RenameLabel(1, "wave")) == Changes()
    assert filled.apply(Batch((), "Nothing")) == Changes()
    assert filled.redo_title == "Add wave"


def test_a_segment_keeps_who_made_it_where_it_came_from_and_who_changed_it(filled):
    filled.apply(AddSegment(1, 1, 5.0, 6.0, "accepted:run 3"))
    filled.close()
    with Project.open(filled.path, author="bob") as again:
        again.apply(MoveSegment(2, 5.0, 6.5))
        segment = again.segments(1)[1]
        assert (segment.annotator, segment.source, segment.editor) == (
            "ann",
            "accepted:run 3",
            "bob",
        )
        assert segment.created <= segment.modified
        assert again.annotators() == ["ann", "bob"]


def test_segments_come_by_start_and_of_the_video_asked_for(filled):
    filled.apply(video("b.mp4"))
    filled.apply(AddSegment(2, 1, 7.0, 8.0))
    filled.apply(AddSegment(1, 1, 0.5, 8.0))
    assert [segment.start for segment in filled.segments(1)] == [0.5, 1.0]
    assert [segment.id for segment in filled.segments()] == [3, 1, 2]
    assert filled.segments(99) == []


def test_ids_are_never_used_twice(filled):
    filled.apply(DeleteSegment(1))
    assert filled.apply(AddSegment(1, 1, 1.0, 2.0)).created == (2,)
    filled.undo()
    filled.undo()
    assert [segment.id for segment in filled.segments()] == [1]
    assert filled.apply(AddSegment(1, 1, 3.0, 4.0)).created == (3,)


def test_numbers_of_numpy_are_stored_as_numbers(filled):
    filled.apply(
        AddSegment(np.int64(1), np.int32(1), np.float64(3.0), np.float32(4.5))  # as the studio has
    )
    assert filled.segments(1)[1].end == 4.5
    assert filled.verify() == [f"{filled.path.parent / 'a.mp4'}: the video is missing"]


REFUSED = {
    "reversed": (AddSegment(1, 1, 3.0, 2.0), "reversed"),
    "empty": (AddSegment(1, 1, 2.0, 2.0), "empty"),
    "not a number": (AddSegment(1, 1, math.nan, 2.0), "not an interval"),
    "infinite": (MoveSegment(1, 1.0, math.inf), "not an interval"),
    "before the video": (AddSegment(1, 1, -0.2, 2.0), r"not within the video a\.mp4"),
    "after the video": (MoveSegment(1, 1.0, 10.2), r"not within the video a\.mp4"),
    "no such video": (AddSegment(9, 1, 1.0, 2.0), "no video 9"),
    "no such label": (RelabelSegment(1, 9), "no label 9"),
    "no such segment": (DeleteSegment(9), "no segment 9"),
    "label twice": (AddLabel("wave"), "a label 'wave' already"),
    "renamed to another": (RenameLabel(2, "wave"), "a label 'wave' already"),
    "no name": (AddLabel("  "), "is no label"),
    "two lines": (AddLabel("a\nb"), "is no label"),
    "not Unicode": (AddLabel("\udcff"), "is no label"),
    "no colour": (AddLabel("jump", "red"), "is no colour"),
    "label in use": (DeleteLabel(1), "is on 1 segment;"),
    "video twice": (video("work/../work/a.mp4"), "in the project already"),
    "negative frames": (AddVideo("b.mp4", "", -1, 1.0, 1.0, 1, 1), "frames"),
    "endless video": (AddVideo("b.mp4", "", 1, math.inf, 1.0, 1, 1), "duration"),
    "second of two": (Batch((DeleteSegment(1), DeleteSegment(1)), "Twice"), "no segment 1"),
}


@pytest.mark.parametrize(("edit", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_wrong_is_refused_in_one_line_and_changes_nothing(filled, monkeypatch, edit, words):
    monkeypatch.chdir(filled.path.parent.parent)
    before = state(filled), filled.history(), filled.annotators()
    with pytest.raises(ProjectError, match=words) as caught:
        filled.apply(edit)
    assert str(caught.value).startswith(str(filled.path))
    assert "\n" not in str(caught.value)
    assert (state(filled), filled.history(), filled.annotators()) == before


def test_a_segment_may_reach_one_frame_or_a_tenth_of_a_second_beyond_its_video(project):
    project.apply(AddLabel("wave"))
    project.apply(video("negative.mp4", duration=10.0, rate=25.0, start=-0.5))
    project.apply(AddSegment(1, 1, -0.59, 9.59))
    with pytest.raises(ProjectError):
        project.apply(AddSegment(1, 1, 0.0, 9.7))
    project.apply(video("slow.mp4", duration=100.0, rate=0.5))
    project.apply(AddSegment(2, 1, -1.9, 101.9))
    project.apply(video("broken.mp4", duration=None, rate=None))
    project.apply(AddSegment(3, 1, 0.0, 1e6))


def test_labels_take_the_next_colour_of_the_palette_that_is_free(project):
    for i in range(2 * len(perform.PALETTE)):
        project.apply(AddLabel(f"label {i}"))
    colors = [label.color for label in project.labels()]
    assert colors == [*perform.PALETTE, *perform.PALETTE]
    project.apply(AddLabel("mine", "#ABCDEF"))
    assert project.labels()[-1].color == "#abcdef"


def test_paths_follow_the_project_when_its_folder_moves(tmp_path, project):
    folder = project.path.parent
    project.apply(video(folder / "videos" / "a.mp4"))
    project.apply(video(tmp_path / "elsewhere" / "b.mp4"))
    project.close()
    folder.rename(tmp_path / "moved")
    with Project.open(tmp_path / "moved" / "p.etp") as again:
        assert [one.path for one in again.videos()] == [
            tmp_path / "moved" / "videos" / "a.mp4",
            tmp_path / "elsewhere" / "b.mp4",
        ]


def test_a_video_that_moved_is_found_again_by_relinking(filled, tmp_path):
    filled.apply(video("b.mp4"))
    assert filled.apply(RelinkVideo(1, tmp_path / "new.mp4")) == Changes(videos=frozenset({1}))
    assert filled.videos()[0].path == tmp_path / "new.mp4"
    with pytest.raises(ProjectError, match="already"):
        filled.apply(RelinkVideo(2, tmp_path / "new.mp4"))
    with pytest.raises(ProjectError, match="no video 9"):
        filled.apply(RelinkVideo(9, tmp_path / "x.mp4"))
    filled.undo()
    assert filled.videos()[0].path != tmp_path / "new.mp4"
    filled.redo()
    assert filled.videos()[0].path == tmp_path / "new.mp4"


def test_the_tables_themselves_refuse_what_is_no_segment(filled):
    path = filled.path
    filled.close()
    raw = sqlite3.connect(path)
    raw.execute("PRAGMA foreign_keys = ON")
    for start, end, label in ((2.0, 1.0, 1), (1.0, 1.0, 1), (1.0, 2.0, 99), ("x", 2.0, 1)):
        with pytest.raises(sqlite3.IntegrityError):
            raw.execute(
                "INSERT INTO segments (video, label, annotator, start_s, end_s, source, created, "
                "modified, editor) VALUES (1, ?, 1, ?, ?, 'drawn', '', '', 1)",
                (label, start, end),
            )
    raw.close()


def test_a_closed_project_says_so(filled):
    filled.close()
    filled.close()
    with pytest.raises(ProjectError, match="is closed"):
        filled.videos()
    with pytest.raises(ProjectError, match="is closed"):
        filled.apply(AddLabel("late"))


def test_a_verdict_is_remembered_with_who_gave_it_and_can_be_undone(filled):
    changes = filled.apply(Judge(1, "rejected", "jump", 1.0, 2.5))
    assert changes == Changes(videos=frozenset({1}))
    (verdict,) = filled.verdicts(1)
    assert (verdict.verdict, verdict.label, verdict.start, verdict.end) == (
        "rejected",
        "jump",
        1.0,
        2.5,
    )
    assert verdict.annotator == "ann"
    assert filled.undo_title == "Reject jump"
    assert filled.undo().videos == {1}
    assert filled.verdicts() == []
    filled.redo()
    assert filled.verdicts() == [verdict]


def test_a_verdict_on_what_is_no_interval_of_the_video_is_refused(filled):
    for start, end in ((2.0, 1.0), (1.0, 99.0), (math.nan, 1.0)):
        with pytest.raises(ProjectError):
            filled.apply(Judge(1, "kept", "wave", start, end))
    assert filled.verdicts() == []


def test_a_segment_can_be_marked_as_unsure_and_as_sure_again(filled):
    (key,) = filled.apply(AddSegment(1, 1, 1.0, 2.0)).created
    filled.apply(MarkUnsure(key, True))
    assert filled.undo_title == "Mark wave as unsure"
    assert [s.unsure for s in filled.segments() if s.id == key] == [True]
    assert not filled.apply(MarkUnsure(key, True)).segments
    filled.apply(MarkUnsure(key, False))
    assert [s.unsure for s in filled.segments() if s.id == key] == [False]


def test_segments_that_somebody_is_unsure_of_and_their_videos_can_be_asked_for(filled):
    assert filled.unsure_videos() == []
    video = filled.videos()[0].id
    first = filled.segments(video)[0]
    filled.apply(MarkUnsure(first.id, True))
    assert filled.unsure_videos() == [video]
    assert [s.id for s in filled.segments(video, unsure=True)] == [first.id]


def test_segments_are_counted_by_video_without_reading_them(filled):
    before = filled.segment_counts().get(1, 0)
    filled.apply(AddSegment(1, 1, 1.0, 2.0))
    assert filled.segment_counts()[1] == before + 1
