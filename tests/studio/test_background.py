"""Background work: answers arrive on the GUI thread, the newest only, errors as a line."""

import threading

import pytest

from etp_core.errors import InputError
from etp_studio.background import Background


@pytest.fixture
def background(qtbot):
    made = Background(threads=1)
    yield made
    made.close()


def test_the_work_runs_elsewhere_and_the_answer_comes_to_the_gui_thread(qtbot, background):
    threads = []
    background.run(
        threading.get_ident,
        lambda worker: threads.append((worker, threading.get_ident())),
        pytest.fail,
    )
    qtbot.waitUntil(lambda: bool(threads))
    worker, answered = threads[0]
    assert worker != answered == threading.get_ident()
    assert not background.busy


def test_an_error_is_told_as_one_line(qtbot, background):
    lines = []

    def fails():
        raise InputError("clip.mp4: is broken")

    background.run(fails, pytest.fail, lines.append)
    background.run(lambda: 1 / 0, pytest.fail, lines.append)
    qtbot.waitUntil(lambda: len(lines) == 2)
    assert lines == ["clip.mp4: is broken", "unexpected ZeroDivisionError: division by zero"]


def test_of_requests_with_one_key_only_the_newest_is_answered(qtbot, background):
    begun, answers, gate = [], [], threading.Event()

    def work(name):
        begun.append(name)
        gate.wait(5)
        return name

    for name in ("first", "second", "third"):
        background.run(lambda name=name: work(name), answers.append, pytest.fail, key="k")
    gate.set()
    qtbot.waitUntil(lambda: bool(answers))
    qtbot.waitUntil(lambda: not background.busy)
    assert answers == ["third"]
    assert "second" not in begun  # it was overtaken before it began


def test_after_closing_nothing_is_answered(qtbot):
    background = Background(threads=1)
    answers, gate = [], threading.Event()
    background.run(lambda: gate.wait(5), answers.append, pytest.fail)
    background.run(lambda: 2, answers.append, pytest.fail)
    gate.set()
    background.close()
    qtbot.wait(20)
    assert answers == []
