"""The command `etp-studio`: exit codes, one line for what cannot be opened, the screenshot."""

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pictures import number_in, number_on_screen, pixels
from projects import evolution_of, project_of
from PySide6.QtGui import QImage

from etp_core.project import Project
from etp_core.studio_link import StudioLink
from etp_studio import app

MAIN = Path(__file__).parents[2] / "main.py"


def studio(*arguments, **environment):
    """Run `python main.py` to its end."""
    return subprocess.run(
        [sys.executable, str(MAIN), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **environment},
    )


def lines(run):
    return [line for line in run.stderr.splitlines() if line.startswith("etp-studio: ")]


def test_a_missing_file_is_one_line_and_exit_code_2(tmp_path):
    run = studio(tmp_path / "missing.mp4")
    assert run.returncode == 2
    assert run.stderr == f"etp-studio: {tmp_path / 'missing.mp4'}: there is no such file\n"


@pytest.mark.parametrize("name", ["broken.mp4", "broken.etp"])
def test_what_cannot_be_opened_is_one_line_and_exit_code_2(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"nothing of the kind")
    run = studio(path)
    assert run.returncode == 2
    assert len(lines(run)) == 1 and str(path) in lines(run)[0]
    assert "Traceback" not in run.stderr


def test_a_wrong_option_is_exit_code_2():
    assert studio("--no-such-option").returncode == 2


def test_without_a_screen_it_says_so(tmp_path):
    if not sys.platform.startswith("linux"):
        pytest.skip("only there a window can be impossible")
    run = studio(QT_QPA_PLATFORM="", DISPLAY="", WAYLAND_DISPLAY="")
    assert run.returncode == 1
    assert lines(run)[0].startswith("etp-studio: there is no screen")


def test_a_screenshot_shows_the_first_page(tmp_path):
    run = studio("--screenshot", tmp_path / "out.png")
    assert run.returncode == 0, run.stderr
    image = QImage(str(tmp_path / "out.png"))
    assert (image.width(), image.height()) == (1600, 1000)
    assert len({tuple(p) for p in pixels(image)[::20, ::20].reshape(-1, 3)}) > 1


def test_a_screenshot_of_a_project_shows_its_video_and_its_lanes(tmp_path, clip):
    project = project_of(tmp_path / "work.etp", clip)
    project.add_run(1, evolution_of("clip"), {})
    project.close()
    run = studio(tmp_path / "work.etp", "--screenshot", tmp_path / "out.png")
    assert run.returncode == 0, run.stderr
    image = QImage(str(tmp_path / "out.png"))
    # the video is the white-and-black code of frame 0 (black), above the transport bar
    frame = image.copy(600, 200, 300, 100)
    assert number_in(frame) == 0
    colours = pixels(image).reshape(-1, 3)
    for label in ("#0072b2", "#e69f00"):
        rgb = [int(label[i : i + 2], 16) for i in (1, 3, 5)]
        assert (abs(colours.astype(int) - rgb).sum(axis=1) < 60).sum() > 500, label


@pytest.mark.parametrize("current", [0, 1])
def test_a_video_of_a_project_is_shown_at_the_moment_asked_for(qtbot, opened, current):
    opened.session.set_video(opened.session.videos[current])
    qtbot.waitUntil(lambda: opened.video.on_screen)
    link = StudioLink(opened.session.project.path, 2.0, "clip")
    for words in ([str(link.path), "--video", "clip", "--at", "2.0"], [link.url]):
        options = app.parse(words)
        assert (options.paths, options.video, options.at) == ([link.path], "clip", 2.0)
        assert app.go_to(opened, options.video, options.at) == ""
    assert opened.session.video.name == "clip.mp4"
    qtbot.waitUntil(lambda: opened.video.on_screen and number_on_screen(opened.video) == 60)


def test_a_video_is_opened_at_the_moment_asked_for(tmp_path, clip):
    first, later = tmp_path / "first.png", tmp_path / "later.png"
    for out, at in ((first, "0"), (later, "2")):
        run = studio(clip, "--at", at, "--screenshot", out)
        assert run.returncode == 0, run.stderr
    white = [
        np.count_nonzero(pixels(QImage(str(out)))[200, 300:1100] > 200) for out in (first, later)
    ]
    assert white[0] == 0 and white[1] > 300  # of the bars that make the number 60


