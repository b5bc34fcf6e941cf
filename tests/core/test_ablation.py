"""`etp ablate` and `etp picture`: which rows there are, real runs of them, and what is drawn."""

import json
import re
import shlex
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_engine_commands import CONFIG, etp

from etp_core.ablation.report import spread_of
from etp_core.ablation.rows import FULL, rows_of
from etp_core.ablation.run import Ablation, stage_keys
from etp_core.annotations import Annotations, Segment
from etp_core.config import Config, load_config
from etp_core.evolution import Evolution, ProposalList
from etp_core.formats import read
from etp_core.optimisation import Session
from etp_core.plots import _whiskers
from etp_core.stages_figure import stages_figure
from etp_core.synth import generate


def test_every_row_differs_from_the_full_system_in_one_thing() -> None:
    rows = {row.name: row.config for row in rows_of(Config())}
    assert list(rows) == [
        *("full", "rgbdiff", "flow", "unrefined", "stpf"),
        *("unit-0.533s", "unit-1.07s", "unit-2.13s", "unit-4.27s"),
    ]
    full = rows[FULL]
    assert full.features.modality == "rgbdiff+flow" and full.refinement.enabled
    assert rows["flow"].features.modality == "flow"
    assert not rows["unrefined"].refinement.enabled
    for network in (rows["stpf"].refinement, rows["stpf"].localization):
        assert network.pyramid.features == "stpf"
    for name, config in rows.items():
        same = [s for s in ("features", "refinement", "localization")
                if getattr(config, s) == getattr(full, s)]  # fmt: skip
        assert len(same) == (3 if name == FULL else 1 if name == "stpf" else 2), name


def test_rows_of_a_fused_configuration_keep_its_weights_where_there_are_two_streams() -> None:
    base = load_config(features={"modality": "rgb+flow", "fusion": (1.0, 2.0)})
    rows = {row.name: row.config.features for row in rows_of(base, [1.0])}
    assert rows[FULL].fusion == (1.0, 2.0) and rows["unit-1s"].fusion == (1.0, 2.0)
    assert rows["rgb"].fusion == rows["flow"].fusion == ()


def test_stages_are_shared_exactly_where_nothing_before_them_differs() -> None:
    rows = {row.name: stage_keys(row.config, "data") for row in rows_of(Config())}
    full = rows[FULL]
    assert rows["unrefined"]["actionness"] == full["actionness"]
    assert rows["unrefined"]["localization"] != full["localization"]
    assert rows["stpf"]["refinement"] != full["refinement"]
    assert rows["flow"]["actionness"] != full["actionness"]
    other = stage_keys(Config(seed=1), "data")
    assert other["actionness"] != stage_keys(Config(), "data")["actionness"]
    assert stage_keys(Config(), "other")["features"] != stage_keys(Config(), "data")["features"]


def test_whiskers_of_percentages_end_at_0_and_100() -> None:
    down, up = _whiskers(np.array([10.0, 50.0, 95.0]), np.array([20.0, 20.0, 20.0]))
    assert down.tolist() == [10, 20, 20] and up.tolist() == [20, 20, 5]
    assert _whiskers(np.ones(2), np.zeros(2)) is None


def test_the_spread_is_the_sample_deviation() -> None:
    assert spread_of([1.0, 2.0, 3.0]) == (2.0, 1.0)
    assert spread_of([4.0]) == (4.0, 0.0)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    generate(folder / "videos", 6, seed=5, seconds=14, size=(160, 96))
    (folder / "config.toml").write_text(CONFIG)
    return folder


def ablation(data: Path, *more: object) -> list[object]:
    videos = data / "videos"
    return [
        *("ablate", "--annotations", videos / "annotations.json", "--videos", videos),
        *("--out", data / "out", "--config", data / "config.toml"),
        *("--features", data / "features", "--units", "0.8", *more),
    ]


