"""The report's plots, as SVG for the page; matplotlib is imported with this module only."""

import io
from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from etp_core.evaluation.diagnosis import ERRORS, Diagnosis, Kind
from etp_core.evaluation.precision import Curve
from etp_core.evaluation.result import Evaluation
from etp_core.timeline import Floats, Ints

# Okabe and Ito's colours, which colour-blind people tell apart
COLORS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#666666")
KIND_COLORS = {
    Kind.TRUE: "#009E73",
    Kind.IGNORED: "#DDDDDD",
    Kind.DOUBLE: "#56B4E9",
    Kind.WRONG_LABEL: "#D55E00",
    Kind.LOCALISATION: "#0072B2",
    Kind.CONFUSION: "#CC79A7",
    Kind.BACKGROUND: "#999999",
}
_POINTS = 300  # of a curve; more would not be seen
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "etp",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e6e6e6",
    "axes.axisbelow": True,
}


def _svg(figure: Figure) -> str:
    text = io.StringIO()
    figure.savefig(text, format="svg", bbox_inches="tight", metadata={"Date": None})
    written = text.getvalue()
    return written[written.index("<svg") :]


def _axes(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()


def sensitivity(results: Sequence[tuple[str, Evaluation]]) -> str:
    """mAP over tIoU, a line each."""
    with matplotlib.rc_context(_STYLE):
        figure, axes = _axes(5.6, 3.4)
        for (name, result), color in zip(results, COLORS, strict=False):
            means = 100 * result.mean_average_precision
            axes.plot(result.tious, means, "o-", ms=3, color=color, label=name)
        axes.set(xlabel="tIoU", ylabel="mAP (%)", ylim=(0, None), xlim=(0, 1))
        if len(results) > 1:
            axes.legend(frameon=False)
        return _svg(figure)


def class_bars(results: Sequence[tuple[str, Evaluation]], tiou: float) -> str:
    """AP of each class at one tIoU, a bar for each result (Table 2 and Figure 5 of the paper)."""
    classes = results[0][1].classes
    with matplotlib.rc_context(_STYLE):
        figure, axes = _axes(max(5.6, 0.42 * (len(classes) + 1) * (1 + 0.35 * len(results))), 3.6)
        width = 0.8 / len(results)
        places = np.arange(len(classes) + 1)
        for i, ((name, result), color) in enumerate(zip(results, COLORS, strict=False)):
            level = result.level(tiou)
            known = dict(zip(result.classes, result.average_precision[:, level], strict=True))
            values = [100 * known.get(label, 0.0) for label in classes]
            values.append(100 * float(result.mean_average_precision[level]))
            at = places + (i - (len(results) - 1) / 2) * width
            bars = axes.bar(at, values, width, color=color, label=name)
            axes.bar_label(bars, fmt="%.0f", fontsize=7, padding=1)
        axes.set_xticks(places, [*classes, "mean"], rotation=40, ha="right")
        axes.set(ylabel=f"AP at tIoU {tiou:g} (%)", ylim=(0, None))
        axes.grid(axis="x", visible=False)
        if len(results) > 1:
            axes.legend(frameon=False)
        return _svg(figure)


def precision_recall(result: Evaluation, tiou: float) -> str:
    """A small plot for each class, and all classes together at several tIoU."""
    names = ["all classes", *result.classes]
    columns = min(5, len(names))
    rows = -(-len(names) // columns)
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(1.9 * columns + 0.4, 1.7 * rows + 0.3), layout="constrained")
        grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
        for axes, name in zip(grid, names, strict=False):
            label = None if name == "all classes" else name
            recall, precision = _thinned(result.curve(tiou, label))
            axes.fill_between(recall, 0, precision, color=COLORS[0], alpha=0.15, lw=0)
            axes.plot(recall, precision, color=COLORS[0], lw=1.2)
            text = name
            if label is not None:
                place = result.classes.index(label)
                text += f"  {100 * result.average_precision[place, result.level(tiou)]:.1f}"
            axes.set_title(text, fontsize=8)
            axes.set(xlim=(0, 1), ylim=(0, 1.02))
        for axes in grid[len(names) :]:
            axes.set_visible(False)
        figure.supxlabel("recall", fontsize=9)
        figure.supylabel("precision", fontsize=9)
        return _svg(figure)


def _thinned(curve: Curve) -> tuple[Floats, Floats]:
    """Recall and precision at the true positives, no more than are seen."""
    at = np.flatnonzero(np.diff(curve.recall, prepend=0.0) > 0)
    if len(at) > _POINTS:
        at = at[np.linspace(0, len(at) - 1, _POINTS).astype(int)]
    return np.append(0.0, curve.recall[at]), np.append(curve.precision[at[:1]], curve.precision[at])


def average_recall(results: Sequence[tuple[str, Evaluation]]) -> str:
    """AR@AN for AN = 1 ... 100."""
    with matplotlib.rc_context(_STYLE):
        figure, axes = _axes(5.6, 3.4)
        for (name, result), color in zip(results, COLORS, strict=False):
            counts = np.arange(1, len(result.recall_curve) + 1)
            text = f"{name} (area {100 * result.recall_area:.1f})"
            axes.plot(counts, 100 * result.recall_curve, color=color, label=text)
        axes.set(xlabel="AN: detections of each video", ylabel="AR (%)", ylim=(0, None))
        axes.legend(frameon=False, loc="lower right")
        return _svg(figure)


def errors(diagnosis: Diagnosis) -> str:
    """What the best detections are, and the mAP that fixing each kind of error would add."""
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(9.6, 3.4), layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=(3, 2))
        profile = diagnosis.profile.astype(float)
        shares = 100 * profile / np.maximum(profile.sum(axis=1, keepdims=True), 1)
        steps = np.arange(1, len(profile) + 1)
        below = np.zeros(len(profile))
        for kind in Kind:
            left.bar(steps, shares[:, kind], 0.85, below, color=KIND_COLORS[kind], label=kind.title)
            below += shares[:, kind]
        left.set_xticks(steps, [f"{step}G" for step in steps])
        left.set(xlabel="the best detections of each class", ylabel="share (%)", ylim=(0, 100))
        left.grid(visible=False)
        left.legend(frameon=False, fontsize=7, loc="upper left", bbox_to_anchor=(1, 1))
        now = diagnosis.mean_average_precision
        gains = [100 * (diagnosis.fixed[kind] - now) for kind in ERRORS]
        bars = right.barh(
            [kind.title for kind in ERRORS], gains, color=[KIND_COLORS[kind] for kind in ERRORS]
        )
        right.bar_label(bars, fmt="+%.1f", fontsize=8, padding=2)
        right.invert_yaxis()
        right.set(xlabel="mAP gained if fixed (points)", xlim=(0, 1.15 * max(1e-9, *gains)))
        return _svg(figure)


def confusion_matrix(matrix: Ints, classes: Sequence[str]) -> str:
    """Rows: ground truth; columns: what it was detected as; each row in percent."""
    shares = 100 * matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    with matplotlib.rc_context({**_STYLE, "axes.grid": False}):
        side = max(4.2, 0.36 * len(matrix) + 1.8)
        figure, axes = _axes(side, side)
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=100)
        axes.set_xticks(range(len(matrix)), [*classes, "missed"], rotation=50, ha="right")
        axes.set_yticks(range(len(matrix)), [*classes, "nothing there"])
        axes.set(xlabel="best detection", ylabel="ground truth")
        for (row, column), count in np.ndenumerate(matrix):
            if count:
                color = "white" if shares[row, column] > 55 else "black"
                axes.text(
                    column, row, str(count), ha="center", va="center", fontsize=7, color=color
                )
        return _svg(figure)
