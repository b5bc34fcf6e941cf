"""Whoever looks something up in a project waits for nobody, and nobody who edits waits for that."""

import threading
from contextlib import contextmanager

import pytest
from kills import new_project

from etp_core.errors import ProjectError
from etp_core.project import AddLabel, Project


@pytest.fixture
def project(tmp_path):
    new_project(tmp_path / "p.etp")
    with Project.open(tmp_path / "p.etp") as opened:
        yield opened


@contextmanager
def elsewhere(work):
    """Run `work(begun, go_on)` in a thread; the block runs between the two."""
    begun, go_on, failures = threading.Event(), threading.Event(), []

    def run():
        try:
            work(begun, go_on)
        except BaseException as error:  # told in the thread of the test
            failures.append(error)
            begun.set()

    thread = threading.Thread(target=run)
    thread.start()
    assert begun.wait(10)
    try:
        yield
    finally:
        go_on.set()
        thread.join(10)
    assert not thread.is_alive()
    assert not failures


def names(project):
    return [label.name for label in project.labels()]


def test_an_edit_does_not_wait_for_a_thread_that_reads_and_that_one_sees_one_state(project):
    before, seen = names(project), []

    def read(begun, go_on):
        with project._store.reading():
            seen.append(names(project))
            begun.set()
            assert go_on.wait(10)
            seen.append(names(project))
        seen.append(names(project))

    with elsewhere(read):
        project.apply(AddLabel("new"))
    assert seen == [before, before, [*before, "new"]]


def test_the_main_thread_reads_while_another_one_writes_and_sees_what_is_complete(project):
    before = names(project)

    def write(begun, go_on):
        with project._store.transaction() as connection:
            connection.execute("UPDATE labels SET name = name || ' renamed'")
            assert names(project) != before  # its own thread sees what it does
            begun.set()
            assert go_on.wait(10)

    with elsewhere(write):
        assert names(project) == before
    assert names(project) == [f"{name} renamed" for name in before]


def test_what_another_thread_edited_is_read_at_once(project):
    def write(begun, _):
        project.apply(AddLabel("new"))
        begun.set()

    with elsewhere(write):
        assert "new" in names(project)


def test_a_file_that_was_replaced_is_not_read_in_place_of_the_project(project, tmp_path):
    new_project(tmp_path / "other.etp")
    with Project.open(tmp_path / "other.etp") as other:
        other.apply(AddLabel("a stranger"))
    seen = []
    project.path.unlink()
    (tmp_path / "other.etp").rename(project.path)

    def read(begun, _):
        seen.extend(names(project))
        begun.set()

    with elsewhere(read):
        pass
    assert seen == names(project)
    assert "a stranger" not in seen


def test_closing_waits_for_a_thread_that_reads_which_is_told_afterwards(project):
    seen, closed = [], []

    def read(begun, go_on):
        with project._store.reading():
            begun.set()
            assert go_on.wait(10)
            seen.append(names(project))
        closer.join(10)
        with pytest.raises(ProjectError, match="the project is closed"):
            names(project)

    def close():
        project.close()
        closed.append(list(seen))

    closer = threading.Thread(target=close)
    with elsewhere(read):
        closer.start()
    assert len(seen) == 1
    assert closed == [seen]
