"""`etp train`: train one stage of a model, or all three."""

from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from etp_core.cli import app, reporting, subset_of
from etp_core.cli.options import DEVICE, FEATURES, PROGRESS, Device, Preset, ProgressMode
from etp_core.errors import InputError

if TYPE_CHECKING:
    from etp_core.config import Config
    from etp_core.model import Model


class Stage(StrEnum):
    """What to train."""

    actionness = "actionness"
    refinement = "refinement"
    localization = "localization"
    all = "all"


@app.command()
def train(
    stage: Stage = typer.Argument(help="The stage to train, or all of them."),
    annotations: Path = typer.Option(help="Ground truth (ActivityNet JSON, ETP CSV, …)."),
    videos: Path = typer.Option(help="Folder with the video files."),
    out: Path = typer.Option(help="Model directory."),
    subset: str = typer.Option("train", help="Subset of the annotations to train on."),
    validation: str | None = typer.Option(
        None, help="Subset to measure on, while each stage is trained and at the end."
    ),
    preset: Preset = typer.Option(Preset.compact),
    config: Path | None = typer.Option(None, help="TOML file that overrides the preset."),
    features: Path | None = FEATURES,
    seed: int | None = typer.Option(None, min=0, help="Overrides the configuration's seed."),
    clips: Path | None = typer.Option(
        None,
        help="Folder of trimmed clips, one folder per class: stage 1 learns from them "
        "(features.standardise = false).",
    ),
    finetune: bool = typer.Option(
        False, "--finetune", help="Train the backbone too, before the stages."
    ),
    weights: Path | None = typer.Option(None, help="File with the backbone's weights."),
    tensorboard: Path | None = typer.Option(None, help="Folder for TensorBoard logs."),
    resume: bool = typer.Option(
        False, "--resume", help="Go on where an earlier training was interrupted."
    ),
    force: bool = typer.Option(
        False, "--force", help="Replace a trained stage, or begin an interrupted training anew."
    ),
    device: Device = DEVICE,
    progress: ProgressMode = PROGRESS,
) -> None:
    """Train the three networks on annotated videos; features are cached, so a rerun is quick."""
    import shutil

    from etp_core.config import load_config
    from etp_core.dataset import data_fingerprint, load_clips, load_recordings
    from etp_core.evolution import STAGES
    from etp_core.features.cache import default_cache
    from etp_core.features.extraction import Extractor, choose_device
    from etp_core.finetuning import clips_fingerprint, provide_backbones
    from etp_core.formats import read
    from etp_core.labelled import annotated, trimmed_clips
    from etp_core.model import Model, backbone_files, stage_missing
    from etp_core.optimisation import Session
    from etp_core.tensorboard import TensorBoard
    from etp_core.training import Trainer
    from etp_core.validation import Validator

    given: dict[str, Any] = {} if seed is None else {"seed": seed}
    own: dict[str, Any] = {} if weights is None else {"weights": str(weights)}
    if finetune:
        own["finetune"] = {"enabled": True}
    if own:
        given["features"] = own
    settings = load_config(preset.value, config, **given)
    wanted = list(STAGES) if stage is Stage.all else [stage.value]
    if not settings.refinement.enabled and "refinement" in wanted:
        if stage is Stage.refinement:
            raise InputError("the configuration does without refinement (refinement.enabled)")
        wanted.remove("refinement")
    everything = read(annotations)
    truth = subset_of(everything, subset, annotations)
    if not truth.segments:
        raise InputError(f"{annotations}: the subset {subset!r} has no segment to learn from")
    classes = truth.labels
    unknown: list[str] = []
    if validation is not None:  # fails before the work if there is none
        unknown = sorted(set(subset_of(everything, validation, annotations).labels) - set(classes))
    known = data_fingerprint(truth, videos)
    if clips is not None and settings.features.standardise:
        raise InputError(
            "--clips: features.standardise takes away what stays the same all through a video, "
            "of a clip its action; set features.standardise = false, as --preset paper does"
        )
    trimmed = trimmed_clips(clips, classes) if clips is not None else []
    if trimmed:
        known += clips_fingerprint(trimmed)
    if out.exists() and not out.is_dir():
        raise InputError(f"{out}: is a file; a model is a folder of files")
    model = None
    if (out / "model.toml").exists():
        if stage is Stage.all and not (resume or force):
            raise InputError(f"{out}: there is a model already; use --resume or --force")
        if not (stage is Stage.all and force):
            model = Model.load(out)
            _must_agree(out, model, settings, known)
    if model is not None:
        done = [name for name in wanted if getattr(model, name) is not None]
        if done and not (resume or force):
            raise InputError(f"{out}: {done[0]} is trained already; use --resume or --force")
        if resume:
            wanted = [name for name in wanted if name not in done]
    if stage is not Stage.all:  # now, not after the features
        for name in STAGES[: STAGES.index(stage.value)]:
            if model is None or name in model.missing:
                raise stage_missing(out, name)

    checkpoints = out / "checkpoints"
    if not resume:
        if checkpoints.exists() and not force:
            raise InputError(
                f"{out}: holds an interrupted training; go on with --resume, or use --force to "
                "begin anew"
            )
        shutil.rmtree(checkpoints, ignore_errors=True)
    with reporting(progress) as report, ExitStack() as closing:
        if not wanted:
            report.emit("message", text=f"{out}: every stage is trained already")
            return
        for name in unknown:
            report.emit(
                "message",
                text=f"{annotations}: no video of {subset!r} shows {name!r}, which {validation!r} "
                "is measured on; none of it will be found",
            )
        if tensorboard is not None:
            report = TensorBoard(tensorboard, report)
            closing.callback(report.close)
        session = Session(report, choose_device(device.value), checkpoints=checkpoints, key=known)
        if model is None:
            provide_backbones(
                out,
                settings,
                len(classes),
                lambda: trimmed or annotated(truth, videos, classes),
                session,
            )
        own_weights = backbone_files(out, settings.features.streams)
        cached = features or default_cache()
        extractor = Extractor(settings.features, cached, device.value, own_weights)
        recordings = load_recordings(truth, videos, classes, extractor, report)
        validator = None
        if validation is not None:
            validator = Validator(everything, validation, videos, extractor, report)
        labels = [int(clip.labels[0]) for clip in trimmed]
        paths = [clip.path for clip in trimmed]
        of_clips = load_clips(paths, labels, extractor, report) if trimmed else []
        measure = None if validator is None else validator.measure
        trainer = Trainer(recordings, classes, settings, session, measure, clips=of_clips)
        if model is None:
            model = trainer.new_model()
            model.trained_on["data"] = known
            model.trained_on["subset"] = subset
        for name in wanted:
            trainer.train(model, name)
            model.save(out)
        shutil.rmtree(checkpoints, ignore_errors=True)
        if validator is not None and not model.missing:
            model.metrics = validator.measure(model)
            model.save(out)
        report.emit("message", text=f"{out}: trained {', '.join(wanted)}")


def _must_agree(out: Path, model: "Model", settings: "Config", data: str) -> None:
    from etp_core.config import differences

    changed = differences(model.config, settings)
    if changed:
        key, (there, asked) = next(iter(changed.items()))
        raise InputError(
            f"{out}: was trained with another configuration: {key} is {there} there, not {asked}; "
            "use another --out"
        )
    if model.trained_on.get("data") != data:
        raise InputError(f"{out}: was trained on other data; use another --out")
