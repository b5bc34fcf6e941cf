"""Jobs: progress is parsed, cancel ends the process, a crash is one line, a result is one run."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest
from projects import evolution_of, project_of
from PySide6.QtGui import QGuiApplication

from etp_studio.background import Background
from etp_studio.jobs import detection
from etp_studio.jobs.detection import Detections, detect_command, motion_command, why_not
from etp_studio.jobs.pane import JobsPane, time_left_text
from etp_studio.jobs.process import Job, Outcome
from etp_studio.jobs.queue import JobQueue

SAY = "import json, sys, time\ndef say(**e): print(json.dumps(e), file=sys.stderr, flush=True)\n"


def job_of(tmp_path: Path, script: str, title: str = "Work") -> Job:
    """A job whose child process runs the script."""
    path = tmp_path / f"script{len(list(tmp_path.glob('script*')))}.py"
    path.write_text(SAY + script)
    return Job(title, [sys.executable, str(path)])


@pytest.fixture
def queue(qtbot):
    made = JobQueue()
    yield made
    made.shutdown()


def run(qtbot, queue, job, timeout=10_000):
    with qtbot.waitSignal(job.ended, timeout=timeout) as ended:
        queue.add(job)
    return ended.args


def test_json_lines_become_events_and_the_rest_goes_into_the_log(qtbot, queue, tmp_path):
    job = job_of(
        tmp_path,
        "say(event='start', task='extract', video='a.mp4', total=4)\n"
        "print('a warning of a library', file=sys.stderr)\n"
        "say(event='step', task='extract', video='a.mp4', done=3, total=4)\n"
        "print('{not json', file=sys.stderr)\n"
        "say(event='message', text='nearly there')\n"
        "print('out')\n",
    )
    events = []
    job.event.connect(events.append)
    assert run(qtbot, queue, job) == [Outcome.done, ""]
    assert [event["event"] for event in events] == ["start", "step", "message"]
    assert (job.task, job.done, job.total) == ("extract", 3.0, 4.0)
    said = [line for line in job.log if line != "out"]  # the two streams are not in step
    assert said == ["a warning of a library", "{not json", "nearly there"]
    assert "out" in job.log


def test_a_line_that_arrives_in_pieces_is_read_whole(qtbot, queue, tmp_path):
    job = job_of(
        tmp_path,
        "import os\n"
        "line = json.dumps({'event': 'message', 'text': 'ä' * 100_000}) + '\\n'\n"
        "data = line.encode()\n"
        "while data: n = os.write(2, data[:997]); data = data[n:]\n"
        "os.write(2, b'no end')\n",
    )
    assert run(qtbot, queue, job)[0] is Outcome.done
    assert [len(line) for line in job.log] == [100_000, 6]


def test_a_failure_says_what_the_command_said(qtbot, queue, tmp_path):
    job = job_of(tmp_path, "print('etp: a.mp4: is broken', file=sys.stderr); sys.exit(2)\n")
    assert run(qtbot, queue, job) == [Outcome.failed, "Work: a.mp4: is broken"]


def test_a_traceback_is_told_by_its_last_line(qtbot, queue, tmp_path):
    job = job_of(tmp_path, "raise RuntimeError('out of cheese')\n")
    outcome, line = run(qtbot, queue, job)
    assert (outcome, line) == (Outcome.failed, "Work: RuntimeError: out of cheese")
    assert any("Traceback" in entry for entry in job.log)


def test_a_crash_is_one_readable_line(qtbot, queue, tmp_path):
    job = job_of(tmp_path, "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)\n")
    outcome, line = run(qtbot, queue, job)
    assert outcome is Outcome.failed
    assert line == "Work: the program crashed; its log is in the jobs"


def test_a_command_that_does_not_exist_is_told(qtbot, queue):
    job = Job("Work", ["/no/such/program"])
    assert run(qtbot, queue, job) == [Outcome.failed, "/no/such/program: cannot be started"]


def test_cancel_ends_the_process_at_once(qtbot, queue, tmp_path):
    job = job_of(tmp_path, "say(event='start', task='t', total=1)\ntime.sleep(60)\n")
    queue.add(job)
    qtbot.waitUntil(lambda: job.task == "t")
    began = time.monotonic()
    with qtbot.waitSignal(job.ended) as ended:
        job.cancel()
    assert ended.args == [Outcome.cancelled, ""]
    assert time.monotonic() - began < 0.9


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="processes are asked in POSIX's way")
def test_a_process_that_does_not_listen_is_killed_after_a_second(qtbot, queue, tmp_path):
    job = job_of(
        tmp_path,
        "import signal, os; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "say(event='start', task=str(os.getpid()), total=1)\ntime.sleep(60)\n",
    )
    queue.add(job)
    qtbot.waitUntil(lambda: bool(job.task))
    with qtbot.waitSignal(job.ended, timeout=3000) as ended:
        job.cancel()
    assert ended.args[0] is Outcome.cancelled
    with pytest.raises(ProcessLookupError):
        os.kill(int(job.task), 0)


def test_jobs_run_one_after_the_other(qtbot, queue, tmp_path):
    jobs = [job_of(tmp_path, "time.sleep(0.1)\n", str(i)) for i in range(3)]
    running = []
    queue.changed.connect(lambda: running.append([job.title for job in jobs if job.running]))
    for job in jobs:
        queue.add(job)
    qtbot.waitUntil(lambda: not queue.unfinished, timeout=10_000)
    assert all(len(titles) <= 1 for titles in running)
    assert [job.outcome for job in jobs] == [Outcome.done] * 3


def test_cancelling_everything_never_starts_what_waits(qtbot, queue, tmp_path):
    jobs = [job_of(tmp_path, "time.sleep(60)\n", str(i)) for i in range(2)]
    for job in jobs:
        queue.add(job)
    qtbot.waitUntil(lambda: jobs[0].running)
    queue.cancel_all()
    qtbot.waitUntil(lambda: not queue.unfinished, timeout=3000)
    assert [job.outcome for job in jobs] == [Outcome.cancelled] * 2
    assert not jobs[1].log


def test_the_pane_shows_progress_and_the_command_that_can_be_copied(qtbot, queue, tmp_path):
    pane = JobsPane(queue)
    qtbot.addWidget(pane)
    pane.show()
    job = job_of(
        tmp_path,
        "say(event='start', task='refinement', total=10)\n"
        "say(event='step', task='refinement', done=5, total=10)\ntime.sleep(60)\n",
        "Detect in clip.mp4",
    )
    queue.add(job)
    row = pane.rows[0]
    qtbot.waitUntil(lambda: row.bar.value() == 500)
    assert row.title.text() == "Detect in clip.mp4"
    assert row.state.text().startswith("refinement")
    pane.show_details(job)
    assert pane.command.text() == f"{sys.executable} {job.command[1]}"
    pane.copy_command()
    assert QGuiApplication.clipboard().text() == pane.command.text()
    with qtbot.waitSignal(job.ended):
        row.cancel.click()
    assert row.state.text() == "cancelled"
    assert row.cancel.toolTip() == "Remove from this list"


def test_what_runs_is_on_top_and_what_has_ended_below_what_waits(qtbot, queue, tmp_path):
    pane = JobsPane(queue)
    qtbot.addWidget(pane)
    jobs = [job_of(tmp_path, "time.sleep(60)\n", title) for title in "abc"]
    for job in jobs:
        queue.add(job)
    pane.show()

    def listed():
        return [row.title.text() for row in sorted(pane.rows, key=lambda row: row.y())]

    qtbot.waitUntil(lambda: listed() == ["a", "b", "c"])
    with qtbot.waitSignal(jobs[0].ended):
        jobs[0].cancel()
    qtbot.waitUntil(lambda: listed() == ["b", "c", "a"])
    assert jobs[1].running
    queue.cancel_all()
    queue.tidy()
    qtbot.waitUntil(lambda: pane.rows == [] or jobs[1].outcome is not None)


def test_a_job_that_failed_stays_until_it_is_put_away(qtbot, queue):
    pane = JobsPane(queue)
    qtbot.addWidget(pane)
    job = Job("Work", ["/no/such/program"])
    assert run(qtbot, queue, job)[0] is Outcome.failed
    with qtbot.assertNotEmitted(queue.changed):
        queue.tidy()
    pane.show_details(job)
    pane.rows[0].cancel.click()
    assert (queue.jobs, pane.rows, pane.shown) == ([], [], None)


def test_the_time_left_is_told_as_people_say_it():
    assert time_left_text(None) == ""
    assert time_left_text(0.2) == "about 1 s left"
    assert time_left_text(300) == "about 5 min left"
    assert time_left_text(7200) == "about 2.0 h left"


# Detections


@pytest.fixture
def background(qtbot):
    made = Background()
    yield made
    made.close()


@pytest.fixture
def project(tmp_path, clip):
    made = project_of(tmp_path / "work.etp", clip)
    yield made
    made.close()


@pytest.fixture
def detections(queue, background):
    return Detections(queue, background)


def play(monkeypatch, tmp_path: Path, script: str) -> None:
    """Let the script play the engine's part; it finds its output folder in OUT."""
    path = tmp_path / "engine.py"
    path.write_text(SAY + "from pathlib import Path\nOUT = Path(sys.argv[1])\n" + script)

    def command(video, model, out, start):
        return [sys.executable, str(path), str(out)]

    monkeypatch.setattr(detection, "detect_command", command)


