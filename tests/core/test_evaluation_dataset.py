"""Evaluation of whole datasets: the published numbers, and what does not match up is said."""

import os
from pathlib import Path

import evaluation_oracles as oracle
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etp_core.annotations import Annotations, Segment, VideoEntry
from etp_core.errors import InputError
from etp_core.evaluation import evaluate
from etp_core.formats import read

DATA = Path(os.environ.get("ETP_SHARED", "../shared")) / "data" / "thumos14"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"{DATA} is not there")


@pytest.fixture(scope="module")
def thumos():
    return read(DATA / "annotation")


def percent(result):
    return (100 * result.mean_average_precision).tolist()


# --- Published numbers -------------------------------------------------------------------------


@needs_data
@pytest.mark.parametrize(
    ("file", "tiou", "expected"),
    [
        ("cbr_nms0.5", 0.5, 30.98),
        ("cbr_nms0.3", 0.3, 50.12),
        ("cbr_nms0.7", 0.7, 9.87),
        ("turn_flow_nms0.5", 0.5, 25.56),
        ("turn_flow_nms0.3", 0.3, 44.13),
    ],
)
def test_thumos14_gives_the_published_numbers(thumos, file, tiou, expected):
    detections = read(DATA / "detections" / f"{file}.txt")
    result = evaluate(thumos, detections, "thumos14", [tiou], subset="test")
    assert round(percent(result)[0], 2) == expected
    assert (result.videos, result.ground_truths) == (213, 3358)


LEVELS = (0.3, 0.4, 0.5, 0.6, 0.7)
OFFICIAL = (49.98, 41.84, 31.35, 18.45, 8.90)


@needs_data
def test_activitynet_gives_the_official_numbers_up_to_its_unstable_ties(thumos):
    detections = read(DATA / "detections" / "cbr_nms0.5.txt")
    result = evaluate(thumos, detections, "activitynet", LEVELS, subset="test")
    assert percent(result) == pytest.approx(OFFICIAL, abs=0.015)


def _sorts_as_avx512() -> bool:
    """Whether NumPy sorts with AVX-512 here, as where the official numbers were made."""
    from numpy._core import _multiarray_umath

    return bool(_multiarray_umath.__cpu_features__.get("AVX512_SKX"))


@needs_data
def test_activitynet_gives_the_official_numbers_where_ties_fall_as_they_did_there(thumos):
    # The official code ranks a class by argsort()[::-1], whose ties depend on the processor; rows
    # that come in that order stay in it, and the numbers come out to the second decimal.
    if not _sorts_as_avx512():
        pytest.skip("NumPy's argsort leaves ties in another order without AVX-512")
    detections = read(DATA / "detections" / "cbr_nms0.5.txt")
    rows = []
    for label in detections.labels:
        group = [row for row in detections.segments if row.label == label]
        rows += [group[i] for i in np.argsort([row.score for row in group])[::-1]]
    result = evaluate(thumos, Annotations.of(rows), "activitynet", LEVELS, subset="test")
    assert tuple(round(mean, 2) for mean in percent(result)) == OFFICIAL


@needs_data
def test_activitynet_ties_fall_by_row_on_every_machine(thumos):
    detections = read(DATA / "detections" / "cbr_nms0.5.txt")
    result = evaluate(thumos, detections, "activitynet", LEVELS, subset="test")
    assert [round(mean, 2) for mean in percent(result)] == [49.98, 41.83, 31.35, 18.44, 8.89]


@needs_data
def test_the_activitynet_style_file_of_thumos14_gives_the_same_numbers(thumos):
    other = read(DATA / "thumos14_activitynet_style.json")
    detections = read(DATA / "detections" / "cbr_nms0.5.txt")
    pair = [evaluate(truth, detections, "activitynet", subset="test") for truth in (thumos, other)]
    assert pair[0].average_precision == pytest.approx(pair[1].average_precision)
    assert [note.split(":")[0] for note in pair[1].notes] == [
        "14 detections count as false positives"  # its 212 videos lack the one without instances
    ]


@needs_data
def test_without_a_subset_the_one_that_the_detections_are_in_is_scored(thumos):
    detections = read(DATA / "detections" / "cbr_nms0.5.txt")
    result = evaluate(thumos, detections, tious=[0.5])
    assert round(percent(result)[0], 2) == 30.98
    assert result.notes == (
        "scored on the subset 'test', where the detections are; the ground truth has the subsets "
        "test, validation",
    )


# --- Datasets of a few rows --------------------------------------------------------------------


def truth(*rows, **videos):
    """Ground truth of rows (video, label, start, end); videos name a subset."""
    found = Annotations.of(Segment(*row) for row in rows)
    for video, subset in videos.items():
        found.videos.setdefault(video, VideoEntry()).subset = subset
    return found


