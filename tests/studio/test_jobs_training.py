"""Training from the window: the split, the data written, figures, models, and a real run."""

import json
from pathlib import Path

import pytest
from projects import project_of
from PySide6.QtCore import Qt

from etp_core.errors import InputError
from etp_core.formats import read
from etp_core.project import AddSegment, Project
from etp_studio import settings
from etp_studio.jobs.models import known_models, look_at
from etp_studio.jobs.process import Job, Outcome
from etp_studio.jobs.training import (
    Plan,
    Role,
    Training,
    last_folder,
    new_folder,
    prepare,
    suggest,
)


@pytest.fixture
def project(tmp_path, clip, phone_clip):
    with project_of(tmp_path / "work.etp", clip, phone_clip) as made:
        yield made


def test_videos_without_ground_truth_are_left_out_and_every_nth_of_the_others_validates():
    roles = suggest({1: 3, 2: 0, 3: 1, 4: 2, 5: 9}, 0.25)
    assert roles[2] is Role.unused
    assert [roles[key] for key in (1, 3, 4, 5)].count(Role.validation) == 1
    assert set(suggest(dict.fromkeys(range(10), 1), 0.2).values()) == {Role.train, Role.validation}


def test_one_video_is_always_left_to_train_on():
    assert suggest({1: 5}, 0.9) == {1: Role.train}
    assert list(suggest({1: 5, 2: 5}, 0.9).values()).count(Role.train) == 1
    assert suggest({}, 0.5) == {}


def test_the_data_of_a_training_are_its_subsets_and_links_to_the_videos(project, tmp_path):
    plan = Plan(tmp_path / "t", {1: Role.train, 2: Role.validation})
    prepare(project, plan)
    written = read(tmp_path / "t" / "data" / "annotations.json")
    assert {name: entry.subset for name, entry in written.videos.items()} == {
        "clip": "train",
        "phone": "validation",
    }
    assert len(written.segments) == 2
    link = tmp_path / "t" / "data" / "videos" / "clip.mp4"
    assert link.resolve() == project.videos()[0].path.resolve()
    prepare(project, plan)  # again, for a training that is taken up


@pytest.mark.parametrize(
    ("roles", "words"),
    [
        ({1: Role.unused, 2: Role.validation}, "no video is chosen"),
        ({1: Role.validation, 2: Role.train}, "no ground truth"),
    ],
)
def test_what_cannot_be_trained_on_is_refused_before_anything_is_written(
    project, tmp_path, roles, words
):
    with pytest.raises(InputError, match=words):
        prepare(project, Plan(tmp_path / "t", roles))
    assert not (tmp_path / "t").exists()


def test_one_annotators_ground_truth_is_trained_on_where_several_have_annotated(project, tmp_path):
    label = project.labels()[0].id
    project.apply(AddSegment(1, label, 0.3, 0.9, annotator="Zoë"))
    counts = {}
    for who in (None, "Zoë", "nobody"):
        folder = tmp_path / str(who)
        plan = Plan(folder, {1: Role.train}, annotator=who)
        if who == "nobody":
            with pytest.raises(InputError, match="no ground truth"):
                prepare(project, plan)
            continue
        prepare(project, plan)
        counts[who] = len(read(folder / "data" / "annotations.json").segments)
    assert counts == {None: len(project.segments(1)), "Zoë": 1}


def test_whose_ground_truth_is_asked_where_there_are_several(qtbot, opened):
    training = opened.training
    with qtbot.waitExposed(training):
        training.bring()
    assert not training.annotator.isVisible()
    training.hide()
    session = opened.session
    session.apply(AddSegment(session.video.id, session.labels[0].id, 0.3, 0.9, annotator="Zoë"))
    training.bring()
    qtbot.waitUntil(training.annotator.isVisible)
    training.annotator.setCurrentIndex(training.annotator.findData("Zoë"))
    with qtbot.waitSignal(training.train_requested) as asked:
        training.start.click()
    assert asked.args[0].annotator == "Zoë"
    opened.jobs.cancel_all()


def test_a_missing_video_is_named(project, tmp_path, clip):
    clip.unlink()
    with pytest.raises(InputError, match=r"clip\.mp4: the file is not there"):
        prepare(project, Plan(tmp_path / "t", {1: Role.train}))


def test_trainings_never_share_a_folder(tmp_path):
    folders = []
    for _ in range(3):
        folders.append(new_folder(tmp_path, "my study/1"))
        folders[-1].mkdir()
    assert len(set(folders)) == 3
    assert all(folder.parent == tmp_path for folder in folders)


@pytest.mark.parametrize("name", ["my study/1", "train 🙂", "a-b", ""])
def test_a_training_goes_on_in_the_last_folder_of_its_name_and_of_no_other(tmp_path, name):
    assert last_folder(tmp_path, name) is None
    folders = []
    for _ in range(2):
        folders.append(new_folder(tmp_path, name))
        (folders[-1] / "model").mkdir(parents=True)
    assert last_folder(tmp_path, name) is None  # nothing was trained yet
    for folder in folders:
        (folder / "model" / "model.toml").touch()
    assert last_folder(tmp_path, name) == folders[-1]
    (new_folder(tmp_path, name) / "model" / "checkpoints").mkdir(parents=True)
    assert last_folder(tmp_path, name) != folders[-1]  # interrupted before a stage was done
    assert last_folder(tmp_path, name + " more") is None and last_folder(tmp_path, "my") is None