def write_result(tmp_path: Path) -> Path:
    path = tmp_path / "saved.npz"
    evolution_of("clip").save(path)
    return path


def test_the_command_is_the_headless_one(tmp_path):
    command = detect_command(Path("/v/a.mp4"), Path("/m"), Path("/out"))
    assert command[:4] == [sys.executable, "-m", "etp_core", "detect"]
    assert command[4:] == [
        *("/v/a.mp4", "--model", "/m", "--csv", "/out/detections.csv", "--stages"),
        *("--evolutions", "/out", "--progress", "json"),
    ]


def test_the_video_is_read_from_where_one_looks(detections, project, monkeypatch, queue):
    monkeypatch.setattr(queue, "add", lambda job: None)
    video = project.videos()[0]
    job = detections.start(project, video, Path("/m"), 61.25)
    assert job.command[-4:-2] == ["--from", "61.25"]
    detections.forget()
    assert "--from" not in motion_command(video.path, Path("/out"))


def test_curves_arrive_while_it_computes_and_the_result_becomes_a_run(
    qtbot, monkeypatch, tmp_path, detections, project
):
    result = write_result(tmp_path)
    play(
        monkeypatch,
        tmp_path,
        "say(event='start', task='actionness', video='clip.mp4', total=2)\n"
        "for i in range(2):\n"
        "    say(event='curves', video='clip.mp4', classes=['jump', 'wave'],\n"
        "        times=[i, i + 0.5], scores=[[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]])\n"
        f"path = OUT / 'clip.npz'; path.write_bytes(Path({str(result)!r}).read_bytes())\n"
        "say(event='result', video='clip.mp4', path=str(path))\n",
    )
    pieces = []
    detections.curves.connect(lambda video_id, piece: pieces.append((video_id, piece)))
    video = project.videos()[0]
    with qtbot.waitSignal(detections.stored, timeout=10_000) as stored:
        detections.start(project, video, tmp_path)
        assert detections.running(video.id)
        assert detections.start(project, video, tmp_path) is None
    assert stored.args == [video.id]
    assert [piece.times.tolist() for _, piece in pieces] == [[0, 0.5], [1, 1.5]]
    assert pieces[0][1].scores.shape == (2, 3)
    (run,) = project.runs(video.id)
    assert run.options == {"model": str(tmp_path)}
    assert len(project.evolution(run.id).localization) == 2
    qtbot.waitUntil(lambda: not detections.busy)


