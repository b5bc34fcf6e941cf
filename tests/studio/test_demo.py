"""The demo: generated once, with its exact ground truth; what is edited in it stays."""

import pytest

from etp_core.formats import read
from etp_core.project import AddLabel, Project
from etp_studio import demo as demo_module
from etp_studio import settings
from etp_studio.background import Background
from etp_studio.demo import Demo, synth_command
from etp_studio.jobs.queue import JobQueue


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """Ten seconds a video: the tests need no more."""
    command = synth_command
    monkeypatch.setattr(
        demo_module, "synth_command", lambda out: [*command(out), "--seconds", "10"]
    )


@pytest.fixture
def parts(qtbot):
    jobs, background = JobQueue(), Background()
    yield Demo(jobs, background), jobs
    jobs.shutdown()
    background.close()


def start(qtbot, demo):
    with qtbot.waitSignal(demo.ready, timeout=60_000) as ready:
        demo.start()
    return ready.args[0]


def test_the_project_of_the_demo_has_the_exact_ground_truth(qtbot, parts):
    demo, jobs = parts
    path = start(qtbot, demo)
    assert path == settings.projects_folder() / "demo.etp"
    truth = read(settings.demo_folder() / "annotations.json")
    with Project.open(path) as project:
        names = {video.id: video.path.stem for video in project.videos()}
        labels = {label.id: label.name for label in project.labels()}
        stored = [
            (names[s.video_id], labels[s.label_id], s.start, s.end) for s in project.segments()
        ]
        assert len(names) == demo_module.VIDEOS
        assert stored == [(s.video, s.label, s.start, s.end) for s in truth.segments]
        assert project.verify() == []
        project.apply(AddLabel("mine"))

    # a second time nothing is generated, and what was edited is still there
    assert start(qtbot, demo) == path
    assert len(jobs.jobs) == 1
    with Project.open(path) as project:
        assert project.labels()[-1].name == "mine"


def test_a_cancelled_demo_leaves_nothing_half_made(qtbot, parts):
    demo, jobs = parts
    demo.start()
    qtbot.waitUntil(lambda: bool(jobs.jobs[0].task), timeout=30_000)
    with qtbot.waitSignal(demo.failed) as told:
        jobs.cancel_all()
    assert told.args == ["The demo was cancelled"]
    assert list(settings.demo_folder().parent.iterdir()) == []
    assert not settings.projects_folder().exists()


def test_the_demo_without_a_model_shows_videos_and_truth_and_says_so(qtbot, window, monkeypatch):
    monkeypatch.setattr(settings, "model", lambda: None)
    window.demo.start(tour=False)
    assert not window.loaded
    qtbot.waitUntil(lambda: window.video.on_screen, timeout=60_000)
    assert window.session.segments
    assert window.session.selected == window.session.segments[0].id
    assert "There is no model to detect with" in window.messages.text
    qtbot.waitUntil(lambda: window.loaded)
