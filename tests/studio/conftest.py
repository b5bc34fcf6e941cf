"""Every test of the studio: no screen, settings of its own, and nothing left running behind it."""

import gc
import os
import threading
from pathlib import Path

import barcode
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QLocale, QProcess, QSettings, QThread, QTimer
from PySide6.QtWidgets import QApplication
from shiboken6 import isValid

from etp_studio.texts import load_translations

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(autouse=True)
def _places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings, projects and caches of a test lie in its own folder."""
    for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    QSettings.setPath(
        QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path / "settings")
    )
    QCoreApplication.setOrganizationName("etp-studio")
    QCoreApplication.setApplicationName("etp-studio")


@pytest.fixture(autouse=True, scope="session")
def _english(qapp: QApplication) -> None:
    """The plurals of English, which are a translation like others."""
    load_translations(qapp, QLocale.c())


@pytest.fixture(autouse=True)
def _nothing_left_running():
    """Fail where a test leaves a thread, a child process or a running timer behind."""
    before = set(threading.enumerate())
    yield
    app = QApplication.instance()
    if app is not None:
        app.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        app.processEvents()
    gc.collect()
    left = [t.name for t in threading.enumerate() if t not in before and t.is_alive()]
    for thing in gc.get_objects():
        # by its type: asking an object for its class makes some of torch's warn
        if not issubclass(type(thing), QThread | QProcess | QTimer) or not isValid(thing):
            continue
        if isinstance(thing, QThread) and thing is not QThread.currentThread():
            if thing.isRunning() and not (app and thing is app.thread()):
                left.append(f"QThread {thing.objectName()}")
        elif isinstance(thing, QProcess):
            if thing.state() is not QProcess.ProcessState.NotRunning:
                left.append(f"QProcess {thing.program()}")
        elif isinstance(thing, QTimer) and thing.isActive():
            left.append(f"QTimer of {thing.parent()}")
    assert not left, f"left running: {', '.join(left)}"


@pytest.fixture
def window(qtbot):
    """The main window, shown; closed and deleted at the end."""
    from etp_studio.window import MainWindow

    made = MainWindow()
    made.resize(1400, 900)
    made.show()
    made.activateWindow()
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def opened(qtbot, window, tmp_path, clip, phone_clip):
    """The window with a project of two videos; the first has two segments and a run."""
    from projects import evolution_of, project_of

    project = project_of(tmp_path / "work.etp", clip, phone_clip)
    project.add_run(project.videos()[0].id, evolution_of("clip"), {})
    project.close()
    window.open([tmp_path / "work.etp"])
    qtbot.waitUntil(lambda: window.video.on_screen)
    return window


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A video of 120 frames at 30 fps; every frame carries its number."""
    path = tmp_path / "clip.mp4"
    barcode.write(path, barcode.constant(120))
    return path


@pytest.fixture
def phone_clip(tmp_path: Path) -> Path:
    """A video of 120 frames at a variable rate; every frame carries its number."""
    path = tmp_path / "phone.mp4"
    barcode.write(path, barcode.variable(120))
    return path
