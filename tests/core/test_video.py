"""VideoReader gives the frame that was asked for, at its time, on any container."""

from fractions import Fraction
from pathlib import Path

import av
import barcode
import numpy as np
import platformdirs
import pytest

from etp_core.video import VideoReader, fingerprint
from etp_core.video.index import build_index

FRAMES = 240
SEEKS = 200


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch, tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("cache"))
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda *_: folder)


CLIPS = {
    "mp4, constant rate, B-frames": ("mp4", barcode.constant, {}),
    "mp4, variable rate, B-frames": ("mp4", barcode.variable, {}),
    "mp4, variable rate, starts at 7 s": ("mp4", lambda n: barcode.variable(n, 1, 7.0), {}),
    "mp4, one key frame": ("mp4", barcode.variable, {"gop": 10_000}),
    "mp4, key frames only": ("mp4", barcode.constant, {"gop": 1, "b_frames": 0}),
    "mp4, open GOPs": (
        "mp4",
        barcode.variable,
        {"options": {"x264-params": "open-gop=1:bframes=3:keyint=24:min-keyint=24"}},
    ),
    "mp4, fragmented": (
        "mp4",
        barcode.variable,
        {"container_options": {"movflags": "frag_keyframe+empty_moov"}},
    ),
    "mov, 60 frames/s": ("mov", lambda n: barcode.constant(n, 60.0), {}),
    "mov, MPEG-4 part 2": ("mov", barcode.variable, {"codec": "mpeg4", "clock": Fraction(1, 1000)}),
    "mkv, constant rate, B-frames": ("mkv", barcode.constant, {}),
    "mkv, variable rate, starts at 3 s": ("mkv", lambda n: barcode.variable(n, 2, 3.0), {}),
    "mkv, H.265": (
        "mkv",
        barcode.variable,
        {"codec": "libx265", "options": {"preset": "ultrafast", "x265-params": "log-level=none"}},
    ),
    "ts, constant rate, B-frames": ("ts", barcode.constant, {}),
    "ts, variable rate, starts at 5 s": ("ts", lambda n: barcode.variable(n, 3, 5.0), {}),
    "webm, VP8 with hidden frames": (
        "webm",
        barcode.variable,
        {
            "codec": "libvpx",
            "clock": Fraction(1, 1000),
            "b_frames": 0,
            "options": {"deadline": "realtime", "auto-alt-ref": "1", "lag-in-frames": "16"},
        },
    ),
    "avi, B-frames": ("avi", barcode.constant, {"clock": Fraction(1, 30)}),
    "avi, MPEG-4 part 2": ("avi", barcode.constant, {"codec": "mpeg4", "clock": Fraction(1, 30)}),
    "mpg, MPEG-2": ("mpg", barcode.constant, {"codec": "mpeg2video", "clock": Fraction(1, 30)}),
    "raw H.264 without times": ("h264", barcode.constant, {"clock": Fraction(1, 30)}),
}


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """A function that writes each clip once: name -> (path, times of its frames)."""
    folder = tmp_path_factory.mktemp("clips")
    made: dict[str, tuple[Path, np.ndarray]] = {}

    def make(name: str) -> tuple[Path, np.ndarray]:
        if name not in made:
            suffix, times, options = CLIPS[name]
            path = folder / f"{len(made)}.{suffix}"
            made[name] = path, barcode.write(path, times(FRAMES), **options)
        return made[name]

    return make


@pytest.mark.parametrize("name", CLIPS)
def test_every_random_seek_gives_the_frame_asked_for(clip, name):
    path, _ = clip(name)
    positions = np.random.default_rng(0).integers(0, FRAMES, SEEKS)
    with VideoReader(path, cache_bytes=0) as reader:  # so that every one is a seek
        assert len(reader) == FRAMES
        wrong = [(int(i), n) for i in positions if (n := barcode.number(reader.frame(i))) != i]
    assert wrong == []


@pytest.mark.parametrize("name", CLIPS)
def test_frames_in_order_and_backwards_are_those_asked_for(clip, name):
    path, _ = clip(name)
    with VideoReader(path) as reader:
        forward = [barcode.number(picture) for picture in reader.frames(0, FRAMES)]
        backward = [barcode.number(reader.frame(i)) for i in reversed(range(100, 180))]
    assert forward == list(range(FRAMES))
    assert backward == list(reversed(range(100, 180)))


@pytest.mark.parametrize("name", [n for n in CLIPS if not n.startswith(("avi", "mpg", "raw"))])
def test_each_frame_has_its_own_presentation_time(clip, name):
    path, times = clip(name)
    clock = 0.0006 if path.suffix in (".mkv", ".webm") else 1e-9  # Matroska counts milliseconds
    with VideoReader(path) as reader:
        assert np.abs((reader.pts - reader.pts[0]) - (times - times[0])).max() < clock
        assert reader.pts.dtype == np.float64
        assert (np.diff(reader.cuts) > 0).all()
        assert reader.cuts.shape == (FRAMES + 1,)
        assert (reader.cuts[:-1] == reader.pts).all()


