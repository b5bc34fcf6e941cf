"""The keys that draw and change segments: what they do, and that undo takes it back."""

import pytest
from driving import bounds, go, press, shown
from PySide6.QtCore import Qt


def test_i_and_o_make_a_segment_where_nothing_is_selected(qtbot, opened):
    go(qtbot, opened, 36)
    press(qtbot, opened, Qt.Key.Key_I)
    go(qtbot, opened, 45)
    press(qtbot, opened, Qt.Key.Key_O)
    made = opened.session.selected_segment
    assert (made.start, made.end) == (pytest.approx(1.2), pytest.approx(1.5))
    assert made.source == "drawn"


def test_i_and_o_set_the_boundaries_of_the_selected_segment(qtbot, opened):
    opened.session.select(opened.session.segments[0].id)
    go(qtbot, opened, 18)
    press(qtbot, opened, Qt.Key.Key_I)
    go(qtbot, opened, 33)
    press(qtbot, opened, Qt.Key.Key_O)
    assert bounds(opened)[0] == (pytest.approx(0.6), pytest.approx(1.1))


def test_i_o_i_o_draws_one_segment_after_the_other(qtbot, opened):
    before = bounds(opened)
    for first, last in ((35, 40), (42, 50)):
        go(qtbot, opened, first)
        press(qtbot, opened, Qt.Key.Key_I)
        assert opened.session.selected is None and "O ends it here" in opened.video._note
        go(qtbot, opened, last)
        press(qtbot, opened, Qt.Key.Key_O)
    drawn = [span for span in bounds(opened) if span not in before]
    assert drawn == [pytest.approx((35 / 30, 40 / 30)), pytest.approx((42 / 30, 50 / 30))]
    assert len(bounds(opened)) == len(before) + 2


def test_a_segment_that_i_makes_more_than_twice_or_less_than_half_as_long_is_told_of(qtbot, opened):
    opened.session.select(opened.session.segments[1].id)
    go(qtbot, opened, 45)
    press(qtbot, opened, Qt.Key.Key_I)
    assert opened.messages.text == ""  # 1.5 s instead of 1 s
    go(qtbot, opened, 20)
    press(qtbot, opened, Qt.Key.Key_I)
    press(qtbot, opened, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    press(qtbot, opened, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    go(qtbot, opened, 20)
    press(qtbot, opened, Qt.Key.Key_I)
    told = opened.messages.text
    assert told == (
        "wave was 1.00 s long and is 2.33 s now: Ctrl+Z takes it back. "
        "Esc, then I begins another segment."
    )
    press(qtbot, opened, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    go(qtbot, opened, 87)
    press(qtbot, opened, Qt.Key.Key_I)
    assert "was 1.00 s long and is 0.10 s now" in opened.messages.text


def test_o_ends_what_was_begun_though_a_segment_was_selected_since_and_esc_gives_it_up(
    qtbot, opened
):
    before = bounds(opened)
    go(qtbot, opened, 35)
    press(qtbot, opened, Qt.Key.Key_I)
    opened.session.select(opened.session.segments[0].id)
    go(qtbot, opened, 40)
    press(qtbot, opened, Qt.Key.Key_O)
    assert len(bounds(opened)) == 3 and bounds(opened)[0] == before[0]
    press(qtbot, opened, Qt.Key.Key_Escape)
    press(qtbot, opened, Qt.Key.Key_I)
    press(qtbot, opened, Qt.Key.Key_Escape)
    assert opened.video._note == "" and not opened.timeline.lanes.begun
    press(qtbot, opened, Qt.Key.Key_O)
    assert len(bounds(opened)) == 3 and "where the segment starts" in opened.messages.text


def test_a_message_does_not_hide_what_the_picture_says(qtbot, opened):
    press(qtbot, opened, Qt.Key.Key_I)
    high = opened.video._top
    opened.messages.notice("Something was done")
    qtbot.waitUntil(lambda: opened.video._top >= opened.messages.height())
    opened.messages.hide()
    assert opened.video._top == high


def test_o_on_the_last_frame_takes_it_in(qtbot, opened):
    opened.session.select(opened.session.segments[1].id)
    go(qtbot, opened, 119)
    press(qtbot, opened, Qt.Key.Key_O)
    assert bounds(opened)[1][1] == pytest.approx(4.0)


def test_q_w_e_r_nudge_by_exactly_one_frame_and_show_the_frame_there(qtbot, opened):
    opened.session.select(opened.session.segments[0].id)
    expected = [(Qt.Key.Key_Q, 14, 30), (Qt.Key.Key_W, 15, 30), (Qt.Key.Key_E, 15, 29)]
    for key, first, last in [*expected, (Qt.Key.Key_R, 15, 30)]:
        press(qtbot, opened, key)
        assert bounds(opened)[0] == (pytest.approx(first / 30), pytest.approx(last / 30))
        edge = first if key in (Qt.Key.Key_Q, Qt.Key.Key_W) else last
        qtbot.waitUntil(lambda edge=edge: shown(opened) == edge)


def test_b_splits_at_the_playhead_and_m_merges_again(qtbot, opened):
    go(qtbot, opened, 20)
    press(qtbot, opened, Qt.Key.Key_B)
    assert bounds(opened)[:2] == [(0.5, pytest.approx(2 / 3)), (pytest.approx(2 / 3), 1.0)]
    opened.session.select(opened.session.segments[0].id)
    press(qtbot, opened, Qt.Key.Key_M)
    assert bounds(opened)[0] == (0.5, 1.0)


def test_delete_takes_the_segment_and_undo_brings_it_back(qtbot, opened):
    opened.session.select(opened.session.segments[0].id)
    press(qtbot, opened, Qt.Key.Key_Delete)
    assert bounds(opened) == [(2.0, 3.0)]
    assert opened.session.selected == opened.session.segments[0].id
    control = Qt.KeyboardModifier.ControlModifier
    press(qtbot, opened, Qt.Key.Key_Z, control)
    assert bounds(opened) == [(0.5, 1.0), (2.0, 3.0)]
    press(qtbot, opened, Qt.Key.Key_Z, control | Qt.KeyboardModifier.ShiftModifier)
    assert bounds(opened) == [(2.0, 3.0)]


def test_the_digits_relabel_the_selection_or_choose_the_current_label(qtbot, opened):
    session = opened.session
    session.select(session.segments[0].id)
    press(qtbot, opened, Qt.Key.Key_2)
    assert session.label(session.segments[0].label_id).name == "wave"
    assert session.label(session.current_label).name == "jump"
    press(qtbot, opened, Qt.Key.Key_Escape)
    assert session.selected is None
    press(qtbot, opened, Qt.Key.Key_2)
    assert session.label(session.current_label).name == "wave"
    press(qtbot, opened, Qt.Key.Key_9)
    assert opened.messages.text == "There is no label 9 yet."
