"""Generated videos show drawn people whose actions begin and end exactly where it is written."""

import io
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from etp_core.errors import InputError
from etp_core.formats import read
from etp_core.progress import JsonLines, Reporter
from etp_core.synth import ACTIONS, generate
from etp_core.synth.actions import GESTURES, MOTIONS, STRIDE, Style, walk
from etp_core.synth.film import Film
from etp_core.synth.pose import COLUMN, JOINT, STANDING, joints, mirrored
from etp_core.synth.script import perform, stroll
from etp_core.video import VideoReader

PLAIN = Style(size=1.0, speed=1.0, left=False, front=True)
STYLES = [
    Style(size=size, speed=speed, left=left, front=front)
    for size, speed in ((0.82, 0.75), (1.12, 1.3))
    for left in (False, True)
    for front in (False, True)
]


def at(name: str, seen: np.ndarray) -> np.ndarray:
    """Where a joint is, (T, 3)."""
    return seen[:, JOINT[name]]


def act(label: str, style: Style = PLAIN, seconds: float = 2.5) -> np.ndarray:
    """The joints of a whole action, (100, J, 3)."""
    return joints(MOTIONS[label][0](np.linspace(0.0, 1.0, 100), seconds, style))


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """Four short generated videos and their annotations."""
    out = tmp_path_factory.mktemp("synth") / "videos"
    return generate(out, videos=4, seed=3, seconds=12.0, size=(160, 90), rate=30000 / 1001)


def test_there_are_at_least_four_actions():
    assert len(set(ACTIONS)) >= 4
    assert {"raise_arms", "wave", "crouch", "kick"} <= set(ACTIONS)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("label", ACTIONS)
def test_an_action_begins_and_ends_standing_and_never_jerks(label, style):
    poses = MOTIONS[label][0](np.linspace(0.0, 1.0, 400), 3.0, style)
    assert np.allclose(poses[[0, -1]], STANDING, atol=1e-6)
    # 20 degrees in 7.5 ms would be a jump, not a movement
    assert np.abs(np.diff(poses, axis=0)).max() < 20.0
    assert np.abs(poses - STANDING).max() > 25.0


@pytest.mark.parametrize("style", STYLES)
def test_raised_arms_are_above_the_head(style):
    middle = act("raise_arms", style)[50:51]
    for hand in ("hand_r", "hand_l"):
        assert at(hand, middle)[0, 1] > at("head", middle)[0, 1] + 0.1


def test_waving_swings_one_raised_hand_and_leaves_the_other():
    for left, moving, still in ((False, "hand_r", "hand_l"), (True, "hand_l", "hand_r")):
        seen = act("wave", Style(1.0, 1.0, left, False))[30:70]
        assert at(moving, seen)[:, 1].min() > at("neck", seen)[:, 1].max() - 0.05
        swing = np.diff(np.sign(np.diff(at(moving, seen)[:, 0])))
        assert np.count_nonzero(swing) >= 2
        assert np.ptp(at(still, seen), axis=0).max() < 0.02


@pytest.mark.parametrize("style", STYLES)
def test_crouching_lowers_the_head_and_keeps_the_feet(style):
    seen = act("crouch", style)
    assert at("head", seen)[50, 1] < 0.7 * at("head", seen)[0, 1]
    for foot in ("ankle_r", "ankle_l"):
        assert np.ptp(at(foot, seen)[:, 1]) < 0.02


@pytest.mark.parametrize("style", STYLES)
def test_a_kick_swings_one_foot_forward_and_up_while_the_other_stands(style):
    seen = act("kick", style, 1.15)
    moving, still = ("ankle_l", "ankle_r") if style.left else ("ankle_r", "ankle_l")
    assert (at(moving, seen) - at("hip", seen))[:, 2].max() > 0.3
    assert at(moving, seen)[:, 1].max() > 0.3
    assert at(still, seen)[:, 1].max() < 0.1


def test_clapping_hands_meet_and_part_again():
    seen = act("clap")[20:80]
    gap = np.linalg.norm(at("hand_r", seen) - at("hand_l", seen), axis=1)
    assert gap.min() < 0.06
    assert gap.max() > 0.2


def test_a_jump_leaves_the_ground_and_comes_back():
    seen = act("jump", seconds=1.3)
    lowest = seen[:, :, 1].min(axis=1)
    assert lowest.max() > 0.12
    assert lowest[0] == pytest.approx(lowest[-1], abs=0.01)


def test_gestures_between_actions_are_smaller_than_actions():
    for gesture in GESTURES:
        poses = gesture(np.linspace(0.0, 1.0, 100), 2.0, PLAIN)
        assert np.allclose(poses[[0, -1]], STANDING, atol=1e-6)
        hands = joints(poses)[:, [JOINT["hand_r"], JOINT["hand_l"]], 1]
        assert hands.max() < 1.05  # nobody's hand goes above the head
    assert COLUMN["lift"] not in np.flatnonzero(poses.any(axis=0))


