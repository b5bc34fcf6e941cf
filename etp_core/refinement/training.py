"""Training of stage 2: smooth-L1 regression of positive and incomplete proposals (Eq. 4)."""

import torch

from etp_core.config import RefinementConfig
from etp_core.errors import EtpError
from etp_core.features.pyramid import FeatureTable
from etp_core.offsets import encode, regression_loss
from etp_core.optimisation import Measure, Session, optimise
from etp_core.refinement.network import RefinementNetwork
from etp_core.sampling import Drawer, Matched, Truth


def train_refinement(
    table: FeatureTable,
    proposals: Matched,
    truth: Truth,
    unit_rows: float,
    config: RefinementConfig,
    seed: int,
    session: Session,
    task: str = "refinement",
    measure: Measure | None = None,
) -> RefinementNetwork:
    """Fit the Refinement Network on proposals with tIoU >= `config.incomplete`.

    Raises EtpError when there is no such proposal.
    """
    torch.manual_seed(seed)
    network = RefinementNetwork(table.dim, unit_rows, config).to(session.device)
    used = proposals.where(proposals.tiou >= config.incomplete)
    if len(used.segments) == 0:
        raise EtpError(
            "refinement: no proposal overlaps the ground truth well enough to learn from"
        )
    fitted = network.fit_to_units(used.segments)
    targets = encode(fitted, network.fit_to_units(truth.segments)[used.truth]).float()
    drawer = Drawer(torch.arange(len(fitted)), used.truth, seed)
    fitted, video, targets = (x.to(session.device) for x in (fitted, used.video, targets))

    def loss_of() -> dict[str, torch.Tensor]:
        batch = drawer.draw(config.schedule.batch).to(session.device)
        predicted = network(table, fitted[batch], video[batch])
        return {"loss": regression_loss(predicted, targets[batch], config.beta)}

    optimise(network, config.schedule, loss_of, task, session, [drawer.generator], measure)
    return network
