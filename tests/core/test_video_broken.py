"""Odd and broken videos give the frames that can be decoded, or one readable line."""

import csv
import os
import re
import time
from fractions import Fraction
from pathlib import Path

import av
import barcode
import numpy as np
import platformdirs
import pytest

from etp_core.errors import VideoError
from etp_core.video import VideoReader, fingerprint

TORTURE = Path(os.environ.get("ETP_SHARED", "../shared")) / "data" / "torture"
LONGEST = 20.0  # s; the slowest takes about one


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch, tmp_path):
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda *_: str(tmp_path / "cache"))


def rows() -> list[dict[str, str]]:
    """What is known of each odd video."""
    manifest = TORTURE / "manifest.csv"
    if not manifest.is_file():
        return []
    with manifest.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.skipif(not rows(), reason="the odd and broken videos are not here (ETP_SHARED)")
@pytest.mark.parametrize("row", rows(), ids=lambda row: row["file"])
def test_an_odd_video_gives_all_its_decodable_frames_or_a_readable_error(row):
    path = TORTURE / row["file"]
    decodable = int(row["pyav_frames"] or 0)
    started = time.monotonic()
    if decodable == 0:
        with pytest.raises(VideoError) as caught:
            VideoReader(path)
        assert str(caught.value).startswith(f"{path}: ")
        assert "\n" not in str(caught.value)
    else:
        with VideoReader(path) as reader:
            n = len(reader)
            assert n == decodable
            for i in (0, n // 2, n - 1, 0):
                assert reader.frame(i).shape == (reader.info.height, reader.info.width, 3)
            assert (np.diff(reader.cuts) > 0).all()
            assert len(list(reader.sample(range(0, n, 7), size=(64, 48)))) == len(range(0, n, 7))
    assert time.monotonic() - started < LONGEST


@pytest.mark.skipif(not rows(), reason="the odd and broken videos are not here (ETP_SHARED)")
@pytest.mark.parametrize("row", rows(), ids=lambda row: row["file"])
def test_the_time_stamps_are_those_that_come_out_of_the_decoder(row):
    if not int(row["pyav_frames"] or 0) or "decode-error" in row["tags"]:
        pytest.skip("it does not decode from end to end")
    path = TORTURE / row["file"]
    with av.open(str(path)) as container:
        times = [float(f.pts * f.time_base) for f in container.decode(video=0) if f.pts is not None]
    with VideoReader(path) as reader:
        assert np.allclose(reader.pts, np.sort(times), rtol=0, atol=1e-6)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A function that gives a sound file of 300 frames at 30 frames/s, a key frame each second."""
    folder = tmp_path_factory.mktemp("whole")

    def make(suffix: str) -> bytes:
        path = folder / f"whole.{suffix}"
        if not path.exists():
            fast = {"movflags": "faststart"} if suffix == "mp4" else None
            barcode.write(path, barcode.constant(300), container_options=fast)
        return path.read_bytes()

    return make


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
@pytest.mark.parametrize("part", [0.3, 0.7, 0.99])
def test_a_file_that_breaks_off_ends_where_decoding_ends(whole, tmp_path, suffix, part):
    content = whole(suffix)
    path = tmp_path / f"cut.{suffix}"
    path.write_bytes(content[: int(part * len(content))])
    with av.open(str(path)) as container:
        decoded = sum(1 for _ in _all_frames(container))
    with VideoReader(path) as reader:
        n = len(reader)
        assert n == decoded < 300
        for i in (0, n // 2, n - 2):
            assert barcode.number(reader.frame(i)) == i
        assert reader.frame(n - 1).shape[2] == 3


@pytest.mark.parametrize(
    ("suffix", "says"),
    [
        ("mp4", "of its 300 frames are missing at the end"),
        ("mkv", "of its 10.0 s are missing"),
        ("ts", "how much is missing cannot be known"),
    ],
)
def test_a_file_that_breaks_off_says_what_it_has_lost(whole, tmp_path, suffix, says):
    path = tmp_path / f"cut.{suffix}"
    path.write_bytes(whole(suffix))
    with VideoReader(path) as reader:
        assert reader.info.repaired == ""
    path.write_bytes(whole(suffix)[: len(whole(suffix)) * 3 // 5 // 188 * 188 + 94])
    with VideoReader(path) as reader:
        assert reader.info.repaired.startswith("the file breaks off")
        assert says in reader.info.repaired
        if suffix == "mp4":  # what is missing, what is damaged and what is shown is all there was
            lost = [int(n) for n in re.findall(r"(\d+) (?:of|frames cannot)", reader.info.repaired)]
            assert len(reader) + sum(lost) == 300


def _all_frames(container):
    container.streams.video[0].thread_type = "AUTO"  # threads decide what the last packets yield
    for packet in container.demux(video=0):
        try:
            yield from packet.decode()
        except av.FFmpegError:
            continue


@pytest.mark.parametrize("part", [0.1, 0.35, 0.5])
def test_a_recording_that_begins_between_key_frames_begins_at_the_next_one(whole, tmp_path, part):
    content = whole("ts")
    path = tmp_path / "tail.ts"
    path.write_bytes(content[int(part * len(content)) // 188 * 188 :])
    with VideoReader(path) as reader:
        first = barcode.number(reader.frame(0))
        assert first % 30 == 0
        assert reader.info.repaired.startswith("the first ")
        assert len(reader) == 300 - first
        for i in (1, 50, len(reader) - 1):
            assert barcode.number(reader.frame(i)) == first + i


def test_what_was_repaired_is_told_and_a_sound_file_is_not_called_repaired(whole, tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(whole("mp4"))
    with VideoReader(path) as reader:
        assert reader.info.repaired == ""
    path.write_bytes(whole("mp4")[:-2000])
    with VideoReader(path) as reader:
        assert reader.info.repaired.startswith("the file breaks off: ")
        assert "of its 300 frames are missing at the end" in reader.info.repaired
        told = reader.info.repaired
    with VideoReader(path) as reader:  # and again from what is kept
        assert reader.info.repaired == told


@pytest.mark.skipif(not rows(), reason="the odd and broken videos are not here (ETP_SHARED)")
def test_a_tail_that_cannot_be_decoded_is_cut_and_told():
    with VideoReader(TORTURE / "androidx_media__sample_with_invalid_nalu.mp4") as reader:
        assert len(reader) == 26
        assert reader.info.repaired == "the last 4 frames cannot be decoded"


def test_two_recordings_in_one_file_run_on(whole, tmp_path):
    path = tmp_path / "twice.ts"
    path.write_bytes(2 * whole("ts"))  # the time stamps start again half way
    with VideoReader(path) as reader:
        assert len(reader) == 600
        assert (np.diff(reader.pts) > 0.03).all()
        for i in (450, 3, 299, 300, 599):
            assert barcode.number(reader.frame(i)) == i % 300


def test_zeros_in_the_middle_cost_frames_not_the_video(whole, tmp_path):
    content = bytearray(whole("mp4"))
    at = int(0.62 * len(content))
    content[at : at + 1500] = bytes(1500)
    path = tmp_path / "damaged.mp4"
    path.write_bytes(content)
    with VideoReader(path) as reader:
        assert barcode.number(reader.frame(0)) == 0
        assert barcode.number(reader.frame(len(reader) - 1)) == len(reader) - 1
        pictures = list(reader.sample(range(len(reader)), size=(80, 24)))
        assert len(pictures) == len(reader)
        for i in range(len(reader)):
            try:
                assert reader.frame(i).shape[2] == 3
            except VideoError as error:
                assert f"frame {i}" in str(error)
                assert path.name in str(error)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
def test_random_damage_never_raises_anything_but_a_readable_error(whole, tmp_path, suffix):
    rng = np.random.default_rng(7)
    content = np.frombuffer(whole(suffix), dtype=np.uint8)
    opened = 0
    for attempt in range(25):
        damaged = content.copy()
        damaged[rng.integers(0, len(content), 12)] = rng.integers(0, 256, 12)
        path = tmp_path / f"{attempt}.{suffix}"
        path.write_bytes(damaged.tobytes())
        try:
            with VideoReader(path) as reader:
                opened += 1
                for i in (0, len(reader) // 2, len(reader) - 1):
                    reader.frame(i)
        except VideoError as error:
            assert str(path) in str(error)
    assert opened > 5


def test_a_cover_picture_is_not_the_video(tmp_path):
    path = tmp_path / "covered.mp4"
    with av.open(str(path), "w") as container:
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 64, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        film = container.add_stream("libx264", rate=30)
        film.width, film.height, film.pix_fmt = *barcode.SIZE, "yuv420p"
        grey = np.full((64, 64, 3), 128, dtype=np.uint8)
        container.mux(cover.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        container.mux(cover.encode(None))
        for i in range(40):
            frame = av.VideoFrame.from_ndarray(barcode.draw(i), format="rgb24")
            frame.pts, frame.time_base = i, Fraction(1, 30)
            container.mux(film.encode(frame))
        container.mux(film.encode(None))
    with VideoReader(path) as reader:
        assert len(reader) == 40
        assert barcode.number(reader.frame(17)) == 17


def audio_only(path: Path) -> None:
    """A second of silence."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        silence = np.zeros((1, 8000), dtype=np.float32)
        frame = av.AudioFrame.from_ndarray(silence, format="fltp", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


NOT_VIDEOS = {
    "missing.mp4": (lambda path: None, "no such file"),
    "empty.mp4": (lambda path: path.write_bytes(b""), "empty"),
    "folder.mp4": (lambda path: path.mkdir(), "folder"),
    "noise.mp4": (lambda path: path.write_bytes(bytes(range(256)) * 64), "cannot be read"),
    "notes.txt": (lambda path: path.write_text("12.5 walks in\n" * 40), "not a video"),
    "sound.mp4": (audio_only, "no video stream (it holds audio)"),
    "list.m3u8": (
        lambda path: path.write_text("#EXTM3U\n#EXTINF:9,\nhttp://127.0.0.1:9/a.ts\n"),
        "cannot be read",
    ),
}


@pytest.mark.parametrize("name", NOT_VIDEOS)
def test_what_is_no_video_is_refused_in_one_line_that_names_it(tmp_path, name):
    make, says = NOT_VIDEOS[name]
    path = tmp_path / name
    make(path)
    with pytest.raises(VideoError) as caught:
        VideoReader(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert says in message
    assert "\n" not in message


def test_a_name_that_looks_like_an_address_is_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = Path("http:clip.mp4")
    barcode.write(tmp_path / "clip.mp4", barcode.constant(10))
    (tmp_path / "clip.mp4").rename(path)
    with VideoReader(path) as reader:
        assert len(reader) == 10


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="may read everything")
def test_a_file_that_may_not_be_read_is_named(tmp_path):
    path = tmp_path / "locked.mp4"
    barcode.write(path, barcode.constant(5))
    path.chmod(0)
    with pytest.raises(VideoError, match=r"locked\.mp4"):
        VideoReader(path)


def test_the_fingerprint_of_a_missing_file_is_a_readable_error(tmp_path):
    with pytest.raises(VideoError, match=r"gone\.mp4: there is no such file"):
        fingerprint(tmp_path / "gone.mp4")


def test_a_cache_directory_that_cannot_be_written_costs_nothing(tmp_path, monkeypatch):
    from etp_core.video import index_cache

    blocker = tmp_path / "file"
    blocker.write_text("in the way")
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda *_: str(blocker))
    monkeypatch.setattr(index_cache, "_WORTH_KEEPING", -1.0)
    path = tmp_path / "clip.mp4"
    barcode.write(path, barcode.constant(10))
    with VideoReader(path) as reader:
        assert len(reader) == 10
