"""Figure 4 of the paper: how the proposals of one video evolve, beside its curves and its truth."""

from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from etp_core.annotations import Segment
from etp_core.evolution import STAGES, Evolution

_HEIGHT = 0.8  # of a row of bars


def stages_figure(evolution: Evolution, truth: Sequence[Segment], least: float = 0.0) -> Figure:
    """Figure 4: curves, ground truth and the three stages of one video, over time.

    truth: the ground truth of this video. Detections scored below `least` are left out; of the
    proposals those that led to a shown detection are drawn in its colour, the others as a shade.
    """
    colours = {
        name: colormaps["tab10" if len(evolution.classes) <= 10 else "tab20"](i % 20)
        for i, name in enumerate(evolution.classes)
    }
    detections = evolution.localization
    shown = detections.kept[detections.scores[detections.kept] >= least]
    refined = np.unique(detections.parents[shown])
    initial = np.unique(evolution.refinement.parents[refined])
    seen = {s.label for s in truth} | {evolution.classes[detections.labels[r]] for r in shown}

    figure = Figure(figsize=(12, 6), layout="constrained")
    curves, bars = figure.subplots(2, 1, sharex=True, height_ratios=(2, 3))
    for name, curve in zip(evolution.classes, evolution.curves[:-1], strict=True):
        colour = colours[name] if name in seen else "0.85"
        curves.plot(evolution.times, curve, color=colour, lw=1.2, zorder=1 + (name in seen))
    curves.plot(evolution.times, evolution.curves[-1], color="0.3", lw=1, ls=":")
    curves.set(ylim=(0, 1.02), ylabel="actionness")

    places = [(segment.start, segment.end) for segment in truth]
    _draw(bars, 3, places, [colours.get(segment.label, "0.5") for segment in truth])
    for level, stage, rows in zip((2, 1, 0), STAGES, (initial, refined, shown), strict=True):
        proposals = evolution.stage(stage)
        if stage != "localization":
            for start, end in proposals.segments[proposals.kept]:
                bars.broken_barh([(start, end - start)], (level, _HEIGHT), fc="0.5", alpha=0.05)
        labels = [_label(evolution, stage, row, shown) for row in rows.tolist()]
        drawn = [colours[evolution.classes[label]] for label in labels]
        _draw(bars, level, proposals.segments[rows].tolist(), drawn)
    ticks = [level + _HEIGHT / 2 for level in (3, 2, 1, 0)]
    bars.set_yticks(ticks, ["ground truth", "actionness", "refinement", "localization"])
    bars.set_xlabel("seconds")
    handles = [Patch(color=colours.get(name, "0.5"), label=name) for name in sorted(seen)]
    if handles:
        figure.legend(handles=handles, loc="outside upper center", ncols=8, frameon=False)
    return figure


def _draw(
    axes: Axes, level: float, places: Sequence[Sequence[float]], colours: Sequence[object]
) -> None:
    """Bars between `level` and `level + _HEIGHT`, those that overlap one above the other."""
    order = sorted(range(len(places)), key=lambda i: places[i][0])
    ends: list[float] = []  # of each lane
    lanes = {}
    for i in order:
        start, end = places[i]
        lane = next((n for n, last in enumerate(ends) if last <= start), len(ends))
        ends[lane : lane + 1] = [end]
        lanes[i] = lane
    height = _HEIGHT / max(1, len(ends))
    for i, lane in lanes.items():
        start, end = places[i]
        bottom = level + _HEIGHT - (lane + 1) * height
        axes.broken_barh(
            [(start, end - start)], (bottom, height), fc=colours[i], ec="white", lw=0.5
        )


def _label(evolution: Evolution, stage: str, row: int, shown: np.ndarray) -> int:
    """The class in whose colour a proposal is drawn: that of the best detection it led to."""
    detections = evolution.localization
    if stage == "localization":
        return int(detections.labels[row])
    parents = detections.parents[shown]
    if stage == "actionness":
        parents = evolution.refinement.parents[parents]
    children = shown[parents == row]
    return int(detections.labels[children[np.argmax(detections.scores[children])]])
