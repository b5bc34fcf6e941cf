"""Backbones: published weights fit, folding changes nothing, other channels are averaged."""

import re
from pathlib import Path

import pytest
import torch
from torch import nn

from etp_core.config import FeatureConfig
from etp_core.errors import InputError
from etp_core.features.backbones import (
    BACKBONES,
    Backbone,
    load_backbone,
    new_backbone,
    weights_file,
    weights_hash,
)
from etp_core.model import backbone_file, keep_weights

# parameters of torchvision's networks less those of their classifiers
PARAMETERS = {
    "resnet34": 21_797_672 - 513_000,
    "inception-v3": 27_161_264 - 2_049_000 - 3_326_696,
}
SOME_KEYS = {
    "resnet34": ["conv1.weight", "layer2.0.downsample.1.running_var", "layer4.2.bn2.bias"],
    "inception-v3": ["Conv2d_1a_3x3.conv.weight", "Mixed_7c.branch3x3dbl_3b.bn.weight"],
}


def random(name: str, inputs: int = 3) -> Backbone:
    torch.manual_seed(0)
    backbone = Backbone(BACKBONES[name], inputs)
    for module in backbone.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    return backbone


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file such as torchvision publishes for ResNet-34: the trunk and its classifier."""
    path = tmp_path_factory.mktemp("weights") / "resnet34.pth"
    head = {"fc.weight": torch.zeros(1000, 512), "fc.bias": torch.zeros(1000)}
    torch.save(random("resnet34").state() | head, path)
    return path


@pytest.mark.parametrize("name", list(PARAMETERS))
def test_a_network_has_the_published_parameters_by_name_and_number(name: str) -> None:
    backbone = random(name)
    assert sum(p.numel() for p in backbone.parameters()) == PARAMETERS[name]
    assert set(SOME_KEYS[name]) <= backbone.state().keys()


@pytest.mark.parametrize("name", list(BACKBONES))
def test_folding_changes_nothing_but_the_time(name: str) -> None:
    backbone, pictures = random(name).eval(), torch.randn(2, 3, 80, 112)
    with torch.inference_mode():
        before = backbone(pictures)
        after = backbone.folded()(pictures)
    assert before.shape == (2, backbone.dim)
    torch.testing.assert_close(after, before, rtol=1e-4, atol=1e-5)
    assert not any(isinstance(m, nn.BatchNorm2d) for m in backbone.modules())


@pytest.mark.parametrize("name", list(BACKBONES))
def test_gradients_reach_every_parameter(name: str) -> None:
    backbone = random(name, inputs=4).eval()
    backbone(torch.randn(1, 4, 80, 80)).square().sum().backward()
    for key, parameter in backbone.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all(), key
        assert parameter.grad.any(), key


def test_published_weights_load_from_a_file_without_their_classifier(published: Path) -> None:
    loaded = new_backbone("resnet34", published)
    assert torch.equal(
        loaded.state()["layer3.1.conv2.weight"], random("resnet34").state()["layer3.1.conv2.weight"]
    )


@pytest.mark.parametrize("name", ["efficientnet-lite0", "resnet34"])
def test_a_first_convolution_of_other_channels_is_the_average_over_rgb(name: str) -> None:
    weights = random(name).state()
    flow = Backbone(BACKBONES[name], 10)
    flow.read(weights, Path("weights"))
    first = f"{BACKBONES[name].first}.weight"
    assert flow.state()[first].shape[1] == 10
    for channel in range(10):
        torch.testing.assert_close(flow.state()[first][:, channel], weights[first].mean(1))
    again = Backbone(BACKBONES[name], 10)
    again.read(flow.state(), Path("own"))  # its own weights are taken as they are
    assert torch.equal(again.state()[first], flow.state()[first])


def test_a_backbone_without_installed_weights_says_which_file_to_give() -> None:
    with pytest.raises(InputError, match=r"give torchvision's file with --weights resnet34-"):
        weights_file("resnet34")
    with pytest.raises(InputError, match=r"none\.pth: there is no such file"):
        weights_file("resnet34", Path("none.pth"))


def test_a_file_that_is_no_weights_is_named(published: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.pth"
    text.write_text("no weights")
    for path, message in (
        (text, r"cannot be read as weights \(no file of torch"),
        (published, "not weights of inc"),
    ):
        with pytest.raises(InputError, match=f"{re.escape(str(path))}: {message}"):
            load_backbone("inception-v3", torch.device("cpu"), path)


def test_weights_that_would_run_code_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "evil.pth"
    torch.save({"conv1.weight": Path("/")}, path)  # any class that is not a tensor's
    with pytest.raises(InputError, match=r"evil\.pth: cannot be read as weights"):
        new_backbone("resnet34", path)


def test_a_model_keeps_the_weights_it_was_trained_with(published: Path, tmp_path: Path) -> None:
    config = FeatureConfig(backbone="resnet34", weights=str(published), modality="rgb+flow")
    keep_weights(tmp_path, config)
    for stream in ("rgb", "flow"):
        copy = backbone_file(tmp_path, stream)
        assert weights_hash(copy) == weights_hash(published)
        assert torch.equal(
            new_backbone("resnet34", copy).state()["layer1.0.conv1.weight"],
            new_backbone("resnet34", published).state()["layer1.0.conv1.weight"],
        )