def test_rows_are_real_runs_that_their_commands_repeat(data: Path) -> None:
    rows = ("--only", "full", "--only", "unrefined")
    result = etp(*ablation(data, *rows, "--seeds", 0, 1))
    assert result.returncode == 0, result.stderr
    runs = data / "out" / "runs"
    found = {
        (path.parent.parent.name, path.parent.name): json.loads(path.read_text())
        for path in runs.glob("*/seed-*/result.json")
    }
    assert len(found) == 4
    assert found["unrefined", "seed-0"]["seconds"]["actionness"] == "shared"
    assert set(found["full", "seed-1"]["stages"]) == {"actionness", "refinement", "localization"}

    report = (data / "out" / "report.html").read_text()
    assert report.count("<svg") == 1  # Figure 5
    assert not re.search(r"(src|href)=.http", report)
    assert "2 seeds (0, 1)" in report and report.count("<summary>") == 4
    assert re.search(r"train \(videos: \d+, actions: \d+, classes: \d+\)", report)
    # the command in the report makes the very same model, though a stage of it was shared
    command = next(
        line for line in report.splitlines() if "etp train" in line and "unrefined/seed-1" in line
    )
    words = shlex.split(re.sub(r"<[^>]+>", " ", command).split("seed 1", 1)[1])
    train = words[words.index("train") :]
    train[train.index("--out") + 1] = str(data / "again")
    result = etp(*train, "--features", data / "features")
    assert result.returncode == 0, result.stderr
    for path in (runs / "unrefined" / "seed-1" / "model").glob("*.safetensors"):
        assert path.read_bytes() == (data / "again" / path.name).read_bytes(), path.name

    times = {path: path.stat().st_mtime_ns for path in runs.rglob("*") if path.is_file()}
    assert etp(*ablation(data, *rows, "--seeds", 0, 1, 0)).returncode == 0
    assert times == {path: path.stat().st_mtime_ns for path in runs.rglob("*") if path.is_file()}


def test_a_run_on_other_data_is_trained_anew_and_shares_no_stage_of_it(data: Path) -> None:
    truth = read(data / "videos" / "annotations.json")
    names = truth.labels
    swapped = [replace(s, label=names[names.index(s.label) - 1]) for s in truth.segments]
    corrected = Annotations(truth.videos, swapped)
    config = load_config(path=data / "config.toml")
    row = next(row for row in rows_of(config, [0.8]) if row.name == "rgbdiff")

    def run(annotations: Annotations) -> dict[str, bytes]:
        out, cached = data / "changing", data / "features"
        ablation = Ablation(
            annotations, data / "videos", "train", "test", out, cached, "cpu", Session()
        )
        ablation.run([row], [0])
        model = ablation.folder(row, 0) / "model"
        return {path.name: path.read_bytes() for path in model.glob("*.safetensors")}

    first = run(truth)
    assert run(corrected) != first
    assert run(truth) == first


def test_an_unknown_row_names_those_there_are(data: Path) -> None:
    result = etp(*ablation(data, "--only", "everything"))
    assert result.returncode == 2
    assert "there is no row 'everything' (there are: full, rgbdiff, flow," in result.stderr


def evolution() -> Evolution:
    times = np.arange(50) / 10
    one = ProposalList.of(np.array([[1.0, 2.0], [0.0, 4.0]]), np.array([0.9, 0.2]))
    refined = ProposalList.of(one.segments, one.scores, parents=np.array([0, 1]))
    final = ProposalList.of(
        np.array([[1.1, 2.1]]), np.array([0.8]), labels=np.array([1]), parents=np.array([0])
    )
    curves = np.stack([np.zeros(50), np.sin(times), np.sin(times)]).astype(np.float32)
    return Evolution("v.mp4", ("a", "b"), times, curves, one, refined, final)


def test_a_picture_shows_curves_ground_truth_and_each_stage() -> None:
    figure = stages_figure(evolution(), [Segment("v", "a", 0.5, 1.5)])
    curves, bars = figure.axes
    assert len(curves.lines) == 3
    names = [tick.get_text() for tick in bars.get_yticklabels()]
    assert names == ["ground truth", "actionness", "refinement", "localization"]
    assert len(bars.collections) == 1 + (2 + 1) + (2 + 1) + 1  # shades, and what led to the end
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a", "b"]
    few = stages_figure(evolution(), [], least=0.9)
    assert len(few.axes[1].collections) == 4


def test_a_picture_is_written_from_an_evolution(tmp_path: Path) -> None:
    evolution().save(tmp_path / "v.npz")
    for kind, begins in (("svg", b"<?xml"), ("png", b"\x89PNG")):
        out = tmp_path / f"v.{kind}"
        result = etp("picture", tmp_path / "v.npz", "--out", out)
        assert result.returncode == 0, result.stderr
        assert out.read_bytes().startswith(begins)
    result = etp("picture", tmp_path / "v.npz", "--out", tmp_path / "v.gif")
    assert (result.returncode, "ends in .svg or .png" in result.stderr) == (2, True)
    result = etp("picture", tmp_path / "v.npz", "--out", tmp_path / "v.svg")
    assert "exists already; use --force" in result.stderr