def test_a_start_offset_stays_in_the_times(clip):
    path, times = clip("mp4, variable rate, starts at 7 s")
    with VideoReader(path) as reader:
        assert reader.pts[0] == pytest.approx(7.0, abs=1e-9)
        assert np.abs(reader.pts - times).max() < 1e-9


def test_the_frame_on_screen_at_a_time_is_looked_up_not_computed(clip):
    path, _ = clip("mp4, variable rate, B-frames")
    with VideoReader(path) as reader:
        middles = (reader.cuts[:-1] + reader.cuts[1:]) / 2
        assert [reader.index_at(t) for t in reader.pts] == list(range(FRAMES))
        assert [reader.index_at(t) for t in middles] == list(range(FRAMES))
        assert reader.index_at(-1.0) == 0
        assert reader.index_at(1e9) == FRAMES - 1


def test_info_tells_what_was_decoded(clip):
    path, times = clip("mp4, variable rate, B-frames")
    with VideoReader(path) as reader:
        info = reader.info
        assert (info.width, info.height) == barcode.SIZE
        assert info.codec == "h264"
        assert info.frames == FRAMES
        assert info.frame_rate == pytest.approx((FRAMES - 1) / (times[-1] - times[0]))
        assert info.duration == pytest.approx(reader.cuts[-1] - reader.cuts[0])
        assert info.variable


@pytest.mark.parametrize("name", ["mp4, constant rate, B-frames", "mkv, constant rate, B-frames"])
def test_a_rate_that_only_the_files_clock_bends_is_constant(clip, name):
    with VideoReader(clip(name)[0]) as reader:
        assert not reader.info.variable
        assert reader.info.frame_rate == pytest.approx(30.0, rel=1e-3)


@pytest.mark.parametrize("name", ["mp4, open GOPs", "ts, variable rate, starts at 5 s"])
@pytest.mark.parametrize("stride", [1, 4, 50])
def test_sample_gives_the_frames_asked_for_at_the_size_asked_for(clip, name, stride):
    wanted = list(range(3, FRAMES, stride))
    with VideoReader(clip(name)[0]) as reader:
        pictures = list(reader.sample(wanted, size=(80, 32)))
    assert {picture.shape for picture in pictures} == {(32, 80, 3)}
    assert [barcode.number(picture) for picture in pictures] == wanted


def test_sample_may_repeat_a_frame_and_leaves_frame_alone(clip):
    with VideoReader(clip("mp4, constant rate, B-frames")[0]) as reader:
        pictures = reader.sample([5, 5, 9], size=barcode.SIZE)
        assert barcode.number(next(pictures)) == 5
        assert barcode.number(reader.frame(200)) == 200
        assert [barcode.number(picture) for picture in pictures] == [5, 9]


def test_sample_refuses_indices_that_go_back_or_do_not_exist(clip):
    with VideoReader(clip("mp4, constant rate, B-frames")[0]) as reader:
        with pytest.raises(ValueError, match="increasing"):
            reader.sample([5, 4])
        with pytest.raises(IndexError, match="240"):
            reader.sample([0, 240])


@pytest.mark.parametrize("i", [-1, FRAMES, 10**9])
def test_a_frame_outside_the_video_is_an_index_error_naming_the_file(clip, i):
    path, _ = clip("mp4, constant rate, B-frames")
    with VideoReader(path) as reader, pytest.raises(IndexError, match=path.name):
        reader.frame(i)


def test_kept_frames_are_bounded_by_their_memory(clip):
    limit = 20 * barcode.SIZE[0] * barcode.SIZE[1] * 3 // 2
    with VideoReader(clip("mp4, one key frame")[0], cache_bytes=limit) as reader:
        for _ in reader.frames(0, FRAMES):
            assert reader._cache._bytes <= limit
        assert 10 <= len(reader._cache._frames) <= 20


def test_stepping_back_decodes_each_group_of_kept_frames_once(clip):
    path, _ = clip("mp4, constant rate, B-frames")
    with VideoReader(path) as reader:
        reader.frame(115)
        decoded = came(reader)
        for i in range(115, 110, -1):
            assert barcode.number(reader.frame(i)) == i
        assert decoded == []  # all of them were passed on the way to 115
        for i in range(110, 90, -1):
            assert barcode.number(reader.frame(i)) == i
    assert len(decoded) == len(set(decoded))


def came(reader: VideoReader) -> list[int]:
    """The frames that come out of the decoder from now on."""
    told: list[int] = []
    keep = reader._cursor._on_frame

    def on_frame(i, frame):
        told.append(i)
        keep(i, frame)

    reader._cursor._on_frame = on_frame
    return told


