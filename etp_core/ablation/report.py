"""The report of an ablation: one HTML file with its tables, plots, commands and seeds in it."""

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from etp_core.ablation.rows import FULL, Row
from etp_core.evolution import STAGES
from etp_core.pages import write_page
from etp_core.plots import Spread, class_bars, lines

Results = Mapping[tuple[str, int], Mapping[str, Any]]
_AT = "0.5"  # the tIoU of per-class tables and of boundary errors


def write_report(
    path: Path,
    rows: Sequence[Row],
    seeds: Sequence[int],
    results: Results,
    about: Mapping[str, str],
    command: Callable[[Row, int], str],
) -> None:
    """Write the report of the rows that were run.

    about: lines for its head; command: what repeats one run, for a shell.
    """
    by_name = {row.name: row for row in rows}
    table = _Table(seeds, results)
    tuned = any(row.config.features.finetune.enabled for row in rows)
    content = {
        "about": about,
        "seeds": seeds,
        "rows": rows,
        "tious": table.tious,
        "protocols": _protocols(table) if FULL in by_name else [],
        "stages": _stages(table) if FULL in by_name else [],
        "classes": table.per_class(FULL).items() if FULL in by_name else [],
        "at_half": table.means(FULL)[table.tious.index(_AT)] if FULL in by_name else None,
        "modalities": [
            (row.title, table.means(row.name)) for row in rows if "Table 3" in row.where
        ],
        "tuned": tuned,
        "timed": (["backbone"] if tuned else []) + list(STAGES),
        "everything": [(row, table.means(row.name), table.boundaries(row.name)) for row in rows],
        "singly": [
            (row, seed, table.single(row.name, seed), results[row.name, seed]["seconds"])
            for row in rows
            for seed in seeds
        ],
        "commands": [(row, seed, command(row, seed)) for row in rows for seed in seeds],
        "figures": _figures(rows, table),
    }
    write_page(Path(__file__).with_name("report.html.j2"), content, path)


class _Table:
    """Means and deviations over the seeds."""

    def __init__(self, seeds: Sequence[int], results: Results) -> None:
        self._seeds, self._results = seeds, results
        first = next(iter(results.values()))
        self.tious = list(first["protocols"]["thumos14"]["mAP"])

    def spread(self, row: str, value: Callable[[Mapping[str, Any]], float | None]) -> Spread | None:
        values = [value(self._results[row, seed]) for seed in self._seeds]
        known = [v for v in values if v is not None]
        if len(known) == 1 < len(values):
            return known[0], math.nan  # of one seed alone nothing is known of the others
        return spread_of(known) if known else None

    def means(self, row: str, protocol: str = "thumos14") -> list[Spread | None]:
        """mAP at every tIoU."""
        return [self.spread(row, lambda r, t=t: r["protocols"][protocol]["mAP"][t])  # type: ignore[misc]
                for t in self.tious]  # fmt: skip

    def single(self, row: str, seed: int) -> list[float]:
        return list(self._results[row, seed]["protocols"]["thumos14"]["mAP"].values())

    def per_class(self, row: str) -> dict[str, Spread]:
        """AP at tIoU 0.5 of every class."""
        first = self._results[row, self._seeds[0]]["protocols"]["thumos14"]["AP"][_AT]
        return {
            name: spread_of(
                [
                    self._results[row, s]["protocols"]["thumos14"]["AP"][_AT][name]
                    for s in self._seeds
                ]
            )
            for name in first
        }

    def boundaries(self, row: str, stage: str = "localization") -> tuple[Spread | None, ...]:
        """Mean absolute errors of start and end, seconds."""

        def error(which: str) -> Spread | None:
            return self.spread(row, lambda r: r["stages"][stage]["boundary_error"][which])

        return error("start_s"), error("end_s")

    def stages_of(self, row: str) -> list[str]:
        return list(self._results[row, self._seeds[0]]["stages"])

    def stage_means(self, row: str, stage: str) -> list[Spread | None]:
        return [self.spread(row, lambda r, t=t: r["stages"][stage]["mAP"][t])  # type: ignore[misc]
                for t in self.tious]  # fmt: skip


def spread_of(values: Sequence[float]) -> Spread:
    """Mean and sample standard deviation (0 of a single value)."""
    return statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else 0.0


def _protocols(table: _Table) -> list[tuple[str, list[Spread | None]]]:
    return [(protocol, table.means(FULL, protocol)) for protocol in ("thumos14", "activitynet")]


def _stages(table: _Table) -> list[tuple[str, list[Spread | None], tuple[Spread | None, ...]]]:
    return [
        (stage, table.stage_means(FULL, stage), table.boundaries(FULL, stage))
        for stage in table.stages_of(FULL)
    ]


def _figures(rows: Sequence[Row], table: _Table) -> list[tuple[str, str, Markup]]:
    """Title, caption and SVG of each figure that has all its rows."""
    names = {row.name for row in rows}
    drawn: list[tuple[str, str, str]] = []
    for name, number, what, kept in (
        ("unrefined", 5, "with and without the Refinement Network", "with"),
        ("stpf", 6, "by features: structured temporal (STPF) or non-local pyramid (NLPF)", "NLPF"),
    ):
        if {FULL, name} <= names:
            other = "without" if name == "unrefined" else "STPF"
            series = {kept: table.per_class(FULL), other: table.per_class(name)}
            caption = f"Per-class AP at tIoU 0.5 {what}."
            drawn.append((f"Figure {number}", caption, class_bars(series, "AP at tIoU 0.5, %")))
    units = [row for row in rows if row.name.startswith("unit-")]
    if units:
        by_unit = {
            row.title: {
                float(t): s for t, s in zip(table.tious, table.means(row.name), strict=True) if s
            }
            for row in units
        }
        figure = lines(by_unit, "tIoU", "mAP, %")
        drawn.append(("Figure 7", "mAP by the length of a video unit in refinement.", figure))
    return [(title, caption, Markup(picture)) for title, caption, picture in drawn]
