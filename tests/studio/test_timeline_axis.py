"""The axis, the marks of the ruler and the room of the lanes: arithmetic without a screen."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etp_studio.timeline import naming
from etp_studio.timeline.axis import GUTTER, MARGIN, Axis
from etp_studio.timeline.layout import LOWEST, PAD, READABLE, TOUCHABLE, arrange
from etp_studio.timeline.ticks import clock, frame_ticks, time_ticks

WHOLE = Axis(0.0, 100.0, 0.0, 100.0, 1000.0, 0.32).fit()
moves = st.lists(
    st.tuples(st.floats(0.01, 50), st.floats(-20, 120), st.floats(-200, 200)), max_size=8
)


def test_fitting_shows_the_whole_video_with_a_margin_for_the_hand():
    assert WHOLE.x(0.0) == pytest.approx(GUTTER + MARGIN)
    assert WHOLE.x(100.0) == pytest.approx(GUTTER + 1000 - MARGIN)


def test_zooming_keeps_the_time_under_the_cursor_at_its_pixel():
    axis = WHOLE.zoom(8, 40.0)
    assert axis.x(40.0) == pytest.approx(WHOLE.x(40.0))
    assert axis.span == pytest.approx(WHOLE.span / 8)


def test_zooming_ends_at_the_closest_view_and_at_the_whole_video():
    assert WHOLE.zoom(1e9, 40.0).span == pytest.approx(0.32)
    assert WHOLE.zoom(4, 40.0).zoom(1e-9) == WHOLE


@given(moves)
def test_nothing_brings_the_view_out_of_the_video(path):
    axis = WHOLE
    for factor, at, by in path:
        axis = axis.zoom(factor, at).pan(by)
        assert axis.x(0.0) <= GUTTER + MARGIN + 1e-6
        assert axis.x(100.0) >= GUTTER + 1000 - MARGIN - 1e-6
        assert 0.32 - 1e-9 <= axis.span <= WHOLE.span + 1e-9


@given(moves, st.floats(0, 2000))
def test_pixel_and_time_are_each_others_inverse(path, x):
    axis = WHOLE
    for factor, at, by in path:
        axis = axis.zoom(factor, at).pan(by)
    assert axis.x(axis.time(x)) == pytest.approx(x, abs=1e-6)


def test_a_moment_on_screen_moves_nothing_and_another_is_brought_to_the_middle():
    axis = WHOLE.zoom(10, 50.0)
    assert axis.reveal(51.0) == axis
    assert axis.reveal(20.0).x(20.0) == pytest.approx(GUTTER + 500)


def test_a_resized_view_of_the_whole_video_stays_one():
    assert WHOLE.resized(500).x(100.0) == pytest.approx(GUTTER + 500 - MARGIN)
    close = WHOLE.zoom(10, 50.0)
    assert (close.resized(500).start, close.resized(500).end) == (close.start, close.end)


@pytest.mark.parametrize(
    ("time", "decimals", "text"),
    [
        (0, 3, "0:00.000"),
        (75.48, 3, "1:15.480"),
        (59.9996, 3, "1:00.000"),
        (3725.5, 1, "1:02:05.5"),
        (61, 0, "1:01"),
        (-1.25, 2, "−0:01.25"),
        (-0.0001, 1, "0:00.0"),
    ],
)
def test_times_are_written_as_people_read_them(time, decimals, text):
    assert clock(time, decimals) == text


@given(st.floats(1, 20000), st.floats(0, 100))
def test_labelled_marks_never_touch_and_lie_in_the_video(factor, at):
    axis = WHOLE.zoom(factor, at)
    labelled = [axis.x(tick.time) for tick in time_ticks(axis, 84) if tick.label]
    assert all(b - a >= 84 - 1e-6 for a, b in itertools.pairwise(labelled))
    assert all(-1e-6 <= tick.time <= 100 + 1e-6 for tick in time_ticks(axis, 84))
    assert len(time_ticks(axis, 84)) < 150


def test_two_labels_of_one_ruler_are_never_the_same():
    for factor in (1, 7, 40, 300):
        labels = [tick.label for tick in time_ticks(WHOLE.zoom(factor, 33), 84) if tick.label]
        assert len(labels) == len(set(labels)) >= 2


def test_frame_numbers_appear_where_frames_can_be_told_apart_and_name_the_frame_that_begins():
    cuts = np.arange(2501) / 25
    assert frame_ticks(WHOLE, cuts, 46) == []
    close = WHOLE.zoom(200, 40.0)
    ticks = frame_ticks(close, cuts, 46)
    assert ticks
    for tick in ticks:
        if tick.label:
            assert cuts[int(tick.label)] == tick.time


def test_the_last_cut_begins_no_frame_and_has_no_number():
    cuts = np.arange(2501) / 25
    end = Axis(0.0, 100.0, 99.7, 100.01, 1000.0, 0.32)
    assert [tick.label for tick in frame_ticks(end, cuts, 10)][-1] == ""


@given(st.floats(120, 900), st.lists(st.integers(1, 6), min_size=4, max_size=4))
def test_lanes_follow_each_other_and_hold_their_sub_rows(height, rows):
    lanes = arrange(height, rows)
    assert lanes[0].top >= PAD - 1e-9
    for lane, count in zip(lanes, rows, strict=True):
        assert lane.bar >= LOWEST
        assert lane.row_top(count - 1) + lane.bar <= lane.bottom
    for above, below in itertools.pairwise(lanes):
        assert above.bottom < below.top


@pytest.mark.parametrize("rows", [(1, 1, 1, 1), (3, 3, 3, 1), (6, 6, 6, 2)])
def test_lanes_fit_into_the_height_there_is(rows):
    for height in (330, 600):
        assert arrange(height, rows)[-1].bottom <= height


@pytest.mark.parametrize("rows", [(1, 1, 1, 1), (6, 6, 6, 1), (1, 2, 3, 2)])
def test_ground_truth_can_be_taken_hold_of_however_much_the_stages_show(rows):
    for height in (170, 330, 600):
        assert arrange(height, rows)[-1].bar >= 12


@pytest.mark.parametrize("height", [165, 170, 200])
@pytest.mark.parametrize("rows", [2, 3, 4, 5])
def test_many_rows_of_ground_truth_leave_the_stages_bars_that_can_be_read(height, rows):
    *stages, truth = arrange(height, (1, 1, 1, rows))
    assert all(lane.bar >= READABLE for lane in stages)
    assert truth.bar >= naming.LEAST and truth.bottom <= height  # names have room


def test_the_loss_is_shared_where_the_stages_have_rows_of_their_own():
    *stages, truth = arrange(165, (2, 2, 2, 5))
    assert stages[0].bar >= 4 and truth.bar >= TOUCHABLE and truth.bottom <= 165


def test_a_slide_moves_what_was_painted_by_whole_pixels():
    axis = Axis(0, 7200, 100, 400, 1468, 0.3)
    later = axis.slide(1.03)
    assert later.slid(axis) == round(1.03 * axis.scale) and axis.slid(later) == -later.slid(axis)
    assert axis.zoom(1.25).slid(axis) is None  # another scale
    assert axis.pan(0.3 / axis.scale).slid(axis) is None  # less than a pixel
