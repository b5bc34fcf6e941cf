"""The program as its users run it: a window on a real X server, keys and mouse from outside."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import barcode
import numpy as np
import pytest
from projects import project_of

from etp_core.project import AddLabel, Project, probe

MAIN = Path(__file__).parents[2] / "main.py"
ON_SCREEN = Path(__file__).with_name("on_screen.py")

pytestmark = pytest.mark.skipif(
    not (shutil.which("Xvfb") and shutil.which("xdotool")),
    reason="needs the programs Xvfb and xdotool",
)


@pytest.fixture
def display():
    """The name of a fresh X server's display."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1600x1000x24"]
    with subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL) as server:
        os.close(writing)
        with os.fdopen(reading) as pipe:
            number = pipe.readline().strip()
        yield f":{number}"
        server.terminate()


def until(condition, seconds: float = 30.0):
    """The first true result of `condition`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        result = condition()
        if result:
            return result
        time.sleep(0.1)
    raise AssertionError("it did not happen in time")


def test_keys_reach_the_disk_and_survive_a_kill(display: str, tmp_path: Path) -> None:
    video, path = tmp_path / "clip.mp4", tmp_path / "study.etp"
    barcode.write(video, np.arange(90) / 30)
    with Project.create(path) as project:
        project.apply(probe(video))
        project.apply(AddLabel("wave"))

    environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}

    def xdotool(*arguments: str) -> str:
        command = ["xdotool", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True).stdout

    command = [sys.executable, str(MAIN), str(path)]
    studio = subprocess.Popen(command, env=environment)
    try:
        window = until(lambda: xdotool("search", "--onlyvisible", "--name", "study").split())[0]
        xdotool("windowfocus", window)

        def stored() -> list[tuple[float, float]]:
            with Project.open(path) as other:  # read-only beside the window
                return [(s.start, s.end) for s in other.segments()]

        time.sleep(2.0)  # the first frame
        for key in ("Home", *["period"] * 10, "i", *["period"] * 20, "o"):
            xdotool("key", "--window", window, key)
            time.sleep(0.05)
        segments = until(stored)
    finally:
        studio.send_signal(signal.SIGKILL)
        studio.wait()
    assert segments == [(pytest.approx(10 / 30, abs=1e-4), pytest.approx(30 / 30, abs=1e-4))]
    with Project.open(path) as project:
        assert [(s.start, s.end) for s in project.segments()] == segments
        assert not project.read_only


def test_the_screen_shows_what_the_timeline_paints_after_a_zoom_and_a_drag(
    display: str, tmp_path: Path, clip: Path
) -> None:
    path = tmp_path / "study.etp"
    project_of(path, clip).close()
    environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
    command = [sys.executable, str(ON_SCREEN), str(path)]
    program = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert program.returncode == 0, program.stderr
    told = [json.loads(line) for line in program.stdout.splitlines()]
    assert [line["step"] for line in told] == ["open", "zoom", "zoom", "zoom", "drag", "drop"]
    for line in told:
        assert line["happened"] and line["differing"] == [], line
