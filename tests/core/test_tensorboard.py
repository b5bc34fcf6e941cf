"""Logs for TensorBoard: the figures of each step, and a readable error without the package."""

import sys
from pathlib import Path

import pytest

from etp_core.errors import EtpError
from etp_core.progress import Reporter
from etp_core.tensorboard import TensorBoard


class Heard(Reporter):
    """Keeps the events."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def emit(self, event: str, **data: object) -> None:
        self.events.append(event)


def test_figures_become_curves_and_every_event_goes_on(tmp_path: Path) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    heard = Heard()
    log = TensorBoard(tmp_path, heard)
    log.emit("start", task="actionness", video="", total=40)
    log.emit("step", task="actionness", video="", done=20, total=40, loss=0.5)
    log.emit("step", task="actionness", video="", done=40, total=40, loss=0.25, **{"mAP@0.5": 61})
    log.close()
    assert heard.events == ["start", "step", "step"]
    events = accumulator.EventAccumulator(str(tmp_path))
    events.Reload()
    assert [(e.step, e.value) for e in events.Scalars("actionness/loss")] == [(20, 0.5), (40, 0.25)]
    assert [e.value for e in events.Scalars("actionness/mAP@0.5")] == [61]


def test_without_the_package_the_error_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(EtpError, match="pip install tensorboard"):
        TensorBoard(tmp_path, Reporter())