def test_a_video_that_the_project_does_not_have_is_said(tmp_path, clip):
    project_of(tmp_path / "work.etp", clip).close()
    run = studio(tmp_path / "work.etp", "--video", "x", "--screenshot", tmp_path / "out.png")
    assert lines(run) == ["etp-studio: there is no video 'x' in the project"]


@pytest.mark.parametrize("words", [("--at", "-1"), ("--at", "x"), ("etp-studio://open?at=1",)])
def test_a_moment_or_a_link_that_cannot_be_meant_is_exit_code_2(words):
    run = studio(*words)
    assert run.returncode == 2 and "Traceback" not in run.stderr


def test_links_are_registered_with_the_desktop(tmp_path):
    if not sys.platform.startswith("linux"):
        pytest.skip("desktop entries are Linux's")
    run = studio("--register-links", XDG_DATA_HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path))
    assert run.returncode == 0, run.stderr
    entry = (tmp_path / "applications" / "etp-studio-links.desktop").read_text()
    assert "MimeType=x-scheme-handler/etp-studio;" in entry
    command = entry.split("Exec=")[1].splitlines()[0]
    words = [word.replace("%u", "--version") for word in shlex.split(command)]
    shown = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert shown.stdout.startswith("etp-studio "), shown.stderr


def test_a_screenshot_that_cannot_be_written_is_exit_code_1(tmp_path):
    (tmp_path / "file").write_text("")
    run = studio("--screenshot", tmp_path / "file" / "out.png")
    assert run.returncode == 1
    assert len(lines(run)) == 1


def test_of_several_arguments_those_that_work_are_opened(tmp_path, clip):
    run = studio(tmp_path / "missing.mp4", clip, "--screenshot", tmp_path / "out.png")
    assert run.returncode == 0
    assert lines(run) == [f"etp-studio: {tmp_path / 'missing.mp4'}: there is no such file"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent in POSIX's way")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_window_in_order_and_its_jobs_with_it(tmp_path, clip, number):
    project_of(tmp_path / "work.etp", clip).close()
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from PySide6.QtCore import QTimer\n"
        "from etp_studio import app, settings\n"
        "from etp_studio.detecting import detect\n"
        "from etp_studio.jobs import detection\n"
        "settings.model = lambda: Path('model')\n"
        "sleep = 'import os, time; print(os.getpid(), flush=True); time.sleep(60)'\n"
        "detection.detect_command = lambda *_: [sys.executable, '-c', sleep]\n"
        "def look():\n"
        "    found = [w for w in app.QApplication.topLevelWidgets() if hasattr(w, 'session')]\n"
        "    if found and found[0].video.on_screen and not found[0].jobs.jobs:\n"
        "        detect(found[0], found[0].session.videos)\n"
        "        found[0].jobs.jobs[0].logged.connect(lambda line: print(line, flush=True))\n"
        "application = app.application()\n"
        "timer = QTimer(interval=20); timer.timeout.connect(look); timer.start()\n"
        f"sys.exit(app.main([{str(tmp_path / 'work.etp')!r}]))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=os.environ
    )
    child = int(process.stdout.readline())
    process.send_signal(number)
    assert process.wait(timeout=10) == 130
    process.stdout.close()
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
    with Project.open(tmp_path / "work.etp") as project:
        assert project.read_only == "" and project.verify() == []


def test_the_window_needs_neither_torch_nor_opencv():
    run = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, etp_studio.app\n"
            "from etp_studio.window import MainWindow\n"
            "app = etp_studio.app.application(); window = MainWindow(); window.show()\n"
            "app.processEvents(); window.close()\n"
            "print(sorted({'torch', 'cv2', 'scipy', 'matplotlib', 'jinja2'} & set(sys.modules)))",
        ],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ,
    )
    assert run.stdout == "[]\n", run.stderr