def test_bones_keep_their_lengths_whatever_the_body_does():
    bones = [("shoulder_r", "elbow_r"), ("elbow_r", "hand_r"), ("hip_l", "knee_l"), ("hip", "neck")]
    everything = np.concatenate([act(label) for label in ACTIONS])
    for one, other in bones:
        length = np.linalg.norm(at(one, everything) - at(other, everything), axis=1)
        assert np.ptp(length) < 1e-9


def test_mirroring_exchanges_left_and_right():
    poses = MOTIONS["wave"][0](np.linspace(0.0, 1.0, 50), 2.0, PLAIN)
    seen, other = joints(poses), joints(mirrored(poses))
    assert np.allclose(at("hand_r", seen) * [-1, 1, 1], at("hand_l", other))
    assert np.allclose(mirrored(mirrored(poses)), poses)


def test_the_foot_that_carries_a_walking_body_keeps_pace_with_the_ground():
    phase = np.linspace(0.0, 2.0 * np.pi, 400, endpoint=False)
    seen = joints(walk(phase, np.ones(400)))
    travelled = STRIDE * phase / (2.0 * np.pi)
    for foot, other in (("ankle_r", "ankle_l"), ("ankle_l", "ankle_r")):
        carries = at(other, seen)[:, 1] > at(foot, seen)[:, 1] + 0.03
        slip = np.gradient(at(foot, seen)[:, 2] + travelled, travelled)[carries]
        assert np.count_nonzero(carries) > 80
        assert abs(slip.mean()) < 0.1  # of the way that the body goes


def test_the_same_seed_gives_the_same_pictures_and_actions():
    one, other = (Film([5, 0], 60, 25.0, (160, 90)) for _ in range(2))
    assert one.actions == other.actions
    for a, b in zip(one.pictures(), other.pictures(), strict=True):
        assert (a == b).all()


def test_another_seed_gives_another_film():
    one, other = (next(Film([seed, 0], 30, 25.0, (160, 90)).pictures()) for seed in (1, 2))
    assert np.abs(one.astype(int) - other).mean() > 5


def test_people_differ_in_size_place_clothes_and_background():
    pictures = [next(Film([0, i], 30, 25.0, (160, 90)).pictures()).astype(int) for i in range(6)]
    for i, one in enumerate(pictures):
        for other in pictures[:i]:
            assert np.abs(one - other).mean() > 5


def test_the_first_frame_of_an_action_moves_and_the_one_before_does_not():
    rng = np.random.default_rng(0)
    done = perform(rng, 1500, 25.0, 0.8)
    still = np.abs(done.poses - STANDING)[:, [COLUMN["lift"], COLUMN["plant"]]]
    assert len(done.actions) > 5
    arms = [COLUMN[f"{part}_{side}_a"] for part in ("arm", "thigh") for side in "rl"]
    for label, start, end in done.actions:
        speed = np.abs(np.diff(done.poses, axis=0)).max(axis=1)
        assert speed[start:end].max() > 8 * speed[start - 3 : start - 1].max(), label
        # idling moves the limbs by a few degrees only
        assert np.abs(done.poses[start - 1] - STANDING)[arms].max() < 6
        assert np.abs(done.poses[end] - STANDING)[arms].max() < 6
    assert still[0].max() == 0


def test_actions_follow_one_another_and_all_classes_come_before_any_comes_again():
    for seed in range(5):
        actions = perform(np.random.default_rng(seed), 2000, 25.0, 0.8).actions
        ends = [end for _, _, end in actions]
        starts = [start for _, start, _ in actions]
        assert all(end + 10 < start for end, start in zip(ends, starts[1:], strict=False))
        assert set(Counter(label for label, _, _ in actions[: len(ACTIONS)]).values()) == {1}
        assert ends[-1] <= 2000
        for label, start, end in actions:
            low, high = MOTIONS[label][1]
            assert low - 0.05 <= (end - start) / 25.0 <= high + 0.05


def test_people_stay_within_the_picture_and_move_smoothly():
    for seed in range(5):
        for play in (perform, stroll):
            done = play(np.random.default_rng(seed), 1500, 25.0, 0.8)
            assert np.abs(done.x).max() < 0.8 + 0.01
            assert np.abs(np.diff(done.x)).max() < 0.08  # body heights a frame
            assert np.abs(np.diff(done.yaw)).max() < 40
            assert done.poses.shape == (1500, len(STANDING))


def test_a_passer_by_does_no_action():
    assert stroll(np.random.default_rng(0), 500, 25.0, 1.0).actions == []


def test_boundaries_lie_exactly_on_frames(made):
    truth = read(made)
    assert truth.segments
    for segment in truth.segments:
        with VideoReader(made.parent / f"{segment.video}.mp4") as reader:
            assert np.abs(reader.cuts - segment.start).min() < 1e-9
            assert np.abs(reader.cuts - segment.end).min() < 1e-9


