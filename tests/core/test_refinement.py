"""Stage 2: units, the parametrisation of boundaries, and the network."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from etp_core.config import PyramidConfig, RefinementConfig, Schedule
from etp_core.errors import EtpError
from etp_core.features.pyramid import FeatureTable
from etp_core.fusion import Fused
from etp_core.offsets import decode, encode
from etp_core.optimisation import Session
from etp_core.refinement import training
from etp_core.refinement.network import RefinementNetwork, refine
from etp_core.refinement.training import train_refinement
from etp_core.refinement.units import snap_to_stride, unit_starts
from etp_core.sampling import Truth, match

SMALL = RefinementConfig(
    hidden=6,
    pyramid=PyramidConfig(width=8, snippets=(1, 2, 1), dropout=0.0),
    schedule=Schedule(iterations=150, batch=32, learning_rate=3e-3),
)


def segments(*rows: tuple[float, float]) -> torch.Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def test_a_proposal_on_the_stride_gives_units_of_stride_half_a_unit() -> None:
    starts, counts = unit_starts(segments((32, 96)), 16)
    assert counts.tolist() == [7]
    assert starts[0].tolist() == [32, 40, 48, 56, 64, 72, 80]


def test_a_proposal_shorter_than_a_unit_gives_one_centred_unit() -> None:
    starts, counts = unit_starts(segments((10, 14)), 16)
    assert counts.tolist() == [1]
    assert starts.tolist() == [[4.0]]


@given(st.floats(0, 500), st.floats(0.1, 300), st.floats(0.5, 64))
def test_units_begin_and_end_with_their_proposal(start: float, length: float, unit: float) -> None:
    starts, counts = unit_starts(segments((start, start + length)), unit)
    own = starts[0, : counts[0]]
    if length <= unit:
        assert len(own) == 1
    else:
        assert own[0] == pytest.approx(start)
        assert float(own[-1]) + unit == pytest.approx(start + length)
        assert (own.diff() <= unit / 2 * (1 + 1e-5)).all()


@given(st.floats(0, 100), st.floats(0.5, 50), st.floats(-0.8, 0.8), st.floats(-0.9, 0.9))
def test_decode_inverts_encode(start: float, length: float, c: float, s: float) -> None:
    proposals = segments((start, start + length))
    truth = decode(proposals, torch.tensor([[c, s]], dtype=torch.float64))
    torch.testing.assert_close(
        encode(proposals, truth), torch.tensor([[c, s]], dtype=torch.float64)
    )


def test_offsets_are_relative_to_the_proposal() -> None:
    offsets = encode(segments((10, 20)), segments((14, 34)))
    assert offsets[0, 0] == pytest.approx(0.9)  # (24 - 15) / 10
    assert offsets[0, 1] == pytest.approx(0.6931471805599453)  # log(20 / 10)


def test_no_stage_changes_a_length_more_than_it_may() -> None:
    far = torch.tensor([[0.0, 9.0], [0.0, -9.0]], dtype=torch.float64)
    lengths = decode(segments((10, 20), (10, 20)), far, most=0.5).diff(dim=1)[:, 0]
    assert lengths.tolist() == pytest.approx([10 * 1.6487212707, 10 / 1.6487212707])


def test_snapping_never_empties_a_proposal() -> None:
    snapped = snap_to_stride(segments((7.9, 8.1), (3, 13)), 8)
    assert snapped.tolist() == [[8, 16], [0, 16]]


def test_gradients_reach_every_parameter() -> None:
    torch.manual_seed(0)
    network = RefinementNetwork(5, 4, SMALL)
    torch.nn.init.normal_(network.pyramid.block.out.weight)
    table = FeatureTable([torch.randn(40, 5)])
    out = network(table, segments((3, 20), (10, 12)), torch.tensor([0, 0]))
    assert out.shape == (2, 2)
    out.square().sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().sum() > 0, name


def test_what_a_proposal_gives_does_not_depend_on_the_others_in_its_batch() -> None:
    torch.manual_seed(1)
    network = RefinementNetwork(5, 4, SMALL).eval()
    table = FeatureTable([torch.randn(40, 5)])
    both = segments((3, 30), (10, 12))
    together = network(table, both, torch.tensor([0, 0]))
    alone = [network(table, both[i : i + 1], torch.tensor([0])) for i in (0, 1)]
    torch.testing.assert_close(together, torch.cat(alone))


def step_video(edges: list[tuple[int, int]], length: int) -> torch.Tensor:
    rows = torch.zeros(length, 2)
    rows[:, 1] = 1.0
    for start, end in edges:
        rows[start:end] = torch.tensor([1.0, 0.0])
    return rows


def test_training_learns_to_move_boundaries_to_where_the_features_change() -> None:
    edges = [(10, 22), (40, 60), (75, 85)]
    table = FeatureTable([step_video(edges, 100)])
    truth = Truth(torch.zeros(3, dtype=torch.long), segments(*edges), torch.zeros(3))
    shifted = [(a + d, b + e) for a, b in edges for d in (-3, 0, 3) for e in (-3, 0, 3)]
    proposals = match(torch.zeros(len(shifted), dtype=torch.long), segments(*shifted), truth)
    network = train_refinement(table, proposals, truth, 8, SMALL, 0, Session())
    refined = refine(Fused({"rgb": network}), {"rgb": table}, proposals.segments, proposals.video)
    before = (proposals.segments - truth.segments[proposals.truth]).abs().mean()
    after = (refined - truth.segments[proposals.truth]).abs().mean()
    assert after < before / 3


def test_training_without_an_overlapping_proposal_says_so() -> None:
    truth = Truth(torch.tensor([0]), segments((5, 9)), torch.zeros(1))
    proposals = match(torch.tensor([0]), segments((20, 30)), truth)
    with pytest.raises(EtpError, match="no proposal overlaps"):
        train_refinement(
            FeatureTable([torch.zeros(40, 2)]), proposals, truth, 8, SMALL, 0, Session()
        )


def test_no_proposal_gives_no_refined_proposal() -> None:
    network = RefinementNetwork(2, 4, SMALL).eval()
    none = refine(
        Fused({"rgb": network}),
        {"rgb": FeatureTable([torch.zeros(9, 2)])},
        segments(),
        torch.zeros(0),
    )
    assert none.shape[0] == 0


def targets_seen(
    monkeypatch: pytest.MonkeyPatch, config: RefinementConfig, proposals: torch.Tensor
) -> list[tuple[torch.Tensor, float]]:
    """Targets and the loss's beta of every batch, one ground truth [8.2, 16.1) and units of 8."""
    seen: list[tuple[torch.Tensor, float]] = []

    def watched(predicted: torch.Tensor, target: torch.Tensor, beta: float) -> torch.Tensor:
        seen.append((target, beta))
        return predicted.square().sum()

    monkeypatch.setattr(training, "regression_loss", watched)
    truth = Truth(torch.tensor([0]), segments((8.2, 16.1)), torch.zeros(1))
    matched = match(torch.zeros(len(proposals), dtype=torch.long), proposals, truth)
    short = config.model_copy(update={"schedule": Schedule(iterations=3, batch=64), "beta": 0.2})
    train_refinement(FeatureTable([torch.randn(40, 2)]), matched, truth, 8, short, 0, Session())
    return seen