def test_cancelling_leaves_the_project_unchanged(qtbot, monkeypatch, tmp_path, detections, project):
    play(
        monkeypatch,
        tmp_path,
        "say(event='curves', video='', classes=['jump'], times=[0.0], scores=[[0.1, 0.2]])\n"
        "time.sleep(60)\n",
    )
    before = project.path.read_bytes(), project.history(), project.segments()
    failures = []
    detections.failed.connect(failures.append)
    with qtbot.waitSignal(detections.curves, timeout=10_000):
        job = detections.start(project, project.videos()[0], tmp_path)
    with qtbot.waitSignal(detections.ended):
        job.cancel()
    assert (project.path.read_bytes(), project.history(), project.segments()) == before
    assert project.runs() == []
    assert failures == []


def test_a_crash_of_the_engine_is_one_line_and_costs_nothing(
    qtbot, monkeypatch, tmp_path, detections, project
):
    play(monkeypatch, tmp_path, "import os; os.abort()\n")
    with qtbot.waitSignal(detections.failed, timeout=10_000) as told:
        detections.start(project, project.videos()[0], tmp_path)
    assert told.args == ["Detect in clip.mp4: the program crashed; its log is in the jobs"]
    assert project.runs() == []


def test_a_damaged_result_is_told_and_not_stored(qtbot, monkeypatch, tmp_path, detections, project):
    play(
        monkeypatch,
        tmp_path,
        "path = OUT / 'clip.npz'; path.write_bytes(b'PK nonsense')\n"
        "say(event='result', video='clip.mp4', path=str(path))\n",
    )
    with qtbot.waitSignal(detections.failed, timeout=10_000) as told:
        detections.start(project, project.videos()[0], tmp_path)
    assert "not an evolution file" in told.args[0] and "\n" not in told.args[0]
    assert project.runs() == []


def test_forgetting_cancels_and_stores_nothing(qtbot, monkeypatch, tmp_path, detections, project):
    play(monkeypatch, tmp_path, "time.sleep(60)\n")
    job = detections.start(project, project.videos()[0], tmp_path)
    qtbot.waitUntil(lambda: job.running)
    with qtbot.waitSignal(job.ended):
        detections.forget()
    assert not detections.busy


def test_without_a_model_detecting_says_what_to_do(project):
    assert "Choose model" in why_not(project, None)
    assert why_not(project, Path("/model")) == ""
