"""`etp evaluate` prints tables, or JSON in percent, and names what it cannot score."""

import html
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from etp_core import evaluation, formats
from etp_core.cli import agree, app, evaluate, tables  # noqa: F401  (each adds its command to app)
from etp_core.errors import InputError
from etp_core.project import AddLabel, AddSegment, AddVideo, Project
from etp_core.studio_link import StudioLink

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


def test_thresholds_may_be_a_range_of_exact_decimals(folder):
    found = json.loads(run(folder, "--json", "--tiou", "0.5:0.05:0.95").stdout)
    assert list(found["mAP"]) == [f"{n / 100:g}" for n in range(50, 100, 5)]
    for wrong in ("half", "0.5:0.1", "0.7:0.1:0.5", "0.5:0:0.7"):
        with pytest.raises(InputError, match=f"--tiou: '{wrong}' is neither"):
            run(folder, "--tiou", wrong)


def test_json_says_why_detections_are_wrong_and_what_the_stages_did(folder):
    found = json.loads(run(folder, "--json").stdout)
    errors = found["diagnosis"]["errors"]
    assert errors["background"]["detections"] == 1
    assert errors["background"]["mAP_if_fixed"] == pytest.approx(75)  # jump: 1/2 for 1/3
    assert list(found["stages"]["stages"]) == ["actionness", "localization"]
    assert 0 < found["AR_area"] < 100


def links(page):
    return [StudioLink.parse(html.unescape(url)) for url in re.findall(r'<a href="([^"]+)"', page)]


def test_a_report_is_one_file_with_plots_and_links_that_open_the_studio(folder):
    (folder / "videos").mkdir()
    (folder / "videos" / "a.mp4").touch()
    out = folder / "out.html"
    run(
        folder, "--report", out, "--videos", folder / "videos", "--compare", folder / "found.csv",
        "--tiou", "0.5",
    )  # fmt: skip
    page = out.read_text()
    assert page.count("<svg") == 6
    assert "run [fast]" in page and "Stages" in page
    assert not re.findall(r'(src|href)="(?!etp-studio:|data:|#)[^"]', page)  # nothing beside it
    link = next(link for link in links(page) if link.at == 69)  # the jump at 70 that is none
    assert link == StudioLink(folder / "videos" / "a.mp4", 69)
    assert f"{link.path} --at 69.000" in page
    with pytest.raises(InputError, match="exists already"):
        run(folder, "--report", out)
    with pytest.raises(InputError, match="add --report"):
        run(folder, "--compare", folder / "found.csv")


@pytest.fixture
def layered(folder):
    """A project in which two annotators have drawn in the video 'a'."""
    path = folder / "work.etp"
    with Project.create(path, author="ann") as project:
        project.apply(AddVideo(folder / "a.mp4", "", 990, 99.0, 10.0, 8, 8))
        for name in ("run [fast]", "jump"):
            project.apply(AddLabel(name))
        project.apply(AddSegment(1, 1, 0, 10))
        project.apply(AddSegment(1, 2, 20, 30))
    with Project.open(path, author="ben") as project:
        project.apply(AddSegment(1, 1, 1, 10))
    return path


def test_the_ground_truth_may_be_a_project_and_of_one_annotator(folder, layered):
    words = ["evaluate", "--ground-truth", layered, "--detections", folder / "found.csv", "--json"]

    def scored(*more):
        done = CliRunner().invoke(app, [*map(str, (*words, *more))], standalone_mode=False)
        if done.exception:
            raise done.exception
        return json.loads(done.stdout), done.stderr

    both, notes = scored("--report", folder / "out.html")
    assert both["ground_truths"] == 3
    assert "segments of 2 annotators (ann, ben), all count" in notes
    link = links((folder / "out.html").read_text())[0]
    assert (link.path, link.video) == (layered, "a")
    one, notes = scored("--annotator", "ann")
    assert one["ground_truths"] == 2 and "annotators" not in notes
    with pytest.raises(InputError, match=r"no segments of the annotator 'eve' \(there are: ann, b"):
        scored("--annotator", "eve")
    words[4] = layered
    with pytest.raises(InputError, match=r"work\.etp: the project holds no detections"):
        scored()


def agreed(*words):
    done = CliRunner().invoke(app, ["agree", *map(str, words)], standalone_mode=False)
    if done.exception:
        raise done.exception
    return done


def test_annotators_of_a_project_are_compared_in_pairs(layered):
    (found,) = json.loads(agreed(layered, "--json").stdout)
    assert (found["first"], found["second"], found["segments"]) == ("ann", "ben", [2, 1])
    assert found["F1"]["0.5"] == pytest.approx(200 / 3)
    assert found["boundaries"]["start_frames"] == 10
    assert found["kappa_by_label"]["run [fast]"] > 0.9 and found["kappa"] > 0.5
    lines = agreed(layered, "--tiou", "0.5", "0.9").stdout.splitlines()
    assert lines[0].startswith("ann (2 segments) and ben (1), 1 video:")
    assert "F1\t66.67\t66.67" in lines


def test_two_files_are_compared_and_detections_from_a_score_on(folder):
    (found,) = json.loads(
        agreed(folder / "truth.json", folder / "found.csv", "--min-score", "0.65", "--json").stdout
    )
    assert found["segments"] == [2, 3] and found["F1"]["0.5"] == pytest.approx(80)
    with pytest.raises(InputError, match="one annotator only"):
        agreed(folder / "truth.json")


def test_tables_are_plain_rows_where_there_is_no_terminal(folder):
    lines = run(folder, "--tiou", "0.5", "--protocol", "activitynet").stdout.splitlines()
    assert lines[0].startswith("Average precision (%) at tIoU, protocol activitynet: 1 video, 2")
    assert lines[1:5] == ["class\t0.5", "jump\t100.00", "run [fast]\t100.00", "mAP\t100.00"]
    assert "start\tend" in lines


def test_tables_are_drawn_on_a_terminal_with_names_as_they_are(folder, capsys):
    truth, found = folder / "truth.json", folder / "found.csv"
    result = evaluation.evaluate(formats.read(truth), formats.read(found), tious=[0.5])
    stages = evaluation.stage_metrics(formats.read(truth), formats.read(found), [0.5])
    tables.draw(evaluate._tables(result, evaluation.diagnose(result), stages))
    drawn = capsys.readouterr().out
    assert "│ run [fast] │ 100.00 │" in drawn
    assert "│ mAP        │  66.67 │" in drawn


def test_an_unknown_label_is_an_error_naming_the_file_unless_it_is_allowed(folder):
    with (folder / "found.csv").open("a") as file:
        file.write("a,hop,localization,0,9,0.9\n")
    with pytest.raises(InputError, match=r"found\.csv against .*truth\.json: .*'hop'"):
        run(folder)
    allowed = run(folder, "--allow-unknown", "--json")
    assert "etp: note: 1 detection left out: the label 'hop'" in allowed.stderr
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
