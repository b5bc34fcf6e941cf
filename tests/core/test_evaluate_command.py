"""`etp evaluate` prints tables, or JSON in percent, and names what it cannot score."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from etp_core.cli import app, convert, evaluate  # noqa: F401  (each adds its command to app)
from etp_core.errors import InputError

DATA = Path(os.environ.get("ETP_SHARED", "../shared")) / "data" / "thumos14"


def run(folder, *arguments):
    words = ["--ground-truth", folder / "truth.json", "--detections", folder / "found.csv"]
    result = CliRunner().invoke(
        app, ["evaluate", *map(str, (*words, *arguments))], standalone_mode=False
    )
    if isinstance(result.exception, Exception):
        raise result.exception
    return result


@pytest.fixture
def folder(tmp_path):
    database = {
        "a": {
            "subset": "test",
            "duration": 99,
            "annotations": [
                {"segment": [0, 10], "label": "run [fast]"},
                {"segment": [20, 30], "label": "jump"},
            ],
        }
    }
    (tmp_path / "truth.json").write_text(json.dumps({"version": "1", "database": database}))
    (tmp_path / "found.csv").write_text(
        "video,label,stage,start_s,end_s,score\n"
        "a,run [fast],actionness,60,70,0.99\n"
        "a,run [fast],localization,0,9,0.9\n"
        "a,jump,localization,20,26,0.8\n"
        "a,jump,localization,70,76,0.7\n"
        "a,jump,localization,20,30,0.6\n"
    )
    return tmp_path


def test_json_is_in_percent_by_threshold_and_class(folder):
    found = json.loads(run(folder, "--json", "--tiou", "0.5", "0.95").stdout)
    third = pytest.approx(100 / 3)
    assert found["mAP"] == {"0.5": pytest.approx(200 / 3), "0.95": pytest.approx(50 / 3)}
    assert found["AP"] == {
        "0.5": {"jump": third, "run [fast]": 100},
        "0.95": {"jump": third, "run [fast]": 0},
    }
    assert found["recall"] == {"0.5": 100, "0.95": 50}
    assert found["AR"]["1"] == pytest.approx(45)  # [0, 9) hits [0, 10) at .5, .55 ... .9
    assert found["boundary_error"] == {
        "tiou": 0.5, "matched": 2, "start_s": 0, "end_s": (1 + 4) / 2
    }  # fmt: skip
    assert (found["videos"], found["ground_truths"], found["detections"]) == (1, 2, 4)


def test_several_thresholds_may_follow_one_option_or_several(folder):
    for spelled in (
        ("--tiou", "0.3", "0.5", "0.7"),
        ("--tiou", "0.3", "--tiou", "0.5", "--tiou", "0.7"),
        ("--tiou=0.3", "--tiou", "0.5", "0.7"),
    ):
        found = json.loads(run(folder, *spelled, "--json").stdout)
        assert list(found["mAP"]) == ["0.3", "0.5", "0.7"]
    default = json.loads(run(folder, "--json").stdout)
    assert list(default["mAP"]) == ["0.3", "0.4", "0.5", "0.6", "0.7"]


def test_tables_are_plain_rows_where_there_is_no_terminal(folder):
    lines = run(folder, "--tiou", "0.5", "--protocol", "activitynet").stdout.splitlines()
    assert lines[0].startswith("Average precision (%) at tIoU, protocol activitynet: 1 videos, 2")
    assert lines[1:5] == ["class\t0.5", "jump\t100.00", "run [fast]\t100.00", "mAP\t100.00"]
    assert "start\tend" in lines


def test_tables_are_drawn_on_a_terminal_with_names_as_they_are(folder, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    evaluate.evaluate(
        folder / "truth.json", folder / "found.csv", tiou=[0.5], protocol=evaluate.ProtocolName(
            "thumos14"
        ), subset=None, allow_unknown=False, as_json=False,
    )  # fmt: skip
    drawn = capsys.readouterr().out
    assert "│ run [fast] │ 100.00 │" in drawn
    assert "│ mAP        │  66.67 │" in drawn


def test_an_unknown_label_is_an_error_naming_the_file_unless_it_is_allowed(folder):
    with (folder / "found.csv").open("a") as file:
        file.write("a,hop,localization,0,9,0.9\n")
    with pytest.raises(InputError, match=r"found\.csv against .*truth\.json: .*'hop'"):
        run(folder)
    allowed = run(folder, "--allow-unknown", "--json")
    assert "etp: note: 1 detections left out: the label 'hop'" in allowed.stderr
    assert json.loads(allowed.stdout)["notes"]


@pytest.mark.skipif(not DATA.is_dir(), reason=f"{DATA} is not there")
def test_the_ground_truth_may_be_a_folder_and_the_program_exits_as_agreed():
    command = [sys.executable, "-m", "etp_core", "evaluate", "--ground-truth"]
    rest = ["--detections", str(DATA / "detections" / "cbr_nms0.5.txt"), "--subset", "test"]
    done = subprocess.run(
        [*command, str(DATA / "annotation"), *rest, "--tiou", "0.5", "--json"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert round(json.loads(done.stdout)["mAP"]["0.5"], 2) == 30.98
    failed = subprocess.run([*command, "nowhere", *rest], capture_output=True, text=True)
    assert failed.returncode == 2
    assert failed.stderr == "etp: nowhere: there is no such file\n"
