"""Training of stage 3: what is drawn into a batch, and the fit (section 3.3)."""

import torch
from torch import Tensor

from etp_core.config import LocalizationConfig
from etp_core.errors import EtpError
from etp_core.features.pyramid import FeatureTable
from etp_core.localization.losses import classification_loss, completeness_loss
from etp_core.localization.network import LocalizationNetwork
from etp_core.offsets import encode, regression_loss
from etp_core.optimisation import Measure, Session, optimise
from etp_core.sampling import Drawer, Matched, Truth


def train_localization(
    table: FeatureTable,
    proposals: Matched,
    truth: Truth,
    classes: int,
    config: LocalizationConfig,
    seed: int,
    session: Session,
    task: str = "localization",
    measure: Measure | None = None,
) -> LocalizationNetwork:
    """Fit the Localization Network on matched proposals (the ground truth among them).

    Raises EtpError when no proposal is positive.
    """
    torch.manual_seed(seed)
    network = LocalizationNetwork(table.dim, classes, config).to(session.device)
    is_positive, is_background, is_incomplete = kinds(proposals, config)
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
    share = max(1, config.schedule.batch // sum(config.shares))
    segments, video, labels, offsets = (
        x.to(session.device) for x in (proposals.segments, proposals.video, labels, offsets)
    )

    def loss_of() -> dict[str, Tensor]:
        drawn = [drawer.draw(n * share) for drawer, n in zip(drawers, config.shares, strict=True)]
        n_pos, n_bg = len(drawn[0]), len(drawn[1])
        batch = torch.cat(drawn).to(session.device)
        logits, completeness, moved = network(table, segments[batch], video[batch])
        wanted = labels[batch].clone()
        wanted[n_pos : n_pos + n_bg] = classes
        classification = classification_loss(
            logits[: n_pos + n_bg], wanted[: n_pos + n_bg], config.smoothing
        )
        rows = torch.arange(len(batch), device=session.device)
        judged = torch.cat([rows[:n_pos], rows[n_pos + n_bg :]])
        own = completeness[judged, labels[batch][judged]].float()
        completing = completeness_loss(own, rows[: len(judged)] < n_pos, config.hardest)
        own_moved = moved[rows[:n_pos], wanted[:n_pos]]
        regression = regression_loss(own_moved, offsets[batch[:n_pos]], config.beta)
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

    generators = [drawer.generator for drawer in drawers]
    optimise(network, config.schedule, loss_of, task, session, generators, measure)
    return network


def kinds(proposals: Matched, config: LocalizationConfig) -> tuple[Tensor, Tensor, Tensor]:
    """Which proposals are positive, background and incomplete: three masks (N,), disjoint.

    `paper`: incomplete is a tIoU from `incomplete` up to `positive`. `ssn` (Zhao et al. 2017): a
    tIoU below `incomplete`, with at least the share `inside` of it in the ground truth.
    """
    positive = proposals.tiou > config.positive
    if config.sampling == "ssn":
        incomplete = (proposals.tiou < config.incomplete) & (proposals.inside >= config.inside)
    else:
        incomplete = (proposals.tiou >= config.incomplete) & (proposals.tiou < config.positive)
    incomplete &= ~positive
    return positive, (proposals.tiou < config.background) & ~incomplete, incomplete
