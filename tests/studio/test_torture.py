"""Odd and broken videos in the window: every one is shown or has its reason; nothing else stops."""

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("ETP_SHARED", "../shared")) / "data" / "torture"

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason=f"{SHARED} is not there")


def test_every_odd_video_is_shown_or_has_a_readable_reason(qtbot, window):
    paths = sorted(p.absolute() for p in SHARED.iterdir() if p.suffix not in (".csv", ".md"))
    with qtbot.waitSignal(window.opener.finished, timeout=120_000) as finished:
        window.open(paths)
    count, lines = finished.args
    session = window.session
    assert len(session.videos) == len(paths)
    assert count == len(paths) - len(lines) > 40
    assert all("\n" not in line and str(SHARED.name) in line for line in lines)
    for video in session.videos:
        session.set_video(video)
        qtbot.waitUntil(
            lambda: window.video.on_screen or session.video.id in session.errors, timeout=20_000
        )
        if window.player.clip is None:
            assert video.name in session.errors[video.id]
            continue
        last = len(window.player.clip) - 1
        window.player.go(last)
        qtbot.waitUntil(
            lambda last=last: window.video.on_screen and window.video.picture.index == last,
            timeout=20_000,
        )
        assert int(window.transport.frame.text()) == last, video.name
