"""Backups, a second window, merging and repair, as the window does them."""

import shutil

import pytest
from projects import project_of

from etp_core.project import AddSegment, DeleteSegment, MoveSegment, Project, backups
from etp_studio import settings
from etp_studio.care_dialogs import BackupsDialog, MergeDialog
from etp_studio.window import MainWindow


def idle(qtbot, window):
    qtbot.waitUntil(lambda: not window.care.busy)


def dialog(qtbot, window, kind):
    qtbot.waitUntil(lambda: any(found.isVisible() for found in window.findChildren(kind)))
    return next(found for found in window.findChildren(kind) if found.isVisible())


def test_a_project_is_backed_up_when_it_is_opened_and_when_it_has_changed(qtbot, opened):
    path = opened.session.project.path
    idle(qtbot, opened)
    assert len(backups.listing(path)) == 1
    opened.care._backup.timeout.emit()
    idle(qtbot, opened)
    assert len(backups.listing(path)) == 1
    opened.session.apply(MoveSegment(1, 0.5, 1.5))
    assert opened.care._backup.isActive()
    opened.care._backup.timeout.emit()
    idle(qtbot, opened)
    assert len(backups.listing(path)) == 2


def test_a_backup_is_opened_beside_the_project_which_stays(qtbot, opened):
    idle(qtbot, opened)
    path, before = opened.session.project.path, opened.session.segments
    opened.session.apply(DeleteSegment(before[0].id))
    opened.care.show_backups()
    asked = dialog(qtbot, opened, BackupsDialog)
    asked.restore.click()
    qtbot.waitUntil(lambda: opened.session.project.path != path)
    assert opened.session.project.path.name.startswith("work (backup ")
    assert opened.session.segments == before
    assert "work.etp was left as it is" in opened.messages.text
    with Project.open(path) as project:
        assert len(project.segments()) == len(before) - 1


def test_a_damaged_project_is_repaired_into_a_new_one(qtbot, window, tmp_path, clip):
    path = tmp_path / "work.etp"
    project_of(path, clip).close()
    data = bytearray(path.read_bytes())
    data[4096 * 3 + 100 : 4096 * 4] = bytes(3996)
    path.write_bytes(data)
    window.care.backups_of(path)
    asked = dialog(qtbot, window, BackupsDialog)
    assert not asked.restore.isEnabled()
    asked.repair.click()
    qtbot.waitUntil(lambda: window.session.project is not None)
    assert window.session.project.path.name == "work (repaired).etp"
    assert "This is what could be read of work.etp" in window.messages.text
    assert path.read_bytes() == data
    idle(qtbot, window)


def test_a_second_window_says_why_it_only_looks_and_follows_the_first(qtbot, opened):
    second = MainWindow()
    qtbot.addWidget(second)
    second.show()
    second.open([opened.session.project.path])
    qtbot.waitUntil(lambda: second.video.on_screen)
    assert second.messages.text == (
        "This project cannot be changed here, because another program has it open; "
        "it follows what is done there"
    )
    assert "(read only)" in second.windowTitle()
    opened.session.apply(MoveSegment(1, 0.5, 1.25))
    opened.session.apply(AddSegment(1, 1, 3.0, 3.5))
    qtbot.waitUntil(lambda: second.session.segments == opened.session.segments, timeout=5000)
    assert second.session.counts[1] == 3
    second.session.apply(MoveSegment(1, 0.5, 1.0))
    assert second.messages.text.startswith("Cannot be changed, because")
    second.close()


def test_a_window_that_looks_on_takes_over_where_it_is_when_the_first_has_gone(qtbot, opened):
    settings.set_annotator("Ada")
    path = opened.session.project.path
    second = MainWindow()
    qtbot.addWidget(second)
    second.show()
    second.open([path])
    qtbot.waitUntil(lambda: second.video.on_screen)
    second.session.set_video(second.session.videos[1])
    qtbot.waitUntil(lambda: second.video.on_screen)
    second.player.go(7)
    qtbot.waitUntil(lambda: second.player.index == 7)
    opened.session.set_project(None)
    qtbot.waitUntil(lambda: not second.session.project.read_only, timeout=5000)
    assert second.session.project.author == "Ada"
    qtbot.waitUntil(lambda: second.video.on_screen and second.player.index == 7)
    assert "can be changed here now" in second.messages.text
    assert "(read only)" not in second.windowTitle()
    assert second.session.video.id == second.session.videos[1].id
    assert second.session.apply(AddSegment(1, 1, 3.0, 3.5)) is not None
    idle(qtbot, second)
    second.close()


@pytest.fixture
def copy(opened):
    """A copy of the open project, to be edited by bob."""
    path = opened.session.project.path.with_name("bob.etp")
    opened.session.project.backup(path)
    with Project.open(path, author="bob") as project:
        yield project


def test_another_project_is_merged_as_one_step_of_undo(qtbot, opened, copy):
    copy.apply(AddSegment(1, 1, 3.0, 3.5))
    before = opened.session.segments
    opened.care.merge_with(copy.path)
    qtbot.waitUntil(lambda: len(opened.session.segments) == len(before) + 1)
    assert opened.messages.text == "Merged bob.etp: 1 segment added"
    opened.session.undo()
    assert opened.session.segments == before


def test_conflicts_of_a_merge_are_decided_in_a_dialog(qtbot, opened, copy):
    copy.apply(MoveSegment(1, 0.25, 1.0))
    copy.apply(DeleteSegment(2))
    opened.session.apply(MoveSegment(1, 0.75, 1.0))
    opened.session.apply(MoveSegment(2, 2.0, 2.5))
    opened.care.merge_with(copy.path)
    asked = dialog(qtbot, opened, MergeDialog)
    assert [asked.table.item(0, c).text() for c in range(3)][1].startswith("jump 0.750")
    assert asked.table.item(1, 2).text() == "deleted"
    assert [box.count() for box in asked.choices] == [3, 2]
    asked.choose_all("both")
    asked.choices[1].setCurrentIndex(1)  # take theirs
    asked.button.click()
    qtbot.waitUntil(lambda: [s.start for s in opened.session.segments] == [0.25, 0.75])


def test_what_is_no_project_is_not_merged(qtbot, opened, tmp_path):
    shutil.copyfile(opened.session.video.path, tmp_path / "film.etp")
    opened.care.merge_with(tmp_path / "film.etp")
    qtbot.waitUntil(lambda: "is not an ETP project file" in opened.messages.text)
