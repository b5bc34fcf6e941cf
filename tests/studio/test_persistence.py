"""What stays when the window goes: every edit, a sound project, the layout."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest
from projects import project_of
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from etp_core.project import Project
from etp_studio.window import MainWindow


def test_the_layout_is_remembered(qtbot, opened):
    titles = ("Videos", "Segments", "Labels")
    opened.docks["Labels"].hide()
    opened.close()
    again = MainWindow()
    qtbot.addWidget(again)
    again.show()
    again.open([opened.session.project.path])
    qtbot.waitUntil(lambda: again.session.project is not None)
    assert [again.docks[title].isVisible() for title in titles] == [True, True, False]
    again.close()


def test_closing_the_window_leaves_a_project_that_is_sound(qtbot, opened):
    path = opened.session.project.path
    opened.session.select(opened.session.segments[0].id)
    qtbot.keyClick(QApplication.focusWidget() or opened, Qt.Key.Key_W)
    opened.close()
    with Project.open(path) as project:
        assert project.verify() == []
        assert project.segments(1)[0].start == pytest.approx(16 / 30)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="processes are killed in POSIX's way")
def test_a_killed_window_has_lost_no_edit(tmp_path, clip):
    project_of(tmp_path / "work.etp", clip).close()
    script = textwrap.dedent(
        f"""
        import time
        from pathlib import Path
        from PySide6.QtCore import Qt, QTimer
        from PySide6.QtTest import QTest
        from etp_studio.app import application
        from etp_studio.window import MainWindow

        app = application()
        window = MainWindow()
        window.show()
        window.open([Path({str(tmp_path / "work.etp")!r})])

        def edit():
            if not window.video.on_screen:
                return
            timer.stop()
            window.session.select(window.session.segments[0].id)
            for key in (Qt.Key.Key_W, Qt.Key.Key_W, Qt.Key.Key_R, Qt.Key.Key_2):
                QTest.keyClick(window, key)
            print("edited", flush=True)

        timer = QTimer(interval=20)
        timer.timeout.connect(edit)
        timer.start()
        app.exec()
        """
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=os.environ
    )
    try:
        assert process.stdout.readline() == "edited\n"
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
    time.sleep(0.05)
    with Project.open(tmp_path / "work.etp") as project:
        assert project.read_only == ""
        segment = project.segments(1)[0]
        assert (segment.start, segment.end) == (pytest.approx(17 / 30), pytest.approx(31 / 30))
        assert project.labels()[1].id == segment.label_id
        assert project.undo_title == "Relabel jump as wave"
