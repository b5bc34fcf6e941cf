"""Late fusion: the networks of one stage, one per stream, whose raw outputs are averaged."""

from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

N = TypeVar("N", bound=nn.Module)


class Fused(Generic[N]):
    """One stage's networks by stream, with the weights of the mean of their raw outputs."""

    def __init__(self, networks: Mapping[str, N], weights: Sequence[float] = ()) -> None:
        """weights: one a stream, in order; empty: all equal."""
        self.networks = dict(networks)
        given = weights or [1.0] * len(self.networks)
        self.weights = dict(zip(self.networks, given, strict=True))

    def mean(self, outputs: Mapping[str, Tensor]) -> Tensor:
        """The weighted mean of the streams' outputs, of any one shape."""
        total = sum(self.weights.values())
        parts = [outputs[stream] * (self.weights[stream] / total) for stream in self.networks]
        # one stream stays bit for bit what it is
        return parts[0] if len(parts) == 1 else torch.stack(parts).sum(0)

    def only(self, stream: str) -> "Fused[N]":
        """This stage without the other streams."""
        return Fused({stream: self.networks[stream]})

    def to(self, device: torch.device) -> "Fused[N]":
        """Move the networks, in place."""
        for network in self.networks.values():
            network.to(device)
        return self

    def state_dict(self) -> dict[str, Tensor]:
        """All tensors; keys begin with the stream where there are several."""
        return joined({stream: n.state_dict() for stream, n in self.networks.items()})


def joined(states: Mapping[str, Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """One state dict of those of several streams; a single stream keeps its keys."""
    if len(states) == 1:
        return dict(next(iter(states.values())))
    return {f"{s}.{key}": value for s, state in states.items() for key, value in state.items()}


def parted(state: Mapping[str, Tensor], streams: Sequence[str]) -> dict[str, dict[str, Tensor]]:
    """Inverse of `joined`."""
    if len(streams) == 1:
        return {streams[0]: dict(state)}
    return {
        stream: {
            k.removeprefix(f"{stream}."): v for k, v in state.items() if k.startswith(f"{stream}.")
        }
        for stream in streams
    }
