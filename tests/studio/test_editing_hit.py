"""What lies under the pointer, from geometry alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etp_studio.editing.hit import GRIP, REACH, Box, hit

BAR = Box(7, 100, 200, 10, 30)


@pytest.mark.parametrize(
    ("x", "kind"),
    [
        (100 - REACH - 0.1, "empty"),
        (100 - REACH, "edge-start"),
        (100, "edge-start"),
        (100 + GRIP, "edge-start"),
        (100 + GRIP + 0.1, "body"),
        (150, "body"),
        (200 - GRIP - 0.1, "body"),
        (200 - GRIP, "edge-end"),
        (200 + REACH, "edge-end"),
        (200 + REACH + 0.1, "empty"),
    ],
)
def test_edges_reach_a_little_out_of_the_bar_and_a_little_into_it(x, kind):
    found = hit(x, 20, [BAR])
    assert found.kind == kind
    assert found.segment == (None if kind == "empty" else 7)


@pytest.mark.parametrize("y", [9.9, 30.1])
def test_above_and_below_a_bar_there_is_nothing(y):
    assert hit(150, y, [BAR]).kind == "empty"


def test_a_narrow_bar_keeps_a_body_between_its_edges():
    narrow = Box(1, 100, 106, 0, 20)
    assert [hit(x, 5, [narrow]).kind for x in (101, 103, 105)] == ["edge-start", "body", "edge-end"]


def test_where_two_bars_touch_the_side_of_the_pointer_decides():
    left, right = Box(1, 0, 100, 0, 20), Box(2, 100, 200, 0, 20)
    for boxes in ([left, right], [right, left]):
        before, after = hit(99, 5, boxes), hit(101, 5, boxes)
        assert (before.segment, before.kind) == (1, "edge-end")
        assert (after.segment, after.kind) == (2, "edge-start")


def test_where_two_bars_touch_an_edge_of_the_selected_one_wins():
    left, right = Box(1, 0, 100, 0, 20), Box(2, 100, 200, 0, 20)
    assert hit(101, 5, [left, right], selected=1).segment == 1
    assert hit(99, 5, [left, right], selected=2).segment == 2
    assert hit(150, 5, [left, right], selected=1).segment == 2


def test_of_bars_that_cover_each_other_the_last_painted_one_is_on_top():
    below, above = Box(1, 0, 200, 0, 20), Box(2, 50, 150, 0, 20)
    assert hit(100, 5, [below, above]).segment == 2
    assert hit(20, 5, [below, above]).segment == 1


@given(
    st.floats(0, 1000),
    st.lists(st.tuples(st.floats(0, 1000), st.floats(0.5, 300)), max_size=6),
)
def test_what_is_hit_is_near_the_pointer(x, spans):
    boxes = [Box(i, left, left + width, 0, 20) for i, (left, width) in enumerate(spans)]
    found = hit(x, 10, boxes)
    near = [box for box in boxes if box.left - REACH <= x <= box.right + REACH]
    if not near:
        assert found.kind == "empty"
        return
    box = boxes[found.segment]
    assert box in near
    if found.kind == "body":
        assert box.left < x < box.right
    elif found.kind == "edge-start":
        assert abs(x - box.left) <= abs(x - box.right)
