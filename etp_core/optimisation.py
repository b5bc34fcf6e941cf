"""The one training loop: a schedule, a loss per iteration, progress, checkpoints."""

import hashlib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from etp_core.config import Schedule
from etp_core.errors import EtpError
from etp_core.progress import Reporter
from etp_core.tensors import write_tensors

_REPORT_EVERY = 20
_CHECKPOINTS = 10  # in one run
_MEASUREMENTS = 4

_CPU = torch.device("cpu")

Measure = Callable[[nn.Module], dict[str, float]]


@dataclass(frozen=True)
class Session:
    """Where networks are trained and who hears of it.

    mixed        bfloat16 where it is safe, on a GPU
    checkpoints  folder for what an interrupted run is taken up from; None: it starts over
    key          what the run depends on beside its task: a checkpoint of another key is not used
    """

    reporter: Reporter = field(default_factory=Reporter)
    device: torch.device = _CPU
    mixed: bool = False
    checkpoints: Path | None = None
    key: str = ""

    def autocast(self, anywhere: bool = False) -> torch.autocast:
        """The context in which losses are computed; `anywhere`: in bfloat16 on a processor too."""
        on = self.mixed and (anywhere or self.device.type == "cuda")
        return torch.autocast(self.device.type, torch.bfloat16, enabled=on)


class Random(Protocol):
    """What draws batches, such as a torch.Generator: its state goes into a checkpoint."""

    def get_state(self) -> Tensor:
        """Everything that what comes next depends on."""

    def set_state(self, state: Tensor) -> object:
        """Go on from there."""


def learning_rate(schedule: Schedule, iteration: int) -> float:
    """Learning rate at an iteration (from 0): steps of `decay_every`, else a cosine to zero."""
    if schedule.decay_every is None:
        factor = 0.5 * (1 + math.cos(math.pi * iteration / schedule.iterations))
    else:
        factor = schedule.decay ** (iteration // schedule.decay_every)
    return max(schedule.learning_rate * factor, schedule.floor)


def new_optimizer(
    network: nn.Module, schedule: Schedule, faster: nn.Module | None = None, factor: float = 1.0
) -> torch.optim.Optimizer:
    """The optimiser of a schedule, for all parameters; those of `faster` learn `factor` times so.

    A group keeps its factor under "factor".
    """
    quick = [] if faster is None else list(faster.parameters())
    known = {id(parameter) for parameter in quick}
    slow = [parameter for parameter in network.parameters() if id(parameter) not in known]
    groups = [{"params": slow, "factor": 1.0}]
    if quick:
        groups.append({"params": quick, "factor": factor})
    rate, decay = schedule.learning_rate, schedule.weight_decay
    if schedule.optimizer == "adamw":
        return torch.optim.AdamW(groups, lr=rate, weight_decay=decay)
    return torch.optim.SGD(groups, lr=rate, momentum=schedule.momentum, weight_decay=decay)


def optimise(
    network: nn.Module,
    schedule: Schedule,
    loss_of: Callable[[], dict[str, Tensor]],
    task: str,
    session: Session,
    generators: Sequence[Random] = (),
    measure: Measure | None = None,
    optimizer: torch.optim.Optimizer | None = None,
    half: bool = False,
) -> None:
    """Train in place for `schedule.iterations`; `loss_of` draws a batch, its "loss" is minimised.

    The other entries of its result are reported beside the loss, and so is what `measure` finds at
    every quarter of the way. `generators` are all that `loss_of` draws from beside torch's own:
    with their states in the checkpoint, a run that was interrupted ends as if it had not been.
    `optimizer` takes the place of the schedule's own; `half` computes in bfloat16 on a processor
    too, where the configuration allows it.
    Leaves the network in eval mode. Raises EtpError when the loss is not finite.
    """
    optimizer = optimizer or new_optimizer(network, schedule)
    checkpoint = _Checkpoint(network, optimizer, generators, task, session)
    begun = checkpoint.restore()
    total = schedule.iterations
    network.train()
    session.reporter.emit("start", task=task, video="", total=total)
    for iteration in range(begun, total):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(schedule, iteration) * group["factor"]
        with session.autocast(half):
            losses = loss_of()
        loss = losses["loss"]
        if not torch.isfinite(loss):
            raise EtpError(
                f"{task}: the loss is not finite at iteration {iteration}; "
                "train with a lower learning_rate"
            )
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), schedule.clip)
        optimizer.step()
        done = iteration + 1
        figures: dict[str, float] = {}
        if done % _REPORT_EVERY == 0 or done == total:
            figures = {name: float(value.detach()) for name, value in losses.items()}
        if (
            measure is not None
            and done * _MEASUREMENTS // total > iteration * _MEASUREMENTS // total
        ):
            figures.update(measure(network.eval()))
            network.train()
        if figures:
            session.reporter.emit("step", task=task, video="", done=done, total=total, **figures)
        if done % max(1, total // _CHECKPOINTS) == 0 and done < total:
            checkpoint.save(done)
    network.eval()


class _Checkpoint:
    """What a run depends on, at one iteration, in one file: nothing in it needs unpickling."""

    def __init__(
        self,
        network: nn.Module,
        optimizer: torch.optim.Optimizer,
        generators: Sequence[Random],
        task: str,
        session: Session,
    ) -> None:
        self._network, self._optimizer, self._generators = network, optimizer, generators
        self._key = hashlib.sha256(f"{session.key} {task}".encode()).hexdigest()[:16]
        self._device = session.device
        folder = session.checkpoints
        self._path = None if folder is None else folder / f"{self._key}.safetensors"

    def save(self, iteration: int) -> None:
        if self._path is None:
            return
        tensors = {f"network.{k}": v for k, v in self._network.state_dict().items()}
        for number, values in self._optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{number}.{k}": v for k, v in values.items() if v is not None}
        tensors["random.torch"] = torch.get_rng_state()
        if self._device.type == "cuda":
            tensors["random.cuda"] = torch.cuda.get_rng_state(self._device)
        for index, generator in enumerate(self._generators):
            tensors[f"random.{index}"] = generator.get_state()
        write_tensors(self._path, tensors, {"about": json.dumps([self._key, iteration])})

    def restore(self) -> int:
        """Put everything back as it was; the iteration to go on with, 0 without a checkpoint."""
        if self._path is None or not self._path.is_file():
            return 0
        try:
            with safe_open(self._path, "pt") as file:
                key, iteration = json.loads((file.metadata() or {})["about"])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (SafetensorError, OSError, ValueError, KeyError):
            return 0
        if key != self._key:
            return 0
        self._network.load_state_dict(_below(tensors, "network"))
        state: dict[int, dict[str, Tensor]] = {}
        for name, value in _below(tensors, "optimizer").items():
            number, _, entry = name.partition(".")
            state.setdefault(int(number), {})[entry] = value
        groups = self._optimizer.state_dict()["param_groups"]
        self._optimizer.load_state_dict({"state": state, "param_groups": groups})
        random = _below(tensors, "random")
        torch.set_rng_state(random["torch"])
        if "cuda" in random and self._device.type == "cuda":
            torch.cuda.set_rng_state(random["cuda"], self._device)
        for index, generator in enumerate(self._generators):
            generator.set_state(random[str(index)])
        return int(iteration)


def _below(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(f"{prefix}."): value
        for name, value in tensors.items()
        if name.startswith(f"{prefix}.")
    }
