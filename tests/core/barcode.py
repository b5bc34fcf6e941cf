"""Test clips that carry their frame number in the picture, as a bar code that survives encoding."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

BITS = 16
SIZE = (160, 48)  # width, height; a bit is 10 pixels wide


def draw(number: int) -> NDArray[np.uint8]:
    """Picture (48, 160, 3) of `number`: a column a bit, white for one, least significant first."""
    bits = (number >> np.arange(BITS)) & 1
    row = np.repeat(np.where(bits, 235, 20), SIZE[0] // BITS).astype(np.uint8)
    return np.repeat(np.repeat(row[None, :, None], SIZE[1], axis=0), 3, axis=2)


def number(picture: NDArray[np.uint8]) -> int:
    """The number in a decoded picture of any size (upright)."""
    height, width = picture.shape[:2]
    columns = ((np.arange(BITS) + 0.5) * width / BITS).astype(int)
    band = picture[height // 4 : 3 * height // 4, columns].mean(axis=(0, 2))
    return int(((band > 127).astype(int) << np.arange(BITS)).sum())


def write(
    path: Path,
    times: NDArray[np.float64],
    codec: str = "libx264",
    gop: int = 30,
    b_frames: int = 3,
    clock: Fraction = Fraction(1, 90_000),
    rotation: int = 0,
    rate: int = 30,
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
) -> NDArray[np.float64]:
    """Write frame 0 … n - 1 at `times` (n,) seconds; gives the times the frames got on `clock`."""
    ticks = np.round(np.asarray(times) / float(clock)).astype(np.int64)
    with av.open(str(path), "w", container_options=container_options or {}) as container:
        stream = container.add_stream(codec, rate=rate)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = clock
        stream.codec_context.gop_size = gop
        stream.codec_context.max_b_frames = b_frames
        x264 = {"preset": "ultrafast", "bf": str(b_frames), "g": str(gop)}
        stream.options = {**(x264 if codec == "libx264" else {}), **(options or {})}
        if rotation:
            stream.set_display_rotation(rotation)
        for i, tick in enumerate(ticks):
            frame = av.VideoFrame.from_ndarray(draw(i), format="rgb24")
            frame.pts, frame.time_base = int(tick), clock
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return ticks * float(clock)


def constant(n: int, rate: float = 30.0, start: float = 0.0) -> NDArray[np.float64]:
    """Times of `n` frames at a constant rate."""
    return start + np.arange(n) / rate


def variable(n: int, seed: int = 0, start: float = 0.0) -> NDArray[np.float64]:
    """Times of `n` frames whose gaps vary from 8 to 120 ms, as a phone in changing light."""
    gaps = np.random.default_rng(seed).uniform(0.008, 0.12, n)
    return start + np.concatenate([[0.0], np.cumsum(gaps)[:-1]])