def test_the_figures_of_a_training_become_curves(qtbot):
    training = Training(Plan(Path("t"), {}), Job("x", []))
    step = {"event": "step", "task": "actionness", "video": "", "total": 40}
    for done, figures in ((20, {"loss": 1.0}), (40, {"loss": 0.5, "mAP@0.5": 60.0})):
        training.job.event.emit({**step, "done": done, **figures})
    training.job.event.emit({"event": "message", "text": "x"})
    assert training.curves == {
        "actionness": {"loss": [(20.0, 1.0), (40.0, 0.5)], "mAP@0.5": [(40.0, 60.0)]}
    }


def test_the_window_says_what_a_training_does_and_stops_it(qtbot, window):
    training = Training(Plan(Path("t"), {}), Job("Train mine", ["x"]))
    pane = window.training
    pane.show_training(training)
    pane.show()
    assert pane.state.text() == "Train mine: waiting" and pane.stop.isVisible()
    assert "appear here" in pane.figures.text()
    step = {"event": "step", "task": "actionness", "video": "", "total": 40, "done": 20}
    training.job.event.emit({**step, "loss": 0.5})
    assert "actionness: loss 0.5" in pane.figures.text()
    qtbot.mouseClick(pane.stop, Qt.MouseButton.LeftButton)
    assert training.job.outcome is Outcome.cancelled
    assert pane.state.text() == "Train mine: cancelled" and not pane.stop.isVisible()


def test_the_shipped_model_is_listed_with_its_metrics_without_torch():
    (model,) = known_models()
    assert model.folder == settings.shipped_model()
    assert "wave" in model.classes and model.stages[-1] == "localization"
    assert 0 < model.metrics["mAP@0.5"] <= 100


def test_a_broken_model_is_not_listed(tmp_path):
    folder = settings.models_folder() / "broken" / "model"
    folder.mkdir(parents=True)
    for text in ("", "[", 'classes = 1\n[config.features]\nmodality = "rgb"'):
        (folder / "model.toml").write_text(text)
        assert look_at(folder) is None
    assert [model.folder for model in known_models()] == [settings.shipped_model()]


def test_a_model_is_trained_from_the_window_listed_and_chosen(qtbot, window, tmp_path, clip):
    segments = ((0.2, 1.0, 0), (1.5, 2.2, 1), (2.6, 3.4, 0))
    project_of(tmp_path / "work.etp", clip, segments=segments).close()
    window.open([tmp_path / "work.etp"])
    qtbot.waitUntil(lambda: window.video.on_screen)
    qtbot.keyClick(window, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    training, ready = window.training, "Videos to train on: 1, to validate on: 0"
    qtbot.waitExposed(training)
    assert training.note.text() in ("Counting the segments…", ready)
    qtbot.waitUntil(lambda: training.note.text() == ready)
    training.stage.setCurrentText("Actionness")
    with qtbot.waitSignal(window.trainings.started, timeout=10_000) as started:
        qtbot.mouseClick(training.start, Qt.MouseButton.LeftButton)
    job = started.args[0].job
    assert "train actionness --annotations" in job.command_line
    with qtbot.waitSignal(window.trainings.ended, timeout=120_000):
        pass
    assert {"loss"} == set(started.args[0].curves["actionness"])
    assert training.models.rowCount() == 2
    assert training.models.item(0, 0).text().startswith("work-")
    training.models.setCurrentCell(0, 0)
    training.models.itemDoubleClicked.emit(training.models.item(0, 0))
    assert settings.model() == started.args[0].plan.model
    assert "in use" in training.models.item(0, 0).text()


def test_a_training_can_be_cancelled_and_leaves_the_project_as_it_was(
    qtbot, window, tmp_path, clip
):
    project_of(tmp_path / "work.etp", clip).close()
    window.open([tmp_path / "work.etp"])
    qtbot.waitUntil(lambda: window.video.on_screen)
    window.training.bring()
    qtbot.waitUntil(window.training.start.isEnabled)
    with qtbot.waitSignal(window.trainings.started, timeout=10_000) as started:
        window.training.start.click()
    job = started.args[0].job
    qtbot.waitUntil(lambda: job.running, timeout=10_000)
    with qtbot.waitSignal(job.ended, timeout=5_000):
        job.cancel()
    with Project.open(tmp_path / "work.etp") as project:
        assert len(project.segments()) == 2
    assert not (started.args[0].plan.model / "model.toml").exists()


def test_annotations_of_a_training_are_plain_activitynet(project, tmp_path):
    prepare(project, Plan(tmp_path / "t", {1: Role.train}))
    data = json.loads((tmp_path / "t" / "data" / "annotations.json").read_text("utf-8"))
    assert data["database"]["clip"]["subset"] == "train"


def test_the_window_offers_every_preset_of_the_command():
    from etp_core.config import PRESETS as known
    from etp_studio.jobs.training import PRESETS as offered

    assert list(offered) == list(known)
