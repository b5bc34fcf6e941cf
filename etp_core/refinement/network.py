"""Stage 2 (section 3.2): the Refinement Network moves both boundaries of an initial proposal."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from etp_core.config import RefinementConfig
from etp_core.features.pyramid import FeatureTable, NonLocalPyramid, stage_edges
from etp_core.fusion import Fused
from etp_core.offsets import decode
from etp_core.refinement.units import snap_to_stride, unit_starts

_BATCH = 256


class RefinementNetwork(nn.Module):
    """Units of a proposal -> pyramid features -> BiGRU -> offsets (c, s) relative to it."""

    def __init__(self, inputs: int, unit_rows: float, config: RefinementConfig) -> None:
        super().__init__()
        self.config = config
        self.unit_rows = unit_rows
        self.pyramid = NonLocalPyramid(inputs, config.pyramid)
        self.gru = nn.GRU(
            self.pyramid.dim,
            config.hidden,
            num_layers=config.layers,
            bidirectional=True,
            batch_first=True,
        )
        self.out = nn.Linear(2 * config.hidden, 2)
        nn.init.normal_(self.out.weight, std=0.01)
        nn.init.zeros_(self.out.bias)

    def fit_to_units(self, segments: Tensor) -> Tensor:
        """Snap (N, 2) intervals in rows to the unit stride where the configuration says so."""
        if self.config.snap:
            return snap_to_stride(segments, self.unit_rows / 2)
        return segments

    def forward(self, table: FeatureTable, segments: Tensor, video: Tensor) -> Tensor:
        """Offsets (N, 2) of proposals (N, 2) in rows of the videos (N,) of the table."""
        starts, counts = unit_starts(segments, self.unit_rows)
        n, longest = starts.shape
        units = torch.stack([starts, starts + self.unit_rows], dim=2).reshape(-1, 2)
        # padding repeats the last unit: cheaper to compute each proposal's own units only
        own = (torch.arange(longest, device=counts.device)[None] < counts[:, None]).reshape(-1)
        edges = stage_edges(units[own], self.config.pyramid.snippets)
        snippets, inside = table.snippets(edges, video.repeat_interleave(counts))
        features = self.pyramid(snippets, inside).float()
        padded = features.new_zeros(n * longest, features.shape[1])
        padded[own] = features
        packed = pack_padded_sequence(
            padded.reshape(n, longest, -1), counts.cpu(), batch_first=True, enforce_sorted=False
        )
        # fused kernels of a GPU's library know single and half precision only
        with torch.autocast(features.device.type, enabled=False):
            _, last = self.gru(packed)  # (2 * layers, N, hidden)
        offsets: Tensor = self.out(torch.cat([last[-2], last[-1]], dim=1))
        return offsets


@torch.inference_mode()
def refine(
    stage: Fused[RefinementNetwork],
    tables: Mapping[str, FeatureTable],
    segments: Tensor,
    video: Tensor,
) -> Tensor:
    """Refined proposals (N, 2) in rows of videos (N,), not yet clipped to the video."""
    if len(segments) == 0:
        return segments
    first = next(iter(stage.networks.values()))
    device = tables[next(iter(stage.networks))].device
    fitted = first.fit_to_units(segments.to(device))
    parts = []
    for part, of in zip(fitted.split(_BATCH), video.to(device).split(_BATCH), strict=True):
        offsets = {s: net(tables[s], part, of) for s, net in stage.networks.items()}
        parts.append(decode(part, stage.mean(offsets), first.config.most))
    return torch.cat(parts).to(segments.device)
