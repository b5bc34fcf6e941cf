"""What videos of other programs have: times below zero, edit lists, lies, several pictures."""

import resource
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import barcode
import numpy as np
import platformdirs
import pytest

from etp_core.errors import VideoError
from etp_core.video import VideoReader

UNMOVED = {"avoid_negative_ts": "disabled"}
MEMORY = 1 << 30  # bytes of address space for a file that lies about its size
LONGEST = 20  # s; the slowest takes about one, half of it to import


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch, tmp_path):
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda *_: str(tmp_path / "cache"))


def test_times_below_zero_stay_what_they_are(tmp_path):
    path = tmp_path / "early.ts"
    written = barcode.write(path, barcode.variable(90, start=-1.5), container_options=UNMOVED)
    with VideoReader(path) as reader:
        assert np.abs(reader.pts - written).max() < 1e-9
        assert reader.pts[0] == pytest.approx(-1.5)
        assert reader.info.repaired == ""
        for i in (50, 3, 89, 0):
            assert barcode.number(reader.frame(i)) == i
            assert reader.index_at(reader.pts[i]) == i


def test_frames_before_zero_in_mp4_are_hidden_by_its_edit_list(tmp_path):
    path = tmp_path / "early.mp4"
    written = barcode.write(path, barcode.variable(90, start=-1.5), container_options=UNMOVED)
    hidden = int((written < 0).sum())
    assert hidden > 20
    with VideoReader(path) as reader:
        assert len(reader) == 90 - hidden
        for i in (50, 3, len(reader) - 1, 0):
            assert barcode.number(reader.frame(i)) == hidden + i


def test_matroska_that_loses_its_times_below_zero_still_gives_its_frames_and_says_so(tmp_path):
    path = tmp_path / "early.mkv"
    barcode.write(path, barcode.variable(90, start=-1.5), container_options=UNMOVED)
    with VideoReader(path) as reader:
        assert reader.info.repaired == "time stamps are missing or repeated"
        assert [barcode.number(reader.frame(i)) for i in (50, 3, 89, 0)] == [50, 3, 89, 0]


def edited(path: Path, media_time: int) -> None:
    """Have the one edit of an MP4 begin at `media_time` ticks of its media."""
    content = bytearray(path.read_bytes())
    at = content.index(b"elst")
    count = int.from_bytes(content[at + 8 : at + 12], "big")
    last = at + 12 + 12 * (count - 1)  # version 0: duration, media time, rate, 4 bytes each
    content[last + 4 : last + 8] = media_time.to_bytes(4, "big")
    path.write_bytes(content)


@pytest.mark.parametrize("first", [10, 30, 45])
def test_an_edit_list_hides_the_frames_before_its_beginning(tmp_path, first):
    path = tmp_path / "edited.mp4"
    barcode.write(path, barcode.constant(120), b_frames=0)
    with av.open(str(path)) as container:
        ticks = container.streams.video[0].time_base.denominator // 30
    edited(path, first * ticks)
    with av.open(str(path)) as container:
        shown = [barcode.number(f.to_ndarray(format="rgb24")) for f in container.decode(video=0)]
    with VideoReader(path) as reader:
        got = [barcode.number(reader.frame(i)) for i in range(len(reader))]
        assert got == shown == list(range(first, 120))
        for i in (60, 2, len(reader) - 1, 0):
            assert barcode.number(reader.frame(i)) == first + i


def lie(content: bytes, box: bytes, offset: int, value: bytes) -> bytes:
    """`content` with `value` at `offset` bytes after the name of `box`."""
    at = content.index(box) + 4 + offset
    return content[:at] + value + content[at + len(value) :]


BIG = b"\x7f\xff\xff\xff"
LIES = {
    "width and height": lambda c: lie(c, b"avc1", 24, b"\xff\xff\xff\xff"),
    "duration": lambda c: lie(lie(c, b"mvhd", 16, BIG), b"mdhd", 16, BIG),
    "number of samples": lambda c: lie(c, b"stsz", 8, BIG),
    "number of times": lambda c: lie(c, b"stts", 4, BIG),
    "repeats of a time": lambda c: lie(c, b"stts", 8, BIG),
    "size of a sample": lambda c: lie(c, b"stsz", 12, BIG),
    "size of the index": lambda c: lie(c, b"moov", -8, BIG),
}  # fmt: skip


def read(path: Path) -> None:
    """Read a video in little memory (in a process of its own)."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    try:
        with VideoReader(path) as reader:
            assert 0 < len(reader) <= 60
            reader.frame(len(reader) // 2)
    except VideoError as error:
        assert str(path) in str(error)
        assert "\n" not in str(error)


@pytest.mark.skipif(sys.platform != "linux", reason="memory cannot be limited here")
@pytest.mark.parametrize("what", LIES)
def test_what_a_header_declares_costs_neither_memory_nor_time(tmp_path, what):
    path = tmp_path / "lies.mp4"
    barcode.write(path, barcode.constant(60))
    path.write_bytes(LIES[what](path.read_bytes()))
    command = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
    command += f"from pathlib import Path; import test_video_odd as t; t.read(Path({str(path)!r}))"
    done = subprocess.run(
        [sys.executable, "-c", command],
        capture_output=True, text=True, timeout=LONGEST, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]


def test_of_a_cover_and_two_films_the_first_film_is_chosen(tmp_path):
    path = tmp_path / "several.mp4"
    with av.open(str(path), "w") as container:
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 64, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        films = [container.add_stream("libx264", rate=30) for _ in range(2)]
        for film in films:
            film.width, film.height = barcode.SIZE
            film.pix_fmt = "yuv420p"
        films[1].disposition = av.stream.Disposition.default
        grey = np.full((64, 64, 3), 128, dtype=np.uint8)
        container.mux(cover.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        container.mux(cover.encode(None))
        for i in range(60):
            for film, shift in zip(films, (0, 1000), strict=True):
                frame = av.VideoFrame.from_ndarray(barcode.draw(i + shift), format="rgb24")
                frame.pts, frame.time_base = i, Fraction(1, 30)
                container.mux(film.encode(frame))
        for film in films:
            container.mux(film.encode(None))
    with VideoReader(path) as reader:
        assert [barcode.number(reader.frame(i)) for i in (40, 0, 59)] == [40, 0, 59]
        assert len(reader) == 60


def test_a_title_that_is_no_text_does_not_keep_a_video_from_opening(tmp_path):
    path = tmp_path / "title.mkv"
    with av.open(str(path), "w") as container:
        container.metadata["title"] = "ABCDEFGH"
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height = barcode.SIZE
        stream.pix_fmt = "yuv420p"
        stream.metadata["title"] = "QRSTUVWX"
        for i in range(20):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(barcode.draw(i), "rgb24")))
        container.mux(stream.encode(None))
    content = path.read_bytes()
    for title in (b"ABCDEFGH", b"QRSTUVWX"):
        assert title in content
        content = content.replace(title, b"\xff\xfe\xc3\x28\x80\xe9\xf0\x9f")
    path.write_bytes(content)
    with pytest.raises(UnicodeDecodeError):
        av.open(str(path))
    with VideoReader(path) as reader:
        assert len(reader) == 20
        assert barcode.number(reader.frame(7)) == 7