def test_stepping_back_from_far_inside_a_long_group_decodes_no_frame_again_and_again(clip):
    path, _ = clip("mp4, one key frame")
    with VideoReader(path) as reader:
        reader.frame(230)
        decoded = came(reader)
        for i in range(230, 20, -1):
            assert barcode.number(reader.frame(i)) == i
    assert len(decoded) <= 230  # one more time through the group


def test_far_steps_back_over_short_groups_decode_only_what_they_need(clip):
    path, _ = clip("mp4, constant rate, B-frames")
    with VideoReader(path, cache_bytes=0) as reader:
        reader.frame(115)
        decoded = came(reader)
        for i in (86, 57, 28):  # key frames are 30 apart
            decoded.clear()
            assert barcode.number(reader.frame(i)) == i
            assert len(decoded) < i % 30


def test_frames_that_nothing_refers_to_are_left_out_on_the_way_to_a_far_one(clip):
    path, _ = clip("mp4, one key frame")
    with VideoReader(path) as reader:
        passed = came(reader)
        assert barcode.number(reader.frame(200)) == 200
    assert len(passed) < 150
    assert passed[-5:] == list(range(196, 201))


@pytest.mark.parametrize("degrees", [90, -90, 180])
def test_a_rotated_video_is_shown_upright(tmp_path, degrees):
    path = tmp_path / "phone.mp4"
    barcode.write(path, barcode.constant(40), rotation=degrees)
    width, height = barcode.SIZE if degrees == 180 else barcode.SIZE[::-1]
    with VideoReader(path) as reader:
        assert (reader.info.width, reader.info.height) == (width, height)
        assert reader.info.rotation == degrees % 360
        for i in (0, 1, 33):
            picture = reader.frame(i)
            assert picture.shape == (height, width, 3)
            assert picture.flags.c_contiguous
            assert barcode.number(np.rot90(picture, -degrees // 90)) == i
        small = next(reader.sample([7], size=(width // 2, height // 2)))
        assert small.shape == (height // 2, width // 2, 3)
        assert barcode.number(np.rot90(small, -degrees // 90)) == 7


def test_the_picture_is_what_ffmpeg_makes_of_the_frame(clip):
    path, _ = clip("mp4, constant rate, B-frames")
    with VideoReader(path) as reader, av.open(str(path)) as container:
        for i, frame in zip(range(3), container.decode(video=0), strict=False):
            assert (reader.frame(i) == frame.to_ndarray(format="rgb24")).all()


def test_ten_bits_come_out_as_eight(tmp_path):
    path = tmp_path / "deep.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx265", rate=25)
        stream.width, stream.height, stream.pix_fmt = *barcode.SIZE, "yuv420p10le"
        stream.options = {"x265-params": "log-level=none", "preset": "ultrafast"}
        for i in range(30):
            frame = av.VideoFrame.from_ndarray(barcode.draw(i), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with VideoReader(path) as reader:
        assert reader.frame(0).dtype == np.uint8
        assert [barcode.number(p) for p in reader.frames(0, 30)] == list(range(30))


def test_a_fingerprint_follows_the_content_not_the_name(tmp_path, clip):
    path, _ = clip("mp4, constant rate, B-frames")
    copy, other = tmp_path / "copy.mp4", tmp_path / "other.mp4"
    copy.write_bytes(path.read_bytes())
    changed = bytearray(path.read_bytes())
    changed[-1] ^= 1
    other.write_bytes(changed)
    assert fingerprint(copy) == fingerprint(str(path))
    assert fingerprint(other) != fingerprint(path)
    assert len(fingerprint(path)) == 32


@pytest.mark.parametrize("name", ["mp4, open GOPs", "raw H.264 without times"])
def test_a_kept_index_is_the_one_that_was_built(clip, monkeypatch, name):
    from etp_core.video import index_cache

    path, _ = clip(name)
    monkeypatch.setattr(index_cache, "_WORTH_KEEPING", -1.0)
    built = index_cache.index_of(path)
    (kept,) = Path(platformdirs.user_cache_dir("etp-studio")).glob("index/*.npz")
    monkeypatch.setattr(index_cache, "build_index", lambda _: pytest.fail("it was built again"))
    loaded = index_cache.index_of(path)
    for field in ("labels", "ticks", "entries"):
        assert (getattr(loaded, field) == getattr(built, field)).all()
    assert (loaded.end, loaded.time_base) == (built.end, built.time_base)
    assert loaded.counted == built.counted
    monkeypatch.undo()
    kept.write_bytes(kept.read_bytes()[:100])
    again = index_cache.index_of(path)
    assert (again.ticks == build_index(path).ticks).all()
