"""A boundary is attracted by what is near, and lands on a cut whatever happens."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from etp_studio.editing.snap import Source, snap

CUTS = np.array([0.0, 0.04, 0.08, 0.13, 0.17, 0.20, 0.26, 0.30])  # a variable rate


def near(**times):
    """Candidates by the name of their source."""
    return {Source[name.upper()]: np.sort(np.array(value)) for name, value in times.items()}


def test_without_anything_near_a_boundary_lands_on_the_nearest_cut():
    landed = snap(0.10, {}, 0.01, CUTS)
    assert (landed.cut, landed.time, landed.source) == (2, 0.08, None)


def test_a_candidate_within_reach_attracts_and_one_beyond_does_not():
    candidates = near(truth=[0.17])
    assert snap(0.145, candidates, 0.03, CUTS).time == 0.17
    assert snap(0.145, candidates, 0.02, CUTS).time == 0.13


def test_the_playhead_goes_before_truth_and_truth_before_stages():
    every = near(playhead=[0.20], truth=[0.17], stage=[0.13])
    assert snap(0.15, every, 0.06, CUTS).source is Source.PLAYHEAD
    del every[Source.PLAYHEAD]
    assert snap(0.15, every, 0.06, CUTS).source is Source.TRUTH
    del every[Source.TRUTH]
    assert snap(0.15, every, 0.06, CUTS).source is Source.STAGE


def test_of_one_source_the_nearest_attracts():
    assert snap(0.15, near(truth=[0.08, 0.13, 0.20]), 0.1, CUTS).time == 0.13


def test_alt_switches_attraction_off_but_a_cut_is_still_a_cut():
    landed = snap(0.145, near(playhead=[0.20]), 0.1, CUTS, attract=False)
    assert (landed.time, landed.source) == (0.13, None)


def test_an_attractor_between_cuts_gives_the_cut_nearest_to_it():
    landed = snap(0.22, near(stage=[0.245]), 0.03, CUTS)
    assert (landed.time, landed.source) == (0.26, Source.STAGE)


@given(
    st.floats(-1, 2, allow_nan=False),
    st.lists(st.floats(0, 0.3, allow_nan=False), max_size=5),
    st.lists(st.floats(0, 0.3, allow_nan=False), max_size=5),
    st.floats(0, 0.2),
    st.booleans(),
)
def test_every_landing_is_a_cut_of_the_video(time, truth, stage, tolerance, attract):
    landed = snap(time, near(truth=truth, stage=stage), tolerance, CUTS, attract)
    assert landed.time == CUTS[landed.cut]
    if landed.source is None:
        assert abs(landed.time - time) == min(abs(CUTS - time))
