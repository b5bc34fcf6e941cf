"""What a person sees of long work on a terminal."""

from io import StringIO

from rich.console import Console

from etp_core.progress import Bars


def test_a_narrow_terminal_shows_how_far_it_is_the_loss_and_the_last_measurement() -> None:
    shown = StringIO()
    bars = Bars(Console(file=shown, width=80, force_terminal=True))
    name = "/videos/a_recording_with_quite_a_long_name.mp4"
    bars.emit("step", task="extract", video=name, done=160, total=400)
    losses = {"loss": 1.684, "classification": 1.511, "completeness": 1.032, "regression": 0.3}
    stage = {"task": "localization", "video": "", "total": 1200}
    bars.emit("step", **stage, done=300, **losses, **{"mAP@0.5": 52.5})
    bars.emit("step", **stage, done=500, **losses)
    bars.close()
    *_, extract, localization = [line for line in shown.getvalue().splitlines() if "/" in line]
    assert "160/400" in extract
    assert "500/1200" in localization and "loss 1.684  mAP@0" in localization
