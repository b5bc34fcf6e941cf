"""Stage 3 (section 3.3): the Localization Network names, judges and regresses each proposal."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from etp_core.config import LocalizationConfig
from etp_core.features.pyramid import FeatureTable, NonLocalPyramid, stage_edges
from etp_core.fusion import Fused
from etp_core.offsets import decode

_BATCH = 256


class LocalizationNetwork(nn.Module):
    """Pyramid features -> class logits (K + 1), completeness (K), offsets (K, 2).

    The class head sees the course only, completeness and regression the whole pyramid. The last
    class is the background. Offsets are normalised by `offset_mean` and `offset_std`, which
    training measures and the checkpoint keeps.
    """

    offset_mean: Tensor
    offset_std: Tensor

    def __init__(self, inputs: int, classes: int, config: LocalizationConfig) -> None:
        super().__init__()
        self.config = config
        self.classes = classes
        self.pyramid = NonLocalPyramid(inputs, config.pyramid)
        self.classify = nn.Linear(self.pyramid.course_dim, classes + 1)
        judged = classes if config.completeness == "classwise" else 1
        self.complete = nn.Linear(self.pyramid.dim, judged)
        self.regress = nn.Linear(self.pyramid.dim, 2 * classes)
        for head in (self.classify, self.complete, self.regress):
            nn.init.normal_(head.weight, std=0.01)
            nn.init.zeros_(head.bias)
        self.register_buffer("offset_mean", torch.zeros(2))
        self.register_buffer("offset_std", torch.ones(2))

    def forward(
        self, table: FeatureTable, segments: Tensor, video: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Proposals (N, 2) in rows of videos (N,) -> logits (N, K + 1), completeness (N, K),
        normalised offsets (N, K, 2)."""
        edges = stage_edges(segments, self.config.pyramid.snippets)
        features = self.pyramid(*table.snippets(edges, video))
        completeness = self.complete(features).expand(-1, self.classes)
        offsets = self.regress(features).reshape(-1, self.classes, 2)
        return self.classify(features[:, self.pyramid.course]), completeness, offsets


@torch.inference_mode()
def localize(
    stage: Fused[LocalizationNetwork],
    tables: Mapping[str, FeatureTable],
    segments: Tensor,
    video: Tensor,
) -> tuple[Tensor, Tensor, Tensor]:
    """Class probabilities (N, K + 1), completeness (N, K), moved segments (N, K, 2) in rows.

    Proposals (N, 2) in rows, N >= 1, of videos (N,). Logits, completeness and offsets are averaged
    over the streams before anything is made of them.
    """
    first = next(iter(stage.networks.values()))
    device = tables[next(iter(stage.networks))].device
    results = []
    for part, of in zip(
        segments.to(device).split(_BATCH), video.to(device).split(_BATCH), strict=True
    ):
        raw = {s: net(tables[s], part, of) for s, net in stage.networks.items()}
        logits = stage.mean({s: out[0] for s, out in raw.items()})
        completeness = stage.mean({s: out[1] for s, out in raw.items()})
        offsets = stage.mean(
            {
                s: out[2] * net.offset_std + net.offset_mean
                for (s, out), net in zip(raw.items(), stage.networks.values(), strict=True)
            }
        )
        repeated = part.repeat_interleave(first.classes, 0)
        moved = decode(repeated, offsets.reshape(-1, 2), first.config.most)
        results.append((logits.softmax(1), completeness, moved.reshape(-1, first.classes, 2)))
    probability, completeness, moved = (torch.cat(x).cpu() for x in zip(*results, strict=True))
    return probability, completeness, moved
