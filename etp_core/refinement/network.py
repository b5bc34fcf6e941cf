"""Stage 2 (section 3.2): the Refinement Network moves both boundaries of an initial proposal."""

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from etp_core.config import RefinementConfig
from etp_core.features.pyramid import FeatureTable, NonLocalPyramid, stage_edges
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
        own = (torch.arange(longest)[None] < counts[:, None]).reshape(-1)
        edges = stage_edges(units[own], self.config.pyramid.snippets)
        snippets, inside = table.snippets(edges, video.repeat_interleave(counts))
        features = self.pyramid(snippets, inside)
        padded = features.new_zeros(n * longest, features.shape[1])
        padded[own] = features
        packed = pack_padded_sequence(
            padded.reshape(n, longest, -1), counts, batch_first=True, enforce_sorted=False
        )
        _, last = self.gru(packed)  # (2 * layers, N, hidden)
        offsets: Tensor = self.out(torch.cat([last[-2], last[-1]], dim=1))
        return offsets

    @torch.inference_mode()
    def refine(self, table: FeatureTable, segments: Tensor, video: Tensor) -> Tensor:
        """Refined proposals (N, 2) in rows, not yet clipped to the video."""
        if len(segments) == 0:
            return segments
        fitted = self.fit_to_units(segments)
        parts = [
            decode(s, self(table, s, v))
            for s, v in zip(fitted.split(_BATCH), video.split(_BATCH), strict=True)
        ]
        return torch.cat(parts)
