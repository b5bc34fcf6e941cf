"""The report's plots, as SVG for the page; matplotlib is imported with this module only."""

from collections.abc import Sequence

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from etp_core.evaluation.diagnosis import ERRORS, Diagnosis, Kind
from etp_core.evaluation.precision import Curve
from etp_core.evaluation.result import Evaluation
from etp_core.plots import COLORS, STYLE, class_bars, lines, one_plot, svg
from etp_core.timeline import Floats, Ints

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


def sensitivity(results: Sequence[tuple[str, Evaluation]]) -> str:
    """mAP over tIoU, a line each."""
    series = {
        name: {
            float(tiou): (100 * float(mean), 0.0)
            for tiou, mean in zip(result.tious, result.mean_average_precision, strict=True)
        }
        for name, result in results
    }
    return lines(series, "tIoU", "mAP (%)")


def ap_of_classes(results: Sequence[tuple[str, Evaluation]], tiou: float) -> str:
    """AP of each class, and the mean, at one tIoU (Table 2 and Figure 5 of the paper)."""
    series = {}
    for name, result in results:
        level = result.level(tiou)
        known = zip(result.classes, result.average_precision[:, level].tolist(), strict=True)
        values = {label: (100 * precision, 0.0) for label, precision in known}
        values["mean"] = (100 * float(result.mean_average_precision[level]), 0.0)
        series[name] = values
    return class_bars(series, f"AP at tIoU {tiou:g} (%)")


def precision_recall(result: Evaluation, tiou: float) -> str:
    """A small plot for each class, and all classes together at several tIoU."""
    names = ["all classes", *result.classes]
    columns = min(5, len(names))
    rows = -(-len(names) // columns)
    with rc_context(STYLE):
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
        return svg(figure)


def _thinned(curve: Curve) -> tuple[Floats, Floats]:
    """Recall and precision at the true positives, no more than are seen."""
    at = np.flatnonzero(np.diff(curve.recall, prepend=0.0) > 0)
    if len(at) > _POINTS:
        at = at[np.linspace(0, len(at) - 1, _POINTS).astype(int)]
    return np.append(0.0, curve.recall[at]), np.append(curve.precision[at[:1]], curve.precision[at])


def average_recall(results: Sequence[tuple[str, Evaluation]]) -> str:
    """AR@AN for AN = 1 ... 100."""
    with rc_context(STYLE):
        figure, axes = one_plot(5.6, 3.4)
        for (name, result), color in zip(results, COLORS, strict=False):
            counts = np.arange(1, len(result.recall_curve) + 1)
            text = f"{name} (area {100 * result.recall_area:.1f})"
            axes.plot(counts, 100 * result.recall_curve, color=color, label=text)
        axes.set(xlabel="AN: detections of each video", ylabel="AR (%)", ylim=(0, None))
        axes.legend(frameon=False, loc="lower right")
        return svg(figure)


def errors(diagnosis: Diagnosis) -> str:
    """What the best detections are, and the mAP that fixing each kind of error would add."""
    with rc_context(STYLE):
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
        return svg(figure)


def confusion_matrix(matrix: Ints, classes: Sequence[str]) -> str:
    """Rows: ground truth; columns: what it was detected as; each row in percent."""
    shares = 100 * matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    with rc_context({**STYLE, "axes.grid": False}):
        side = max(4.2, 0.36 * len(matrix) + 1.8)
        figure, axes = one_plot(side, side)
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
        return svg(figure)
