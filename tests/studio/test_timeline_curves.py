"""Curves: pieces in any order become one curve, and drawing loses no peak."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etp_studio.timeline.curve_data import GAP, CurveData, columns

TIMES = np.arange(1000) * 0.1


def noise(rows=3, count=1000, seed=0):
    return np.random.default_rng(seed).uniform(0, 1, (rows, count)).astype(np.float32)


@given(st.permutations(range(5)))
def test_pieces_may_come_in_any_order(order):
    scores = noise()
    data = CurveData(("a", "b"))
    for k in order:
        data.append(TIMES[k * 200 : k * 200 + 200], scores[:, k * 200 : k * 200 + 200])
    assert np.array_equal(data.times, TIMES)
    assert np.array_equal(data.scores, scores)


def test_a_curve_passes_a_score_between_two_samples_and_never_in_a_gap():
    times = np.array([0.0, 1.0, 2.0, 3.0, 20.0, 21.0])
    data = CurveData.of(("a",), times, np.array([[0, 1, 0.5, 0, 1, 0.0]] * 2), sigma=0)
    assert data.crossings(0, 0.25).tolist() == [0.25, 2.5, 20.75]
    assert CurveData(("a",)).crossings(0, 0.5).tolist() == []


def test_a_moment_that_comes_again_takes_the_new_scores():
    data = CurveData.of(("a",), TIMES[:3], np.zeros((2, 3)))
    data.append(TIMES[1:2], np.ones((2, 1)))
    assert data.scores[0].tolist() == [0, 1, 0]


def test_scores_of_other_classes_are_refused_and_nothing_changes():
    data = CurveData.of(("a", "b"), TIMES, noise())
    with pytest.raises(ValueError, match=r"\(3, 10\), not \(2, 10\)"):
        data.append(TIMES[:10], noise(2, 10))
    assert data.scores.shape == (3, 1000)


@given(st.floats(0, 90), st.floats(0.2, 99), st.integers(20, 300))
def test_no_peak_of_the_view_is_lost(start, span, pixels):
    scores = noise()
    data = CurveData.of(("a", "b"), TIMES, scores)
    inside = (start <= TIMES) & (start + span >= TIMES)
    for k in range(3):
        x, low, high = data.drawn(k, False, start, start + span, pixels)
        if inside.any():
            assert np.nanmax(high) >= scores[k, inside].max()
            assert np.nanmin(low) <= scores[k, inside].min()
        assert len(x) <= 2 * pixels + 3
        assert low.shape == high.shape == (len(x),)


@given(st.floats(0, 40), st.floats(0, 3))
def test_panning_does_not_make_the_curve_shimmer(start, by):
    data = CurveData.of(("a", "b"), TIMES, noise())
    here = data.drawn(0, False, start, start + 50, 40)
    there = data.drawn(0, False, start + by, start + by + 50, 40)
    _, a, b = np.intersect1d(here[0], there[0], return_indices=True)
    assert len(a) >= 20
    assert np.array_equal(here[1][a], there[1][b]) and np.array_equal(here[2][a], there[2][b])


def test_few_samples_are_drawn_as_they_are_with_one_on_either_side():
    scores = noise()
    data = CurveData.of(("a", "b"), TIMES, scores)
    x, low, high = data.drawn(1, False, 10.05, 11.05, 400)
    assert x == pytest.approx(TIMES[100:112])
    assert np.array_equal(low, scores[1, 100:112]) and low is high


def test_what_has_no_curve_yet_is_known_before_after_and_between_the_pieces():
    data = CurveData(("a", "b"))
    assert data.gaps(0, 100) == [(0, 100)]
    scores = noise()
    for first in (600, 200):
        data.append(TIMES[first : first + 200], scores[:, first : first + 200])
    assert np.allclose(data.gaps(0, 100), [(0, 20), (39.9, 60), (79.9, 100)])
    data.append(TIMES, scores)
    assert data.gaps(0, 100) == []


def test_a_gap_in_time_breaks_the_curve_and_is_never_smoothed_over():
    times = np.concatenate([TIMES[:100], TIMES[100:200] + 50])
    scores = np.zeros((2, 200), np.float32)
    scores[:, 100:] = 1
    data = CurveData.of(("a",), times, scores)
    assert np.array_equal(data.smooth, scores)
    for pixels in (30, 4000):
        x, low, _ = data.drawn(0, True, 0, 80, pixels)
        assert np.isnan(x).sum() == 1 and np.isnan(low).sum() == 1
    assert np.diff(times).max() > GAP * data.step


def test_smoothing_keeps_the_mean_and_the_ends():
    data = CurveData.of(("a",), TIMES, np.full((2, 1000), 0.7))
    assert data.smooth == pytest.approx(0.7)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=30))
def test_upright_strokes_touch_each_other(pairs):
    low = np.array([min(p) for p in pairs])
    high = np.array([max(p) for p in pairs])
    x, y = columns(np.arange(len(pairs)), low, high)
    bottom, top = y[::2], y[1::2]
    assert (bottom <= low).all() and (top >= high).all()
    assert (bottom[1:] <= high[:-1]).all() and (top[1:] >= low[:-1]).all()
    assert x.tolist() == sorted(x.tolist())


@pytest.mark.parametrize("sigma", [0.0, 1.0, 3.0, 7.5])
def test_the_smoothing_is_that_of_the_recipe(sigma):
    from scipy.ndimage import gaussian_filter1d

    scores = noise()
    data = CurveData.of(("a", "b"), TIMES, scores, sigma)
    expected = gaussian_filter1d(scores, sigma, axis=1) if sigma else scores
    assert np.allclose(data.smooth, expected, atol=1e-5)
