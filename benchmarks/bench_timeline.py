"""How fast the timeline is: frames a second while it pans and zooms, and a moving threshold.

    python benchmarks/bench_timeline.py [--steps 60]

A two-hour video at 30 frames/s with 200 class curves scored at every frame, 20,000 segments of
ground truth and as many detections with their two earlier stages; then Algorithm 1 while its line
moves over 200,000 frames x 20 classes. Everything is painted, without a screen. Times are those of
the processor, one core, so that other work on the machine does not count; beside them stands what
filling the same pixels takes, which no painting can do without.
"""

import argparse
import json
import os
import time

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
SIZE = (1600, 900)
SECONDS, RATE, CLASSES, SEGMENTS = 7200.0, 30.0, 200, 20_000


def curves(frames: int, classes: int, seed: int = 0) -> np.ndarray:
    """Curves with an action every few hundred frames and noise: (classes + 1, frames) float32."""
    rng = np.random.default_rng(seed)
    made = np.empty((classes + 1, frames), np.float32)
    for row in made[:-1]:
        knots = rng.standard_normal(frames // 60 + 2)
        slow = np.interp(np.arange(frames) / 60, np.arange(len(knots)), knots)
        noise = 0.08 * rng.standard_normal(frames)
        row[:] = np.clip(1 / (1 + np.exp(-3 * (slow - 1))) + noise, 0, 1)
    made[-1] = made[:-1].mean(axis=0)
    return made


def scene(view) -> None:
    """Fill the timeline."""
    from etp_core.evolution import Evolution, ProposalList
    from etp_core.project import Label, StoredSegment
    from etp_studio.theme import class_hue

    rng = np.random.default_rng(1)
    cuts = np.arange(round(SECONDS * RATE) + 1) / RATE
    names = [f"class {k}" for k in range(CLASSES)]
    labels = [Label(k + 1, name, class_hue(k)) for k, name in enumerate(names)]
    start = np.sort(rng.uniform(0, SECONDS - 2, SEGMENTS))
    end = start + rng.uniform(0.2, 1.5, SEGMENTS)
    of = rng.integers(CLASSES, size=SEGMENTS)
    truth = [
        StoredSegment(i + 1, 1, int(of[i]) + 1, float(start[i]), float(end[i]), "Ada", "drawn")
        for i in range(SEGMENTS)
    ]
    here, spans = np.arange(SEGMENTS), np.stack([start, end], axis=1)
    stages = [
        ProposalList.of(
            np.sort(np.clip(spans + rng.normal(0, jitter, spans.shape), 0, SECONDS), axis=1),
            rng.uniform(0.2, 1, SEGMENTS),
            of,
            parents=None if stage == 0 else here,
        )
        for stage, jitter in enumerate((0.3, 0.12, 0.05))
    ]
    times = cuts[:-1]
    view.set_video(1, cuts)
    view.set_labels(labels)
    view.set_truth(truth)
    view.set_evolution(Evolution("v", tuple(names), times, curves(len(times), CLASSES), *stages))


def paint(app, view) -> None:
    """Do what is due, and paint it."""
    app.processEvents()
    app.sendPostedEvents()


def movement(app, view, steps: int) -> dict[str, dict[str, float]]:
    """Frames a second of panning at several zooms, and of zooming in and out."""
    found = {}

    def measure(name, step) -> None:
        paint(app, view)
        took = []
        for i in range(steps):
            began = time.process_time()
            step(i)
            paint(app, view)
            took.append(time.process_time() - began)
        middle = float(np.median(took))
        worst = float(np.quantile(took, 0.95))
        found[name] = {
            "frames/s": round(1 / middle, 1),
            "95th percentile ms": round(1e3 * worst, 1),
        }

    for span, name in ((7200, "2 h"), (1800, "30 min"), (300, "5 min"), (30, "30 s"), (2, "2 s")):
        view.show_range(3600.0, 3600.0 + span / 1.3)
        if span == 7200:
            view.fit()
            view.zoom(1.25)
        measure(
            f"pan at {name}", lambda i: view.pan(0.01 * view.axis.span * (1 if i % 40 < 20 else -1))
        )
    view.fit()
    measure("zoom in and out", lambda i: view.zoom(1.25 if i % 60 < 30 else 0.8, 3600.0))
    return found


def threshold(app, steps: int, every: int) -> dict[str, float]:
    """Milliseconds from moving the line until the proposals and their count are painted.

    every: frames from one score to the next; the engine gives one in three and interpolates.
    """
    from etp_core.evolution import Evolution
    from etp_studio.timeline import TimelineView

    frames, classes = 200_000, 20
    view = TimelineView()
    view.resize(*SIZE)
    view.show()
    cuts = np.arange(frames + 1) / RATE
    names = tuple(f"class {k}" for k in range(classes))
    view.set_video(1, cuts)
    recipe = {"min_length": 1.0, "max_length": 60.0}
    times = cuts[:-1:every]
    view.set_evolution(Evolution("v", names, times, curves(len(times), classes, 2), recipe=recipe))
    paint(app, view)
    took, counts = [], []
    for i in range(steps):
        began = time.process_time()
        view.live.set_threshold(0.3 + 0.5 * i / steps)
        paint(app, view)
        took.append(time.process_time() - began)
        counts.append(len(view.live.found))
    view.close()
    return {
        "median ms": round(1000 * float(np.median(took)), 1),
        "95th percentile ms": round(1000 * float(np.quantile(took, 0.95)), 1),
        "proposals, most": max(counts),
    }


def fill(app) -> float:
    """Milliseconds of filling and showing as many pixels as the timeline has."""
    from PySide6.QtGui import QColor
    from PySide6.QtWidgets import QWidget

    widget = QWidget()
    widget.resize(*SIZE)
    widget.setAutoFillBackground(True)
    widget.show()
    took = []
    for i in range(20):
        palette = widget.palette()
        palette.setColor(widget.backgroundRole(), QColor(i, i, i))
        began = time.process_time()
        widget.setPalette(palette)
        widget.repaint()
        app.processEvents()
        took.append(time.process_time() - began)
    widget.close()
    return round(1000 * float(np.median(took)), 2)


def main() -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=60)
    options = parser.parse_args()
    from etp_studio.app import application
    from etp_studio.timeline import TimelineView

    app = application()
    view = TimelineView()
    view.resize(*SIZE)
    view.show()
    scene(view)
    print(
        json.dumps(
            {
                "filling the pixels ms": fill(app),
                "movement": movement(app, view, options.steps),
                "threshold, a score every 3 frames": threshold(app, options.steps, 3),
                "threshold, a score every frame": threshold(app, options.steps, 1),
            },
            indent=2,
        )
    )
    view.close()


if __name__ == "__main__":
    main()
