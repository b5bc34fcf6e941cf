"""Intervals in time, non-maximum suppression, and cuts between frames, against naive oracles."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etp_core import timeline
from etp_core.timeline import as_segments, cut_at, frame_at, nms, suppress, tiou

SEGMENT = st.tuples(st.integers(-40, 40), st.integers(1, 30)).map(lambda x: (x[0], x[0] + x[1]))
SEGMENTS = st.lists(SEGMENT, max_size=40)


def exact_tiou(a, b):
    overlap = max(0, min(a[1], b[1]) - max(a[0], b[0]))
    return Fraction(overlap, (a[1] - a[0]) + (b[1] - b[0]) - overlap)


def greedy(segments, scores, threshold):
    """Non-maximum suppression as it is told: the best goes first, its duplicates go away."""
    kept, by = [], [-1] * len(segments)
    for row in sorted(range(len(segments)), key=lambda r: -scores[r]):
        for winner in kept:
            if exact_tiou(segments[winner], segments[row]) > threshold:
                by[row] = winner
                break
        else:
            kept.append(row)
    return kept, by


# --- tIoU --------------------------------------------------------------------------------------


@given(SEGMENTS, SEGMENTS)
def test_tiou_is_intersection_over_union_of_every_pair(a, b):
    expected = [[float(exact_tiou(x, y)) for y in b] for x in a]
    found = tiou(a, b)
    assert found.shape == (len(a), len(b))
    assert found == pytest.approx(np.reshape(expected, (len(a), len(b))), abs=1e-15)


def test_half_open_intervals_that_touch_do_not_overlap():
    assert tiou([[0, 1]], [[1, 2], [0, 1], [0.5, 1.5]]).tolist() == [[0, 1, 1 / 3]]


@pytest.mark.parametrize(
    "bad", [[3, 3], [4, 3], [np.nan, 1], [0, np.inf]], ids=["empty", "reversed", "nan", "infinite"]
)
def test_an_empty_or_reversed_interval_is_refused_with_its_row(bad):
    for call in (
        lambda rows: tiou(rows, [[0, 1]]),
        lambda rows: tiou([[0, 1]], rows),
        lambda rows: nms(rows, [1, 2], 0.5),
    ):
        with pytest.raises(ValueError, match=r"row 1: .* is empty or reversed"):
            call([[0, 1], bad])


def test_intervals_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"shape \(N, 2\)"):
        as_segments([[1, 2, 3]])


# --- Non-maximum suppression -------------------------------------------------------------------

TENTHS = st.sampled_from([Fraction(n, 10) for n in (0, 1, 3, 5, 7, 9, 10)])


@settings(max_examples=400)
@given(
    st.lists(st.tuples(SEGMENT, st.integers(0, 5)), max_size=60),
    TENTHS,
    st.booleans(),
    st.sampled_from([0, timeline._NEIGHBOURS, np.inf]),
)
def test_suppression_is_the_greedy_one_and_remembers_the_winner(
    rows, threshold, cramped, neighbours
):
    segments, scores = [r[0] for r in rows], [r[1] for r in rows]
    # These tIoUs are fractions below 1/70; none lies on the level, where floats would decide.
    level = min(threshold + Fraction(1, 10**6), Fraction(1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timeline, "_NEIGHBOURS", neighbours)  # never, by their number, always at once
        if cramped:  # many small batches instead of one
            patch.setattr(timeline._Neighbours, "_PAIRS", 5)
            patch.setattr(timeline._Neighbours, "_RANKS", 3)
        kept, by = suppress(segments, scores, float(level))
    expected_kept, expected_by = greedy(segments, scores, level)
    assert kept.tolist() == expected_kept
    assert by.tolist() == expected_by
    assert nms(segments, scores, float(level)).tolist() == expected_kept


@pytest.mark.parametrize("threshold", [0.0, 0.36, 0.5, 0.9])
@pytest.mark.parametrize("spread", [0.01, 1.0, 3.0])
def test_many_segments_of_very_different_lengths_are_suppressed_alike(
    threshold, spread, monkeypatch
):
    random = np.random.default_rng(5)
    start = random.random(3000) * 400
    segments = np.stack([start, start + np.exp(random.normal(0.5, spread, 3000))], axis=1)
    scores = random.random(3000)
    kept, by = suppress(segments, scores, threshold)
    overlap = tiou(segments, segments)
    expected_kept = []
    for row in np.argsort(-scores):
        winners = [k for k in expected_kept if overlap[k, row] > threshold]
        assert by[row] == (winners[0] if winners else -1)
        if not winners:
            expected_kept.append(row)
    assert kept.tolist() == expected_kept
    for neighbours in (0, np.inf):  # never or always all pairs at once
        monkeypatch.setattr(timeline, "_NEIGHBOURS", neighbours)
        assert suppress(segments, scores, threshold)[1].tolist() == by.tolist()


def test_among_equal_scores_the_earlier_row_wins():
    assert suppress([[0, 10], [1, 10], [0, 9]], [1, 1, 1], 0.5)[1].tolist() == [-1, 0, 0]


def test_a_tiou_equal_to_the_threshold_does_not_suppress():
    assert nms([[0, 2], [1, 2]], [2, 1], 0.5).tolist() == [0, 1]
    assert nms([[0, 2], [1, 2]], [2, 1], 0.49).tolist() == [0]
    assert nms([[0, 2], [0, 2]], [2, 1], 1).tolist() == [0, 1]


def test_nothing_suppressed_leaves_nothing():
    kept, by = suppress(np.zeros((0, 2)), [], 0.5)
    assert kept.tolist() == []
    assert by.tolist() == []


@pytest.mark.parametrize("threshold", [-0.1, 1.1, np.nan])
def test_a_threshold_that_is_no_tiou_is_refused(threshold):
    with pytest.raises(ValueError, match="between 0 and 1"):
        nms([[0, 1]], [1], threshold)


# --- Frames and cuts ---------------------------------------------------------------------------

PTS = st.lists(st.integers(0, 10**6), min_size=1, max_size=30, unique=True).map(
    lambda ms: np.sort(np.array(ms)) / 1000
)


@given(PTS, st.floats(-10, 1010))
def test_the_frame_on_screen_is_the_last_that_has_begun(pts, time):
    begun = [i for i, t in enumerate(pts) if t <= time + 5e-7]
    assert frame_at(pts, time) == (begun[-1] if begun else 0)


@given(PTS, st.data())
def test_a_time_rounded_to_the_microsecond_stays_on_its_frame(pts, data):
    shifted = pts + 1 / 3
    frame = data.draw(st.integers(0, len(pts) - 1))
    assert frame_at(shifted, round(shifted[frame], 6)) == frame


@given(PTS, st.floats(-10, 1010))
def test_the_nearest_cut_is_the_nearest(pts, time):
    cuts = np.append(pts, pts[-1] + 0.04)
    distance = np.abs(cuts - time)
    assert distance[cut_at(cuts, time)] == distance.min()


def test_a_time_in_the_middle_goes_to_the_earlier_cut():
    assert cut_at(np.array([0.0, 1.0, 2.0]), 0.5) == 0
    assert cut_at(np.array([0.0, 1.0, 2.0]), 1.5) == 1
