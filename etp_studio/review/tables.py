"""The segments of the current video as table models: ground truth, and detections."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QFont, QFontDatabase

from etp_core.project import Label, StoredSegment
from etp_core.timeline import cut_at, tiou
from etp_studio.icons import swatch
from etp_studio.playback.position import clock_text
from etp_studio.session import Detection

SORT_ROLE = Qt.ItemDataRole.UserRole
KEY_ROLE = Qt.ItemDataRole.UserRole + 1
_NUMBER = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class Row:
    """One line of a table: the key it is selected by, its cells, what they sort by, its colour."""

    key: int
    cells: tuple[str, ...]
    order: tuple[Any, ...]
    color: str = ""
    tip: str = ""


class SegmentModel(QAbstractTableModel):
    """Rows made elsewhere, shown; the first column is text, the others are numbers or text."""

    def __init__(self, headers: tuple[str, ...], tips: tuple[str, ...]) -> None:
        super().__init__()
        self._headers, self._tips = headers, tips
        self._rows: list[Row] = []
        self._digits: QFont = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        self._digits.setPointSizeF(QFont().pointSizeF())

    def set_rows(self, rows: list[Row]) -> None:
        """Show other rows; rows that keep their number and keys keep selection and scrolling."""
        same = [row.key for row in rows] == [row.key for row in self._rows]
        if same and rows:
            self._rows = rows
            self.dataChanged.emit(
                self.index(0, 0), self.index(len(rows) - 1, len(self._headers) - 1)
            )
            return
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def row_of(self, key: int | None) -> int:
        """The row with that key, or -1."""
        return next((i for i, row in enumerate(self._rows) if row.key == key), -1)

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._headers)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._headers[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tips[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            return left if section == 0 else _NUMBER
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = self._rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return row.cells[column]
        if role == SORT_ROLE:
            return row.order[column]
        if role == KEY_ROLE:
            return row.key
        if role == Qt.ItemDataRole.DecorationRole and column == 0 and row.color:
            return swatch(row.color)
        if role == Qt.ItemDataRole.TextAlignmentRole and column > 0:
            return _NUMBER
        if role == Qt.ItemDataRole.FontRole and column > 0:
            return self._digits
        if role == Qt.ItemDataRole.ToolTipRole:
            return row.tip or None
        return None


TRUTH_HEADERS = ("Label", "Start", "End", "Frames")
TRUTH_TIPS = (
    "Label of the segment",
    "First moment inside",
    "First moment outside",
    "Number of frames inside",
)
DETECTION_HEADERS = ("Label", "Start", "End", "Score", "tIoU")
DETECTION_TIPS = (
    "Class of the detection",
    "First moment inside",
    "First moment outside",
    "Score of the Localization Network",
    "Best overlap with a segment of ground truth of the same label",
)


def truth_rows(
    segments: list[StoredSegment], labels: list[Label], cuts: NDArray[np.float64] | None
) -> list[Row]:
    """Rows of ground truth; cuts (n + 1,) seconds give the numbers of frames."""
    by_id = {label.id: label for label in labels}
    rows = []
    for segment in segments:
        label = by_id[segment.label_id]
        tip = f"{label.name}, {segment.source} by {segment.annotator}"
        frames: int | None = None
        if cuts is not None:
            first, last = cut_at(cuts, segment.start), cut_at(cuts, segment.end)
            frames = last - first
            tip += f"\nframes {first} to {last - 1}"
        times = (clock_text(segment.start), clock_text(segment.end))
        count = "" if frames is None else str(frames)
        order = (label.name, segment.start, segment.end, segment.end - segment.start)
        rows.append(Row(segment.id, (label.name, *times, count), order, label.color, tip))
    return rows


def detection_rows(
    detections: list[Detection], segments: list[StoredSegment], labels: list[Label]
) -> list[Row]:
    """Rows of detections, each with its best overlap with ground truth of its label."""
    by_name = {label.name: label for label in labels}
    best = np.zeros(len(detections))
    for name in {found.label for found in detections} & by_name.keys():
        mine = [i for i, found in enumerate(detections) if found.label == name]
        truth = [(s.start, s.end) for s in segments if s.label_id == by_name[name].id]
        if truth:
            own = [(detections[i].start, detections[i].end) for i in mine]
            best[mine] = tiou(own, truth).max(axis=1)
    rows = []
    for found, overlap in zip(detections, best.tolist(), strict=True):
        cells = (
            found.label,
            clock_text(found.start),
            clock_text(found.end),
            f"{found.score:.3f}",
            f"{overlap:.2f}" if overlap else "–",
        )
        order = (found.label, found.start, found.end, found.score, overlap)
        label = by_name.get(found.label)
        tip = f"{found.label}, score {found.score:.4f}, completeness {found.completeness:.4f}"
        rows.append(Row(found.row, cells, order, label.color if label else "", tip))
    return rows
