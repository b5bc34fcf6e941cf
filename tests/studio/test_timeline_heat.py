"""Lanes with more bars than can be told apart show how many lie where."""

import numpy as np
import pytest
from evolving import LABELS, cuts_of, truth_of
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF

from etp_core.evolution import Evolution, ProposalList
from etp_studio.timeline import TimelineView
from etp_studio.timeline.heat import density

WIDTH = 40
BARS = st.lists(
    st.tuples(st.floats(-5, 45), st.floats(0, 20), st.integers(0, 2), st.floats(0.1, 1)),
    max_size=25,
)


@given(BARS)
def test_each_bar_counts_in_every_pixel_it_touches(made):
    bars = np.array(made).reshape(-1, 4)
    left, right, hue = bars[:, 0], bars[:, 0] + bars[:, 1], bars[:, 2].astype(int)
    most, amount = density(left, right, hue, bars[:, 3], 3, WIDTH)
    for column in range(WIDTH):
        of = [0.0, 0.0, 0.0]
        for a, b, k, strength in zip(left, right, hue, bars[:, 3], strict=True):
            if (a < column + 1 and b > column) or int(np.floor(a)) == column:
                of[k] += strength
        assert amount[column] == pytest.approx(sum(of), abs=1e-9)
        assert of[most[column]] == pytest.approx(max(of), abs=1e-9)


@pytest.fixture
def crowd(qtbot):
    """Three thousand detections, of which nine in ten lie in the first half."""
    rng = np.random.default_rng(4)
    start = np.where(rng.random(3000) < 0.9, rng.uniform(0, 28, 3000), rng.uniform(30, 58, 3000))
    spans = np.stack([start, start + 1], axis=1)
    stage = ProposalList.of(spans, rng.uniform(0.5, 1, 3000), rng.integers(2, size=3000))
    view = TimelineView()
    qtbot.addWidget(view)
    view.resize(1000, 800)
    view.show()
    view.set_video(1, cuts_of(60.0))
    view.set_labels(LABELS)
    view.set_truth(truth_of(60.0, 3))
    names = tuple(label.name for label in LABELS)
    view.set_evolution(Evolution("1", names, np.zeros(0), np.zeros((len(names) + 1, 0)), stage))
    view.show_all(True)
    return view


def ink(view, time):
    """How far the middle of the lane of results differs from its band."""
    picture = view.lanes.grab().toImage()
    band = view.lanes.bands[0]
    here = picture.pixelColor(round(view.axis.x(time)), round((band.top + band.bottom) / 2))
    empty = picture.pixelColor(round(view.axis.x(29.5)), round((band.top + band.bottom) / 2))
    return sum(abs(a - b) for a, b in zip(here.getRgb(), empty.getRgb(), strict=True))


def test_a_lane_that_is_too_dense_shows_where_most_of_its_bars_lie(crowd):
    assert crowd.lanes.picture().dense == (True, False, False, False)
    assert ink(crowd, 15) > ink(crowd, 45) > 0


def test_closer_up_it_has_bars_again(crowd):
    crowd.show_range(44.0, 45.0)
    assert crowd.lanes.picture().dense == (False,) * 4


def test_a_bar_of_the_heat_can_be_chosen_and_stands_out(crowd):
    band = crowd.lanes.bands[0]
    at = QPointF(crowd.axis.x(45.0), band.row_top(0) + band.bar / 2)
    found = crowd.lanes.proposal_at(at)
    assert found is not None
    crowd.lanes.set_chain(found)
    bars = crowd.lanes.scene.lanes[0]
    picture = crowd.lanes.picture()
    assert picture.dense[0] and picture.forward(0, np.arange(len(bars))).sum() == 1
    crowd.grab()
