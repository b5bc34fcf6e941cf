"""Opening: nothing is ever unsaved, work comes back, what cannot be opened is said."""

import shutil

import pytest
from projects import project_of

from etp_core.project import AddLabel, AddSegment, Project
from etp_studio import settings
from etp_studio.background import Background
from etp_studio.opening import Opener, look_into, video_files
from etp_studio.session import Session


@pytest.fixture
def session(qtbot):
    made = Session()
    yield made
    made.set_project(None)


@pytest.fixture
def opener(qtbot, session):
    background = Background()
    yield Opener(session, background)
    background.close()


def open_paths(qtbot, opener, *paths):
    with qtbot.waitSignal(opener.finished) as finished:
        opener.open(list(paths))
    return finished.args


def test_a_video_without_a_project_gets_one_that_is_kept(qtbot, opener, session, clip):
    assert open_paths(qtbot, opener, clip) == [1, []]
    mark = look_into(clip).edit.fingerprint[:8]
    assert session.project.path == settings.projects_folder() / f"clip-{mark}.etp"
    assert session.video.path == clip
    assert settings.recent_projects() == [session.project.path]


def test_opening_the_same_video_again_brings_the_work_back(qtbot, opener, session, clip):
    open_paths(qtbot, opener, clip)
    session.apply(AddLabel("jump"))
    session.apply(AddSegment(session.video.id, session.labels[0].id, 1.0, 2.0))
    session.set_project(None)
    assert open_paths(qtbot, opener, clip) == [1, []]
    assert [(s.start, s.end) for s in session.segments] == [(1.0, 2.0)]
    assert len(session.videos) == 1


def test_a_video_that_was_moved_is_found_again(qtbot, opener, session, clip, tmp_path):
    open_paths(qtbot, opener, clip)
    session.apply(AddLabel("jump"))
    session.set_project(None)
    moved = tmp_path / "elsewhere" / "clip.mp4"
    moved.parent.mkdir()
    clip.rename(moved)
    assert open_paths(qtbot, opener, moved) == [1, []]
    assert [video.path for video in session.videos] == [moved]
    assert session.errors == {}
    assert len(session.labels) == 1


def test_further_videos_join_the_open_project(qtbot, opener, session, clip, phone_clip):
    open_paths(qtbot, opener, clip)
    path = session.project.path
    open_paths(qtbot, opener, phone_clip, clip)
    assert session.project.path == path
    assert [video.name for video in session.videos] == ["clip.mp4", "phone.mp4"]
    assert session.video.name == "phone.mp4"


def test_several_videos_are_one_step_of_undo(qtbot, opener, session, clip, phone_clip):
    open_paths(qtbot, opener, clip, phone_clip)
    assert session.project.undo_title == "Add 2 videos"


def test_a_folder_gives_the_videos_in_it(qtbot, opener, session, clip, phone_clip, tmp_path):
    (tmp_path / "notes.txt").write_text("no video")
    assert video_files([tmp_path]) == [clip, phone_clip]
    assert open_paths(qtbot, opener, tmp_path) == [2, []]