def detected(*rows, stage="localization"):
    """Detections of rows (video, label, start, end, score)."""
    return Annotations.of(Segment(*row, stage=stage) for row in rows)


ROW = st.tuples(
    st.sampled_from(["v3", "v1", "v2"]),
    st.sampled_from(["run", "jump"]),
    st.integers(0, 20),
    st.integers(1, 10),
).map(lambda row: (*row[:3], row[2] + row[3]))
SCORED = st.tuples(ROW, st.integers(0, 4)).map(lambda row: (*row[0], row[1] / 4))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(ROW, min_size=1, max_size=15),
    st.lists(SCORED, max_size=20),
    st.lists(ROW, max_size=3),
)
def test_every_class_is_scored_by_itself_in_every_video(rows, found, doubtful):
    ground_truth = truth(*rows)
    for video in ("v1", "v2", "v3"):
        entry = ground_truth.videos.setdefault(video, VideoEntry())
        entry.ambiguous = [(s, e) for v, _, s, e in doubtful if v == video]
    detections = detected(*found)
    options = {"tious": (0.3, 0.5), "allow_unknown": True}
    by_protocol = {p: evaluate(ground_truth, detections, p, **options) for p in (
        "thumos14", "activitynet"
    )}  # fmt: skip
    assert by_protocol["thumos14"].classes == tuple(sorted({row[1] for row in rows}))
    for c, label in enumerate(by_protocol["thumos14"].classes):
        gt = [(v, s, e) for v, name, s, e in rows if name == label]
        det = [(v, s, e, score) for v, name, s, e, score in found if name == label]
        amb = [(v, s, e) for v, _, s, e in doubtful]
        for t, level in enumerate((0.3, 0.5)):
            assert by_protocol["thumos14"].average_precision[c, t] == pytest.approx(
                oracle.thumos14(gt, det, level, amb)
            )
            assert by_protocol["activitynet"].average_precision[c, t] == pytest.approx(
                oracle.activitynet(gt, det, level)
            )


def test_a_class_without_detections_has_precision_nought_and_counts_in_the_mean():
    result = evaluate(
        truth(("a", "run", 0, 9), ("a", "jump", 0, 9)), detected(("a", "run", 0, 9, 1.0))
    )
    assert result.classes == ("jump", "run")
    assert result.average_precision[:, 0].tolist() == [0, 1]
    assert result.mean_average_precision[0] == 0.5
    assert result.notes == ("no detections with the label 'jump': average precision 0",)


def test_a_label_that_the_ground_truth_does_not_have_is_refused_by_name_or_left_out():
    pair = truth(("a", "run", 0, 9)), detected(("a", "run", 0, 9, 0.1), ("a", "hop", 0, 9, 0.9))
    with pytest.raises(InputError, match="label 'hop', which the ground truth does not have"):
        evaluate(*pair)
    result = evaluate(*pair, allow_unknown=True)
    assert result.mean_average_precision.tolist() == [1] * 5
    assert result.detections == 1
    assert result.notes == (
        "1 detection left out: the label 'hop', which the ground truth does not have",
    )


def test_detections_in_a_video_that_the_ground_truth_does_not_know_are_false_positives():
    result = evaluate(
        truth(("a", "run", 0, 9)), detected(("z", "run", 0, 9, 0.9), ("a", "run", 0, 9, 0.1))
    )
    assert result.mean_average_precision[0] == 0.5
    assert result.notes == (
        "1 detections count as false positives: the ground truth does not have the video 'z'",
    )


def test_a_video_with_only_ambiguous_segments_ignores_the_detections_that_overlap_them():
    ground_truth = truth(("a", "run", 0, 9))
    ground_truth.videos["b"] = VideoEntry(ambiguous=[(0, 5)])
    detections = detected(("b", "run", 4, 9, 0.9), ("a", "run", 0, 9, 0.1))
    assert evaluate(ground_truth, detections).mean_average_precision[0] == 1
    assert evaluate(ground_truth, detections, "activitynet").mean_average_precision[0] == 0.5


def test_a_video_without_detections_is_named():
    result = evaluate(
        truth(("a", "run", 0, 9), ("b", "run", 0, 9)), detected(("a", "run", 0, 9, 1.0))
    )
    assert result.notes == ("no detections in the video 'b' of the ground truth",)


def test_no_common_video_is_an_error_that_shows_both_names():
    with pytest.raises(InputError, match=r"video 'a\.mp4'.* of the video 'a'"):
        evaluate(truth(("a", "run", 0, 9)), detected(("a.mp4", "run", 0, 9, 1.0)))


