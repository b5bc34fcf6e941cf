"""Motion energy: a curve of what moves, and proposals where it does, without a model."""

import av
import numpy as np
import pytest

from etp_core.actionness.motion import STEP, detect_motion
from etp_core.errors import VideoError


def film(path, moving, seconds=6, rate=20):
    """A grey picture in which a square moves during the half-open interval `moving`, in seconds."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        x = 10
        for i in range(seconds * rate):
            if moving[0] <= i / rate < moving[1]:
                x = 10 + (x - 10 + 7) % 120
            picture = np.full((96, 160, 3), 90, np.uint8)
            picture[30:60, x : x + 25] = 240
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


def test_proposals_lie_where_something_moves(tmp_path):
    evolution = detect_motion(film(tmp_path / "a.mp4", (2.0, 4.0)))
    assert evolution.classes == () and evolution.curves.shape == (1, len(evolution.times))
    inside = (evolution.times > 2.2) & (evolution.times < 3.8)
    outside = (evolution.times < 1.6) | (evolution.times > 4.4)
    assert evolution.curves[0][inside].min() > 0.5 > 0.2 > evolution.curves[0][outside].max()
    stage = evolution.actionness
    off = np.abs(stage.segments[stage.kept] - [2.0, 4.0]).max(axis=1)
    assert off.min() < 3 * STEP
    assert (stage.segments[stage.kept] > [1.5, 1.5]).all()
    assert (stage.segments[stage.kept] < [4.5, 4.5]).all()
    assert len(evolution.localization) == 0


def test_pieces_are_told_in_order_and_cover_the_video_once(tmp_path):
    pieces = []
    evolution = detect_motion(film(tmp_path / "a.mp4", (1, 2), 15), lambda *p: pieces.append(p))
    assert len(pieces) > 1
    np.testing.assert_array_equal(
        np.concatenate([times for times, _, _ in pieces]), evolution.times
    )
    assert {total for *_, total in pieces} == {len(evolution.times)}
    assert all(scores.shape == (len(times), 1) for times, scores, _ in pieces)


@pytest.mark.parametrize("start", [9.0, 99.0])
def test_the_curve_is_the_same_wherever_the_reading_began(tmp_path, start):
    path = film(tmp_path / "a.mp4", (1, 2), 15)
    pieces = []
    evolution = detect_motion(path, lambda *p: pieces.append(p), start)
    assert min(start, 14.8) in np.round(pieces[0][0], 3) and pieces[0][0][0] > 2
    assert len(np.unique(np.concatenate([times for times, _, _ in pieces]))) == len(evolution.times)
    np.testing.assert_array_equal(evolution.curves, detect_motion(path).curves)


def test_a_still_video_has_no_proposals(tmp_path):
    evolution = detect_motion(film(tmp_path / "a.mp4", (9, 9)))
    assert evolution.curves.max() < 0.2
    assert len(evolution.actionness.kept) == 0


def test_what_is_no_video_is_named(tmp_path):
    (tmp_path / "a.mp4").write_text("no video")
    with pytest.raises(VideoError, match=r"a\.mp4"):
        detect_motion(tmp_path / "a.mp4")
