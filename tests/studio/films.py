"""Films: videos with sound, of which every picture and every sample is known."""

from fractions import Fraction
from pathlib import Path

import av
import barcode
import numpy as np

RATE = 48_000


def write_film(path: Path, seconds: float = 6.0) -> Path:
    """A video whose sound says the time: sample k is k / 2^23, so that every sample is known."""
    barcode.write(path.with_suffix(".bare.mkv"), barcode.constant(round(30 * seconds)))
    ramp = (np.arange(round(RATE * seconds)) / 2**23).astype(np.float32)
    with (
        av.open(str(path.with_suffix(".bare.mkv"))) as bare,
        av.open(str(path), "w") as film,
    ):
        source = bare.streams.video[0]
        video = film.add_stream_from_template(source)
        sound = film.add_stream("pcm_f32le", rate=RATE, layout="stereo")
        for packet in bare.demux(source):
            if packet.dts is not None:
                packet.stream = video
                film.mux(packet)
        for at in range(0, len(ramp), 4800):
            piece = np.repeat(ramp[at : at + 4800], 2)[None]
            frame = av.AudioFrame.from_ndarray(piece, "flt", "stereo")
            frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
            film.mux(sound.encode(frame))
        film.mux(sound.encode(None))
    return path
