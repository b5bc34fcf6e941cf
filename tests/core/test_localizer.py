"""What becomes of refined proposals in inference, with the network's answers given by hand."""

from pathlib import Path

import numpy as np
import pytest
import torch
from test_model import new_model

from etp_core import localizer
from etp_core.evolution import ProposalList, Reason
from etp_core.features.cache import Features
from etp_core.localizer import _localize

CUTS = np.arange(101) / 10
FEATURES = Features(Path("v.mp4"), CUTS[:-1], CUTS, {})  # a row is a tenth of a second


def test_detections_are_regressed_ranked_and_suppressed_class_by_class(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    segments = np.array([[0.0, 1.0], [1.0, 3.0], [1.4, 3.4], [5.0, 6.0], [7.0, 8.0], [9.0, 9.9]])
    dropped = np.array([Reason.EMPTY, 0, 0, 0, 0, 0], np.int8)
    refined = ProposalList.of(segments, np.ones(6), parents=np.arange(6), reasons=dropped)
    # of the five that go on: two alike, one of both classes, background, an incomplete one
    probability = torch.tensor(
        [[0.9, 0.0, 0.1], [0.8, 0.0, 0.2], [0.4, 0.5, 0.1], [0.001, 0.001, 0.998], [0.9, 0.0, 0.1]]
    )
    completeness = torch.tensor([[0.0, 0.0], [0.5, 0.0], [0.0, -1.0], [0.0, 0.0], [-8.0, 0.0]])
    rows = torch.from_numpy(10 * segments[1:])
    moved = rows[:, None].repeat(1, 2, 1)
    moved[2, 1] = torch.tensor([95.0, 130.0])  # beyond the video
    moved[0, 0] = torch.tensor([12.0, 32.0])
    asked: list[torch.Tensor] = []

    def answer(stage: object, tables: object, given: torch.Tensor, video: object) -> object:
        asked.append(given)
        return probability, completeness, moved

    monkeypatch.setattr(localizer, "localize", answer)
    model = new_model()
    assert (model.config.localization.nms, model.config.localization.min_score) == (0.36, 0.01)
    after, found = _localize(model, FEATURES, {}, refined)
    torch.testing.assert_close(asked[0], rows)

    assert found.parents.tolist() == [1, 2, 3, 3]
    assert found.labels.tolist() == [0, 0, 0, 1]
    exp = np.exp([0.0, 0.5, 0.0, -1.0])
    assert found.scores == pytest.approx(np.array([0.9, 0.8, 0.4, 0.5]) * exp, rel=1e-5)
    # [1.4, 3.4) is the better one of the two; another class suppresses nothing
    assert found.reasons.tolist() == [Reason.NMS, Reason.KEPT, Reason.KEPT, Reason.KEPT]
    assert found.suppressed_by.tolist() == [1, -1, -1, -1]
    assert found.segments[3] == pytest.approx([9.5, 10.0])  # clipped
    assert found.offsets[0] == pytest.approx([0.1, 0.0])  # of the proposal's length
    expected = [Reason.EMPTY, 0, 0, 0, Reason.BACKGROUND, Reason.COMPLETENESS]
    assert after.reasons.tolist() == expected
    assert np.isnan(after.probabilities[0]).all()
    assert after.probabilities[1:] == pytest.approx(probability.numpy())


def test_suppression_is_by_the_regressed_segments_of_one_class_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refined = ProposalList.of(np.array([[1.0, 3.0], [6.0, 8.0], [6.1, 8.1]]), np.ones(3))
    probability = torch.tensor([[0.0, 0.9, 0.1], [0.9, 0.0, 0.1], [0.6, 0.0, 0.4]])
    moved = torch.tensor([[60.0, 80.0]] * 3).double()[:, None].repeat(1, 2, 1)
    answer = (probability, torch.zeros(3, 2), moved)
    monkeypatch.setattr(localizer, "localize", lambda *given: answer)
    _, found = _localize(new_model(), FEATURES, {}, refined)
    assert found.labels.tolist() == [1, 0, 0]
    assert found.suppressed_by.tolist() == [-1, -1, 1]


def test_a_segment_that_nothing_is_left_of_is_named_and_kept_where_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refined = ProposalList.of(np.array([[1.0, 3.0]]), np.ones(1))
    moved = torch.tensor([[[130.0, 150.0], [130.0, 150.0]]]).double()
    answer = (torch.tensor([[0.9, 0.0, 0.1]]), torch.zeros(1, 2), moved)
    monkeypatch.setattr(localizer, "localize", lambda *given: answer)
    _, found = _localize(new_model(), FEATURES, {}, refined)
    assert found.reasons.tolist() == [Reason.EMPTY]
    assert found.segments.tolist() == [[1.0, 3.0]]
