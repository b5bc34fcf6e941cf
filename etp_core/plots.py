"""Plots of results, drawn without a window: one style, and the charts that several reports have."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

Spread = tuple[float, float]  # mean and standard deviation

# Okabe and Ito's colours, which colour-blind people tell apart
COLORS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#666666")
_EQUAL: dict[Any, Any] = {"svg.hashsalt": "etp"}  # equal figures give equal files
STYLE: dict[Any, Any] = {
    **_EQUAL,
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e6e6e6",
    "axes.axisbelow": True,
}


def save_figure(figure: Figure, path: Path | io.BytesIO, kind: str) -> None:
    """Write a figure; equal figures give equal files. kind: svg or png."""
    with rc_context(_EQUAL):
        figure.savefig(path, format=kind, metadata={"Date": None} if kind == "svg" else None)


def svg(figure: Figure) -> str:
    """The figure as an element of a page; call it under rc_context(STYLE)."""
    text = io.StringIO()
    figure.savefig(text, format="svg", bbox_inches="tight", metadata={"Date": None})
    written = text.getvalue()
    return written[written.index("<svg") :]


def one_plot(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure of one plot, in inches."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()


def class_bars(series: Mapping[str, Mapping[str, Spread]], ylabel: str) -> str:
    """Table 2, Figures 5 and 6: a bar per class and series, with the deviation as a whisker.

    Values are percentages. The classes are those of the first series; one that another lacks is 0
    there.
    """
    names = list(next(iter(series.values())))
    with rc_context(STYLE):
        figure, axes = one_plot(max(5.6, 0.42 * len(names) * (1 + 0.35 * len(series))), 3.6)
        width = 0.8 / len(series)
        for i, (title, values) in enumerate(series.items()):
            at = np.arange(len(names)) + (i - (len(series) - 1) / 2) * width
            mean, deviation = np.array([values.get(name, (0.0, 0.0)) for name in names]).T
            bars = axes.bar(
                at, mean, width, yerr=_whiskers(mean, deviation), capsize=2,
                color=COLORS[i % len(COLORS)], label=title,
            )  # fmt: skip
            axes.bar_label(bars, fmt="%.0f", fontsize=7, padding=1)
        axes.set_xticks(range(len(names)), names, rotation=40, ha="right")
        axes.set(ylabel=ylabel, ylim=(0, None))
        axes.grid(axis="x", visible=False)
        if len(series) > 1:  # above: bars fill the plot
            axes.legend(frameon=False, ncols=len(series), loc="lower right", bbox_to_anchor=(1, 1))
        return svg(figure)


def lines(series: Mapping[str, Mapping[float, Spread]], xlabel: str, ylabel: str) -> str:
    """Figure 7: a line per series of percentages over the same x, the deviation as a whisker."""
    with rc_context(STYLE):
        figure, axes = one_plot(5.6, 3.4)
        for i, (title, values) in enumerate(series.items()):
            mean, deviation = np.array(list(values.values())).T
            # beside each other, so that whiskers do not hide one another
            aside = (i - (len(series) - 1) / 2) * 0.08 * min(np.diff([*values]), default=0)
            axes.errorbar(
                [x + aside for x in values], mean, yerr=_whiskers(mean, deviation), capsize=2,
                fmt="o-", ms=3,
                color=COLORS[i % len(COLORS)], label=title,
            )  # fmt: skip
        axes.set_xticks(sorted({x for values in series.values() for x in values}))
        axes.set(xlabel=xlabel, ylabel=ylabel, ylim=(0, None))
        if len(series) > 1:
            axes.legend(frameon=False, ncols=4, loc="lower right", bbox_to_anchor=(1, 1))
        return svg(figure)


def _whiskers(mean: np.ndarray, deviation: np.ndarray) -> np.ndarray | None:
    """How far whiskers go down and up, (2, N); a percentage ends at 0 and at 100."""
    if not deviation.any():
        return None
    return np.stack([np.minimum(deviation, mean), np.minimum(deviation, 100 - mean)]).clip(min=0)