def test_the_annotations_tell_the_length_of_each_video(made):
    truth = read(made)
    assert list(truth.videos) == ["video_0001", "video_0002", "video_0003", "video_0004"]
    for name, entry in truth.videos.items():
        with VideoReader(made.parent / f"{name}.mp4") as reader:
            assert len(reader) == entry.frames == 360
            assert reader.info.frame_rate == pytest.approx(entry.fps)
            assert reader.info.duration == pytest.approx(entry.duration)
            assert (reader.info.width, reader.info.height) == (160, 90)
            assert not reader.info.variable
            assert reader.info.codec == "h264"


def test_key_frames_lie_about_two_seconds_apart(made):
    with VideoReader(made.parent / "video_0001.mp4") as reader:
        gaps = np.diff(reader.pts[reader._index.entries[:, 0]])
    assert len(gaps) >= 5
    assert gaps.max() < 2.05


@pytest.mark.parametrize(
    ("videos", "train", "validation", "test"),
    [(1, 1, 0, 0), (2, 1, 1, 0), (3, 1, 1, 1), (4, 2, 1, 1), (20, 14, 3, 3), (60, 42, 9, 9)],
)
def test_the_subsets_are_seventy_fifteen_and_fifteen_percent(videos, train, validation, test):
    from etp_core.synth.writing import _subsets

    names = Counter(_subsets(videos))
    assert (names["train"], names["validation"], names["test"]) == (train, validation, test)


def test_the_same_seed_writes_the_same_annotations(made, tmp_path):
    again = generate(
        tmp_path / "again", videos=4, seed=3, seconds=12.0, size=(160, 90), rate=30000 / 1001
    )
    assert again.read_bytes() == made.read_bytes()


def test_progress_counts_all_frames(tmp_path):
    stream = io.StringIO()
    generate(
        tmp_path / "out", videos=2, seed=0, reporter=JsonLines(stream), seconds=5.0, size=(64, 64)
    )
    events = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert events[0] == {"event": "start", "task": "synth", "video": "", "total": 250}
    steps = [event["done"] for event in events[1:]]
    assert steps == sorted(steps)
    assert steps[-1] == 250


class Interrupt(Reporter):
    """Somebody presses Ctrl-C in the second video."""

    def emit(self, event, **data):
        if data.get("done", 0) > 150:
            raise KeyboardInterrupt


def test_an_interruption_leaves_nothing_behind(tmp_path):
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        generate(out, videos=2, seed=0, reporter=Interrupt(), seconds=5.0, size=(64, 64))
    assert not out.exists()


def test_a_folder_that_holds_something_is_refused_unless_forced(tmp_path):
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(InputError, match="--force"):
        generate(tmp_path, videos=1, seed=0, seconds=5.0, size=(64, 64))
    generate(tmp_path, videos=1, seed=0, seconds=5.0, size=(64, 64), force=True)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"mine.txt", "video_0001.mp4", "annotations.json"}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"videos": 0}, "--videos"),
        ({"seconds": 1.0}, "--seconds"),
        ({"size": (63, 64)}, "--size"),
        ({"size": (64, 9000)}, "--size"),
        ({"rate": 1.0}, "--fps"),
    ],
)
def test_impossible_values_are_refused_before_anything_is_written(tmp_path, wrong, says):
    out = tmp_path / "out"
    with pytest.raises(InputError, match=says):
        generate(out, **{"videos": 1, "seed": 0, **wrong})
    assert not out.exists()


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "etp_core", "synth", *arguments], capture_output=True, text=True
    )


def test_the_command_writes_videos_and_says_where(tmp_path):
    out = tmp_path / "out"
    small = ("--videos", "1", "--seed", "1", "--seconds", "5", "--size", "64x64")
    done = run(str(out), *small)
    assert (done.returncode, done.stdout.strip()) == (0, str(out / "annotations.json"))
    assert done.stderr == ""
    again = run(str(out), *small)
    assert again.returncode == 2
    assert again.stderr.count("\n") == 1
    assert str(out) in again.stderr
    odd = run(str(tmp_path / "other"), "--videos", "1", "--seed", "1", "--size", "64by64")
    assert (odd.returncode, odd.stderr.count("\n")) == (2, 1)


def test_opencv_leaves_qts_plugin_path_alone():
    script = (
        "import os\n"
        "os.environ.pop('QT_QPA_PLATFORM_PLUGIN_PATH', None)\n"
        "os.environ['QT_QPA_FONTDIR'] = '/fonts'\n"
        "from etp_core.opencv import cv2\n"
        "assert cv2().__name__ == 'cv2'\n"
        "print(os.environ.get('QT_QPA_PLATFORM_PLUGIN_PATH'), os.environ['QT_QPA_FONTDIR'])\n"
        "import sys; print([m for m in sys.modules if m.startswith(('torch', 'PySide6'))])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=os.environ, check=True
    )
    assert done.stdout.split("\n")[:2] == ["None /fonts", "[]"]
