"""Training of stage 3: what is drawn into a batch, and the fit (section 3.3)."""

import torch
from torch import Tensor

from etp_core.config import LocalizationConfig
from etp_core.errors import EtpError
from etp_core.features.pyramid import FeatureTable
from etp_core.localization.losses import classification_loss, completeness_loss
from etp_core.localization.network import LocalizationNetwork
from etp_core.offsets import encode, regression_loss
from etp_core.optimisation import optimise
from etp_core.progress import Reporter
from etp_core.sampling import Drawer, Matched, Truth

_SHARES = (1, 1, 4)  # positive : background : incomplete in a batch


def train_localization(
    table: FeatureTable,
    proposals: Matched,
    truth: Truth,
    classes: int,
    config: LocalizationConfig,
    seed: int,
    reporter: Reporter,
) -> LocalizationNetwork:
    """Fit the Localization Network on matched proposals (the ground truth among them).

    Raises EtpError when no proposal is positive.
    """
    torch.manual_seed(seed)
    network = LocalizationNetwork(table.dim, classes, config)
    is_positive = proposals.tiou > config.positive
    is_background = proposals.tiou < config.background
    is_incomplete = (proposals.tiou >= config.incomplete) & (proposals.tiou < config.positive)
    if not is_positive.any():
        raise EtpError("localization: no proposal matches the ground truth")
    positive = is_positive.nonzero()[:, 0]
    offsets = torch.zeros(len(proposals.segments), 2)
    offsets[positive] = encode(
        proposals.segments[positive], truth.segments[proposals.truth[positive]]
    ).float()
    mean, std = offsets[positive].mean(0), offsets[positive].std(0, correction=0).clamp(min=1e-3)
    network.offset_mean.copy_(mean)
    network.offset_std.copy_(std)
    offsets = (offsets - mean) / std

    labels = torch.full((len(proposals.segments),), classes, dtype=torch.long)
    matched = proposals.truth >= 0
    labels[matched] = truth.labels[proposals.truth[matched]]
    drawers = [
        Drawer(positive, proposals.truth[positive], seed),
        Drawer(is_background.nonzero()[:, 0], proposals.video[is_background], seed + 1),
        Drawer(is_incomplete.nonzero()[:, 0], proposals.truth[is_incomplete], seed + 2),
    ]
    share = max(1, config.schedule.batch // sum(_SHARES))

    def loss_of() -> dict[str, Tensor]:
        drawn = [drawer.draw(n * share) for drawer, n in zip(drawers, _SHARES, strict=True)]
        n_pos, n_bg = len(drawn[0]), len(drawn[1])
        batch = torch.cat(drawn)
        logits, completeness, moved = network(
            table, proposals.segments[batch], proposals.video[batch]
        )
        wanted = labels[batch].clone()
        wanted[n_pos : n_pos + n_bg] = classes
        classification = classification_loss(logits[: n_pos + n_bg], wanted[: n_pos + n_bg])
        judged = torch.cat([torch.arange(n_pos), torch.arange(n_pos + n_bg, len(batch))])
        own = completeness[judged, labels[batch][judged]]
        completing = completeness_loss(own, torch.arange(len(judged)) < n_pos)
        own_moved = moved[torch.arange(n_pos), wanted[:n_pos]]
        regression = regression_loss(own_moved, offsets[batch[:n_pos]])
        loss = (
            classification
            + config.completeness_weight * completing
            + config.regression_weight * regression
        )
        return {
            "loss": loss,
            "classification": classification,
            "completeness": completing,
            "regression": regression,
        }

    optimise(network, config.schedule, loss_of, "localization", reporter)
    return network
