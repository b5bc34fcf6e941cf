"""How fast the window is: start to first paint, and the longest stall while a boundary is dragged.

    python benchmarks/bench_studio.py [VIDEO] [--runs 5]

Without a video one is generated. Works without a screen.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_START = """
import sys, time
from PySide6.QtCore import QEvent, QObject, QTimer
from etp_studio import app as studio
from etp_studio.window import MainWindow

class Watch(QObject):
    def eventFilter(self, thing, event):
        if event.type() is QEvent.Type.Paint and isinstance(thing, MainWindow):
            print(time.time(), sorted({"torch", "cv2"} & set(sys.modules)), flush=True)
            QTimer.singleShot(0, app.quit)
        return False

app = studio.application()
watch = Watch()
app.installEventFilter(watch)
studio.main([])
"""


def start_to_first_paint(environment: dict[str, str]) -> float:
    """Seconds from starting the process until the window was painted; fails if torch came along."""
    began = time.time()
    run = subprocess.run(
        [sys.executable, "-c", _START],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
        check=True,
    )
    moment, modules = run.stdout.split(maxsplit=1)
    if modules.strip() != "[]":
        raise SystemExit(f"the window imported {modules.strip()}")
    return float(moment) - began


def drag_stalls(video: Path, segments: int, moves: int) -> dict[str, float]:
    """Drag a boundary with real mouse events; gaps between turns of the event loop in ms.

    The project has `segments` segments of ground truth and as many detections. frames: how many
    boundary frames were painted while dragging.
    """
    import numpy as np
    from PySide6.QtCore import QEvent, QEventLoop, QPointF, Qt, QTimer
    from PySide6.QtGui import QMouseEvent
    from PySide6.QtWidgets import QApplication

    from etp_core.evolution import Evolution, ProposalList
    from etp_core.project import AddLabel, AddSegment, Batch, Project
    from etp_studio.app import application, make_window
    from etp_studio.opening import look_into

    folder = tempfile.TemporaryDirectory()
    project = Project.create(Path(folder.name) / "bench.etp")
    project.apply(look_into(video).edit)
    project.apply(AddLabel("action"))
    duration = project.videos()[0].duration or 0.0
    pitch = duration / segments
    spans = [(i * pitch + 0.2 * pitch, i * pitch + 0.8 * pitch) for i in range(segments)]
    project.apply(Batch(tuple(AddSegment(1, 1, a, b) for a, b in spans), "fill"))
    rows = np.asarray(spans)
    count = np.arange(segments)
    labels, scores = np.zeros(segments, np.int64), np.full(segments, 0.8)
    stages = [
        ProposalList.of(rows + shift, scores, labels, parents=None if stage == 0 else count)
        for stage, shift in enumerate((0.15, 0.05, 0.01))
    ]
    times = np.linspace(0, duration, 2000)
    curves = np.random.default_rng(0).random((2, 2000)).astype(np.float32)
    project.add_run(1, Evolution(video.name, ("action",), times, curves, *stages), {})
    project.close()

    app = application()
    window = make_window(app)
    window.resize(1600, 1000)
    window.show()

    def wait_for(true) -> None:
        end = time.monotonic() + 20
        while not true():
            if time.monotonic() > end:
                raise SystemExit("the window did not get there")
            loop = QEventLoop()
            QTimer.singleShot(10, loop.quit)
            loop.exec()

    window.open([project.path])
    wait_for(lambda: window.video.on_screen and window.loaded)  # or lanes move under the mouse
    lanes = window.timeline.lanes
    segment = window.session.segments[segments // 2]
    window.session.select(segment.id)
    window.timeline.show_range(segment.start - 5 * pitch, segment.end + 5 * pitch)
    axis = window.timeline.axis
    band = lanes.bands[-1]
    at = [axis.x(segment.end), band.row_top(0) + band.bar / 2]

    def mouse(kind: QEvent.Type, buttons: Qt.MouseButton) -> None:
        position = QPointF(*at)
        button = (
            Qt.MouseButton.NoButton if kind is QEvent.Type.MouseMove else Qt.MouseButton.LeftButton
        )
        event = QMouseEvent(
            kind,
            position,
            lanes.mapToGlobal(position),
            button,
            buttons,
            Qt.KeyboardModifier.AltModifier,
        )
        QApplication.sendEvent(lanes, event)

    painted, gaps, handled = [], [], []
    window.video.painted.connect(lambda picture: painted.append(picture.index))
    heart = QTimer(interval=0)
    last = [0.0]

    def beat() -> None:
        now = time.perf_counter()
        gaps.append(now - last[0])
        last[0] = now

    heart.timeout.connect(beat)
    done = [0]

    def step() -> None:
        began = time.perf_counter()
        if done[0] == 0:
            mouse(QEvent.Type.MouseButtonPress, Qt.MouseButton.LeftButton)
        elif done[0] < moves:
            at[0] += 3.0 * (1 if done[0] < moves // 2 else -1)
            mouse(QEvent.Type.MouseMove, Qt.MouseButton.LeftButton)
        else:
            at[0] += 25.0
            mouse(QEvent.Type.MouseMove, Qt.MouseButton.LeftButton)
            mouse(QEvent.Type.MouseButtonRelease, Qt.MouseButton.NoButton)
            hand.stop()
        handled.append(time.perf_counter() - began)
        done[0] += 1

    hand = QTimer(interval=8)  # a mouse that reports 125 times a second
    hand.timeout.connect(step)
    last[0] = time.perf_counter()
    heart.start()
    hand.start()
    wait_for(lambda: done[0] > moves)
    heart.stop()
    moved = next(s for s in window.session.segments if s.id == segment.id)
    if moved.end == segment.end:
        raise SystemExit("the drag moved no boundary")
    window.close()
    folder.cleanup()
    return {
        "longest gap ms": round(1000 * max(gaps), 1),
        "99th percentile ms": round(1000 * float(np.quantile(gaps, 0.99)), 1),
        "longest event ms": round(1000 * max(handled), 1),
        "frames painted": len(painted),
    }


def main() -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("video", nargs="?", type=Path)
    parser.add_argument("--runs", type=int, default=5, help="starts to measure")
    parser.add_argument("--segments", type=int, default=200)
    parser.add_argument("--moves", type=int, default=200, help="mouse moves of the drag")
    options = parser.parse_args()
    from etp_studio.app import has_screen

    folder = tempfile.TemporaryDirectory()
    # The measured windows keep their settings and projects to themselves.
    places = dict.fromkeys(("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"), folder.name)
    os.environ.update(places)
    if not has_screen():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    starts = [start_to_first_paint(dict(os.environ)) for _ in range(options.runs)]
    video = options.video
    if video is None:
        from etp_core.synth import generate

        generate(Path(folder.name) / "synth", 1, 3, seconds=60.0, size=(1280, 720), rate=30.0)
        video = next((Path(folder.name) / "synth").glob("*.mp4"))
    stalls = drag_stalls(video.absolute(), options.segments, options.moves)
    print(
        json.dumps(
            {
                "start to first paint s": {
                    "median": round(statistics.median(starts), 3),
                    "worst": round(max(starts), 3),
                },
                "boundary drag": stalls,
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
