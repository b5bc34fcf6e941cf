"""A project opens where the annotator left it."""

import pytest

from etp_core.project import Project
from etp_studio.window import MainWindow


def test_a_project_opens_at_the_video_frame_and_zoom_where_it_was_left(qtbot, opened):
    path = opened.session.project.path
    history = len(opened.session.project.history())
    opened.session.set_video(opened.session.videos[1])
    qtbot.waitUntil(lambda: opened.player.clip is not None and opened.video.on_screen)
    opened.player.go(50)
    place = opened.player.playhead
    opened.timeline.show_exactly(place - 0.5, place + 0.5)
    opened.close()
    again = MainWindow()
    qtbot.addWidget(again)
    again.show()
    again.open([path])
    qtbot.waitUntil(lambda: again.video.on_screen)
    assert again.session.video.id == again.session.videos[1].id
    assert again.player.playhead == place
    axis = again.timeline.axis
    assert (axis.start, axis.end) == (pytest.approx(place - 0.5), pytest.approx(place + 0.5))
    again.close()
    with Project.open(path) as project:
        assert len(project.history()) == history  # looking is no edit


def test_a_project_whose_last_video_is_gone_opens_at_its_first(qtbot, opened):
    path = opened.session.project.path
    opened.session.set_video(opened.session.videos[1])
    qtbot.waitUntil(lambda: opened.player.clip is not None and opened.video.on_screen)
    gone = opened.session.video.path
    opened.close()
    gone.unlink()
    again = MainWindow()
    qtbot.addWidget(again)
    again.show()
    again.open([path])
    qtbot.waitUntil(lambda: again.video.on_screen)
    assert again.session.video.id == again.session.videos[0].id
    again.close()
