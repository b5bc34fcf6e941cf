"""How long the window takes to show a large project, and how long any turn of its loop is then.

    python benchmarks/bench_window_project.py [--segments 1000000] [--videos 1000]

The project is opened with all its videos in place, so that none is left out. Then a scripted
session of 500 real key and mouse events is played into the window; each turn of the event loop
that takes the GUI thread longer than 50 ms is listed with the event before it; opening is one.
Turns are measured in processor time of the thread, and again by the clock, less the time for which
other programs had the processors: that has what it waits for. Works without a screen.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
from pathlib import Path

from etp_core.annotations import Annotations, Segment
from etp_core.project import AddLabel, Batch, Project
from etp_core.synth import generate

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "studio"))
LABELS = 20


def project_in(folder: Path, segments: int, videos: int) -> Path:
    """A project of many names of one generated minute of video, and segments spread over them."""
    from etp_studio.opening import look_into

    generate(folder / "synth", 1, 3, seconds=60.0, size=(640, 360), rate=30.0)
    source = next((folder / "synth").glob("*.mp4"))
    look = look_into(source).edit
    edits = []
    for i in range(videos):
        name = folder / f"v{i}.mp4"
        os.link(source, name)
        edits.append(type(look)(name, *[getattr(look, f) for f in look.__slots__[1:]]))
    chance = random.Random(1)
    rows = []
    for i in range(segments):
        start = round(chance.uniform(0, 55), 3)
        end = start + round(chance.uniform(0.2, 4), 3)
        rows.append(Segment(f"v{i % videos}", f"label {i % LABELS}", start, end))
    path = folder / "large.etp"
    with Project.create(path) as project:
        project.apply(Batch(tuple(edits), "Add videos"))
        project.apply(Batch(tuple(AddLabel(f"label {i}") for i in range(LABELS)), "Add labels"))
        project.import_annotations(Annotations.of(rows), "large")
    return path


def told(turns: list[tuple[float, str]]) -> list[str]:
    """Long turns, a line each."""
    return [f"{1000 * seconds:.0f} ms after {what}" for seconds, what in turns]


def main() -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--segments", type=int, default=1_000_000)
    parser.add_argument("--videos", type=int, default=1000)
    options = parser.parse_args()
    from etp_studio.app import application, has_screen, make_window

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for place in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
            os.environ[place] = name
        if not has_screen():
            os.environ["QT_QPA_PLATFORM"] = "offscreen"
        path = project_in(folder, options.segments, options.videos)
        from stalls import Session, awake_clock, wait_for

        app = application()
        window = make_window(app)
        window.resize(1600, 1000)
        window.show()
        app.processEvents()
        began = time.perf_counter()
        window.open([path])
        wait_for(lambda: window.video.on_screen)
        opened = time.perf_counter() - began
        window.close()
        window = make_window(app)
        window.resize(1600, 1000)
        window.show()
        app.processEvents()
        session = Session(window, seed=1, clock=time.thread_time, other=awake_clock())
        session.open(path)
        stalls = session.play(500)
        print(
            json.dumps(
                {
                    "segments": options.segments,
                    "videos": options.videos,
                    "open to first picture s": round(opened, 2),
                    "events": session.done,
                    "turns above 50 ms": told(stalls),
                    "turns above 50 ms, with waiting": told(session.others),
                    "longest turn ms": round(1000 * session.longest, 1),
                },
                indent=2,
            )
        )
        window.close()


if __name__ == "__main__":
    main()
