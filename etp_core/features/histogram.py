"""Histograms of optical flow (Laptev et al. 2008): where in the picture things move, which way.

They need no weights and know nothing of how people look.
"""

import torch
from torch import Tensor, nn

ORIENTATIONS = 8
CELLS = 9  # across and down
_SMALLEST = 1e-3  # under the square root


class FlowHistogram(nn.Module):
    """Flow pictures "uvm" (B, 3, H, W) -> (B, dim): per cell the flow towards each orientation.

    A displacement counts by its length and is shared by the two orientations next to its own. The
    square root keeps large movements from drowning small ones.
    """

    dim = ORIENTATIONS * CELLS * CELLS

    def forward(self, pictures: Tensor) -> Tensor:
        across, down = pictures[:, 0].float(), pictures[:, 1].float()
        length = torch.hypot(across, down)
        angle = torch.atan2(down, across) * (ORIENTATIONS / (2 * torch.pi)) % ORIENTATIONS
        whole = angle.floor()
        share = angle - whole
        lower = whole.long() % ORIENTATIONS
        votes = pictures.new_zeros(
            (len(pictures), ORIENTATIONS, *pictures.shape[2:]), dtype=torch.float32
        )
        votes.scatter_(1, lower[:, None], (length * (1 - share))[:, None])
        votes.scatter_add_(1, ((lower + 1) % ORIENTATIONS)[:, None], (length * share)[:, None])
        cells = nn.functional.adaptive_avg_pool2d(votes, CELLS)
        return (cells + _SMALLEST).sqrt().flatten(1)
