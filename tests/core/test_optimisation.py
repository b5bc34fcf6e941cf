"""The training loop: schedules, clipping, measuring on the way, and resuming to the same result."""

from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from etp_core.config import Schedule
from etp_core.errors import EtpError
from etp_core.optimisation import Session, learning_rate, new_optimizer, optimise
from etp_core.progress import Reporter


class Interrupted(Exception):
    """Stands for whatever ends a process."""


class Ending(Reporter):
    """Interrupts the training at one of its reports."""

    def __init__(self, at: int = -1) -> None:
        self.at, self.steps = at, []

    def emit(self, event: str, **data: object) -> None:
        if event == "step":
            self.steps.append(data)
            if data["done"] == self.at:
                raise Interrupted


def train(
    schedule: Schedule, session: Session, measure: bool = False
) -> tuple[dict[str, Tensor], list[int]]:
    """Train a small network with dropout; its weights, and the sizes of what was measured."""
    torch.manual_seed(3)
    network = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5), nn.Linear(8, 1))
    generator = torch.Generator().manual_seed(5)
    measured: list[int] = []

    def loss_of() -> dict[str, Tensor]:
        x = torch.randn(16, 4, generator=generator)
        return {"loss": (network(x) - x.sum(1, keepdim=True)).square().mean()}

    def look(network: nn.Module) -> dict[str, float]:
        assert not network.training
        measured.append(1)
        return {"mAP@0.5": 12.5}

    optimise(network, schedule, loss_of, "task", session, [generator], look if measure else None)
    return network.state_dict(), measured


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_a_resumed_training_ends_as_if_it_had_not_been_interrupted(
    tmp_path: Path, optimizer: str
) -> None:
    schedule = Schedule(optimizer=optimizer, iterations=100, learning_rate=0.01)
    whole, _ = train(schedule, Session())
    with pytest.raises(Interrupted):
        train(schedule, Session(Ending(60), checkpoints=tmp_path, key="k"))
    torch.rand(7)  # another process has used the generator otherwise
    again = Ending()
    resumed, _ = train(schedule, Session(again, checkpoints=tmp_path, key="k"))
    assert [step["done"] for step in again.steps] == [60, 80, 100]
    assert all(torch.equal(whole[key], resumed[key]) for key in whole)


def test_a_checkpoint_of_other_data_or_damaged_is_not_used(tmp_path: Path) -> None:
    schedule = Schedule(iterations=100)
    with pytest.raises(Interrupted):
        train(schedule, Session(Ending(60), checkpoints=tmp_path, key="k"))
    other = Ending()
    train(schedule, Session(other, checkpoints=tmp_path, key="other"))
    assert other.steps[0]["done"] == 20
    for path in tmp_path.iterdir():
        path.write_bytes(path.read_bytes()[:100])
    damaged = Ending()
    train(schedule, Session(damaged, checkpoints=tmp_path, key="k"))
    assert damaged.steps[0]["done"] == 20


def test_measuring_on_the_way_changes_nothing() -> None:
    schedule, report = Schedule(iterations=30), Ending()
    plain, _ = train(schedule, Session())
    watched, measured = train(schedule, Session(report), measure=True)
    assert len(measured) == 4
    assert all(torch.equal(plain[key], watched[key]) for key in plain)
    assert sum("mAP@0.5" in step for step in report.steps) == 4


def test_the_learning_rate_falls_in_steps_down_to_its_floor() -> None:
    schedule = Schedule(learning_rate=0.1, decay_every=10, floor=1e-3)
    rates = [learning_rate(schedule, i) for i in (0, 9, 10, 20, 90)]
    assert rates == pytest.approx([0.1, 0.1, 0.01, 1e-3, 1e-3])


def test_the_learning_rate_without_steps_is_half_a_cosine() -> None:
    schedule = Schedule(learning_rate=0.2, iterations=100)
    rates = [learning_rate(schedule, i) for i in (0, 50, 75, 100)]
    assert rates == pytest.approx([0.2, 0.1, 0.1 * (1 - 0.5**0.5), 0.0])


def test_the_schedule_is_what_the_optimiser_is_given() -> None:
    sgd = Schedule(optimizer="sgd", momentum=0.8, weight_decay=0.03, learning_rate=0.2)
    for schedule in (sgd, sgd.model_copy(update={"optimizer": "adamw"})):
        (group,) = new_optimizer(nn.Linear(2, 1), schedule).param_groups
        assert (group["lr"], group["weight_decay"]) == (0.2, 0.03)
        assert group.get("momentum", 0.8) == 0.8


def test_a_new_head_learns_faster_than_what_is_fine_tuned() -> None:
    network = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    schedule = Schedule(optimizer="sgd", iterations=1, learning_rate=0.1)
    optimizer = new_optimizer(network, schedule, network[1], 10.0)
    assert sum(len(group["params"]) for group in optimizer.param_groups) == 4
    weight = network[0].weight
    optimise(network, schedule, lambda: {"loss": weight.sum()}, "task", Session(), (), None,
             optimizer)  # fmt: skip
    assert [group["lr"] for group in optimizer.param_groups] == [0.1, 1.0]


def test_a_gradient_is_cut_down_to_the_norm_it_may_have() -> None:
    network = nn.Linear(3, 1, bias=False)
    before = network.weight.detach().clone()
    schedule = Schedule(
        optimizer="sgd", iterations=1, learning_rate=1.0, clip=0.5, momentum=0, weight_decay=0
    )
    optimise(network, schedule, lambda: {"loss": 1e4 * network.weight.sum()}, "task", Session())
    assert float((network.weight.detach() - before).norm()) == pytest.approx(0.5, rel=1e-3)


def test_a_loss_that_is_not_finite_is_named() -> None:
    network = nn.Linear(1, 1)
    with pytest.raises(EtpError, match="task: the loss is not finite at iteration 0"):
        optimise(
            network,
            Schedule(),
            lambda: {"loss": network.weight.sum() * float("nan")},
            "task",
            Session(),
        )


def test_a_checkpoint_that_the_disk_has_no_room_for_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*given: object) -> None:
        raise SafetensorError("I/O error: No space left on device")

    monkeypatch.setattr("etp_core.tensors.save_file", full)
    with pytest.raises(EtpError, match=r"\.safetensors: cannot be written \(.*No space left"):
        train(Schedule(iterations=20), Session(checkpoints=tmp_path))
    assert not list(tmp_path.iterdir())
