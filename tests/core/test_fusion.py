"""Late fusion: the mean of two networks' raw outputs in every stage, and models of two streams."""

import pytest
import torch

from etp_core.actionness.network import ActionnessNetwork, scores
from etp_core.config import (
    ActionnessConfig,
    FeatureConfig,
    LocalizationConfig,
    PyramidConfig,
    RefinementConfig,
)
from etp_core.features.pyramid import FeatureTable
from etp_core.fusion import Fused, joined, parted
from etp_core.localization.network import LocalizationNetwork, localize
from etp_core.offsets import decode
from etp_core.refinement.network import RefinementNetwork, refine

PYRAMID = PyramidConfig(width=6, snippets=(1, 2, 1))
PROPOSALS = torch.tensor([[3.0, 12.0], [10.0, 30.0]], dtype=torch.float64)
VIDEO = torch.tensor([0, 0])


@pytest.fixture
def rows() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return {"rgb": torch.randn(40, 3), "flow": torch.randn(40, 5)}


def tables(rows: dict[str, torch.Tensor]) -> dict[str, FeatureTable]:
    return {stream: FeatureTable([own]) for stream, own in rows.items()}


def test_curves_are_the_softmax_of_the_mean_logits(rows: dict[str, torch.Tensor]) -> None:
    config = ActionnessConfig(width=4)
    nets = {s: ActionnessNetwork(r.shape[1], 2, config).eval() for s, r in rows.items()}
    logits = {stream: net(rows[stream]) for stream, net in nets.items()}
    equal = ((logits["rgb"] + logits["flow"]) / 2).softmax(1)[:, :2].T
    torch.testing.assert_close(scores(Fused(nets), rows), equal)
    weighted = (0.75 * logits["rgb"] + 0.25 * logits["flow"]).softmax(1)[:, :2].T
    torch.testing.assert_close(scores(Fused(nets, (3.0, 1.0)), rows), weighted)


def test_refinement_moves_by_the_mean_offset(rows: dict[str, torch.Tensor]) -> None:
    config = RefinementConfig(hidden=4, pyramid=PYRAMID)
    nets = {s: RefinementNetwork(r.shape[1], 4, config).eval() for s, r in rows.items()}
    own = tables(rows)
    offsets = [net(own[stream], PROPOSALS, VIDEO) for stream, net in nets.items()]
    expected = decode(PROPOSALS, (offsets[0] + offsets[1]) / 2)
    torch.testing.assert_close(refine(Fused(nets), own, PROPOSALS, VIDEO), expected)


def test_localization_averages_raw_outputs_each_by_its_own_scale(
    rows: dict[str, torch.Tensor],
) -> None:
    config = LocalizationConfig(pyramid=PYRAMID)
    nets = {s: LocalizationNetwork(r.shape[1], 2, config).eval() for s, r in rows.items()}
    nets["flow"].offset_std.fill_(0.1)
    nets["flow"].offset_mean.fill_(0.4)
    own = tables(rows)
    raw = {stream: net(own[stream], PROPOSALS, VIDEO) for stream, net in nets.items()}
    probability, completeness, moved = localize(Fused(nets), own, PROPOSALS, VIDEO)
    mean = [(a + b) / 2 for a, b in zip(raw["rgb"], raw["flow"], strict=True)]
    torch.testing.assert_close(probability, mean[0].softmax(1))
    torch.testing.assert_close(completeness, mean[1])
    offsets = (raw["rgb"][2] + 0.1 * raw["flow"][2] + 0.4) / 2
    torch.testing.assert_close(moved[:, 1], decode(PROPOSALS, offsets[:, 1]))


def test_one_stream_is_not_touched_by_fusion(rows: dict[str, torch.Tensor]) -> None:
    net = ActionnessNetwork(3, 2, ActionnessConfig(width=4)).eval()
    alone = scores(Fused({"rgb": net}, (0.3,)), rows)
    assert torch.equal(alone, net(rows["rgb"]).softmax(1)[:, :2].T)


def test_states_of_streams_go_into_one_and_come_apart() -> None:
    states = {"rgb": {"a.b": torch.ones(1)}, "flow": {"a.b": torch.zeros(2)}}
    assert set(joined(states)) == {"rgb.a.b", "flow.a.b"}
    again = parted(joined(states), ("rgb", "flow"))
    assert torch.equal(again["flow"]["a.b"], torch.zeros(2))
    assert parted(joined({"rgb": states["rgb"]}), ("rgb",)) == {"rgb": states["rgb"]}


def test_every_stream_needs_a_weight() -> None:
    with pytest.raises(ValueError, match="a positive weight for each of rgb\\+flow"):
        FeatureConfig(modality="rgb+flow", fusion=(1.0,))
