"""Stage 1 (section 3.1): the Actionness Network scores every snippet for every class."""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from etp_core.actionness.initial import with_average
from etp_core.config import ActionnessConfig
from etp_core.fusion import Fused
from etp_core.optimisation import Measure, Session, optimise


class ActionnessNetwork(nn.Module):
    """Feature rows (T, d) -> logits (T, K), or (T, K + 1) with a background class last."""

    def __init__(self, inputs: int, classes: int, config: ActionnessConfig) -> None:
        super().__init__()
        self.classes = classes
        outputs = classes + int(config.background)
        if config.width:
            self.layers = nn.Sequential(
                nn.Dropout(config.dropout / 2),
                nn.Linear(inputs, config.width),
                nn.ReLU(),
                nn.Dropout(config.dropout),
                nn.Linear(config.width, outputs),
            )
        else:
            self.layers = nn.Sequential(nn.Dropout(config.dropout), nn.Linear(inputs, outputs))

    def forward(self, rows: Tensor) -> Tensor:
        logits: Tensor = self.layers(rows)
        return logits


@torch.inference_mode()
def scores(stage: Fused[ActionnessNetwork], rows: Mapping[str, Tensor]) -> Tensor:
    """Probabilities S^1..S^K of each stream's rows (T, d) -> (K, T), without the background."""
    logits = stage.mean({stream: net(rows[stream]) for stream, net in stage.networks.items()})
    classes = next(iter(stage.networks.values())).classes
    return logits.softmax(dim=1)[:, :classes].T.contiguous()


def curves(
    stage: Fused[ActionnessNetwork], rows: Mapping[str, Tensor], average: str
) -> NDArray[np.float32]:
    """Actionness of each stream's rows (T, d) with the class-agnostic curve last: (K + 1, T)."""
    return with_average(scores(stage, rows).cpu().numpy(), average)


def row_targets(
    times: Tensor, segments: Tensor, labels: Tensor, classes: int
) -> tuple[Tensor, Tensor]:
    """Class of each snippet of one video, and whether it is used for training.

    times (T,) and segments (N, 2) in seconds, labels (N,). A snippet inside no segment has the
    class K (background). Snippets are used unless two classes claim them.
    """
    targets = torch.full((len(times),), classes, dtype=torch.long)
    claimed = torch.zeros(len(times), dtype=torch.bool)
    for (start, end), label in zip(segments, labels, strict=True):
        inside = (times >= start) & (times < end)
        claimed |= inside & (targets != classes) & (targets != label)
        targets[inside] = label
    return targets, ~claimed


def train_actionness(
    rows: Tensor,
    targets: Tensor,
    classes: int,
    config: ActionnessConfig,
    seed: int,
    session: Session,
    task: str = "actionness",
    measure: Measure | None = None,
) -> ActionnessNetwork:
    """Fit the frame classifier by cross entropy on rows (T, d) with targets (T,) in 0..K.

    Batches are drawn with equal chance for every class that occurs, background included; rows of
    the background are left out where the configuration has no such class.
    """
    if not config.background:
        rows, targets = rows[targets < classes], targets[targets < classes]
    torch.manual_seed(seed)
    network = ActionnessNetwork(rows.shape[1], classes, config).to(session.device)
    targets = targets.cpu()
    wanted = targets.to(session.device)
    counts = torch.bincount(targets, minlength=classes + 1).float()
    # the background is as varied as all the actions together, so it is drawn as often
    share = torch.ones(classes + 1)
    share[classes] = max(1, classes) / 2
    chance = (share / counts.clamp(min=1))[targets]
    generator = torch.Generator().manual_seed(seed)

    def loss_of() -> dict[str, Tensor]:
        batch = torch.multinomial(
            chance, config.schedule.batch, replacement=True, generator=generator
        )
        batch = batch.to(session.device)
        return {"loss": nn.functional.cross_entropy(network(rows[batch]), wanted[batch])}

    optimise(network, config.schedule, loss_of, task, session, [generator], measure)
    return network
