"""Why detections are wrong: every kind of error by hand, and what fixing it would give."""

import numpy as np
import pytest

from etp_core.annotations import Annotations, Segment, VideoEntry
from etp_core.errors import InputError
from etp_core.evaluation import confusion, diagnose, evaluate, worst_cases
from etp_core.evaluation.diagnosis import ERRORS, Kind


def truth(*rows):
    return Annotations.of(Segment(*row) for row in rows)


def detected(*rows):
    return Annotations.of(Segment(*row, stage="localization") for row in rows)


TRUTH = truth(("a", "run", 0, 10), ("a", "jump", 20, 30), ("b", "run", 0, 10), ("c", "jump", 0, 9))
ROWS = {
    Kind.TRUE: ("a", "run", 0, 9, 0.9),
    Kind.DOUBLE: ("a", "run", 0, 8, 0.8),
    Kind.WRONG_LABEL: ("a", "run", 20, 29, 0.95),
    Kind.LOCALISATION: ("b", "run", 6, 16, 0.7),  # tIoU 4 / 16
    Kind.CONFUSION: ("b", "jump", 6, 16, 0.6),
    Kind.BACKGROUND: ("b", "jump", 9.9, 30, 0.5),  # tIoU below 0.1
}


def test_every_false_positive_is_of_the_kind_of_what_it_overlaps_most():
    found = diagnose(evaluate(TRUTH, detected(*ROWS.values())), 0.5)
    assert [Kind(kind) for kind in found.kinds] == list(ROWS)
    assert [found.count(kind) for kind in ERRORS] == [1] * 5
    assert found.missed == 3


def test_a_detection_that_lies_on_two_classes_equally_goes_by_its_own():
    both = truth(("a", "jump", 0, 10), ("a", "run", 0, 10))
    found = diagnose(evaluate(both, detected(("a", "run", 0, 9, 0.9), ("a", "run", 0, 9, 0.8))))
    assert [Kind(kind) for kind in found.kinds] == [Kind.TRUE, Kind.DOUBLE]


def test_a_tiou_equal_to_the_level_reaches_it_in_activitynet_alone():
    rows = detected(("a", "jump", 0, 5, 0.9), ("a", "run", 20, 21, 0.1))
    kinds = [diagnose(evaluate(TRUTH, rows, name)).kinds[0] for name in ("thumos14", "activitynet")]
    assert kinds == [Kind.CONFUSION, Kind.WRONG_LABEL]


def test_what_is_ignored_in_ambiguous_segments_is_no_error():
    doubtful = truth(("a", "run", 0, 10))
    doubtful.videos["a"] = VideoEntry(ambiguous=[(50, 60)])
    found = diagnose(evaluate(doubtful, detected(("a", "run", 50, 60, 0.9))))
    assert [Kind(kind) for kind in found.kinds] == [Kind.IGNORED]


def test_fixing_a_kind_gives_the_map_that_evaluating_without_it_gives():
    random = np.random.default_rng(1)
    rows = []
    for n in range(60):
        start = float(random.uniform(0, 30))
        video, label = "abc"[n % 3], ("run", "jump")[n % 2]
        rows.append((video, label, start, start + float(random.uniform(2, 12)), n / 60))
    for protocol in ("thumos14", "activitynet"):
        result = evaluate(TRUTH, detected(*rows), protocol, [0.3, 0.5])
        found = diagnose(result, 0.3)
        assert found.mean_average_precision == pytest.approx(result.mean_average_precision[0])
        for kind in ERRORS:
            rest = [row for row, own in zip(rows, found.kinds, strict=True) if own != kind]
            again = evaluate(TRUTH, detected(*rest), protocol, [0.3, 0.5])
            assert found.fixed[kind] == pytest.approx(again.mean_average_precision[0])


def test_the_profile_counts_the_best_of_each_class_in_steps_of_its_ground_truths():
    found = diagnose(evaluate(TRUTH, detected(*ROWS.values())), 0.5)
    first = dict(zip(Kind, found.profile[0].tolist(), strict=True))  # the two best of each class
    assert (first[Kind.WRONG_LABEL], first[Kind.TRUE]) == (1, 1)
    assert (first[Kind.CONFUSION], first[Kind.BACKGROUND]) == (1, 1)
    assert found.profile[-1].sum() == len(ROWS)


def test_confusion_counts_every_ground_truth_once_and_what_hits_none_below():
    rows = detected(
        ("a", "run", 0, 9, 0.9), ("a", "run", 20, 29, 0.95), ("b", "run", 0, 10, 0.9),
        ("b", "jump", 40, 50, 0.85), ("c", "jump", 0, 9, 0.1), ("c", "run", 30, 40, 0.05),
    )  # fmt: skip
    matrix, least = confusion(evaluate(TRUTH, rows))
    # classes jump, run; F1 is best, 2 * 3 / (5 + 4), if all down to the score 0.1 count
    assert least == pytest.approx(0.1)
    assert matrix.tolist() == [[1, 1, 0], [0, 2, 0], [1, 0, 0]]


def test_worst_cases_are_missed_actions_bad_boundaries_and_confident_errors():
    cases = worst_cases(evaluate(TRUTH, detected(*ROWS.values())), 0.5)
    by_kind = {}
    for case in cases:
        by_kind.setdefault(case.kind, []).append(case)
    assert [(c.video, c.start) for c in by_kind["missed"]] == [("a", 20), ("b", 0), ("c", 0)]
    assert by_kind["missed"][1].text.endswith("run has tIoU 0.25")
    assert by_kind["boundaries"][0].text == "starts 0.00 s early, ends 1.00 s early"
    assert by_kind["wrong label"][0].text == "is jump"
    assert by_kind["wrong label"][0].truth == (20, 30)
    assert by_kind["background"][0].score == 0.5
    assert len(worst_cases(evaluate(TRUTH, detected(*ROWS.values())), 0.5, count=1)) == 7


def test_curves_are_those_of_a_class_or_of_all_detections():
    result = evaluate(TRUTH, detected(*ROWS.values()))
    curve = result.curve(0.5, "run")
    assert curve.scores.tolist() == [0.95, 0.9, 0.8, 0.7]
    assert curve.precision == pytest.approx([0, 1 / 2, 1 / 3, 1 / 4])
    assert curve.recall == pytest.approx([0, 0.5, 0.5, 0.5])
    assert curve.best == (pytest.approx(0.5), 0.9)
    assert len(result.curve(0.5).scores) == 6
    with pytest.raises(InputError, match=r"tIoU 0\.55 was not evaluated"):
        result.curve(0.55)
    with pytest.raises(InputError, match="class 'hop'"):
        result.curve(0.5, "hop")


def test_without_detections_all_is_missed_and_nothing_is_an_error():
    result = evaluate(TRUTH, detected())
    found = diagnose(result)
    assert found.missed == 4 and not len(found.kinds)
    assert confusion(result)[0].tolist() == [[0, 0, 2], [0, 0, 2], [0, 0, 0]]
    assert [case.kind for case in worst_cases(result)] == ["missed"] * 4
