"""Video units U(s, d) of a proposal (section 3.2)."""

import torch
from torch import Tensor


def snap_to_stride(segments: Tensor, stride: float) -> Tensor:
    """Fit (N, 2) intervals to the unit stride: both boundaries to multiples of it, none empty."""
    snapped = (segments / stride).round() * stride
    snapped[:, 1] = torch.maximum(snapped[:, 1], snapped[:, 0] + stride)
    return snapped


def unit_starts(segments: Tensor, length: float) -> tuple[Tensor, Tensor]:
    """Starts of the units of each proposal, stride at most length / 2: (N, U), counts (N,).

    The first unit begins at the proposal's start and the last ends at its end, so that both
    boundaries are seen by a unit edge; a proposal shorter than one unit gives one centred unit.
    Rows are padded with their last unit. Everything in the unit of `segments`.
    """
    start, end = segments[:, 0], segments[:, 1]
    spare = end - start - length
    counts = 1 + (spare.clamp(min=0) / (length / 2) - 1e-6).ceil().clamp(min=0).long()
    first = torch.where(spare < 0, (start + end - length) / 2, start)
    step = torch.where(counts > 1, spare / (counts - 1).clamp(min=1), torch.zeros_like(spare))
    index = torch.arange(int(counts.max()) if len(counts) else 0, device=segments.device)
    index = torch.minimum(index[None], (counts - 1)[:, None])
    return first[:, None] + index * step[:, None], counts
