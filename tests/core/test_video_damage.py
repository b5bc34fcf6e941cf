"""Damaged videos neither crash nor hang the decoder nor eat the memory, and never raise but a line.

ETP_DAMAGES sets how many damages are tried on each file (default 12; hundreds take minutes).
"""

import os
import subprocess
import sys
from pathlib import Path

import damage
import pytest

COUNT = int(os.environ.get("ETP_DAMAGES", "12"))
LONGEST = 5.0  # s for one attempt on the average; one takes a tenth of a second


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("good")


@pytest.mark.skipif(os.name != "posix", reason="the memory of a process cannot be limited here")
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts", "webm", "avi"])
def test_a_damaged_file_gives_frames_or_one_readable_line(folder, suffix):
    path = folder / f"good.{suffix}"
    with_sound(path)
    child = [sys.executable, damage.__file__, str(path), "0", str(COUNT)]
    done = subprocess.run(
        child, capture_output=True, text=True, timeout=30 + LONGEST * COUNT, check=False
    )
    assert done.returncode == 0, f"{done.stdout[-200:]}\n{done.stderr[-2000:]}"
    assert done.stdout.splitlines()[-1].startswith("done ")
    assert int(done.stdout.split()[-1]) >= COUNT // 4  # damage that leaves nothing proves little


def with_sound(path: Path) -> None:
    """Some seconds of bar codes and clicks."""
    from test_video_sound import write

    write(path, "libopus" if path.suffix == ".webm" else "aac" if path.suffix != ".avi" else "mp2")
