"""How far every two annotators agree on the same videos, a row a pair."""

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Qt

from etp_core.evaluation import Agreement
from etp_studio.review.segments import SegmentTable
from etp_studio.review.tables import Column, Row
from etp_studio.texts import later, tr


def percent(rate: float) -> str:
    """A rate in [0, 1] as it stands in a table."""
    return f"{100 * rate:.1f}"


def number(value: float) -> str:
    """A number as it stands in a table; NaN is not known."""
    return "–" if math.isnan(value) else f"{value:.2f}"


_COLUMNS = (
    Column(later("Annotators"), later("Two who have annotated the same videos"), str),
    Column(
        "F1",
        later("Segments that both have, in percent, at the tIoU above"),
        percent,
        "100.0",
    ),
    Column(
        "κ",
        later("Cohen's kappa: agreement frame by frame, beyond that of chance"),
        number,
        "0.00 ",
    ),
    Column(
        later("Start"), later("Mean absolute difference of starts, in seconds"), number, "Start "
    ),
    Column(later("End"), later("Mean absolute difference of ends, in seconds"), number, "End  "),
)


class AgreementTable(SegmentTable):
    """F1, kappa and boundary differences; the tooltip of a row has the kappa of each label."""

    def __init__(self) -> None:
        super().__init__(tr("Agreement of annotators"), _COLUMNS, "")
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)

    def show_agreements(self, pairs: Sequence[Agreement]) -> None:
        """Show other pairs, measured at one tIoU."""
        self.set_rows([_row(place, pair) for place, pair in enumerate(pairs)], None)


def _row(place: int, pair: Agreement) -> Row:
    off = np.abs(pair.differences).mean(axis=0) if len(pair.differences) else (math.nan, math.nan)
    values = (f"{pair.first} – {pair.second}", pair.f1[0], pair.kappa, float(off[0]), float(off[1]))
    counts = tr("{} and {} segments, {} in common").format(*pair.counts, pair.matched[0])
    kappas = [f"{name}: κ {number(kappa)}" for name, kappa in pair.kappas.items()]
    return Row(place, values, "", "\n".join([counts, *kappas]))