def test_a_folder_without_videos_among_other_things_is_told(qtbot, opener, clip, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    assert open_paths(qtbot, opener, empty, clip) == [
        1,
        [f"{empty}: there is no video in this folder"],
    ]


def test_a_broken_video_gets_a_row_and_a_reason_and_the_rest_works(
    qtbot, opener, session, clip, tmp_path
):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(clip.read_bytes()[:300])
    count, lines = open_paths(qtbot, opener, broken, clip)
    assert count == 1
    assert len(lines) == 1 and str(broken) in lines[0] and "\n" not in lines[0]
    assert [video.name for video in session.videos] == ["broken.mp4", "clip.mp4"]
    assert session.errors == {session.videos[0].id: lines[0]}
    assert session.video.name == "clip.mp4"


def test_a_broken_video_of_a_project_keeps_its_reason_when_it_is_opened_again(
    qtbot, opener, session, clip, tmp_path
):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(clip.read_bytes()[:300])
    open_paths(qtbot, opener, broken, clip)
    path = session.project.path
    session.set_project(None)
    open_paths(qtbot, opener, path)
    qtbot.waitUntil(lambda: bool(session.errors))
    assert "broken.mp4" in session.errors[session.videos[0].id]


def test_broken_videos_alone_make_no_project(qtbot, opener, session, tmp_path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"nothing")
    count, lines = open_paths(qtbot, opener, broken, tmp_path / "missing.mp4")
    assert count == 0 and len(lines) == 2
    assert session.project is None
    assert not settings.projects_folder().exists()


def test_a_damaged_project_is_refused_and_the_open_one_stays(
    qtbot, opener, session, clip, tmp_path
):
    open_paths(qtbot, opener, clip)
    path = session.project.path
    damaged = tmp_path / "damaged.etp"
    damaged.write_bytes(b"SQLite format 3\0" + b"x" * 50)
    count, lines = open_paths(qtbot, opener, damaged)
    assert count == 0 and str(damaged) in lines[0]
    assert session.project.path == path


def test_saving_as_goes_on_in_the_copy(qtbot, opener, session, clip, tmp_path):
    open_paths(qtbot, opener, clip)
    first = session.project.path
    session.apply(AddLabel("jump"))
    opener.save_as(tmp_path / "copy" / "mine.etp")
    assert session.project.path == tmp_path / "copy" / "mine.etp"
    assert session.video.path == clip
    session.apply(AddLabel("wave"))
    with Project.open(first) as before:
        assert [label.name for label in before.labels()] == ["jump"]
    assert [label.name for label in session.labels] == ["jump", "wave"]


def test_opening_the_open_project_again_changes_nothing(qtbot, opener, session, clip):
    open_paths(qtbot, opener, clip)
    session.apply(AddLabel("jump"))
    assert open_paths(qtbot, opener, session.project.path) == [1, []]
    assert session.project.read_only == ""
    assert session.apply(AddLabel("wave"))


def test_a_project_open_elsewhere_can_be_looked_at(qtbot, opener, session, clip, tmp_path):
    with project_of(tmp_path / "work.etp", clip) as other:
        open_paths(qtbot, opener, other.path)
        assert session.project.read_only
        assert len(session.segments) == 2
        with qtbot.waitSignal(session.refused):
            session.apply(AddLabel("x"))


def test_a_lost_video_is_found_by_hand_but_only_itself(
    qtbot, opener, session, clip, phone_clip, tmp_path
):
    open_paths(qtbot, opener, clip)
    path = session.project.path
    session.set_project(None)
    moved = tmp_path / "moved.mp4"
    clip.rename(moved)
    open_paths(qtbot, opener, path)
    assert session.errors
    key = session.videos[0].id
    with qtbot.waitSignal(opener.finished) as told:
        opener.relink(key, phone_clip)
    assert told.args[0] == 0 and "is not the video clip.mp4" in told.args[1][0]
    opener.relink(key, moved)
    assert session.errors == {} and session.video.path == moved


def test_the_recent_projects_are_those_that_are_still_there(tmp_path, clip):
    paths = [tmp_path / f"{i}.etp" for i in range(3)]
    for path in paths:
        shutil.copyfile(clip, path)
        settings.add_recent(path)
    settings.add_recent(paths[0])
    paths[1].unlink()
    assert settings.recent_projects() == [paths[0], paths[2]]


def test_of_two_projects_asked_for_at_once_the_last_stays(qtbot, opener, session, clip, tmp_path):
    for name in ("a.etp", "b.etp"):
        project_of(tmp_path / name, clip).close()
    opener.open([tmp_path / "a.etp"])
    assert session.project is None  # it is read where that holds nothing up
    open_paths(qtbot, opener, tmp_path / "b.etp")
    qtbot.waitUntil(lambda: not opener._background.busy)
    assert session.project.path == tmp_path / "b.etp"
    opener.close()
    Project.open(tmp_path / "a.etp").close()
    assert session.segments  # and what was shown is still open


def test_a_project_that_is_asked_for_twice_can_be_changed(qtbot, opener, session, clip, tmp_path):
    path = tmp_path / "a.etp"
    project_of(path, clip).close()
    opener.open([path])
    open_paths(qtbot, opener, path)
    qtbot.waitUntil(lambda: not opener._background.busy)
    assert not session.project.read_only


def test_the_project_shown_stays_when_it_is_asked_for_last(qtbot, opener, session, clip, tmp_path):
    paths = [tmp_path / name for name in ("a.etp", "b.etp")]
    for path in paths:
        project_of(path, clip).close()
    open_paths(qtbot, opener, paths[0])
    opener.open([paths[1]])
    opener.open([paths[0]])
    qtbot.waitUntil(lambda: not opener._background.busy)
    assert session.project.path == paths[0]
    Project.open(paths[1]).close()
