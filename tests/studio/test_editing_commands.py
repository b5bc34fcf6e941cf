"""What the keys do to a segment: one edit, or a reason that a person can read."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etp_core.project import (
    AddSegment,
    Batch,
    DeleteSegment,
    MoveSegment,
    RelabelSegment,
    StoredSegment,
)
from etp_studio.editing import commands

CUTS = np.arange(101) / 25


def stored(id_=1, start=1.0, end=2.0, label=1):
    return StoredSegment(id_, 9, label, start, end, "Ada", "imported:a.csv")


def test_start_and_end_are_set_at_the_cut_of_the_frame_on_screen():
    assert commands.set_start(stored(), 0.52, CUTS).edit == MoveSegment(1, 0.52, 2.0)
    assert commands.set_end(stored(), 2.52, CUTS).edit == MoveSegment(1, 1.0, 2.52)


def test_the_boundary_that_is_not_set_keeps_its_exact_seconds():
    segment = stored(start=1.0123, end=2.0456)
    assert commands.set_start(segment, 0.5, CUTS).edit.end == 2.0456
    assert commands.set_end(segment, 3.0, CUTS).edit.start == 1.0123


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (commands.set_start(stored(), 2.0, CUTS), "at least one frame before"),
        (commands.set_end(stored(), 1.0, CUTS), "at least one frame after"),
        (commands.set_start(stored(), 1.0, CUTS), "there already"),
        (commands.nudge(stored(start=0.0), "start", -1, CUTS), "end of the video"),
        (commands.nudge(stored(end=4.0), "end", 3, CUTS), "end of the video"),
        (commands.split(stored(), 1.0, CUTS), "into the segment"),
        (commands.split(stored(), 3.0, CUTS), "into the segment"),
        (commands.merge(stored(), [stored(), stored(2, 2.2, 3, label=2)]), "No later segment"),
        (commands.relabel(stored(), 1), "already"),
        (commands.duplicate(stored(start=1.0, end=3.0), CUTS), "no room"),
    ],
)
def test_where_there_is_nothing_to_do_the_reason_says_why(outcome, words):
    assert outcome.edit is None
    assert words in outcome.reason
    assert "\n" not in outcome.reason


@pytest.mark.parametrize(("frames", "time"), [(1, 1.04), (-1, 0.96), (10, 1.4), (-10, 0.6)])
def test_a_nudge_moves_one_boundary_by_frames(frames, time):
    assert commands.nudge(stored(), "start", frames, CUTS).edit.start == pytest.approx(time)


@pytest.mark.parametrize(("frames", "cut"), [(1, 26), (-1, 25), (2, 27), (-2, 24)])
def test_a_boundary_between_two_cuts_goes_to_the_next_one_in_that_direction(frames, cut):
    edit = commands.nudge(stored(start=1.013), "start", frames, CUTS).edit
    assert edit.start == CUTS[cut]


def test_a_boundary_that_was_rounded_in_a_file_counts_as_on_its_cut():
    assert commands.nudge(stored(start=1.0000003), "start", 1, CUTS).edit.start == CUTS[26]
    assert commands.nudge(stored(start=0.9999997), "start", -1, CUTS).edit.start == CUTS[24]


def test_a_split_gives_two_segments_that_meet_at_a_cut_in_one_step():
    segment = stored(start=1.0123, end=2.0456)
    edit = commands.split(segment, 1.51, CUTS).edit
    assert isinstance(edit, Batch)
    move, add = edit.edits
    assert (move.start, move.end) == (1.0123, CUTS[38])
    assert add == AddSegment(9, 1, CUTS[38], 2.0456, "imported:a.csv", "Ada")


def test_a_merge_takes_the_next_segment_of_the_same_label_and_what_lies_between():
    other = [stored(2, 2.5, 3.0, label=2), stored(4, 3.5, 3.9), stored(3, 2.2, 2.8)]
    edit = commands.merge(stored(), [stored(), *other]).edit
    assert edit == Batch((DeleteSegment(3), MoveSegment(1, 1.0, 2.8)), "Merge segments")


def test_a_merge_leaves_what_another_annotator_has_drawn_alone():
    theirs = replace(stored(2, 1.1, 2.1), annotator="Bo")
    assert commands.merge(stored(), [stored(), theirs]).edit is None
    mine = stored(3, 2.2, 3.0)
    edit = commands.merge(stored(), [stored(), theirs, mine]).edit
    assert edit.edits == (DeleteSegment(3), MoveSegment(1, 1.0, 3.0))


def test_a_merge_with_a_segment_that_lies_inside_only_takes_it_away():
    inside = stored(2, 1.2, 1.6)
    edit = commands.merge(stored(), [stored(), inside]).edit
    assert edit == Batch((DeleteSegment(2),), "Merge segments")


def test_delete_and_relabel_name_the_segment():
    assert commands.delete(stored()).edit == DeleteSegment(1)
    assert commands.relabel(stored(), 2).edit == RelabelSegment(1, 2)


def test_a_duplicate_lies_directly_behind_and_has_as_many_frames():
    edit = commands.duplicate(stored(start=1.0123, end=2.0), CUTS).edit
    assert edit == AddSegment(9, 1, 2.0, 3.0, "drawn")


@given(
    st.floats(0, 3.8),
    st.floats(0.05, 2),
    st.sampled_from(["start", "end"]),
    st.integers(-150, 150).filter(bool),
)
def test_a_nudged_segment_stays_a_segment_of_the_video(start, span, edge, frames):
    segment = stored(start=start, end=min(start + span, 4.0))
    outcome = commands.nudge(segment, edge, frames, CUTS)
    if outcome.edit is None:
        assert outcome.reason
        return
    edit = outcome.edit
    moved, kept = (edit.start, edit.end) if edge == "start" else (edit.end, edit.start)
    assert moved in CUTS
    assert kept == (segment.end if edge == "start" else segment.start)
    assert CUTS[0] <= edit.start < edit.end <= CUTS[-1]
    before = segment.start if edge == "start" else segment.end
    assert (moved - before) * frames > 0
