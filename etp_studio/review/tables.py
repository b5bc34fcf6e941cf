"""The segments of the current video as table models: ground truth, and detections.

Rows hold numbers; text is made of them only where a cell is painted, so that thousands of rows can
change with every edit.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QFont, QFontDatabase

from etp_core.evaluation.matching import overlapping
from etp_core.project import Detection, Label, StoredSegment
from etp_core.timeline import nearest_cuts
from etp_studio.icons import swatch
from etp_studio.playback.position import clock_text
from etp_studio.texts import later, tr

KEY_ROLE = Qt.ItemDataRole.UserRole
BELOW_ROLE = Qt.ItemDataRole.UserRole + 1
_NUMBER = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_Index = QModelIndex | QPersistentModelIndex
Thing = TypeVar("Thing")
_FEW = 100  # rows that differ, up to which views are told of each
NAME, FEW = 26, 20  # characters of a name, its swatch among them: what is good, and what must do


@dataclass(frozen=True)
class Column:
    """One column: its title, what it means, how a value is written, a text it has room for.

    falling: the first click sorts the highest to the top, for that is what is looked for.
    less: it goes where names that need it would not have room for so many characters; 0: it stays.
    """

    title: str
    tip: str
    write: Callable[[Any], str]
    widest: str = ""
    falling: bool = False
    less: int = 0


class Row(NamedTuple):
    """One line: the key it is selected by, a value per column, its colour, what a tooltip adds.

    tip: a text, or a function and its arguments that make one. below: what a table of two lines a
    row says below the first values.
    """

    key: int
    values: tuple[Any, ...]
    color: str = ""
    tip: str | tuple[Any, ...] = ""
    below: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """The text of the tooltip."""
        if isinstance(self.tip, str):
            return self.tip
        make, *arguments = self.tip
        return str(make(*arguments))


class Kept(Generic[Thing]):
    """Rows of things, such that those of the very same things need not be made again."""

    def __init__(self, make: Callable[..., list[Row]]) -> None:
        """make(things, *others): a row of each thing; `others` is what rows depend on besides."""
        self._make = make
        self._others: tuple[Any, ...] = ()
        self._things: Sequence[Thing] = ()  # as long as they are here, no other has their identity
        self._rows: dict[int, Row] = {}  # by the identity of the thing

    def of(self, things: Sequence[Thing], *others: Any) -> list[Row]:
        """A row of each; all are made anew where `others` are not the same, or equal dicts."""
        if len(others) != len(self._others) or not all(map(_same, others, self._others)):
            self._rows = {}
        self._others = others
        keys = list(map(id, things))
        new = [thing for key, thing in zip(keys, things, strict=True) if key not in self._rows]
        if new:
            self._rows.update(zip(map(id, new), self._make(new, *others), strict=True))
        rows = [self._rows[key] for key in keys]
        self._rows, self._things = dict(zip(keys, rows, strict=True)), list(things)
        return rows


def _same(one: Any, other: Any) -> bool:
    return one is other or (type(one) is dict and bool(one == other))


class SegmentModel(QAbstractTableModel):
    """Rows made elsewhere, shown in the order of one column."""

    def __init__(self, columns: tuple[Column, ...]) -> None:
        super().__init__()
        self.columns = columns
        self._rows: list[Row] = []
        self._all: list[Row] = []
        self._sought = ""
        self._texts: list[str] | None = None  # of all rows, where something was sought in them
        self._order = (1, Qt.SortOrder.AscendingOrder)
        self.digits: QFont = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        self.digits.setPointSizeF(QFont().pointSizeF())

    @property
    def keys(self) -> list[int]:
        """The keys of the rows in the order in which they are shown."""
        return [row.key for row in self._rows]

    def set_rows(self, rows: list[Row]) -> None:
        """Show other rows; where keys and order stay the same only what differs is drawn."""
        if rows is not self._all:
            self._all, self._texts = rows, None
        rows = self._sorted(self._found() if self._sought else rows)
        before, self._rows = self._rows, rows
        if [row.key for row in rows] != [row.key for row in before]:
            self.beginResetModel()
            self.endResetModel()
            return
        pairs = enumerate(zip(before, rows, strict=True))
        others = [i for i, (old, new) in pairs if old is not new and old != new]
        if len(others) > _FEW:
            ends = self.index(others[0], 0), self.index(others[-1], len(self.columns) - 1)
            self.dataChanged.emit(*ends)
            return
        for i in others:
            self.dataChanged.emit(self.index(i, 0), self.index(i, len(self.columns) - 1))

    def set_sought(self, text: str) -> None:
        """Show only the rows that hold the text (in any case) in label or tooltip."""
        self._sought = text.strip().casefold()
        self.set_rows(self._all)

    def _found(self) -> list[Row]:
        """The rows that hold the text that is sought."""
        if self._texts is None:
            self._texts = [f"{row.values[0]}\n{row.told}".casefold() for row in self._all]
        pairs = zip(self._all, self._texts, strict=True)
        return [row for row, text in pairs if self._sought in text]

    def row_of(self, key: int | None) -> int:
        """The row with that key, or -1."""
        return next((i for i, row in enumerate(self._rows) if row.key == key), -1)

    def rows_of(self, keys: frozenset[int]) -> list[int]:
        """The rows with those keys, from the top."""
        return [i for i, row in enumerate(self._rows) if row.key in keys]

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._order = (column, order)
        self.beginResetModel()
        self._rows = self._sorted(self._rows)
        self.endResetModel()

    def _sorted(self, rows: list[Row]) -> list[Row]:
        column, order = self._order
        if column < 0:  # as they came
            return list(rows)
        backwards = order is Qt.SortOrder.DescendingOrder
        return sorted(rows, key=lambda row: row.values[column], reverse=backwards)

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return tr(self.columns[section].title)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tr(self.columns[section].tip)
        if role == Qt.ItemDataRole.InitialSortOrderRole and self.columns[section].falling:
            return Qt.SortOrder.DescendingOrder.value
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _LEFT if section == 0 else _NUMBER
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = self._rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self.columns[column].write(row.values[column])
        if role == KEY_ROLE:
            return row.key
        if role == BELOW_ROLE:
            return row.below[column] if column < len(row.below) else ""
        if role == Qt.ItemDataRole.DecorationRole and column == 0 and row.color:
            return swatch(row.color)
        if role == Qt.ItemDataRole.TextAlignmentRole and column > 0:
            return _NUMBER
        if role == Qt.ItemDataRole.FontRole and column > 0:
            return self.digits
        if role == Qt.ItemDataRole.ToolTipRole:
            return row.told or None
        if role == Qt.ItemDataRole.AccessibleTextRole and column < len(row.below):
            return f"{self.columns[column].write(row.values[column])}, {row.below[column]}"
        return None


TRUTH_COLUMNS = (
    Column(later("Label"), later("Label of the segment"), str),
    Column(later("Start"), later("First moment inside"), clock_text, "0:00.000"),
    Column(later("End"), later("First moment outside"), clock_text, "0:00.000", less=FEW),
    Column(
        later("Frames"),
        later("Number of frames inside"),
        lambda n: str(n) if n >= 0 else "",
        "Frames",
        less=NAME,
    ),
)
DETECTION_COLUMNS = (
    Column(later("Label"), later("Class of the detection"), str),
    Column(later("Start"), later("First moment inside"), clock_text, "0:00.000"),
    Column(later("End"), later("First moment outside"), clock_text, "0:00.000"),
    Column(
        later("Score"),
        later("Score of the Localization Network"),
        "{:.3f}".format,
        "Score ",
        falling=True,
    ),
    Column(
        later("tIoU"),
        later("Best overlap with a segment of ground truth of the same label"),
        lambda overlap: f"{overlap:.2f}" if overlap else "–",
        "tIoU ",
        less=NAME,
    ),
)


def truth_rows(
    segments: list[StoredSegment],
    labels: list[Label],
    cuts: NDArray[np.float64] | None,
    several: bool = False,
) -> list[Row]:
    """Rows of ground truth; cuts (n + 1,) seconds give the numbers of frames.

    several: more than one person has annotated the video, so that rows say whose they are.
    """
    by_id = {label.id: label for label in labels}
    frames = np.full((len(segments), 2), [0, -1])
    if cuts is not None and segments:
        bounds = np.array([(segment.start, segment.end) for segment in segments])
        frames = nearest_cuts(cuts, bounds)
    rows = []
    for segment, (first, last) in zip(segments, frames.tolist(), strict=True):
        label = by_id[segment.label_id]
        name = f"{label.name} ?" if segment.unsure else label.name
        name = f"{name} · {segment.annotator}" if several else name
        values = (name, segment.start, segment.end, last - first)
        tip = (_truth_tip, label.name, segment, first, last)
        rows.append(Row(segment.id, values, label.color, tip))
    return rows


def _truth_tip(name: str, segment: StoredSegment, first: int, last: int) -> str:
    tip = tr("{}, {}, by {}").format(name, segment.source, segment.annotator)
    tip += f"\n{clock_text(segment.start)} – {clock_text(segment.end)}"
    if last >= 0:
        tip += "\n" + tr("frames {} to {}").format(first, last - 1)
        tip += ", " + tr("%n frame(s)", "", last - first)
    if segment.unsure:
        tip += "\n" + tr("{} is unsure of it").format(segment.last_by)
    return tip


def best_overlaps(
    detections: list[Detection], segments: list[StoredSegment], labels: list[Label]
) -> NDArray[np.float64]:
    """The highest tIoU (N,) of each detection with a segment of its label; 0: there is none."""
    numbers = {label.name: label.id for label in labels}
    found = np.array([(d.start, d.end) for d in detections]).reshape(-1, 2)
    truth = np.array([(s.start, s.end) for s in segments]).reshape(-1, 2)
    of_found = np.array([numbers.get(d.label, -1) for d in detections], np.int64)
    of_truth = np.array([s.label_id for s in segments], np.int64)
    pairs = overlapping(found, of_found, truth, of_truth)
    best = np.zeros(len(detections))
    np.maximum.at(best, pairs.a, pairs.tiou)
    return best


def detection_rows(
    detections: list[Detection], segments: list[StoredSegment], labels: list[Label]
) -> list[Row]:
    """Rows of detections, each with its best overlap with ground truth of its label."""
    colors = {label.name: label.color for label in labels}
    overlaps = best_overlaps(detections, segments, labels).tolist()
    return [
        Row(
            found.row,
            (found.label, found.start, found.end, found.score, overlap),
            colors.get(found.label, ""),
            (_detection_tip, found, overlap),
        )
        for found, overlap in zip(detections, overlaps, strict=True)
    ]


def _detection_tip(found: Detection, overlap: float) -> str:
    tip = tr("{}, score {:.4f}, completeness {:.4f}")
    tip = tip.format(found.label, found.score, found.completeness)
    return tip + (tr(", tIoU {:.2f}").format(overlap) if overlap else "")
