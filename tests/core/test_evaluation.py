"""The rules of the two protocols on tiny cases by hand, and against the evaluators' loops."""

import evaluation_oracles as oracle
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etp_core.evaluation import (
    RECALL_TIOUS,
    average_precision,
    average_recall,
    average_recall_area,
    recall,
)

SEGMENT = st.tuples(st.sampled_from("cab"), st.integers(0, 24), st.integers(1, 12)).map(
    lambda row: (row[0], row[1], row[1] + row[2])
)
DETECTION = st.tuples(SEGMENT, st.integers(0, 4)).map(lambda row: (*row[0], row[1] / 4))
TRUTH = st.lists(SEGMENT, min_size=1, max_size=12)
DETECTIONS = st.lists(DETECTION, max_size=25)
LEVELS = (0.1, 0.25, 0.5, 0.75, 1.0)


def columns(rows):
    """Videos, segments and scores of rows (video, start, end[, score])."""
    segments = np.array([row[1:3] for row in rows], dtype=float).reshape(-1, 2)
    return [row[0] for row in rows], segments, [row[-1] for row in rows]


def precision(truth, detections, protocol, levels=LEVELS, ambiguous=()):
    """average_precision of rows."""
    truth_videos, truth_segments, _ = columns(truth)
    videos, segments, scores = columns(detections)
    ambiguous_videos, ambiguous_segments, _ = columns(ambiguous)
    return average_precision(
        truth_segments,
        segments,
        scores,
        levels,
        protocol=protocol,
        truth_videos=truth_videos,
        detection_videos=videos,
        ambiguous=ambiguous_segments,
        ambiguous_videos=ambiguous_videos,
    )


@settings(max_examples=300)
@given(TRUTH, DETECTIONS, st.lists(SEGMENT, max_size=4))
def test_thumos14_equals_the_literal_evaluator(truth, detections, ambiguous):
    expected = [oracle.thumos14(truth, detections, t, ambiguous) for t in LEVELS]
    found = precision(truth, detections, "thumos14", ambiguous=ambiguous)
    assert found == pytest.approx(expected, abs=1e-12)


@settings(max_examples=300)
@given(TRUTH, DETECTIONS)
def test_activitynet_equals_the_literal_evaluator(truth, detections):
    expected = [oracle.activitynet(truth, detections, t) for t in LEVELS]
    assert precision(truth, detections, "activitynet") == pytest.approx(expected, abs=1e-12)


@settings(max_examples=150)
@given(TRUTH, DETECTIONS)
def test_recall_equals_its_definition(truth, detections):
    truth_videos, truth_segments, _ = columns(truth)
    videos, segments, scores = columns(detections)
    named = {"truth_videos": truth_videos, "proposal_videos": videos}
    found = recall(truth_segments, segments, scores, [1, 3, None], LEVELS, **named)
    expected = [[oracle.recall(truth, detections, n, t) for n in (1, 3, 99)] for t in LEVELS]
    assert found == pytest.approx(np.array(expected))
    averaged = average_recall(truth_segments, segments, scores, [1, 3], **named)
    levels = [n / 100 for n in range(50, 100, 5)]
    expected = [np.mean([oracle.recall(truth, detections, n, t) for t in levels]) for n in (1, 3)]
    assert averaged == pytest.approx(expected)


# --- By hand -----------------------------------------------------------------------------------


def test_a_tiou_equal_to_the_threshold_counts_in_activitynet_alone():
    truth, detection = [("v", 0, 10)], [("v", 0, 5, 1.0)]
    assert precision(truth, detection, "thumos14", 0.5) == [0]
    assert precision(truth, detection, "activitynet", 0.5) == [1]
    assert precision(truth, detection, "thumos14", 0.49) == [1]


def test_average_precision_is_the_mean_precision_at_the_true_positives():
    truth = [("v", 0, 10), ("v", 20, 30)]
    detections = [("v", 0, 10, 0.9), ("v", 50, 60, 0.8), ("v", 20, 30, 0.7)]
    assert precision(truth, detections, "thumos14", 0.5) == pytest.approx([(1 + 2 / 3) / 2])


def test_activitynet_interpolates_the_precision():
    truth = [("v", 0, 10), ("v", 20, 30)]
    detections = [("v", 50, 60, 0.9), ("v", 0, 10, 0.8), ("v", 20, 30, 0.7)]
    assert precision(truth, detections, "thumos14", 0.5) == pytest.approx([(1 / 2 + 2 / 3) / 2])
    assert precision(truth, detections, "activitynet", 0.5) == pytest.approx([2 / 3])


def test_a_second_detection_of_the_same_action_is_a_false_positive():
    truth = [("v", 0, 10), ("v", 20, 30)]
    detections = [("v", 0, 10, 0.9), ("v", 0, 10, 0.8), ("v", 20, 30, 0.7)]
    for protocol in ("thumos14", "activitynet"):
        assert precision(truth, detections, protocol, 0.5) == pytest.approx([(1 + 2 / 3) / 2])


