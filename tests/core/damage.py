"""Damages a good video again and again and reads it: python damage.py VIDEO SEED COUNT

Prints each attempt before it begins, so that whoever started this knows which one ended it, and
"done OPENED" at the end. Anything but frames or a VideoError of one line ends it at once.
"""

import resource
import sys
import tempfile
from pathlib import Path

import numpy as np
import platformdirs

from etp_core.errors import VideoError
from etp_core.video import AudioReader, VideoReader

MEMORY = 3 << 30  # bytes of address space; reading the whole file takes a fraction


def damaged(content: np.ndarray, rng: np.random.Generator) -> bytes:
    """`content` with flipped bits, a stretch of zeros or noise, or cut off at either end."""
    content = content.copy()
    at = int(rng.integers(len(content)))
    match int(rng.integers(6)):
        case 0:
            return content[:at].tobytes()
        case 1:
            return content[at // 2 :].tobytes()
        case 2:
            content[at : at + int(rng.integers(1, 5000))] = 0
        case 3:
            content[at : at + 200] = rng.integers(0, 256, len(content[at : at + 200]))
        case 4:  # where the headers are
            places = rng.integers(0, min(4000, len(content)), 8)
            content[places] ^= (1 << rng.integers(0, 8, 8)).astype(np.uint8)
        case _:
            places = rng.integers(0, len(content), 30)
            content[places] ^= (1 << rng.integers(0, 8, 30)).astype(np.uint8)
    return content.tobytes()


def read(path: Path) -> bool:
    """Whether it opens; every kind of access is tried."""
    opened = False
    try:
        with VideoReader(path) as reader:
            opened = True
            n = len(reader)
            assert (np.diff(reader.cuts) > 0).all()
            for i in (0, n // 2, n - 1, n // 3):
                try:
                    assert reader.frame(i).shape == (reader.info.height, reader.info.width, 3)
                except VideoError as error:
                    readable(error, path)
            assert len(list(reader.sample(range(0, n, 16), (32, 32)))) == len(range(0, n, 16))
    except VideoError as error:
        readable(error, path)
    try:
        with AudioReader(path) as sound:
            assert sum(len(block) for block in sound.blocks(1.0, 3.0)) == round(2 * sound.rate)
    except VideoError as error:
        readable(error, path)
    return opened


def readable(error: VideoError, path: Path) -> None:
    """Raise AssertionError unless the message is one line that names the file."""
    assert str(error).startswith(f"{path}: "), error
    assert "\n" not in str(error), error


def main(video: Path, seed: int, count: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    content = np.frombuffer(video.read_bytes(), dtype=np.uint8)
    opened = 0
    with tempfile.TemporaryDirectory() as folder:
        platformdirs.user_cache_dir = lambda *_: f"{folder}/cache"
        path = Path(folder) / f"damaged{video.suffix}"
        for attempt in range(seed, seed + count):
            print(attempt, flush=True)
            path.write_bytes(damaged(content, np.random.default_rng(attempt)))
            opened += read(path)
    print(f"done {opened}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