def test_positive_and_incomplete_proposals_are_learnt_from_and_no_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = segments((8.2, 16.1), (8.2, 11.2), (8.2, 9.5), (30, 35))  # tIoU 1, 0.38, 0.16, 0
    (first, beta), *_ = targets_seen(monkeypatch, SMALL, given)
    wanted = encode(given[:2], segments((8.2, 16.1)).expand(2, 2)).float()
    assert {tuple(row) for row in first.tolist()} == {tuple(row) for row in wanted.tolist()}
    assert beta == 0.2


def test_snapping_fits_proposals_targets_and_what_is_refined_to_the_stride(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    snapping = SMALL.model_copy(update={"snap": True})
    (first, _), *_ = targets_seen(monkeypatch, snapping, segments((7.1, 17.7)))
    assert not first.any()  # both are [8, 16)
    network = RefinementNetwork(2, 8, snapping).eval()
    torch.nn.init.zeros_(network.out.weight)
    table = {"rgb": FeatureTable([torch.randn(40, 2)])}
    moved = refine(Fused({"rgb": network}), table, segments((7.1, 21.3)), torch.tensor([0]))
    assert moved.tolist() == [[8, 20]]  # a stride is half a unit


def test_what_a_unit_sees_ends_half_a_unit_around_it() -> None:
    torch.manual_seed(0)
    network = RefinementNetwork(3, 4, SMALL).eval()
    rows = torch.randn(40, 3)
    one = segments((14, 18))  # one unit, with its context [12, 20)

    def given(changed: slice) -> torch.Tensor:
        other = rows.clone()
        other[changed] += 5
        return network(FeatureTable([other]), one, torch.tensor([0]))

    before = network(FeatureTable([rows]), one, torch.tensor([0]))
    torch.testing.assert_close(given(slice(0, 12)), before)
    torch.testing.assert_close(given(slice(20, 40)), before)
    for row in (12, 15, 19):
        assert not torch.allclose(given(slice(row, row + 1)), before)


def test_a_length_is_changed_no_more_than_the_configuration_allows() -> None:
    network = RefinementNetwork(2, 8, SMALL.model_copy(update={"most": 0.5})).eval()
    torch.nn.init.zeros_(network.out.weight)
    network.out.bias.data = torch.tensor([0.0, 9.0])
    table = {"rgb": FeatureTable([torch.randn(40, 2)])}
    moved = refine(Fused({"rgb": network}), table, segments((10, 20)), torch.tensor([0]))
    assert float(moved.diff(dim=1)) == pytest.approx(10 * 1.6487212707, rel=1e-5)
