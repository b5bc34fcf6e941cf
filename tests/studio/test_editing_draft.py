"""A drag as a value: where its boundaries are, and the one edit it would become."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etp_core.project import AddSegment, MoveSegment
from etp_studio.editing.draft import Draft
from etp_studio.editing.snap import Snap, Source, snap

CUTS = np.cumsum([0, 0.04, 0.04, 0.05, 0.03, 0.04, 0.04, 0.06, 0.02, 0.04, 0.04])
OFF_START, OFF_END = 0.091, 0.303  # imported boundaries, between two cuts


def to_cut(time):
    return snap(time, {}, 0.0, CUTS)


def edge(kind):
    held = OFF_START if kind == "start" else OFF_END
    return Draft.edge(kind, 5, OFF_START, OFF_END, held, CUTS)


def test_a_dragged_boundary_lies_on_a_cut_and_the_other_keeps_its_exact_seconds():
    edit = edge("start").moved(0.05, to_cut).edit(1, None)
    assert edit == MoveSegment(5, CUTS[1], OFF_END)
    edit = edge("end").moved(0.17, to_cut).edit(1, None)
    assert edit == MoveSegment(5, OFF_START, CUTS[4])


def test_a_segment_keeps_at_least_one_whole_frame_between_its_boundaries():
    start = edge("start").moved(9.0, to_cut)
    assert start.start == max(
        cut for cut in CUTS[:-1] if CUTS[list(CUTS).index(cut) + 1] <= OFF_END
    )
    end = edge("end").moved(-9.0, to_cut)
    assert end.end == CUTS[4]  # 0.091 .. 0.13 would be less than the frame that begins at 0.13
    assert end.edit(1, None) == MoveSegment(5, OFF_START, CUTS[4])


def test_a_body_moves_by_whole_frames_and_keeps_their_number():
    held = Draft.body(5, CUTS[2], CUTS[5], 0.1, CUTS)
    moved = held.moved(0.1 + 0.12, to_cut)
    first, last = list(CUTS).index(moved.start), list(CUTS).index(moved.end)
    assert last - first == 3
    assert moved.start > CUTS[2]


@pytest.mark.parametrize(("time", "start", "end"), [(9.0, 7, 10), (-9.0, 0, 3)])
def test_a_body_stops_at_the_ends_of_the_video(time, start, end):
    moved = Draft.body(5, CUTS[2], CUTS[5], 0.1, CUTS).moved(time, to_cut)
    assert (moved.start, moved.end) == (CUTS[start], CUTS[end])


def test_a_body_is_led_by_the_boundary_that_is_attracted():
    def snapper(time):
        return snap(time, {Source.PLAYHEAD: np.array([CUTS[9]])}, 0.02, CUTS)

    moved = Draft.body(5, CUTS[2], CUTS[5], 0.1, CUTS).moved(
        0.1 + CUTS[9] - CUTS[5] - 0.01, snapper
    )
    assert (moved.end, moved.source, moved.boundary) == (CUTS[9], Source.PLAYHEAD, CUTS[9])


def test_a_body_that_comes_back_asks_for_nothing_even_off_its_cuts():
    held = Draft.body(5, OFF_START, OFF_END, 0.2, CUTS)
    there = held.moved(0.3, to_cut)
    assert there.edit(1, None) is not None
    back = there.moved(0.2, to_cut)
    assert (back.start, back.end, back.edit(1, None)) == (OFF_START, OFF_END, None)


def test_a_new_segment_runs_from_the_press_to_the_pointer_in_either_direction():
    held = Draft.new(Snap(4, CUTS[4]), CUTS)
    assert held.moved(CUTS[7], to_cut).edit(1, 3) == AddSegment(1, 3, CUTS[4], CUTS[7], "drawn")
    assert held.moved(CUTS[2], to_cut).edit(1, 3) == AddSegment(1, 3, CUTS[2], CUTS[4], "drawn")


def test_a_new_segment_without_a_frame_or_a_label_asks_for_nothing():
    held = Draft.new(Snap(4, CUTS[4]), CUTS)
    assert held.moved(CUTS[4] + 0.001, to_cut).edit(1, 3) is None
    assert held.moved(CUTS[7], to_cut).edit(1, None) is None


@given(
    st.sampled_from(["start", "end", "body"]),
    st.floats(0, 0.4),
    st.floats(0.001, 0.4),
    st.lists(st.floats(-0.5, 0.9, allow_nan=False), min_size=1, max_size=4),
)
def test_whatever_is_dragged_where_the_result_is_a_segment_of_the_video(kind, start, span, path):
    end = min(start + span, CUTS[-1])
    if end - start < 1e-6:
        return
    if kind == "body":
        draft = Draft.body(5, start, end, start, CUTS)
    else:
        draft = Draft.edge(kind, 5, start, end, start if kind == "start" else end, CUTS)
    for time in path:
        draft = draft.moved(time, to_cut)
    edit = draft.edit(1, None)
    if edit is None:
        assert (draft.start, draft.end) == (start, end)
        return
    assert 0 <= edit.start < edit.end <= CUTS[-1]
    if kind != "end":
        assert edit.start in CUTS
    if kind != "start":
        assert edit.end in CUTS
    assert (edit.end if kind == "start" else end) == end