def test_no_detections_at_all_give_nought_and_say_so():
    result = evaluate(truth(("a", "run", 0, 9)), detected())
    assert result.mean_average_precision.tolist() == [0] * 5
    assert result.average_recall.tolist() == [0] * 6
    assert result.boundaries.count == 0
    assert result.as_dict()["boundary_error"]["start_s"] is None
    assert len(result.notes) == 2


def test_a_subset_leaves_out_its_other_videos_with_a_note():
    ground_truth = truth(("a", "run", 0, 9), ("b", "run", 0, 9), a="test", b="train")
    detections = detected(("b", "run", 50, 60, 0.9), ("a", "run", 0, 9, 0.1))
    result = evaluate(ground_truth, detections, subset="test")
    assert (result.videos, result.ground_truths, result.detections) == (1, 1, 1)
    assert result.mean_average_precision[0] == 1
    assert result.notes == ("1 detection left out: of videos outside the subset 'test'",)
    with pytest.raises(InputError, match=r"subset 'dev' \(there are: test, train\)"):
        evaluate(ground_truth, detections, subset="dev")


def test_detections_in_several_subsets_are_scored_on_all_with_a_note():
    ground_truth = truth(("a", "run", 0, 9), ("b", "run", 0, 9), a="test", b="train")
    detections = detected(("b", "run", 50, 60, 0.9), ("a", "run", 0, 9, 0.1))
    result = evaluate(ground_truth, detections)
    assert result.ground_truths == 2
    assert result.notes == ("all subsets are scored together: test, train",)


def test_a_class_of_another_subset_is_left_out_with_a_note_and_no_error():
    ground_truth = truth(("a", "run", 0, 9), ("b", "hop", 0, 9), a="test", b="train")
    detections = detected(("a", "run", 0, 9, 0.9), ("a", "hop", 0, 9, 0.8))
    result = evaluate(ground_truth, detections, subset="test")
    assert result.classes == ("run",)
    assert result.notes == (
        "1 detection left out: the label 'hop', of which this subset has no ground truth",
    )


def test_of_several_stages_the_localization_is_scored_and_rows_without_a_stage_are_taken():
    ground_truth = truth(("a", "run", 0, 9))
    stages = Annotations.of(
        [
            Segment("a", "run", 50, 60, 0.9, "actionness"),
            Segment("a", "run", 0, 9, 0.5, "localization"),
            Segment("a", "run", 70, 90, 0.9, "ground_truth"),
        ]
    )
    assert evaluate(ground_truth, stages).mean_average_precision[0] == 1
    bare = detected(("a", "run", 0, 9, 0.5), stage="ground_truth")
    assert evaluate(ground_truth, bare).mean_average_precision[0] == 1
    with pytest.raises(InputError, match=r"no rows of the stage localization \(only refinement\)"):
        evaluate(ground_truth, detected(("a", "run", 0, 9, 0.5), stage="refinement"))
    with pytest.raises(InputError, match="the ground truth has no segments"):
        evaluate(detected(("a", "run", 0, 9, 0.5)), stages)


def test_boundary_errors_are_those_of_the_best_scored_detection_that_finds_the_action():
    ground_truth = truth(("a", "run", 10, 20), ("a", "jump", 10, 20), ("a", "run", 50, 60))
    detections = detected(
        ("a", "run", 10, 20, 0.2),  # exact, but scored less than the next
        ("a", "run", 12, 21, 0.6),
        ("a", "run", 10, 40, 0.9),  # tIoU 1/3 does not find it
        ("a", "jump", 9, 16, 0.1),  # tIoU 6/11
        ("a", "run", 50, 55, 0.9),  # tIoU 1/2 does not exceed 1/2
    )
    errors = evaluate(ground_truth, detections).boundaries
    assert (errors.count, errors.start, errors.end) == (2, (2 + 1) / 2, (1 + 4) / 2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tious": [0.0]}, "tIoU threshold"),
        ({"tious": [50]}, "tIoU threshold"),
        ({"tious": []}, "tIoU threshold"),
        ({"protocol": "coco"}, "no protocol 'coco'"),
        ({"counts": [0]}, "AR@AN"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        evaluate(truth(("a", "run", 0, 9)), detected(("a", "run", 0, 9, 0.5)), **options)


def test_a_detection_without_a_score_or_without_a_length_is_named():
    ground_truth = truth(("a", "run", 0, 9))
    with pytest.raises(InputError, match="'run' of 0 to 9 s in 'a' has no score"):
        evaluate(ground_truth, detected(("a", "run", 0, 9, None)))
    with pytest.raises(InputError, match="'run' of 9 to 9 s in 'a' is empty or reversed"):
        evaluate(ground_truth, detected(("a", "run", 9, 9, 0.5)))
