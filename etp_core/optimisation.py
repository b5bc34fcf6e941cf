"""The one training loop: a schedule, a loss per iteration, progress."""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from etp_core.config import Schedule
from etp_core.errors import EtpError
from etp_core.progress import Reporter

_REPORT_EVERY = 20


def learning_rate(schedule: Schedule, iteration: int) -> float:
    """Learning rate at an iteration (from 0): steps of `decay_every`, else a cosine to zero."""
    if schedule.decay_every is None:
        factor = 0.5 * (1 + math.cos(math.pi * iteration / schedule.iterations))
    else:
        factor = schedule.decay ** (iteration // schedule.decay_every)
    return max(schedule.learning_rate * factor, schedule.floor)


def optimise(
    network: nn.Module,
    schedule: Schedule,
    loss_of: Callable[[], dict[str, Tensor]],
    task: str,
    reporter: Reporter,
) -> None:
    """Train in place for `schedule.iterations`; `loss_of` draws a batch, its "loss" is minimised.

    The other entries of its result are reported beside the loss. Leaves the network in eval mode.
    Raises EtpError when the loss is not finite.
    """
    if schedule.optimizer == "adamw":
        optimizer: torch.optim.Optimizer = torch.optim.AdamW(
            network.parameters(), lr=schedule.learning_rate, weight_decay=schedule.weight_decay
        )
    else:
        optimizer = torch.optim.SGD(
            network.parameters(),
            lr=schedule.learning_rate,
            momentum=0.9,
            weight_decay=schedule.weight_decay,
        )
    network.train()
    reporter.emit("start", task=task, video="", total=schedule.iterations)
    for iteration in range(schedule.iterations):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(schedule, iteration)
        losses = loss_of()
        loss = losses["loss"]
        if not torch.isfinite(loss):
            raise EtpError(
                f"{task}: the loss is not finite at iteration {iteration}; "
                "train with a lower learning_rate"
            )
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        done = iteration + 1
        if done % _REPORT_EVERY == 0 or done == schedule.iterations:
            figures = {name: float(value.detach()) for name, value in losses.items()}
            reporter.emit(
                "step", task=task, video="", done=done, total=schedule.iterations, **figures
            )
    network.eval()
