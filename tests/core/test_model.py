"""A model directory: what is written is what is read, and everything else is refused by name."""

import pickle
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import tomli_w
import torch

from etp_core.config import Config, Modality, PyramidConfig, load_config, parse_config
from etp_core.errors import InputError, ModelError
from etp_core.features.reduction import Reduction
from etp_core.localizer import Localizer
from etp_core.model import Model


def new_model(modality: Modality = "rgbdiff") -> Model:
    torch.manual_seed(0)
    small = PyramidConfig(width=8, snippets=(1, 2, 1))
    base = Config()
    config = base.model_copy(
        update={
            "features": base.features.model_copy(update={"modality": modality}),
            "refinement": base.refinement.model_copy(update={"hidden": 8, "pyramid": small}),
            "localization": base.localization.model_copy(update={"pyramid": small}),
        }
    )
    reductions = {
        stream: Reduction(torch.randn(6), torch.randn(6, 4), per_video=True)
        for stream in config.features.streams
    }
    model = Model(config, ("a", "b"), 0.3, 9.0, 1.6, reductions)
    model.actionness = model.new_actionness()
    model.refinement = model.new_refinement()
    model.localization = model.new_localization()
    for network in model.localization.networks.values():
        network.offset_std.fill_(0.25)
    return model


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    new_model().save(tmp_path / "model")
    return tmp_path / "model"


@pytest.mark.parametrize("modality", ["rgbdiff", "rgb+flow"])
def test_a_model_comes_back_as_it_was(tmp_path: Path, modality: Modality) -> None:
    before = new_model(modality)
    before.save(tmp_path / "model")
    after = Model.load(tmp_path / "model")
    assert after.config == before.config
    assert (after.classes, after.min_length, after.max_length) == (("a", "b"), 0.3, 9.0)
    assert after.streams == before.streams and after.unit == before.unit
    for stream, reduction in after.reductions.items():
        assert torch.equal(reduction.basis, before.reductions[stream].basis)
    for stage in ("actionness", "refinement", "localization"):
        old, new = getattr(before, stage).state_dict(), getattr(after, stage).state_dict()
        assert old.keys() == new.keys()
        assert all(torch.equal(old[key], new[key]) for key in old)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not a model directory"):
        Model.load(tmp_path)


def test_a_model_of_another_format_is_refused_with_the_reason(folder: Path) -> None:
    toml = folder / "model.toml"
    toml.write_text(toml.read_text().replace("format = 1", "format = 99"))
    with pytest.raises(ModelError, match=r"model\.toml: model format 99 is not the format 1"):
        Model.load(folder)


def test_a_model_of_an_earlier_version_opens_with_the_settings_it_did_not_know(
    folder: Path,
) -> None:
    toml = folder / "model.toml"
    about = tomllib.loads(toml.read_text())
    del about["unit"]
    config = about["config"]
    for table, keys in (
        (config, ["mixed_precision"]),
        (config["features"], ["flow", "finetune", "fusion"]),
        (config["refinement"], ["beta", "most"]),
        (config["localization"], ["sampling", "inside", "shares", "hardest", "beta", "most"]),
        (config["localization"]["schedule"], ["momentum", "clip"]),
    ):
        for key in keys:
            del table[key]
    toml.write_text(tomli_w.dumps(about))
    model = Model.load(folder)
    assert model.config == new_model().config and model.unit == 1.6


@pytest.mark.parametrize("name", ["actionness", "features"])
def test_a_missing_or_damaged_file_is_named(folder: Path, name: str) -> None:
    path = folder / f"{name}.safetensors"
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(ModelError, match=f"{name}.safetensors: cannot be read"):
        Model.load(folder)
    path.unlink()
    with pytest.raises(ModelError, match=f"{name}.safetensors: is missing"):
        Model.load(folder)


def test_a_lost_backbone_is_named_and_not_replaced_by_the_installed_one(folder: Path) -> None:
    toml = folder / "model.toml"
    about = tomllib.loads(toml.read_text())
    about["config"]["features"]["finetune"]["enabled"] = True
    toml.write_text(tomli_w.dumps(about))
    with pytest.raises(ModelError, match=r"backbone-rgbdiff\.safetensors: is missing from the mod"):
        Model.load(folder)


def test_weights_of_another_shape_are_refused(folder: Path) -> None:
    toml = folder / "model.toml"
    toml.write_text(toml.read_text().replace('classes = [\n    "a",\n', "classes = [\n"))
    with pytest.raises(ModelError, match="damaged or incomplete"):
        Model.load(folder)


