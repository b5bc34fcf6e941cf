"""Whether every acknowledged edit survives SIGKILL at random moments, hundreds of times.

    python benchmarks/bench_kills.py [--kills 300] [--seed 1]

The process that edits is a child; every second one also writes the log back into the file all the
time. Ends with a failed assertion at the first edit that is lost or file that is not sound.
"""

import argparse
import os
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "core"))
import kills


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    edits, met = 0, Counter()
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        path = Path(folder) / "p.etp"
        kills.new_project(path)
        for seed in range(options.seed, options.seed + options.kills):
            outcome = kills.kill(path, seed, chance.uniform(0.0, 0.3))
            edits += outcome.edits
            met["between edits" if not outcome.in_flight else outcome.kept] += 1
    print(f"{options.kills} kills, {edits} edits acknowledged before them: all are there")
    print("the file was sound each time, and work went on in it")
    print(
        f"met between two edits: {met['between edits']}; within one: {met[True]} that is there, "
        f"{met[False]} that left nothing behind"
    )


if __name__ == "__main__":
    main()
