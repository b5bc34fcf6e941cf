"""Algorithm 1 against a literal transcription of the paper's pseudo-code, and its edge cases."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter1d

from etp_core.actionness import propose
from etp_core.evolution import Reason
from etp_core.timeline import tiou

INF = float("inf")


# --- The oracle: line by line, sets of frames --------------------------------------------------


def conn_component(curve, minimum, maximum, t, semantics, extent, alone=True, left=None):
    """Lines 14-32. A candidate is (its frames above t, its dilated frames), both sets.

    What is never moved, or copied, to the result is put into the set `left`.

    `alone` is the one amendment: the loop also runs for a single candidate, and until every
    candidate fills the video. Without it, the loop is the paper's `while |CSet| > 1`.
    """
    video = set(range(len(curve)))
    cset = [({i}, {i}) for i in video if curve[i] >= t]
    pset, copied = [], []
    while len(cset) > (0 if alone else 1):
        cset = [(core, video & {q for p in c for q in (p - 1, p, p + 1)}) for core, c in cset]
        touching = True
        while touching:
            touching = False
            for i in range(len(cset)):
                for j in range(i + 1, len(cset)):
                    if cset[i][1] & cset[j][1]:
                        union = (cset[i][0] | cset[j][0], cset[i][1] | cset[j][1])
                        cset = [c for k, c in enumerate(cset) if k not in (i, j)] + [union]
                        touching = True
                        break
                if touching:
                    break
        for candidate in list(cset):
            core, dilated = candidate
            span = core if extent == "tight" else dilated
            start, end = min(span), max(span) + 1
            if minimum < end - start < maximum and core not in copied:
                pset.append((start, end))
                if semantics == "move":
                    cset.remove(candidate)
                else:
                    copied.append(core)
        if all(dilated == video for _, dilated in cset):
            break
    if left is not None:
        left |= {(min(core), max(core) + 1) for core, _ in cset if core not in copied}
    return set(pset)


def algorithm1(scores, minimum, maximum, t, sigma, semantics, extent):
    """Lines 3-10: CPSet before NMS, as (curve, start, end)."""
    curves = [*scores, np.mean(scores, axis=0)]
    cpset = set()
    for k, curve in enumerate(curves):
        smoothed = gaussian_filter1d(curve, sigma) if sigma else curve
        for version in (curve, smoothed):
            pset = conn_component(version, minimum, maximum, t, semantics, extent)
            cpset |= {(k, start, end) for start, end in pset}
    return cpset


def spans(proposals):
    return [tuple(int(x) for x in span) for span in proposals.spans]


SEMANTICS = st.sampled_from(["move", "copy"])
EXTENT = st.sampled_from(["tight", "dilated"])
BINARY = st.lists(st.sampled_from([0.0, 0.0, 1.0]), min_size=1, max_size=40)
LENGTHS = st.tuples(st.integers(0, 12), st.one_of(st.integers(1, 45), st.just(INF)))


@settings(max_examples=600)
@given(BINARY, LENGTHS, SEMANTICS, EXTENT)
def test_the_components_are_those_of_the_literal_loop(curve, lengths, semantics, extent):
    options = {"sigma": 0, "semantics": semantics, "extent": extent, "nms_threshold": 1}
    found = propose(curve, 0.5, *lengths, **options)
    left = set()
    expected = conn_component(curve, *lengths, 0.5, semantics, extent, left=left)
    assert spans(found) == sorted(expected)
    both = propose(curve, 0.5, *lengths, **options, dropped=True)
    assert spans(both) == sorted(expected) + sorted(left)
    reasons = [Reason.KEPT] * len(expected) + [Reason.LENGTH] * len(left)
    assert both.reasons.tolist() == reasons and (both.suppressed_by == -1).all()


@settings(max_examples=150)
@given(BINARY, LENGTHS, SEMANTICS, EXTENT)
def test_the_amendment_only_adds_proposals_to_the_papers(curve, lengths, semantics, extent):
    literal = conn_component(curve, *lengths, 0.5, semantics, extent, alone=False)
    amended = conn_component(curve, *lengths, 0.5, semantics, extent)
    assert literal <= amended
    if extent == "tight" and sum(curve) > 1:
        assert literal == amended  # only a lone frame above the threshold makes a difference


@settings(max_examples=150)
@given(
    st.integers(1, 3).flatmap(
        lambda k: st.lists(
            st.lists(st.integers(0, 8), min_size=k, max_size=k), min_size=1, max_size=30
        )
    ),
    LENGTHS,
    st.sampled_from([0.0, 1.0, 3.0]),
    SEMANTICS,
    EXTENT,
)
def test_the_candidate_set_is_the_papers(rows, lengths, sigma, semantics, extent):
    scores = np.array(rows, dtype=np.float64).T / 8
    found = propose(
        scores,
        0.41,  # no score and no mean of scores lies on it
        *lengths,
        sigma=sigma,
        semantics=semantics,
        extent=extent,
    )
    curve = np.where(found.labels < 0, len(scores), found.labels)
    got = {(int(k), *span) for k, span in zip(curve, spans(found), strict=True)}
    assert len(got) == len(found)
    assert got == algorithm1(scores, *lengths, 0.41, sigma, semantics, extent)


@settings(max_examples=100)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.3, 0.9]), st.booleans())
def test_nms_is_greedy_and_names_the_suppressor(seed, threshold, across):
    scores = np.random.default_rng(seed).random((3, 60))
    found = propose(scores, [0.4, 0.7], 1, nms_threshold=threshold, across_labels=across)
    overlap = tiou(found.spans, found.spans)
    kept = []
    for row in np.argsort(-found.scores, kind="stable"):
        rivals = [k for k in kept if across or found.labels[k] == found.labels[row]]
        winner = next((k for k in rivals if overlap[k, row] > threshold), -1)
        assert found.suppressed_by[row] == winner
        assert found.reasons[row] == (Reason.KEPT if winner < 0 else Reason.NMS)
        if winner < 0:
            kept.append(row)
    assert found.kept.tolist() == kept


# --- What it finds, by hand --------------------------------------------------------------------


def test_an_isolated_run_is_a_proposal_from_its_first_to_its_last_frame():
    assert spans(propose([0, 0, 1, 1, 1, 0, 0], 0.5, 1, 10, sigma=0)) == [(2, 5)]


def test_no_frame_above_the_threshold_gives_no_proposal():
    found = propose(np.zeros((2, 50)), 0.5)
    assert len(found) == 0
    assert found.spans.shape == (0, 2)
    assert found.kept.size == 0


def test_all_frames_above_the_threshold_give_the_whole_video():
    assert spans(propose(np.ones(50), 0.5)) == [(0, 50)]
    assert spans(propose(np.ones(50), 0.5, extent="dilated")) == [(0, 50)]


def test_a_lone_frame_is_a_proposal_where_the_minimum_allows_it():
    curve = [0, 0, 0, 1, 0, 0]
    assert spans(propose(curve, 0.5, sigma=0)) == [(3, 4)]
    assert spans(propose(curve, 0.5, 1, sigma=0)) == []
    assert spans(propose(curve, 0.5, 1, sigma=0, extent="dilated")) == [(2, 5)]


def test_two_runs_one_frame_apart_are_one_proposal():
    assert spans(propose([0, 1, 1, 0, 1, 1, 0], 0.5, sigma=0)) == [(1, 6)]


def test_two_runs_two_frames_apart_touch_at_the_second_pass():
    curve = [1, 1, 0, 0, 1, 1]
    assert spans(propose(curve, 0.5, sigma=0)) == [(0, 2), (4, 6)]  # taken at the first
    assert spans(propose(curve, 0.5, 2, sigma=0)) == [(0, 6)]  # too short at the first


def test_a_video_of_one_frame():
    assert spans(propose([1.0], 0.5)) == [(0, 1)]
    assert spans(propose([1.0], 0.5, extent="dilated")) == [(0, 1)]
    assert spans(propose([0.0], 0.5)) == []


def test_a_frame_on_the_threshold_is_above_it_in_single_precision_too():
    assert spans(propose(np.array([0, 0.7, 0], np.float32), 0.7, sigma=0)) == [(1, 2)]


def test_the_length_limits_are_strict():
    curve = [0, 1, 1, 1, 0]
    assert spans(propose(curve, 0.5, 2, 4, sigma=0)) == [(1, 4)]
    assert spans(propose(curve, 0.5, 3, 4, sigma=0)) == []
    assert spans(propose(curve, 0.5, 2, 3, sigma=0)) == []


def test_what_never_fits_is_told_where_it_is_asked_for():
    curve = [1, 0, 0, 0, 0, 0, 0, 0.6, 0.8, 0.7, 0.7, 0.7, 0.7, 0]
    found = propose(curve, 0.5, 1, 5, sigma=0, dropped=True)
    # the long run is too long, and so is what it becomes with the lone frame
    assert spans(found) == [(0, 13)] and found.reasons.tolist() == [Reason.LENGTH]
    assert found.scores == pytest.approx([(1 + 0.6 + 0.8 + 4 * 0.7) / 13]) and not len(found.kept)


def test_a_moved_candidate_bridges_no_others_and_a_copied_one_does():
    #        0  1  2  3  4  5  6  7  8  9 10 11 12
    curve = [1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 0, 0, 1]
    # The run [3, 6) leaves at the first pass. [8, 10) and [12, 13) join at the second.
    assert spans(propose(curve, 0.5, 2, sigma=0, nms_threshold=1)) == [(3, 6), (8, 13)]
    copied = propose(curve, 0.5, 2, sigma=0, semantics="copy", nms_threshold=1)
    assert spans(copied) == [(0, 13), (3, 6)]


def test_frames_on_both_sides_of_a_moved_candidate_join_around_it():
    curve = np.zeros(20)
    curve[[2, 14]] = 1
    curve[6:11] = 1
    assert spans(propose(curve, 0.5, 4, sigma=0, nms_threshold=1)) == [(2, 15), (6, 11)]


def test_a_candidate_leaves_before_a_gap_that_its_neighbour_left_behind_closes():
    curve = np.zeros(40)
    curve[[0, 11, 12, 15, 16, 25, 26, 35, 36]] = 1
    # [11, 17) joins and leaves at the second pass, [25, 37) at the fifth; 0 could join the latter
    # at the thirteenth.
    expected = [(11, 17), (25, 37)]
    assert spans(propose(curve, 0.5, 4, sigma=0, nms_threshold=1)) == expected
    assert sorted(conn_component(curve, 4, INF, 0.5, "move", "tight")) == expected


def test_the_smoothed_curve_adds_what_the_raw_one_breaks_up():
    curve = np.zeros(60)
    curve[20:40] = 1
    curve[28:31] = 0
    raw = propose(curve, 0.4, sigma=0)
    both = propose(curve, 0.4, sigma=3)
    assert spans(raw) == [(20, 28), (31, 40)]
    assert set(spans(raw)) < set(spans(both))
    assert any(end - start > 15 for start, end in spans(both))


def test_several_thresholds_pool_their_candidates():
    curve = [0, 0.5, 0.9, 0.9, 0.5, 0]
    assert spans(propose(curve, [0.4, 0.8], sigma=0)) == [(1, 5), (2, 4)]


def test_the_score_is_the_mean_of_the_raw_curve_inside():
    found = propose([0, 0.5, 0.75, 1.0, 0], 0.5, sigma=0)
    assert found.scores == pytest.approx([0.75])


def test_labels_are_class_indices_and_minus_one_for_the_average_curve():
    scores = np.zeros((2, 30))
    scores[0, 3:9] = 0.8
    scores[1, 20:26] = 0.8
    found = propose(scores, 0.3, sigma=0, across_labels=False)
    assert spans(found) == [(3, 9), (20, 26), (3, 9), (20, 26)]
    assert found.labels.tolist() == [0, 1, -1, -1]
    assert found.scores == pytest.approx([0.8, 0.8, 0.4, 0.4])
    one = propose(scores, 0.3, sigma=0)  # the paper's NMS: the average curve repeats the classes
    assert one.kept.tolist() == [0, 1]
    assert one.suppressed_by.tolist() == [-1, -1, 0, 1]


@pytest.mark.parametrize(("average", "count"), [("mean", 0), ("max", 1), ("sum", 1)])
def test_the_average_curve_can_be_the_mean_the_maximum_or_the_sum(average, count):
    scores = np.full((4, 10), 0.2)
    scores[0, 2:7] = 0.8  # the mean inside is 0.35, the sum 1.4, and 0.8 outside
    found = propose(scores, 0.79, sigma=0, average=average, across_labels=False)
    assert (found.labels == -1).sum() == count


def test_an_extra_curve_takes_the_place_of_the_average():
    scores, extra = np.zeros((2, 10)), np.zeros(10)
    extra[4:8] = 1
    found = propose(scores, 0.5, sigma=0, extra=extra)
    assert spans(found) == [(4, 8)]
    assert found.labels.tolist() == [-1]


# --- What it refuses ---------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_scores_that_are_not_finite_are_refused_with_their_place(bad):
    scores = np.zeros((2, 5))
    scores[1, 3] = bad
    with pytest.raises(ValueError, match=r"scores must be finite; the value at \(1, 3\)"):
        propose(scores, 0.5)


@pytest.mark.parametrize(
    ("scores", "options", "message"),
    [
        (np.zeros((2, 2, 2)), {}, "shape"),
        (np.zeros(0), {}, "shape"),
        (["a", "b"], {}, "numbers"),
        (np.zeros((2, 5)), {"extra": np.zeros(4)}, "extra must have the shape"),
        (np.zeros(5), {"extra": np.zeros(5)}, "extra"),
        (np.zeros((2, 5)), {"average": "median"}, "average"),
        (np.zeros(5), {"semantics": "swap"}, "semantics"),
        (np.zeros(5), {"extent": "loose"}, "extent"),
        (np.zeros(5), {"sigma": -1}, "sigma"),
        (np.zeros(5), {"min_length": np.nan}, "min_length"),
        (np.zeros(5), {"thresholds": []}, "thresholds"),
        (np.zeros(5), {"thresholds": np.nan}, "thresholds"),
    ],
)
def test_what_cannot_be_meant_is_refused(scores, options, message):
    with pytest.raises(ValueError, match=message):
        propose(scores, **{"thresholds": 0.5, **options})