def test_a_model_without_a_stage_cannot_detect(tmp_path: Path) -> None:
    model = new_model()
    model.localization = None
    model.save(tmp_path / "m")
    with pytest.raises(ModelError, match="no trained localization stage; run etp train"):
        Localizer.load(tmp_path / "m")


def test_an_unknown_or_impossible_setting_names_file_and_key(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text("[actionness]\ntresholds = [0.5]\n")
    with pytest.raises(InputError, match=r"c\.toml: actionness\.tresholds: unknown key"):
        load_config(path=path)
    path.write_text("[features]\nside = 9999\n")
    with pytest.raises(InputError, match=r"c\.toml: features\.side"):
        load_config(path=path)
    path.write_text("[features\n")
    with pytest.raises(InputError, match="not a readable TOML file"):
        load_config(path=path)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[localization.pyramid]\nsnippets = [0, 4, 1]", "localization.pyramid"),
        ("[localization.pyramid]\nsnippets = [1, 2, 1]", "localization.pyramid"),
        ("[actionness]\nthresholds = []", "actionness.thresholds"),
        ("[actionness]\nbackground = false", "actionness"),
        ("[refinement]\nhidden = 0", "refinement.hidden"),
        ("seed = -1", "seed"),
        ("[refinement.schedule]\ndecay_every = 0", "refinement.schedule.decay_every"),
        ("[actionness]\nthresholds = [0.5, 1.5]", "actionness.thresholds.1"),
        ("[actionness]\nmin_length = 5.0\nmax_length = 1.0", "actionness"),
        ("[actionness]\nmin_length = -1.0", "actionness.min_length"),
        ("[refinement]\nunit = inf", "refinement.unit"),
        ("[localization]\nmin_score = nan", "localization.min_score"),
        ("[localization]\nshares = [1, 0, 4]", "localization.shares.1"),
        ("[localization]\nbackground = 0.9", "localization"),
        ("features = 3", "features"),
    ],
)
def test_a_setting_that_no_network_can_have_is_refused(tmp_path: Path, text: str, key: str) -> None:
    path = tmp_path / "c.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=re.escape(f"c.toml: {key}: ")):
        load_config(path=path)


def test_the_ssn_preset_samples_and_pools_as_structured_segment_networks() -> None:
    own = load_config("ssn").localization
    assert (own.sampling, own.incomplete, own.background) == ("ssn", 0.3, 0.01)
    assert own.pyramid.pyramid == (1, 1, 1)


def test_the_paper_preset_is_the_papers_section_4_2() -> None:
    config = load_config("paper")
    assert config.refinement.hidden == 512 and config.refinement.layers == 2
    schedule = config.refinement.schedule
    assert (schedule.batch, schedule.iterations, schedule.learning_rate) == (128, 20_000, 0.1)
    assert schedule.decay_every == 5000 and config.refinement.beta == 1
    own = config.localization
    last = own.schedule
    assert (last.iterations, last.floor, last.decay_every) == (90_000, 1e-5, 5000)
    assert (own.completeness_weight, own.regression_weight, own.nms) == (0.1, 0.1, 0.36)
    assert (own.shares, own.hardest) == ((1, 1, 4), 0.25)
    assert (own.positive, own.incomplete, own.background, own.smoothing) == (0.7, 0.3, 0.1, 0)
    for used in (schedule, last, config.features.finetune.schedule):
        assert (used.optimizer, used.momentum, used.weight_decay) == ("sgd", 0.9, 5e-4)
    assert config.refinement.unit == pytest.approx(64 / 30) and config.refinement.snap
    features = config.features
    assert (features.backbone, features.modality) == ("resnet34", "rgb+flow")
    assert features.finetune.enabled and features.finetune.flip
    assert parse_config(config.model_dump(), "again") == config


class _Touch:
    """Unpickling it would write a file: what a hostile model would do."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("save", [pickle.dump, torch.save], ids=["pickle", "torch.save"])
def test_a_model_of_pickles_is_refused_and_runs_nothing(folder: Path, save: Any) -> None:
    trace = folder / "trace"
    for file in folder.glob("*.safetensors"):
        whole = file.read_bytes()
        with file.open("wb") as out:
            save({"mean": _Touch(trace)}, out)
        with pytest.raises(ModelError, match=re.escape(str(file))):
            Model.load(folder)
        file.write_bytes(whole)
    for name in ("model.pkl", "pytorch_model.bin", "actionness.pt"):  # lies there and is not read
        with (folder / name).open("wb") as out:
            save(_Touch(trace), out)
    Model.load(folder)
    assert not trace.exists()
