"""What each stage did: recall of its proposals, boundary errors along the chains, moves."""

import numpy as np
import pytest

from etp_core.annotations import Annotations, Segment, VideoEntry
from etp_core.evaluation import evolution_metrics, stage_metrics
from etp_core.evolution import Evolution, ProposalList


def rows():
    """One action found by a chain a0, r0, d0; another that only the first stage overlaps."""
    found = [
        Segment("a", "run", 6, 20, 0.5, "actionness", proposal_id="a0"),
        Segment("a", "any", 40, 48, 0.4, "actionness", proposal_id="a1"),
        Segment("a", "run", 8, 23, 0.5, "refinement", proposal_id="r0", parent_id="a0"),
        Segment("a", "run", 9, 20, 0.9, "localization", proposal_id="d0", parent_id="r0"),
    ]
    return Annotations({"a": VideoEntry(fps=10)}, found)


TRUTH = Annotations.of([Segment("a", "run", 10, 20), Segment("a", "jump", 40, 50)])


def test_recall_is_of_all_proposals_of_a_stage_whatever_their_class():
    report = stage_metrics(TRUTH, rows(), [0.5, 0.8])
    assert [stage.name for stage in report.stages] == ["actionness", "refinement", "localization"]
    assert [stage.proposals for stage in report.stages] == [2, 1, 1]
    assert [stage.recall.tolist() for stage in report.stages] == [[1, 0.5], [0.5, 0], [0.5, 0.5]]


def test_boundary_errors_and_moves_are_those_of_the_chain_that_finds_the_action():
    report = stage_metrics(TRUTH, rows())
    assert report.chains == 1
    first, second, third = report.stages
    assert [(s.start, s.end) for s in report.stages] == [(4, 0), (2, 3), (1, 0)]
    assert [(s.start_frames, s.end_frames) for s in report.stages] == [(40, 0), (20, 30), (10, 0)]
    assert (first.improved, first.worsened) == (0, 0)
    assert (second.improved, second.worsened) == (1, 1)
    assert (third.improved, third.worsened) == (2, 0)
    shown = report.as_dict()["stages"]["refinement"]
    assert shown["improved"] == 1 and shown["recall"]["0.5"] == 50


def test_without_frame_rates_errors_in_frames_are_not_known():
    found = rows()
    found.videos["a"] = VideoEntry()
    stage = stage_metrics(TRUTH, found).stages[0]
    assert np.isnan(stage.start_frames) and stage.start == 4
    assert stage_metrics(TRUTH, found).as_dict()["stages"]["actionness"]["start_frames"] is None


def test_stages_that_are_not_there_are_left_out():
    found = rows()
    found.segments = [row for row in found.segments if row.stage == "actionness"]
    report = stage_metrics(TRUTH, found)
    assert [stage.name for stage in report.stages] == ["actionness"] and report.chains == 0
    assert np.isnan(report.stages[0].start)
    assert stage_metrics(TRUTH, Annotations()).stages == ()


def test_an_evolution_is_measured_in_frames_of_its_own_video():
    one = np.zeros(1, np.int64)
    cuts = np.concatenate([np.arange(0, 10, 1.0), np.arange(10, 30.5, 0.5)])  # variable rate

    def stage(start, end):
        return ProposalList.of(np.array([[start, end]]), np.array([0.5]), one, one)

    evolution = Evolution(
        "v.mp4", ("run",), np.arange(3.0), np.zeros((2, 3), np.float32),
        stage(8, 20), stage(9, 21), stage(10, 20),
    )  # fmt: skip
    report = evolution_metrics(evolution, [Segment("whatever", "run", 10, 20)], cuts)
    frames = [(stage.start_frames, stage.end_frames) for stage in report.stages]
    assert frames == [(2, 0), (1, 2), (0, 0)]
    assert report.stages[1].start == pytest.approx(1)