def test_thumos14_takes_the_best_overlap_and_activitynet_the_best_score():
    truth = [("v", 0, 10)]
    detections = [("v", 0, 7, 0.9), ("v", 0, 10, 0.8)]
    assert precision(truth, detections, "thumos14", 0.5) == [0.5]  # the second is the true one
    assert precision(truth, detections, "activitynet", 0.5) == [1]


def test_thumos14_serves_ground_truth_in_file_order():
    wide, narrow = ("v", 0, 10), ("v", 2, 10)
    detections = [("v", 1, 10, 0.9), ("v", 0, 6, 0.8)]
    # The first row takes [1, 10), tIoU 0.9 with wide and 8/9 with narrow; then [0, 6) overlaps
    # wide by 0.6 and narrow by 0.4.
    assert precision([wide, narrow], detections, "thumos14", 0.5) == [0.5]
    assert precision([narrow, wide], detections, "thumos14", 0.5) == [1]


def test_an_unmatched_detection_that_overlaps_an_ambiguous_segment_is_ignored_by_thumos14():
    truth, ambiguous = [("v", 0, 10)], [("v", 40, 50)]
    detections = [("v", 49, 80, 0.9), ("v", 0, 10, 0.8)]
    assert precision(truth, detections, "thumos14", 0.5, ambiguous) == [1]
    assert precision(truth, detections, "activitynet", 0.5, ambiguous) == [0.5]
    elsewhere = [("w", 40, 50)]
    assert precision(truth, detections, "thumos14", 0.5, elsewhere) == [0.5]
    touching = [("v", 50, 60, 0.9), ("v", 0, 10, 0.8)]  # half-open: no common moment
    assert precision(truth, touching, "thumos14", 0.5, ambiguous) == [0.5]


def test_a_matched_detection_counts_though_it_overlaps_an_ambiguous_segment():
    assert precision([("v", 0, 10)], [("v", 0, 10, 1)], "thumos14", 0.5, [("v", 5, 9)]) == [1]


def test_ties_fall_by_video_name_and_then_by_row_in_thumos14_and_by_row_in_activitynet():
    truth = [("a", 0, 10)]
    detections = [("b", 0, 10, 0.5), ("a", 0, 10, 0.5)]
    assert precision(truth, detections, "thumos14", 0.5) == [1]
    assert precision(truth, detections, "activitynet", 0.5) == [0.5]
    rows = [("a", 50, 60, 0.5), ("a", 0, 10, 0.5)]
    for protocol in ("thumos14", "activitynet"):
        assert precision(truth, rows, protocol, 0.5) == [0.5]
        assert precision(truth, rows[::-1], protocol, 0.5) == [1]


def test_no_detections_give_nought():
    for protocol in ("thumos14", "activitynet"):
        assert precision([("v", 0, 10)], [], protocol).tolist() == [0] * len(LEVELS)


def test_without_videos_all_segments_are_of_one():
    assert average_precision([[0, 10]], [[0, 9]], [0.5], [0.5, 0.95]).tolist() == [1, 0]
    assert average_recall([[0, 10], [20, 30]], [[0, 10]], [0.5], [1]) == pytest.approx([0.5])


def test_one_proposal_may_find_two_ground_truths():
    assert recall([[0, 10], [1, 10]], [[0, 10]], [1], [1], 0.5).tolist() == [[1]]


def test_the_area_is_that_of_trapezoids_over_the_number_of_proposals():
    assert average_recall_area([0.5] * 100) == pytest.approx(0.5 * 99 / 100)
    assert average_recall_area([0.2, 0.4, 0.8]) == pytest.approx((0.3 + 0.6) / 3)


def test_many_rivals_for_few_ground_truths_are_served_as_one_by_one():
    random = np.random.default_rng(0)
    truth = [("v", s, s + 20) for s in random.integers(0, 30, 40).tolist()]
    detections = [("v", s, s + 20, n % 7) for n, s in enumerate(random.integers(0, 30, 200))]
    expected = [oracle.thumos14(truth, detections, t) for t in LEVELS]
    assert precision(truth, detections, "thumos14") == pytest.approx(expected)
    expected = [oracle.activitynet(truth, detections, t) for t in LEVELS]
    assert precision(truth, detections, "activitynet") == pytest.approx(expected)


def test_thresholds_are_the_decimals_that_they_look_like():
    assert RECALL_TIOUS == (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([], [[0, 1]], [1]), {}, "no ground truth"),
        (([[0, 1]], [[0, 1], [3, 2]], [1, 1]), {}, "row 1"),
        (([[0, 1]], [[0, 1]], [1, 2]), {}, "scores must have the shape"),
        (([[0, 1]], [[0, 1]], [np.nan]), {}, "row 0: the score"),
        (([[0, 1]], [[0, 1]], [1]), {"truth_videos": ["a"]}, "videos of all segments"),
        (
            ([[0, 1]], [[0, 1]], [1]),
            {"truth_videos": ["a"], "detection_videos": ["a", "b"]},
            "2 videos are named for 1 segments",
        ),
        (([[0, 1]], [[0, 1]], [1]), {"protocol": "coco"}, "protocol must be one of"),
    ],
)
def test_arrays_that_cannot_be_scored_are_refused(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        average_precision(*arguments, **options)
