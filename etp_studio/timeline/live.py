"""Algorithm 1 by hand: the proposals of the curves at one threshold, while it moves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from etp_core.evolution import ProposalList
from etp_studio.background import Background
from etp_studio.timeline.curve_data import CurveData

if TYPE_CHECKING:
    from etp_core.actionness.initial import InitialProposals

MOST = 6_000_000  # scores of all curves at all frames; of more, only the curves that are drawn
START = 0.5


@dataclass(frozen=True)
class _Question:
    """The curves to propose from: rows of the scores, the last one class-agnostic."""

    times: NDArray[np.float64]
    curves: NDArray[np.float32]
    rows: tuple[int, ...]
    cuts: NDArray[np.float64]
    recipe: dict[str, Any]

    def prepare(self) -> "InitialProposals":
        from etp_core.actionness.initial import InitialProposals, Recipe  # brings scipy along

        recipe = Recipe.model_validate(self.recipe)
        return InitialProposals(self.times, self.curves, self.cuts, recipe)


class Live(QObject):
    """Proposals of Algorithm 1 at `threshold`, with the other settings that the run had.

    What does not depend on the threshold is prepared in the background; without one, at once.
    """

    changed = Signal()

    def __init__(self, background: Background | None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self.threshold = START
        self.found = ProposalList.empty()
        self.labels: NDArray[np.int64] = np.zeros(0, np.int64)  # rows of the curves, -1: any action
        self._prepared: InitialProposals | None = None
        self._asked: _Question | None = None
        self._rows: tuple[int, ...] = ()

    @property
    def ready(self) -> bool:
        """Whether there is something to propose from."""
        return self._prepared is not None

    def set_curves(
        self,
        data: CurveData,
        cuts: NDArray[np.float64],
        recipe: dict[str, Any],
        drawn: Sequence[int],
        unread: Sequence[tuple[float, float]] = (),
    ) -> None:
        """Propose from other curves; `drawn` are the rows that are on screen, the last agnostic.

        unread: spans in seconds whose curves are still to come; no proposal reaches into them.
        """
        every = range(data.rows)
        rows = tuple(every if data.rows * len(cuts) <= MOST else drawn)
        self._prepared = None
        self._asked = None
        if len(data.times) == 0:
            self._show(ProposalList.empty(), ())
            return
        curves = np.stack([data.row(k) for k in rows])
        ends = np.array([(a + data.step, b - data.step) for a, b in unread]).ravel()
        order = np.argsort(np.concatenate([data.times, ends]), kind="stable")
        times = np.concatenate([data.times, ends])[order]
        curves = np.pad(curves, ((0, 0), (0, len(ends))))[:, order]
        question = _Question(times, curves, rows, cuts, recipe)
        self._asked = question
        if self._background is None:
            self._answer(question, question.prepare())
        else:
            self._background.run(
                question.prepare,
                lambda made: self._answer(question, made),
                lambda _: None,  # curves that cannot be read propose nothing
                key="algorithm 1",
            )

    def set_threshold(self, threshold: float) -> None:
        """Propose at another threshold in [0, 1]."""
        threshold = min(max(threshold, 0.0), 1.0)
        if threshold != self.threshold:
            self.threshold = threshold
            self._propose()

    def _answer(self, question: _Question, made: "InitialProposals") -> None:
        if question is self._asked:
            self._prepared, self._rows = made, question.rows
            self._propose()

    def _propose(self) -> None:
        if self._prepared is None:
            self.changed.emit()
            return
        found = self._prepared.propose(self.threshold)
        kept = found.kept
        self._show(
            ProposalList.of(found.segments[kept], found.scores[kept], found.labels[kept]),
            self._rows,
        )

    def _show(self, found: ProposalList, rows: Sequence[int]) -> None:
        self.found = found
        table = np.array([*rows[:-1], -1], np.int64)  # the label -1 reads the last
        self.labels = table[found.labels] if len(found) else np.zeros(0, np.int64)
        self.changed.emit()
