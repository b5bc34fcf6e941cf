"""Stage 1: targets of snippets, the frame classifier, and initial proposals on frames."""

import numpy as np
import pytest
import torch

from etp_core.actionness import propose
from etp_core.actionness.initial import InitialProposals, Recipe, initial_proposals, with_average
from etp_core.actionness.network import ActionnessNetwork, row_targets, scores, train_actionness
from etp_core.config import ActionnessConfig, Schedule
from etp_core.fusion import Fused
from etp_core.optimisation import Session

SMALL = ActionnessConfig(
    width=16, dropout=0.0, schedule=Schedule(iterations=100, batch=64, learning_rate=1e-2)
)


def test_a_snippet_has_the_class_of_the_segment_it_lies_in() -> None:
    times = torch.arange(6).double()
    targets, used = row_targets(times, torch.tensor([[1.0, 3.0]]).double(), torch.tensor([1]), 2)
    assert targets.tolist() == [2, 1, 1, 2, 2, 2]  # half-open: the snippet at 3 s is background
    assert used.all()


def test_a_snippet_that_two_classes_claim_is_not_used() -> None:
    times = torch.arange(6).double()
    segments = torch.tensor([[0.0, 4.0], [3.0, 6.0]]).double()
    _, used = row_targets(times, segments, torch.tensor([0, 1]), 2)
    assert used.tolist() == [True, True, True, False, True, True]


def test_the_network_overfits_a_tiny_dataset_and_scores_leave_the_background_out() -> None:
    torch.manual_seed(0)
    targets = torch.arange(90) % 3
    rows = torch.nn.functional.one_hot(targets, 3).float() + 0.1 * torch.randn(90, 3)
    network = train_actionness(rows, targets, 2, SMALL, 0, Session())
    found = scores(Fused({"rgb": network}), {"rgb": rows})
    assert found.shape == (2, 90)
    assert (found[:, targets == 2].sum(0) < 0.5).all()
    assert torch.equal(found[:, targets < 2].argmax(0), targets[targets < 2])


def test_gradients_reach_every_parameter_of_either_classifier() -> None:
    torch.manual_seed(0)
    for width in (0, 8):
        network = ActionnessNetwork(3, 2, ActionnessConfig(width=width, dropout=0.0))
        logits = network(torch.randn(20, 3))
        assert logits.shape == (20, 3)
        logits.square().sum().backward()
        for name, parameter in network.named_parameters():
            assert parameter.grad is not None and parameter.grad.any(), name


def test_without_a_background_class_its_snippets_teach_nothing() -> None:
    config = SMALL.model_copy(update={"background": False})
    rows, targets = torch.randn(30, 3), torch.arange(30) % 3
    network = train_actionness(rows, targets, 2, config, 0, Session())
    torch.testing.assert_close(
        scores(Fused({"rgb": network}), {"rgb": rows}).sum(0), torch.ones(30)
    )


def test_the_same_seed_gives_the_same_network() -> None:
    rows, targets = torch.randn(30, 3), torch.arange(30) % 3
    first, second = (
        train_actionness(rows, targets, 2, SMALL, 3, Session()).state_dict() for _ in range(2)
    )
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_the_average_curve_stands_last() -> None:
    rows = np.array([[0.1, 0.6], [0.3, 0.2]], np.float32)
    np.testing.assert_allclose(with_average(rows, "sum")[-1], [0.4, 0.8])
    np.testing.assert_allclose(with_average(rows, "max")[-1], [0.3, 0.6])
    np.testing.assert_allclose(with_average(rows, "mean")[-1], [0.2, 0.4])


def test_proposals_lie_on_the_cuts_of_a_video_with_variable_frame_rate() -> None:
    random = np.random.default_rng(0)
    cuts = np.cumsum(random.choice([0.02, 0.04, 0.1], 301))
    times = cuts[:-1:3]
    curve = ((times > 4) & (times < 7)).astype(np.float32) * 0.8 + 0.05
    config = ActionnessConfig(thresholds=(0.5,), average="max")
    proposals = initial_proposals(times, np.stack([curve, curve]), cuts, config, 0.5, 10.0)
    assert len(proposals.kept)
    assert np.isin(proposals.segments, cuts).all()
    best = proposals.segments[proposals.kept[np.argmax(proposals.scores[proposals.kept])]]
    assert abs(best[0] - 4) < 0.3 and abs(best[1] - 7) < 0.3


def test_scores_between_snippets_are_interpolated_to_every_frame() -> None:
    cuts = np.arange(101) / 10
    times = cuts[:-1:10]  # a snippet a second
    curve = np.zeros(10, np.float32)
    curve[4:7] = 1.0
    config = ActionnessConfig(thresholds=(0.5,), sigma=0.0, average="max")
    proposals = initial_proposals(times, np.stack([curve, curve]), cuts, config, 0.1, 9.0)
    # half-way up between 3 s and 4 s, half-way down between 6 s and 7 s (that frame included)
    np.testing.assert_allclose(proposals.segments[proposals.kept], [[3.5, 6.6]])


def test_a_recipe_in_seconds_and_snippets_is_run_in_frames() -> None:
    """Half a second a snippet, a tenth of a second a frame."""
    cuts = np.arange(201) / 10
    times = cuts[:-1:5]
    scores = np.random.default_rng(0).random((2, 40)).astype(np.float32)
    recipe = Recipe(thresholds=(0.5,), min_length=1.0, max_length=6.0, sigma=1.5, nms=0.5)
    found = InitialProposals(times, with_average(scores, "mean"), cuts, recipe).propose()
    frames = np.stack([np.interp(cuts[:-1], times, row) for row in with_average(scores, "mean")])
    expected = propose(
        frames[:2].astype(np.float32), 0.5, 10, 60, sigma=7.5, extra=frames[2].astype(np.float32),
        nms_threshold=0.5, dropped=True,
    )  # fmt: skip
    np.testing.assert_allclose(found.segments, cuts[expected.spans])
    assert found.reasons.tolist() == expected.reasons.tolist() and len(expected.kept) > 1


def test_batches_show_every_class_equally_often_and_the_background_as_often_as_half_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: list[torch.Tensor] = []
    draw = torch.multinomial

    def watched(chance: torch.Tensor, *given: object, **named: object) -> torch.Tensor:
        drawn.append(chance)
        return draw(chance, *given, **named)

    monkeypatch.setattr(torch, "multinomial", watched)
    targets = torch.tensor([0] * 30 + [1] * 5 + [2] * 10 + [3] * 10 + [4] * 60)
    short = SMALL.model_copy(update={"schedule": Schedule(iterations=1, batch=8)})
    train_actionness(torch.randn(115, 3), targets, 4, short, 0, Session())
    chance = torch.zeros(5).index_add(0, targets, drawn[0])
    torch.testing.assert_close(chance, torch.tensor([1.0, 1.0, 1.0, 1.0, 2.0]))
