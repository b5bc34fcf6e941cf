"""`etp ablate`: the paper's tables and figures on a dataset of one's own."""

import shlex
import sys
from pathlib import Path

import typer

from etp_core.annotations import Annotations
from etp_core.cli import app, reporting, subset_of
from etp_core.cli.options import DEVICE, FEATURES, PROGRESS, Device, Preset, ProgressMode
from etp_core.cli.several import SeveralNumbers
from etp_core.errors import InputError


@app.command(cls=SeveralNumbers)
def ablate(
    annotations: Path = typer.Option(help="Ground truth (ActivityNet JSON, ETP CSV, …)."),
    videos: Path = typer.Option(help="Folder with the video files."),
    out: Path = typer.Option(help="Folder for the runs and report.html; run again, it goes on."),
    subset: str = typer.Option("train", help="Subset to train on."),
    test: str = typer.Option("test", help="Subset to evaluate on."),
    seeds: list[int] = typer.Option([0, 1, 2], min=0, help="Every row is run with each."),
    units: list[float] = typer.Option(
        [], help="Lengths of video units for Figure 7, seconds (16 to 128 frames at 30 frames/s)."
    ),
    only: list[str] = typer.Option([], help="Run these rows only (full, flow, unrefined, stpf …)."),
    preset: Preset = typer.Option(Preset.compact),
    config: Path | None = typer.Option(None, help="TOML file that overrides the preset."),
    features: Path | None = FEATURES,
    device: Device = DEVICE,
    progress: ProgressMode = PROGRESS,
) -> None:
    """Run the rows of Tables 1 to 3 and Figures 5 to 7, and write one report with plots.

    Rows share the stages that are the same in them. Nothing that was run is run again.
    """
    from etp_core.ablation.report import write_report
    from etp_core.ablation.rows import PAPER_UNITS, Row, rows_of
    from etp_core.ablation.run import Ablation, versions
    from etp_core.config import load_config
    from etp_core.features.cache import default_cache
    from etp_core.features.extraction import choose_device
    from etp_core.formats import read
    from etp_core.optimisation import Session

    seeds, lengths = list(dict.fromkeys(seeds)), list(dict.fromkeys(units or PAPER_UNITS))
    rows = rows_of(load_config(preset.value, config), lengths)
    unknown = set(only) - {row.name for row in rows}
    if unknown:
        names = ", ".join(row.name for row in rows)
        raise InputError(f"--only: there is no row {sorted(unknown)[0]!r} (there are: {names})")
    rows = [row for row in rows if not only or row.name in only]
    everything = read(annotations)
    for name in (subset, test):
        if not subset_of(everything, name, annotations).segments:
            raise InputError(f"{annotations}: the subset {name!r} has no segment")
    with reporting(progress) as report:
        where = choose_device(device.value)
        ablation = Ablation(
            annotations=everything,
            videos=videos,
            train=subset,
            test=test,
            out=out,
            features=features or default_cache(),
            device=device.value,
            session=Session(report, where, checkpoints=out / "checkpoints"),
        )
        results = ablation.run(rows, seeds)

        def command(row: Row, seed: int) -> str:
            folder, name = ablation.folder(row, seed), f"{row.name}-{seed}"
            data = ["--annotations", annotations, "--videos", videos, "--subset", subset]
            train = ["etp", "train", "all", *data, "--config", folder / "config.toml"]
            cached = [] if features is None else ["--features", features]
            train += ["--out", name, *cached]
            found = [f"{name}.csv"]
            detect = ["etp", "detect", *ablation.test_videos, "--model", name]
            detect += ["--csv", *found, *cached]
            evaluate = ["etp", "evaluate", "--ground-truth", annotations, "--detections", *found]
            evaluate += ["--subset", test]
            return "\n".join(shlex.join(map(str, line)) for line in (train, detect, evaluate))

        about = {
            "command": shlex.join(["etp", *sys.argv[1:]]),
            "annotations": str(annotations),
            "trained on": _size(ablation.annotations, subset),
            "evaluated on": _size(ablation.annotations, test),
            "device": str(where),
            **versions(),
        }
        path = out / "report.html"
        write_report(path, rows, seeds, results, about, command)
        runs = f"{len(rows)} row(s), each with seeds {', '.join(map(str, seeds))}"
        report.emit("message", text=f"{path}: {runs}")


def _size(annotations: Annotations, subset: str) -> str:
    """How much there is in a subset."""
    part = annotations.subset(subset)
    return (
        f"{subset} (videos: {len(part.videos)}, actions: {len(part.segments)}, "
        f"classes: {len(part.labels)})"
    )
