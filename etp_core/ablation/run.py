"""Running the rows: real trainings and evaluations, sharing what is the same, resumable."""

import hashlib
import json
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import tomli_w
import torch

from etp_core.ablation.rows import Row
from etp_core.annotations import Annotations
from etp_core.config import Config
from etp_core.dataset import data_fingerprint, find_video, load_recordings
from etp_core.errors import InputError, ModelError
from etp_core.evaluation import PROTOCOLS
from etp_core.evolution import STAGES
from etp_core.features.backbones import metadata, weights_file, weights_hash
from etp_core.features.extraction import Extractor
from etp_core.files import atomic
from etp_core.finetuning import provide_backbones
from etp_core.labelled import annotated
from etp_core.model import Model, backbone_file, backbone_files, replace_backbone
from etp_core.optimisation import Session
from etp_core.training import Proposals, Trainer
from etp_core.validation import Validator

TIOUS = (0.3, 0.4, 0.5, 0.6, 0.7)
_RATED = 2  # raised where the same models would be given other figures than by versions before


@dataclass
class Ablation:
    """One dataset, one folder of runs.

    annotations: all of it; train and test: names of its subsets; features: folder of the caches.
    """

    annotations: Annotations
    videos: Path
    train: str
    test: str
    out: Path
    features: Path
    device: str
    session: Session
    _initial: dict[str, Proposals] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._truth = self.annotations.subset(self.train)
        self._classes = self._truth.labels
        unknown = sorted(set(self.annotations.subset(self.test).labels) - set(self._classes))
        if unknown:
            raise InputError(f"the subset {self.test!r} has classes that {self.train!r} lacks: "
                             f"{', '.join(unknown)}")  # fmt: skip
        # videos of other subsets need not be there
        parts = [data_fingerprint(self.annotations.subset(name), self.videos)
                 for name in (self.train, self.test)]  # fmt: skip
        self._data = " ".join(parts)
        self.session = replace(self.session, key=f"{self._data} {self.train}")
        self.test_videos = [
            find_video(self.videos, name) for name in self.annotations.subset(self.test).videos
        ]

    def run(self, rows: Sequence[Row], seeds: Sequence[int]) -> dict[tuple[str, int], Any]:
        """Every row with every seed: {(row, seed): result}; those that are done are read."""
        results = {}
        total = len(rows) * len(seeds)
        self.session.reporter.emit("start", task="ablate", video="", total=total)
        for seed in seeds:
            for row in rows:
                results[row.name, seed] = self._cell(row, seed)
                self.session.reporter.emit(
                    "step", task="ablate", video="", done=len(results), total=total
                )
        return results

    def folder(self, row: Row, seed: int) -> Path:
        """Where a run lies."""
        return self.out / "runs" / row.name / f"seed-{seed}"

    def _cell(self, row: Row, seed: int) -> dict[str, Any]:
        config = row.config.model_copy(update={"seed": seed})
        folder = self.folder(row, seed)
        path = folder / "result.json"
        data = self._data_of(config)
        key = _hash(_RATED, data, self.train, self.test, config.model_dump_json())
        try:
            known: dict[str, Any] = json.loads(path.read_text("utf-8"))
            if known["key"] == key:
                return known
        except (OSError, ValueError, KeyError):
            pass
        settings = folder / "config.toml"
        with atomic(settings) as temporary:
            temporary.write_text(tomli_w.dumps(config.model_dump(exclude_none=True)), "utf-8")
        model, extractor, seconds = self._trained(config, folder / "model")
        validator = Validator(
            self.annotations, self.test, self.videos, extractor, self.session.reporter
        )
        stages = [stage for stage in STAGES if getattr(model, stage) is not None]
        result = {
            "key": key,
            "row": row.name,
            "seed": seed,
            "seconds": seconds,
            "stages": {
                stage: validator.evaluate(model, stage, "thumos14", TIOUS).as_dict()
                for stage in stages
            },
            "protocols": {
                protocol: validator.evaluate(model, "localization", protocol, TIOUS).as_dict()
                for protocol in PROTOCOLS
            },
        }
        with atomic(path) as temporary:
            temporary.write_text(json.dumps(result, indent=1), "utf-8")
        shutil.rmtree(self.out / "checkpoints", ignore_errors=True)
        return result

    def _trained(self, config: Config, folder: Path) -> tuple[Model, Extractor, dict[str, Any]]:
        """The model of a run, with the seconds each stage took or the run it was taken from."""
        begun = time.monotonic()
        self._backbones(config, folder)
        tuning = round(time.monotonic() - begun, 1)
        streams = config.features.streams
        extractor = Extractor(
            config.features, self.features, self.device, backbone_files(folder, streams)
        )
        reporter = self.session.reporter
        recordings = load_recordings(self._truth, self.videos, self._classes, extractor, reporter)
        data = self._data_of(config)
        keys = stage_keys(config, data)
        known = self._initial.get(keys["actionness"])
        trainer = Trainer(recordings, self._classes, config, self.session, initial=known)
        model = self._begun(folder, config)
        if model is None:
            shelved = self._shelved("features", keys)
            model = trainer.new_model(shelved.reductions if shelved else None)
            model.trained_on |= {"data": data, "seconds": {"backbone": tuning}}
        # of an interrupted run, too
        seconds: dict[str, Any] = model.trained_on["seconds"]
        for stage in STAGES:
            if stage == "refinement" and not config.refinement.enabled:
                continue
            if getattr(model, stage) is not None:
                continue
            begun = time.monotonic()
            other = self._shelved(stage, keys)
            if other is not None:
                setattr(model, stage, getattr(other, stage))
                model.to(self.session.device)
                seconds[stage] = "shared"
            else:
                trainer.train(model, stage)
                seconds[stage] = round(time.monotonic() - begun, 1)
            model.save(folder)
            self._shelve(keys["features"], folder)
            self._shelve(keys[stage], folder)
        if trainer.initial is not None:
            self._initial[keys["actionness"]] = trainer.initial
        return model.to(extractor.device), extractor, seconds

    def _backbones(self, config: Config, folder: Path) -> None:
        """Fine-tuned backbones are made once a seed; every run has a copy."""
        tuned = config.features.finetune.enabled
        shared = self.out / "backbones" / f"seed-{config.seed}" if tuned else folder
        provide_backbones(
            shared,
            config,
            len(self._classes),
            lambda: annotated(self._truth, self.videos, self._classes),
            self.session,
        )
        for stream in config.features.networks if tuned else ():
            path, copy = backbone_file(shared, stream), backbone_file(folder, stream)
            if not copy.is_file() or metadata(copy) != metadata(path):
                replace_backbone(copy)
                copy.parent.mkdir(parents=True, exist_ok=True)
                try:
                    os.link(path, copy)
                except OSError:  # a file system without links
                    shutil.copyfile(path, copy)

    def _begun(self, folder: Path, config: Config) -> Model | None:
        """What an interrupted run has left."""
        try:
            model = Model.load(folder)
        except ModelError:
            return None
        known = model.trained_on.get("data") == self._data_of(config)
        return model if known and model.config == config else None

    def _data_of(self, config: Config) -> str:
        """Identifies all that a run learns from and is measured on."""
        given = config.features.weights
        if given is None:
            return self._data
        return f"{self._data} {weights_hash(weights_file(config.features.backbone, Path(given)))}"

    def _shelve(self, key: str, folder: Path) -> None:
        with atomic(self.out / "stages" / key) as temporary:
            temporary.write_text(str(folder.relative_to(self.out)), "utf-8")

    def _shelved(self, stage: str, keys: dict[str, str]) -> Model | None:
        """A model with this stage (or the projections, "features"), from an earlier run.

        Not one that has since been trained anew with other settings or on other data.
        """
        try:
            where = (self.out / "stages" / keys[stage]).read_text("utf-8")
            model = Model.load(self.out / where)
        except (OSError, ModelError):
            return None
        own = stage_keys(model.config, str(model.trained_on.get("data")))
        there = stage == "features" or getattr(model, stage) is not None
        return model if there and own[stage] == keys[stage] else None


def stage_keys(config: Config, data: str) -> dict[str, str]:
    """What each stage of a run depends on, as one hash: equal ones are trained once."""
    features = config.features.model_dump_json()
    run = (config.seed, config.mixed_precision)
    actionness = _hash(data, features, run, config.actionness.model_dump_json())
    own = config.localization
    refinement = _hash(actionness, config.refinement.model_dump_json(), own.jittered)
    return {
        "features": _hash(data, features, config.seed if config.features.finetune.enabled else 0),
        "actionness": actionness,
        "refinement": refinement,
        "localization": _hash(refinement, own.model_dump_json()),
    }


def _hash(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def versions() -> dict[str, str]:
    """What the figures depend on beside data and settings."""
    from etp_core import __version__

    return {"etp": __version__, "torch": torch.__version__}
