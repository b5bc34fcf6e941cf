"""Files in and out: what is exported can be read back, what is imported is one step of undo."""

import csv
import json

import pytest
from projects import evolution_of, project_of

from etp_core.formats import FORMATS, read
from etp_studio.background import Background
from etp_studio.dialogs import IMPORTS, exports
from etp_studio.exporting import Exchange, export_annotations
from etp_studio.session import Session


@pytest.fixture
def session(qtbot, tmp_path, clip, phone_clip):
    made = Session()
    project = project_of(tmp_path / "work.etp", clip, phone_clip)
    project.add_run(1, evolution_of("clip"), {})
    made.set_project(project)
    yield made
    made.set_project(None)


@pytest.fixture
def exchange(qtbot, session):
    background = Background()
    yield Exchange(session, background)
    background.close()


def test_csv_holds_all_stages_and_the_frames_of_the_videos_own_time_stamps(
    qtbot, session, exchange, tmp_path
):
    with qtbot.waitSignal(exchange.done) as told:
        exchange.export(tmp_path / "out.csv", "csv")
    line = "Exported 2 segments of ground truth, 2 detections, 4 proposals to "
    assert told.args == [line + str(tmp_path / "out.csv")]
    rows = list(csv.DictReader((tmp_path / "out.csv").open()))
    truth = [row for row in rows if row["stage"] == "ground_truth"]
    assert [(row["start_frame"], row["end_frame"]) for row in truth] == [("15", "30"), ("60", "90")]
    stages = {row["stage"] for row in rows}
    assert stages == {"ground_truth", "actionness", "refinement", "localization"}


def test_the_proposals_of_the_stages_before_are_exported_when_they_are_asked_for(
    qtbot, session, exchange, tmp_path
):
    name, suffix, stages = next(iter(exports().values()))
    assert (name, suffix) == ("csv", ".csv")
    with qtbot.waitSignal(exchange.done) as told:
        exchange.export(tmp_path / "out.csv", name, stages)
    assert "2 segments of ground truth, 2 detections to" in told.args[0]
    assert {s.stage for s in read(tmp_path / "out.csv").segments} == {
        "ground_truth",
        "localization",
    }
    assert exports()["ETP CSV with all proposals (*.csv)"] == ("csv", ".csv", FORMATS["csv"].stages)


def test_the_threshold_holds_for_exported_detections(qtbot, session, exchange, tmp_path):
    session.set_threshold(0.5)
    with qtbot.waitSignal(exchange.done):
        exchange.export(tmp_path / "out.json", "activitynet-results")
    results = json.loads((tmp_path / "out.json").read_text())["results"]
    assert [found["score"] for found in results["clip"]] == [0.9]


def test_a_name_that_ends_as_another_format_is_refused(qtbot, exchange, tmp_path):
    path = tmp_path / "out.json"
    path.write_text("mine")
    with qtbot.waitSignal(exchange.failed) as told:
        exchange.export(path, "csv")
    assert told.args == ["out.json: give the file a name that ends in .csv, its format"]
    assert path.read_text() == "mine"


def test_the_ground_truth_comes_back_equal_from_every_format(session, tmp_path):
    for format, suffix in (("csv", ".csv"), ("activitynet", ".json")):
        path = tmp_path / f"truth{suffix}"
        export_annotations(session.project, path, format, 0.0)
        back = [s for s in read(path).segments if s.stage == "ground_truth"]
        assert [(s.video, s.label, s.start, s.end) for s in back] == [
            ("clip", "jump", 0.5, 1.0),
            ("clip", "wave", 2.0, 3.0),
        ]


def test_an_import_is_one_step_of_undo(qtbot, session, exchange, tmp_path):
    path = tmp_path / "more.csv"
    path.write_text("video,label,start_s,end_s\nclip,sit,1.0,1.5\nphone,sit,0.5,0.75\n")
    with qtbot.waitSignal(exchange.done) as told:
        exchange.preview(path, certain=True)
    assert told.args == ["Imported 2 segments from more.csv"]
    assert [s.start for s in session.segments] == [0.5, 1.0, 2.0]
    assert [label.name for label in session.labels] == ["jump", "wave", "sit"]
    session.undo()
    assert [s.start for s in session.segments] == [0.5, 2.0]
    assert [label.name for label in session.labels] == ["jump", "wave"]


def test_a_file_that_cannot_be_imported_changes_nothing(qtbot, session, exchange, tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("video,label,start_s,end_s\nclip,sit,1.0,1.5\nclip,sit,0.75,0.5\n")
    before = session.project.history()
    with qtbot.waitSignal(exchange.failed) as told:
        exchange.preview(path, certain=True)
    assert "line 3" in told.args[0] and "\n" not in told.args[0]
    assert session.project.history() == before


def test_a_missing_video_costs_the_export_only_its_frame_numbers(
    qtbot, session, exchange, tmp_path, clip
):
    clip.unlink()
    with qtbot.waitSignal(exchange.done):
        exchange.export(tmp_path / "out.csv", "csv")
    rows = list(csv.DictReader((tmp_path / "out.csv").open()))
    assert len(rows) == 8 and {row["start_frame"] for row in rows} == {""}


def test_an_export_that_cannot_be_written_is_told(qtbot, session, exchange, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with qtbot.waitSignal(exchange.failed) as told:
        exchange.export(blocked / "out.csv", "csv")
    assert "\n" not in told.args[0]


@pytest.mark.parametrize("format", [f for f in FORMATS.values() if f.write], ids=lambda f: f.name)
def test_every_format_can_be_exported_from_the_window(qtbot, session, exchange, tmp_path, format):
    with qtbot.waitSignal(exchange.done):
        exchange.export(tmp_path / f"out{format.suffixes[0]}", format.name)
    if format.folder:
        assert {file.stem.split("_")[0] for file in (tmp_path / "out").iterdir()} <= {
            "clip",
            "phone",
            "wave",
            "jump",
        }
        with qtbot.waitSignal(exchange.failed) as told:  # the dialog asked about another name
            exchange.export(tmp_path / f"out{format.suffixes[0]}", format.name)
        assert "is there already" in told.args[0]
    else:
        assert (tmp_path / f"out{format.suffixes[0]}").is_file()


def test_the_dialogs_name_every_format():
    assert {name for name, _, _ in exports().values()} == {n for n, f in FORMATS.items() if f.write}
    for format in FORMATS.values():
        assert not format.read or set(format.suffixes) <= set(IMPORTS)
