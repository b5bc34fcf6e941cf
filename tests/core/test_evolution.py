"""The result of one video: linked lists that survive a file, and detections as rows."""

from pathlib import Path

import numpy as np
import pytest

from etp_core.detections import detections_of, proposals_as_detections
from etp_core.errors import InputError
from etp_core.evolution import STAGES, Evolution, ProposalList, Reason


@pytest.fixture
def evolution() -> Evolution:
    return Evolution(
        video="/videos/clip.mp4",
        classes=("jump", "wave"),
        times=np.array([0.0, 0.1, 0.2]),
        curves=np.array([[0.1, 0.2, 0.3], [0.0, 0.5, 1.0], [0.1, 0.7, 1.0]], np.float32),
        actionness=ProposalList.of(
            np.array([[0.0, 1.0], [0.5, 2.0], [0.6, 2.0]]),
            np.array([0.5, 0.6, 0.55]),
            labels=np.array([0, -1, 1]),
            reasons=np.array([Reason.KEPT, Reason.KEPT, Reason.NMS], np.int8),
            suppressed_by=np.array([-1, -1, 1]),
        ),
        refinement=ProposalList.of(
            np.array([[0.1, 1.1], [0.4, 2.1]]),
            np.array([0.5, 0.6]),
            parents=np.array([0, 1]),
            reasons=np.array([Reason.BACKGROUND, Reason.KEPT], np.int8),
            offsets=np.array([[0.1, 0.0], [-0.03, 0.13]]),
            units=np.array([[0.0, 1.0, 0.4, 4.0], [0.5, 2.0, 0.4, 7.0]]),
            probabilities=np.array([[0.1, 0.2, 0.7], [0.1, 0.8, 0.1]], np.float32),
        ),
        localization=ProposalList.of(
            np.array([[0.42, 2.06], [0.45, 2.0]]),
            np.array([0.3, 1.9]),
            labels=np.array([0, 1]),
            parents=np.array([1, 1]),
            completeness=np.array([0.2, 1.1]),
        ),
        model="a model",
        recipe={"thresholds": [0.3, 0.5], "max_length": 30.0},
    )


def test_an_evolution_comes_back_from_its_file_as_it_was(evolution: Evolution, tmp_path: Path):
    evolution.save(tmp_path / "new folder" / "e.npz")
    back = Evolution.load(tmp_path / "new folder" / "e.npz")
    assert (back.video, back.classes, back.model) == (
        "/videos/clip.mp4",
        ("jump", "wave"),
        "a model",
    )
    assert back.recipe == evolution.recipe
    np.testing.assert_array_equal(back.curves, evolution.curves)
    for stage in STAGES:
        for name, value in vars(evolution.stage(stage)).items():
            np.testing.assert_array_equal(getattr(back.stage(stage), name), value)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not really", b"etp"])
def test_a_file_that_is_no_evolution_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "e.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"e\.npz"):
        Evolution.load(path)


def test_every_detection_names_the_proposals_it_came_from(evolution: Evolution) -> None:
    assert evolution.ancestry(0) == (1, 1)
    assert evolution.refinement.kept.tolist() == [1]
    assert evolution.refinement.given.tolist() == [0, 1]
    assert evolution.actionness.given.tolist() == [0, 1]


def test_lists_of_unequal_length_are_refused() -> None:
    with pytest.raises(ValueError, match="scores has 1 rows, segments has 2"):
        ProposalList.of(np.array([[0.0, 1.0], [1.0, 2.0]]), np.array([0.5]))


def test_detections_are_rows_best_first_with_the_nearest_frames(evolution: Evolution) -> None:
    cuts = np.arange(31) / 10
    rows = detections_of(evolution, cuts).segments
    assert [(row.label, row.score, row.proposal_id, row.parent_id) for row in rows] == [
        ("wave", 1.9, "d1", "r1"),
        ("jump", 0.3, "d0", "r1"),
    ]
    assert (rows[0].start, rows[0].start_frame, rows[0].end_frame) == (0.45, 4, 20)
    assert (rows[1].start_frame, rows[1].end_frame) == (4, 21)
    assert rows[0].completeness == 1.1 and rows[0].source == "a model"


def test_with_all_stages_what_each_gave_is_there_whatever_the_next_made_of_it(
    evolution: Evolution,
) -> None:
    rows = detections_of(evolution, np.arange(31) / 10, all_stages=True).segments
    assert [(row.stage, row.proposal_id, row.parent_id, row.label) for row in rows] == [
        ("actionness", "a1", "", "any"),
        ("actionness", "a0", "", "jump"),
        ("refinement", "r1", "a1", "any"),
        ("refinement", "r0", "a0", "any"),
        ("localization", "d1", "r1", "wave"),
        ("localization", "d0", "r1", "jump"),
    ]


def first_stage(segments: list[list[float]], curves: list[list[float]]) -> Evolution:
    """A second a snippet; the proposals, whose own scores do not matter, and nothing after them."""
    rows = np.array(curves, np.float32)
    proposals = ProposalList.of(np.array(segments), np.zeros(len(segments)))
    times = np.arange(rows.shape[1]) / 1.0
    return Evolution("v.mp4", ("jump", "wave"), times, rows, actionness=proposals)


def test_a_proposal_of_an_early_stage_is_worth_what_it_has_more_than_its_surroundings() -> None:
    wave = [0.0, 0.0, 0.6, 0.8, 1.0, 0.6, 0.0, 0.0]
    early = first_stage([[3.0, 5.0], [2.0, 6.0], [3.0, 4.0], [5.0, 8.0]], [[0.1] * 8, wave, wave])
    found = proposals_as_detections(early, "actionness", 0.9).segments
    assert [(s.label, s.start, s.end) for s in found] == [
        ("wave", 2.0, 6.0),  # the whole action, though its peak has the higher mean
        ("wave", 3.0, 5.0),
        ("wave", 3.0, 4.0),
        ("wave", 5.0, 8.0),
    ]
    whole, peak, part, late = (s.score for s in found)
    assert whole == pytest.approx(3.0 / 4)  # nothing in [0, 2) and [6, 8)
    assert peak == pytest.approx((1.8 - 0.6 - 0.6) / 2)
    assert part == pytest.approx(0.8 - 0.5 * 0.6 - 0.5 * 1.0)
    assert late == pytest.approx((0.6 - (0.5 * 0.8 + 1.0)) / 3)  # [3.5, 5), and beyond the video


def test_proposals_of_an_early_stage_suppress_those_of_their_class() -> None:
    jump, wave = [0.9, 0.9, 0.4, 0.4, 0.0], [0.0, 0.0, 0.5, 0.5, 0.0]
    early = first_stage([[0.0, 3.0], [0.0, 2.0], [2.0, 4.0]], [jump, wave, [0.9] * 5])
    labels = {(s.start, s.end): s.label for s in
              proposals_as_detections(early, "actionness", 0.3).segments}  # fmt: skip
    assert labels == {(0.0, 3.0): "jump", (2.0, 4.0): "wave"}  # tIoU 0.67, and 0.25 of two classes
