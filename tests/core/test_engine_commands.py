"""`etp train`, `etp detect` and `etp evaluate` on generated videos, as a person would call them."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

from etp_core.cli import app, detect, extract, train  # noqa: F401  (adds the commands to `app`)
from etp_core.errors import InputError
from etp_core.evolution import Evolution
from etp_core.synth import generate

CONFIG = """
[features]
side = 64
components = 32
[actionness]
width = 16
folds = 2
schedule = { iterations = 60, batch = 128 }
[refinement]
hidden = 8
pyramid = { width = 8, snippets = [1, 2, 1] }
schedule = { iterations = 20, batch = 16 }
[localization]
pyramid = { width = 16, snippets = [1, 4, 1] }
schedule = { iterations = 40, batch = 24 }
"""


def etp(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "etp_core", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


def refusal(*arguments: object) -> str:
    """What a command, run in this process, says that refuses to begin."""
    with pytest.raises(InputError) as caught:
        app(args=[*map(str, arguments)], standalone_mode=False)
    return str(caught.value)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    generate(folder / "videos", 3, seed=3, seconds=14, size=(160, 96))
    (folder / "config.toml").write_text(CONFIG)
    return folder


@pytest.fixture(scope="module")
def model(data: Path) -> Path:
    result = etp(*training(data, data / "model"))
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""  # quiet when piped
    return data / "model"


def training(data: Path, out: Path, stage: str = "all") -> list[object]:
    """The command that trains a tiny model."""
    return [
        "train",
        stage,
        "--annotations",
        data / "videos" / "annotations.json",
        "--videos",
        data / "videos",
        "--out",
        out,
        "--config",
        data / "config.toml",
        "--features",
        data / "features",
    ]


def detection(data: Path, model: Path, *more: object) -> list[object]:
    video = data / "videos" / "video_0003.mp4"
    return ["detect", video, "--model", model, "--features", data / "features", *more]


def test_detection_writes_all_stages_linked_and_within_the_video(data: Path, model: Path) -> None:
    out = data / "all.csv"
    result = etp(*detection(data, model, "--csv", out, "--stages", "--json", data / "all.json"))
    assert result.returncode == 0, result.stderr
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    known = {row["proposal_id"] for row in rows}
    stages = [row["stage"] for row in rows]
    assert set(stages) == {"actionness", "refinement", "localization"}
    assert {row["source"] for row in rows} == {model.name}
    for row in rows:
        assert 0 <= float(row["start_s"]) < float(row["end_s"]) <= 14.0
        assert 0 <= int(row["start_frame"]) <= int(row["end_frame"]) <= 350
        if row["stage"] != "actionness":
            assert row["parent_id"] in known
    results = json.loads((data / "all.json").read_text())["results"]["video_0003"]
    assert len(results) == stages.count("localization")


def test_progress_for_programs_tells_curves_and_where_the_evolution_is(
    data: Path, model: Path
) -> None:
    more = ("--csv", data / "p.csv", "--evolutions", data / "ev", "--progress", "json")
    result = etp(*detection(data, model, *more))
    events = [json.loads(line) for line in result.stderr.splitlines()]
    times = [t for event in events if event["event"] == "curves" for t in event["times"]]
    path = next(event["path"] for event in events if event["event"] == "result")
    evolution = Evolution.load(Path(path))
    assert times == evolution.times.tolist()
    assert evolution.curves.shape == (len(evolution.classes) + 1, len(times))
    for row in evolution.localization.kept:
        initial, refined = evolution.ancestry(int(row))
        assert evolution.refinement.reasons[refined] == 0
        assert evolution.actionness.reasons[initial] == 0


def test_detecting_from_anywhere_finds_the_same_and_tells_what_is_there_first(
    data: Path, model: Path
) -> None:
    whole, part = data / "whole.csv", data / "part.csv"
    assert etp(*detection(data, model, "--csv", whole, "--stages")).returncode == 0
    command = detection(data, model, "--csv", part, "--stages", "--progress", "json")
    command[command.index("--features") + 1] = data / "features-from"
    result = etp(*command, "--from", "9")
    assert result.returncode == 0, result.stderr
    assert part.read_bytes() == whole.read_bytes()
    events = [json.loads(line) for line in result.stderr.splitlines()]
    begun = [event["times"][0] for event in events if event["event"] == "curves"]
    assert 5 < begun[0] <= 9 and begun[-1] < begun[0]


def test_the_same_seed_trains_the_same_model(data: Path, model: Path) -> None:
    again = data / "again"
    assert etp(*training(data, again)).returncode == 0
    for path in model.glob("*.safetensors"):
        assert path.read_bytes() == (again / path.name).read_bytes(), path.name


def test_stages_one_by_one_are_the_same_as_all_at_once(data: Path, model: Path) -> None:
    out = data / "steps"
    for stage in ("actionness", "refinement", "localization"):
        result = etp(*training(data, out, stage))
        assert result.returncode == 0, result.stderr
    for path in model.glob("*.safetensors"):
        assert path.read_bytes() == (out / path.name).read_bytes(), path.name


def test_an_interrupted_training_resumes_to_the_same_model(data: Path, model: Path) -> None:
    out = data / "resumed"
    command = [sys.executable, "-m", "etp_core", *map(str, training(data, out))]
    command += ["--progress", "json", "--tensorboard", str(data / "logs")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            event = json.loads(line)
            if event["event"] == "step" and event["task"] == "localization":
                process.send_signal(signal.SIGINT)
                break
        process.stderr.read()
        assert process.wait(timeout=60) == 130
    result = etp(*training(data, out), "--resume")
    assert result.returncode == 0, result.stderr
    for path in model.glob("*.safetensors"):
        assert path.read_bytes() == (out / path.name).read_bytes(), path.name
    assert not (out / "checkpoints").exists()
    assert any((data / "logs").iterdir())


def test_training_never_replaces_a_model_unasked(data: Path, model: Path) -> None:
    before = {path: path.read_bytes() for path in model.iterdir()}
    result = etp(*training(data, model))
    assert result.returncode == 2
    assert "there is a model already; use --resume or --force" in result.stderr
    assert before == {path: path.read_bytes() for path in model.iterdir()}
    assert etp(*training(data, model), "--resume").returncode == 0
    assert before == {path: path.read_bytes() for path in model.iterdir()}


def test_what_differs_from_the_model_that_is_there_is_named(data: Path, model: Path) -> None:
    said = refusal(*training(data, model), "--resume", "--seed", 7)
    assert "another configuration: seed is 0 there, not 7; use another --out" in said


def test_an_interrupted_training_is_not_thrown_away_unasked(data: Path, tmp_path: Path) -> None:
    (tmp_path / "checkpoints").mkdir()
    said = refusal(*training(data, tmp_path))
    assert "holds an interrupted training; go on with --resume, or use --force" in said
    assert (tmp_path / "checkpoints").is_dir()


def test_a_training_that_cannot_be_is_refused_before_the_work(data: Path, tmp_path: Path) -> None:
    annotations, out = data / "videos" / "annotations.json", tmp_path / "m"
    content = json.loads(annotations.read_text())
    for entry in content["database"].values():
        entry["annotations"] = []
    bare, taken = tmp_path / "bare.json", tmp_path / "taken"
    bare.write_text(json.dumps(content))
    taken.touch()
    for words, message in (
        ([*training(data, out), "--annotations", bare], f"{bare}: the subset 'train' has no seg"),
        ([*training(data, out), "--subset", "nobody"], f"{annotations}: no video is in the subset"),
        ([*training(data, out), "--clips", data], "--clips: features.standardise takes away"),
        (training(data, taken), f"{taken}: is a file; a model is a folder"),
        (training(data, out, "refinement"), f"{out}: the model has no trained actionness stage"),
    ):
        assert refusal(*words, "--features", tmp_path / "none").startswith(message)
    assert not (tmp_path / "none").exists() and not out.exists()


def test_a_held_out_subset_measures_the_model(data: Path) -> None:
    out = data / "measured"
    result = etp(*training(data, out), "--validation", "test")
    assert result.returncode == 0, result.stderr
    metrics = tomllib.loads((out / "model.toml").read_text())["metrics"]
    assert metrics.keys() == {"mAP@0.3", "mAP@0.5", "mAP@0.7"}
    assert 100 >= metrics["mAP@0.3"] >= metrics["mAP@0.7"] >= 0


def test_training_where_stage_1_proposes_nothing_still_learns_from_the_ground_truth(
    data: Path,
) -> None:
    config = data / "nothing.toml"
    config.write_text(CONFIG.replace("folds = 2", "folds = 2\nmin_length = 100.0"))
    arguments = training(data, data / "nothing")
    arguments[arguments.index("--config") + 1] = config
    assert etp(*arguments).returncode == 0
    out = data / "nothing.csv"
    result = etp(*detection(data, data / "nothing", "--csv", out))
    assert result.returncode == 0, result.stderr
    assert len(out.read_text().splitlines()) == 1  # the header


def test_a_stage_that_lacks_the_one_before_says_so(data: Path) -> None:
    result = etp(*training(data, data / "late", "localization"))
    assert result.returncode == 2
    assert "no trained actionness stage; run etp train actionness" in result.stderr


def test_output_is_not_overwritten_without_force(data: Path, model: Path) -> None:
    out = data / "mine.csv"
    out.write_text("precious")
    result = etp(*detection(data, model, "--csv", out))
    assert (result.returncode, out.read_text()) == (2, "precious")
    assert "mine.csv: exists already; use --force" in result.stderr
    assert etp(*detection(data, model, "--csv", out, "--force")).returncode == 0
    assert out.read_text() != "precious"


def test_no_output_replaces_another_one(data: Path, model: Path, tmp_path: Path) -> None:
    both = tmp_path / "both"
    said = refusal(*detection(data, model, "--csv", both, "--json", both))
    assert "--csv and --json are two files" in said
    kept = tmp_path / "video_0003.npz"
    kept.write_text("precious")
    said = refusal(*detection(data, model, "--csv", both, "--evolutions", tmp_path))
    assert said == f"{kept}: exists already; use --force to replace it"
    assert kept.read_text() == "precious" and not both.exists()


@pytest.mark.parametrize("kind", ["missing", "empty", "text"])
def test_a_video_that_cannot_be_read_is_one_line_and_exit_code_2(
    data: Path, model: Path, kind: str
) -> None:
    video = data / f"{kind}.mp4"
    if kind != "missing":
        video.write_text("" if kind == "empty" else "not a video\n" * 50)
    out = data / f"{kind}.csv"
    result = etp("detect", video, "--model", model, "--csv", out)
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1 and str(video) in result.stderr
    assert not out.exists()


def test_one_bad_video_does_not_lose_the_others(data: Path, model: Path) -> None:
    bad = data / "bad.mp4"
    bad.touch()
    out = data / "both.csv"
    result = etp(*detection(data, model, bad, "--csv", out))
    assert result.returncode == 1
    assert "bad.mp4" in result.stderr
    with out.open(newline="") as file:
        assert {row["video"] for row in csv.DictReader(file)} == {"video_0003"}


def test_features_are_extracted_as_training_reads_them_and_past_a_bad_video(
    data: Path, model: Path, tmp_path: Path
) -> None:
    bad, good = tmp_path / "bad.mp4", data / "videos" / "video_0001.mp4"
    bad.touch()
    settings = ("--config", data / "config.toml")
    result = etp("extract", bad, good, "--features", tmp_path / "f", *settings)
    assert result.returncode == 1 and "1 of 2 videos failed" in result.stderr
    assert str(bad) in result.stderr
    made = {path.name for path in (tmp_path / "f").iterdir()}
    assert made == {path.name for path in (data / "features").glob("video_0001*")}
    said = refusal("extract", good, "--features", tmp_path / "f", "--preset", "person")
    assert said.startswith("person: features are of a backbone that etp train fine-tunes first")


@pytest.mark.parametrize(
    ("segment", "message"),
    [([5.0, 3.0], "reversed"), ([3.0, 99.0], "ends after the video")],
)
def test_an_annotation_out_of_order_or_range_is_named(
    data: Path, tmp_path: Path, segment: list[float], message: str
) -> None:
    content = json.loads((data / "videos" / "annotations.json").read_text())
    name, entry = next(iter(content["database"].items()))
    entry["annotations"][0]["segment"] = segment
    path = tmp_path / "wrong.json"
    path.write_text(json.dumps(content))
    arguments = training(data, tmp_path / "m")
    arguments[arguments.index("--annotations") + 1] = path
    result = etp(*arguments)
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1
    assert "wrong.json" in result.stderr and name in result.stderr
    assert message in result.stderr


def test_an_interrupt_leaves_no_half_written_output(data: Path, model: Path) -> None:
    out = data / "interrupted.csv"
    command = [sys.executable, "-m", "etp_core"]
    command += map(str, detection(data, model, "--csv", out, "--progress", "json"))
    command[command.index("--features") + 1] = str(data / "fresh")
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        assert json.loads(process.stderr.readline())["event"] == "start"
        process.send_signal(signal.SIGINT)
        begun = time.monotonic()
        process.stderr.read()
        assert process.wait(timeout=60) == 130
        assert time.monotonic() - begun < 30
    assert not out.exists()
    fresh = data / "fresh"
    # what has been computed is kept to go on from, under a name that is never read as a cache
    assert not fresh.exists() or {path.suffix for path in fresh.iterdir()} <= {".part"}


def test_evaluation_reads_what_detection_wrote(data: Path, model: Path) -> None:
    out = data / "eval.csv"
    assert etp(*detection(data, model, "--csv", out)).returncode == 0
    result = etp(
        "evaluate",
        "--ground-truth",
        data / "videos" / "annotations.json",
        "--detections",
        out,
        "--subset",
        "test",
        "--json",
    )
    assert result.returncode == 0, result.stderr
    assert 0 <= json.loads(result.stdout)["mAP"]["0.5"] <= 100


def test_training_a_refinement_that_the_configuration_switches_off_is_refused(
    data: Path, tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    config.write_text("[refinement]\nenabled = false\n")
    result = etp(*training(data, tmp_path / "model", "refinement"), "--config", config)
    assert result.returncode == 2
    assert result.stderr.splitlines() == [
        "etp: the configuration does without refinement (refinement.enabled)"
    ]
    assert not (tmp_path / "model").exists()
