"""Proof that seeks are exact: python benchmarks/bench_exact.py [--seeks 1000] [--steps 1000]

Clips with the frame number drawn as a bar code, in every container of the tests at constant and
variable rates, with B-frames, open GOPs and start offsets, 600 frames each. Each is read at random
positions without kept frames, then stepped forwards and backwards from random places; the number in
the pixels is compared with the one asked for. Exit code 1 if one is wrong.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import platformdirs

from etp_core.video import VideoReader

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "core"))
import barcode
from test_video import CLIPS

FRAMES = 600


def wrong_seeks(path: Path, count: int) -> int:
    """How many of `count` random seeks gave another frame."""
    places = np.random.default_rng(1).integers(0, FRAMES, count).tolist()
    with VideoReader(path, cache_bytes=0) as reader:
        assert len(reader) == FRAMES
        return sum(barcode.number(reader.frame(i)) != i for i in places)


def wrong_steps(path: Path, count: int) -> int:
    """How many of `count` steps, in runs of up to 40 either way, gave another frame."""
    rng = np.random.default_rng(2)
    wrong = done = 0
    with VideoReader(path) as reader:
        while done < count:
            at, step = int(rng.integers(FRAMES)), int(rng.choice([-1, 1]))
            for _ in range(int(rng.integers(1, 40))):
                if not 0 <= at < FRAMES or done == count:
                    break
                wrong += barcode.number(reader.frame(at)) != at
                at, done = at + step, done + 1
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeks", type=int, default=1000)
    parser.add_argument("--steps", type=int, default=1000)
    arguments = parser.parse_args()
    total = 0
    with tempfile.TemporaryDirectory() as folder:
        platformdirs.user_cache_dir = lambda *_: f"{folder}/cache"
        for number, (name, (suffix, times, options)) in enumerate(CLIPS.items()):
            path = Path(folder) / f"{number}.{suffix}"
            barcode.write(path, times(FRAMES), **options)
            start = time.perf_counter()
            seeks = wrong_seeks(path, arguments.seeks)
            steps = wrong_steps(path, arguments.steps)
            print(
                f"{name:36} {seeks} of {arguments.seeks} seeks and {steps} of {arguments.steps} "
                f"steps wrong, {time.perf_counter() - start:.1f} s",
                flush=True,
            )
            total += seeks + steps
    both = len(CLIPS) * (arguments.seeks + arguments.steps)
    print(f"{total} wrong frames of {both}")
    sys.exit(total > 0)


if __name__ == "__main__":
    main()
