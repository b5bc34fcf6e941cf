"""What is made of the last map and of flow: grids, histograms, and few components of many."""

import numpy as np
import pytest
import torch

from etp_core.config import FeatureConfig, FlowConfig, load_config
from etp_core.errors import InputError
from etp_core.features import reduction
from etp_core.features.backbones import BACKBONES, Backbone, new_backbone, weights_file
from etp_core.features.cache import header_of
from etp_core.features.histogram import CELLS, ORIENTATIONS, FlowHistogram
from etp_core.features.reduction import Reduction
from etp_core.finetuning import augment


def flow(across: float, down: float) -> torch.Tensor:
    picture = torch.zeros(1, 3, 36, 36)
    picture[:, 0], picture[:, 1] = across, down
    return picture


def histogram(picture: torch.Tensor) -> torch.Tensor:
    return FlowHistogram()(picture).reshape(ORIENTATIONS, CELLS, CELLS).square() - 1e-3


@pytest.mark.parametrize("bin_", range(ORIENTATIONS))
def test_a_direction_falls_into_its_orientation_with_its_length(bin_: int) -> None:
    angle = 2 * np.pi * bin_ / ORIENTATIONS
    found = histogram(flow(3 * np.cos(angle), 3 * np.sin(angle)))
    torch.testing.assert_close(found[bin_], torch.full((CELLS, CELLS), 3.0), atol=1e-2, rtol=0)
    assert found.sum(0).max() == pytest.approx(3, abs=1e-2)


def test_a_direction_between_two_orientations_is_shared() -> None:
    angle = 2 * np.pi * 0.25 / ORIENTATIONS
    found = histogram(flow(4 * np.cos(angle), 4 * np.sin(angle)))
    assert found[0].mean() == pytest.approx(3, abs=1e-2)
    assert found[1].mean() == pytest.approx(1, abs=1e-2)


def test_a_cell_holds_what_moves_in_it() -> None:
    picture = torch.zeros(1, 3, 36, 36)
    picture[0, 0, 4:8, 8:12] = 2.0
    found = histogram(picture)
    assert found[0, 1, 2] == pytest.approx(2, abs=1e-3)
    assert found.sum() == pytest.approx(2, abs=1e-2)


def test_histograms_need_the_mean_field() -> None:
    with pytest.raises(ValueError, match="uvm"):
        FeatureConfig(modality="flow", flow=FlowConfig(picture="stack", describe="histogram"))


def test_only_networks_have_weights() -> None:
    config = load_config("person").features
    assert config.streams == ("rgbdiff", "flow")
    assert config.networks == ("rgbdiff",)


def test_a_grid_of_no_cells_is_refused() -> None:
    with pytest.raises(InputError, match="grid"):
        load_config(features={"grid": (0, 2)})


def test_a_cache_is_named_by_its_grid_only_where_there_is_one() -> None:
    assert "grid" not in header_of(FeatureConfig(), "rgbdiff", "f", "w")
    assert header_of(FeatureConfig(grid=(3, 2)), "rgbdiff", "f", "w")["grid"] == (3, 2)


def test_a_grid_adds_the_mean_of_each_cell() -> None:
    backbone = new_backbone("efficientnet-lite0", weights_file("efficientnet-lite0"), 3, (2, 2))
    pictures = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        backbone.eval()
        rows = backbone(pictures)[0]
        last = backbone.map(pictures)[0]
    assert rows.shape == (backbone.dim,) == (6 * 1280,)
    cells = rows[2560:].reshape(1280, 2, 2)
    torch.testing.assert_close(cells, last, atol=1e-5, rtol=1e-4)  # a map of 2 x 2
    torch.testing.assert_close(rows[:1280], last.mean(dim=(1, 2)), atol=1e-5, rtol=1e-4)


def test_features_are_the_mean_the_maximum_and_the_cells_row_by_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    backbone = Backbone(BACKBONES["efficientnet-lite0"], 3, (2, 1))
    last = torch.tensor([[[[1.0, 2.0], [3.0, 8.0]]]])
    monkeypatch.setattr(backbone, "map", lambda pictures: last)
    assert backbone(torch.zeros(1))[0].tolist() == [3.5, 8.0, 1.5, 5.5]


def test_frozen_convolutions_are_the_first_ones() -> None:
    backbone = new_backbone("efficientnet-lite0", weights_file("efficientnet-lite0"))
    backbone.freeze(0.3)
    trained = [p.requires_grad for p in backbone.trunk.parameters()]
    assert trained == sorted(trained)
    assert not trained[0] and trained[-1]
    backbone = new_backbone("efficientnet-lite0", weights_file("efficientnet-lite0"))
    backbone.freeze(0.0)
    assert all(p.requires_grad for p in backbone.trunk.parameters())


def test_light_changes_contrast_everywhere_and_brightness_of_the_grey_only() -> None:
    config = FeatureConfig.model_validate({"finetune": {"flip": False, "crop": 1.0, "light": 0.3}})
    batch = np.random.default_rng(0).normal(size=(4, 3, 8, 8)).astype(np.float32)
    lit = augment(batch.copy(), "rgbdiff", config, torch.Generator().manual_seed(0)).numpy()
    for before, after in zip(batch, lit, strict=True):
        gain = after[1].std() / before[1].std()
        np.testing.assert_allclose(after[1:], before[1:] * gain, rtol=1e-4, atol=1e-5)
        offset = after[0] - before[0] * gain
        assert offset.std() < 1e-4 < abs(offset.mean())


def test_light_changes_the_brightness_of_all_colours_alike() -> None:
    config = FeatureConfig.model_validate({"finetune": {"flip": False, "crop": 1.0, "light": 0.3}})
    batch = np.random.default_rng(0).normal(size=(2, 3, 8, 8)).astype(np.float32)
    lit = augment(batch.copy(), "rgb", config, torch.Generator().manual_seed(0)).numpy()
    for before, after in zip(batch, lit, strict=True):
        offset = after - before * (after.std() / before.std())
        np.testing.assert_allclose(offset, offset.mean(), atol=1e-4)
        assert abs(offset.mean()) > 1e-4


def test_components_of_many_columns_are_those_of_the_covariance(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    random = torch.Generator().manual_seed(0)
    shape = torch.randn(40, 60, generator=random) * torch.logspace(0, -2, 40)[:, None]
    rows = [torch.randn(90, 40, generator=random) @ shape + 3 for _ in range(3)]
    exact = Reduction.fit(rows, 8, per_video=False)
    monkeypatch.setattr(reduction, "_WIDE", 10)
    monkeypatch.setattr(reduction, "_SPARE", 10)
    found = Reduction.fit(rows, 8, per_video=False)
    again = Reduction.fit(rows, 8, per_video=False)
    assert torch.equal(found.basis, again.basis)
    torch.testing.assert_close(found.mean, exact.mean)
    torch.testing.assert_close(found.basis, exact.basis, atol=2e-3, rtol=2e-2)
