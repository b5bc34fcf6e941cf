"""Videos that moved: one folder is enough, and all that are found are one step."""

import pytest
from projects import project_of
from PySide6.QtWidgets import QFileDialog

from etp_core.project import Project
from etp_core.project.moved import find_moved


@pytest.fixture
def moved(tmp_path, clip, phone_clip):
    """A project whose two videos were moved and renamed, beside files that are not theirs."""
    project = project_of(tmp_path / "work.etp", clip, phone_clip)
    project.close()
    place = tmp_path / "disk" / "deep" / "er"
    place.mkdir(parents=True)
    (tmp_path / "disk" / "clip.mp4").write_bytes(b"another video of that name" * 1000)
    clip.rename(place / "renamed.mp4")
    phone_clip.rename(tmp_path / "disk" / "phone.mp4")
    return project.path


def choose(qtbot, window, folder):
    action = window.actions_by_name["find_videos"]
    qtbot.waitUntil(action.isEnabled)
    action.trigger()
    qtbot.waitUntil(lambda: window.findChild(QFileDialog) is not None)
    dialog = window.findChild(QFileDialog)
    dialog.fileSelected.emit(str(folder))
    dialog.close()


def test_one_folder_brings_every_missing_video_back_as_one_step(qtbot, window, moved, tmp_path):
    window.open([moved])
    qtbot.waitUntil(lambda: "2 videos are not where they were" in window.messages.text)
    qtbot.waitUntil(lambda: "“Find missing videos” looks for it" in window.video._text)
    choose(qtbot, window, tmp_path / "disk")
    qtbot.waitUntil(lambda: window.video.on_screen)
    session = window.session
    assert window.messages.text == "Found 2 videos: none missing"
    assert [video.path for video in session.videos] == [
        tmp_path / "disk" / "deep" / "er" / "renamed.mp4",
        tmp_path / "disk" / "phone.mp4",
    ]
    assert session.errors == {} and len(session.segments) == 2
    assert session.project.undo_title == "Find 2 videos"
    window.editor.undo()
    assert len(session.errors) == 2
    window.editor.redo()
    assert session.errors == {}


def test_what_is_not_in_the_folder_stays_missing_and_is_said(qtbot, window, moved, tmp_path):
    window.open([moved])
    qtbot.waitUntil(lambda: "not where they were" in window.messages.text)
    choose(qtbot, window, tmp_path / "disk" / "deep")
    qtbot.waitUntil(lambda: "1 video still missing" in window.messages.text)
    choose(qtbot, window, tmp_path / "disk" / "deep")
    qtbot.waitUntil(lambda: "none of the 1 video" in window.messages.text)


def test_looking_can_be_cancelled_and_changes_nothing(qtbot, window, moved, tmp_path):
    window.open([moved])
    qtbot.waitUntil(lambda: "not where they were" in window.messages.text)
    window.relocation.look_in(tmp_path / "disk", window)
    window.relocation.dialog.canceled.emit()
    qtbot.waitUntil(lambda: not window.background.busy)
    assert len(window.relocation.missing) == 2
    assert window.relocation.dialog is None


def test_files_are_told_by_their_content_and_looking_stops_when_all_are_found(moved, tmp_path):
    with Project.open(moved) as project:
        videos = project.videos()
    for i in range(20):
        (tmp_path / "disk" / f"other{i}.mp4").write_bytes(bytes([i]) * 5000)
    seen = []
    found = find_moved(videos, tmp_path / "disk", lambda n, k: seen.append((n, k)) or True)
    assert set(found) == {video.id for video in videos}
    assert find_moved(videos, tmp_path / "nowhere") == {}
    assert find_moved(videos, tmp_path / "disk", lambda n, k: n < 1) == {}
