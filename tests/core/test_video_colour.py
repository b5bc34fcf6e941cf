"""Known colours come out as they are, whatever the standard, range, depth and chroma."""

from fractions import Fraction

import av
import numpy as np
import platformdirs
import pytest

from etp_core.video import VideoReader

COLOURS = [(200, 40, 60), (30, 180, 90), (40, 60, 200)]
STANDARDS = {
    "bt709": (1, 0.2126, 0.0722),
    "bt601": (5, 0.299, 0.114),
    "bt2020": (9, 0.2627, 0.0593),
}


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch, tmp_path):
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda *_: str(tmp_path / "cache"))


def planes(colour, standard: str, full: bool) -> list[int]:
    """Y, Cb, Cr of a colour by the definition of the standard, eight bits."""
    _, kr, kb = STANDARDS[standard]
    r, g, b = (c / 255 for c in colour)
    y = kr * r + (1 - kr - kb) * g + kb * b
    cb, cr = (b - y) / 2 / (1 - kb), (r - y) / 2 / (1 - kr)
    luma, low, chroma = (255, 0, 255) if full else (219, 16, 224)
    return [round(low + luma * y), round(128 + chroma * cb), round(128 + chroma * cr)]


def write(path, form, size, standard, full, named=True) -> None:
    """A frame of each colour, without loss; the file names standard and range if `named`."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = *size, form
        if named:
            stream.codec_context.colorspace = STANDARDS[standard][0]
            stream.codec_context.color_range = 2 if full else 1
        for i, colour in enumerate(COLOURS):
            frame = av.VideoFrame(*size, form)
            deep = "10" in form
            for plane, value in zip(frame.planes, planes(colour, standard, full), strict=True):
                count = plane.buffer_size // (2 if deep else 1)
                kind = np.uint16 if deep else np.uint8
                plane.update(np.full(count, 4 * value if deep else value, kind).tobytes())
            frame.pts, frame.time_base = i, Fraction(1, 25)
            if named:
                frame.colorspace = STANDARDS[standard][0]
                frame.color_range = 2 if full else 1
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def wrong(path, size) -> list[tuple[int, np.ndarray]]:
    """Frames whose colour is off by more than the rounding of eight bits allows."""
    found = []
    with VideoReader(path) as reader:
        assert (reader.info.width, reader.info.height) == size
        for i, colour in enumerate(COLOURS):
            for picture in (reader.frame(i), reader.frame(i, (20, 10))):
                if np.abs(picture.astype(int) - colour).max() > 4:
                    found.append((i, picture[0, 0]))
    return found


@pytest.mark.parametrize("standard", STANDARDS)
@pytest.mark.parametrize("full", [False, True], ids=["limited", "full"])
@pytest.mark.parametrize(
    "form", ["yuv420p", "yuv422p", "yuv444p", "yuv411p", "yuv420p10le", "yuv422p10le"]
)
def test_colours_that_the_file_names_are_shown_right(tmp_path, form, full, standard):
    write(tmp_path / "colours.mkv", form, (65, 33), standard, full)
    assert wrong(tmp_path / "colours.mkv", (65, 33)) == []


@pytest.mark.parametrize(
    ("size", "standard"), [((320, 240), "bt601"), ((720, 576), "bt601"), ((1280, 720), "bt709")]
)
def test_colours_that_the_file_does_not_name_are_those_of_its_size(tmp_path, size, standard):
    write(tmp_path / "colours.mkv", "yuv420p", size, standard, full=False, named=False)
    assert wrong(tmp_path / "colours.mkv", size) == []
