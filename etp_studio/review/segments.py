"""The segment table: ground truth and detections, sortable, selected together with the timeline."""

from itertools import pairwise

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QItemSelectionRange,
    QModelIndex,
    QPersistentModelIndex,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from etp_studio.actions import Action, way_to
from etp_studio.field import Field
from etp_studio.qactions import OWN_ROWS
from etp_studio.review.hint import paint_hint
from etp_studio.review.tables import (
    BELOW_ROLE,
    DETECTION_COLUMNS,
    KEY_ROLE,
    TRUTH_COLUMNS,
    Column,
    Row,
    SegmentModel,
)
from etp_studio.texts import later, tr
from etp_studio.theme import of_palette

_NO_TRUTH = later(
    "No segments yet. {} marks where one starts and {} where it ends, at the playhead."
)
_NOT_FOUND = later("None of this video has that text. Esc in the field below shows all again.")
_NO_DETECTIONS = later(
    "No detections. {} looks for actions in this video; a lower score shows more."
)


_AROUND = 16  # pixels beside the widest text of a column
_ANY = 10_000  # pixels: names may have any length
_INSET = 6  # pixels beside a cell's text


class _TwoLines(QStyledItemDelegate):
    """Draws a value and, fainter, what stands below it."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        half = option.rect.height() // 2
        whole = QStyleOptionViewItem(option)
        self.initStyleOption(whole, index)
        style = whole.widget.style()
        style.drawPrimitive(
            QStyle.PrimitiveElement.PE_PanelItemViewItem, whole, painter, whole.widget
        )
        upper = QStyleOptionViewItem(option)
        upper.rect = option.rect.adjusted(0, 2, 0, -half + 2)
        super().paint(painter, upper, index)
        first = index.column() == 0
        left = 2 * _INSET + option.decorationSize.width() + 4 if first else _INSET
        lower = option.rect.adjusted(left, half - 1, -_INSET, -3)
        painter.setPen(of_palette(option.palette).color("muted"))
        # of names of files both ends matter, of words the beginning
        cut = Qt.TextElideMode.ElideRight if first else Qt.TextElideMode.ElideMiddle
        text = option.fontMetrics.elidedText(index.data(BELOW_ROLE), cut, lower.width())
        side = Qt.AlignmentFlag.AlignLeft if first else Qt.AlignmentFlag.AlignRight
        painter.setFont(option.font)
        painter.drawText(lower, side | Qt.AlignmentFlag.AlignVCenter, text)


class SegmentTable(QTableView):
    """One sortable table; `chosen(key)` when a person picks a row, not when a program does."""

    chosen = Signal(object)  # key; it may be longer than an int of C++
    several = Signal(list)  # keys, the one picked last first
    activated_row = Signal(object)

    def __init__(
        self, name: str, columns: tuple[Column, ...], hint: str, keys: tuple[Action, ...] = ()
    ) -> None:
        """hint: what an empty table says, with a place for the way to each action of `keys`."""
        super().__init__()
        self._hint, self._hint_keys = hint, keys
        self._sought = False
        self.setAccessibleName(name)
        self.rows = SegmentModel(columns)
        self._quiet = False
        self.setModel(self.rows)
        self.setSortingEnabled(True)
        self.sortByColumn(1, Qt.SortOrder.AscendingOrder)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setTabKeyNavigation(False)
        self.setIconSize(QSize(10, 10))
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self._fit_columns([])
        self.selectionModel().selectionChanged.connect(self._picked)
        self.doubleClicked.connect(lambda index: self.activated_row.emit(index.data(KEY_ROLE)))

    def _fit_columns(self, rows: list[Row]) -> None:
        """Give a number's column what its largest needs, and all that is left to the first."""
        header = self.horizontalHeader()
        digits = QFontMetrics(self.rows.digits)
        names = {text for row in rows for text in (row.values[0], *row.below[:1])}
        most = self.fontMetrics().horizontalAdvance(max(names, key=len)) if names else _ANY
        self._longest = most + self.iconSize().width() + _AROUND
        self._wide = [0] * len(self.rows.columns)
        for section, column in enumerate(self.rows.columns[1:], 1):
            largest = column.write(max([row.values[section] for row in rows])) if rows else ""
            wide = max(map(digits.horizontalAdvance, (column.widest, largest)))
            self._wide[section] = wide + _AROUND
            header.resizeSection(section, self._wide[section])
        self._make_room()

    def _make_room(self) -> None:
        """Leave columns out, the last first, where names would have no room beside them."""
        header, columns = self.horizontalHeader(), self.rows.columns
        letter = self.fontMetrics().averageCharWidth()
        room = self.viewport().width()
        for section in range(1, len(columns)):
            if not columns[section].less:
                room -= self._wide[section]
        for section in range(1, len(columns)):
            if columns[section].less:
                room -= self._wide[section]
                wanted = min(letter * columns[section].less, self._longest)
                header.setSectionHidden(section, room < wanted)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    def use_two_lines(self) -> None:
        """Show what rows have `below` their values."""
        self.setItemDelegate(_TwoLines(self))
        height = 2 * self.fontMetrics().height() + 12
        self.verticalHeader().setDefaultSectionSize(height)

    def allow_several(self) -> None:
        """Let people select more than one row (Ctrl, Shift)."""
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)

    def set_rows(
        self, rows: list[Row], key: int | None, also: frozenset[int] = frozenset()
    ) -> None:
        """Show rows, the one with `key` selected, and others beside it."""
        self._quiet = True
        self.rows.set_rows(rows)
        self._fit_columns(rows)
        self._quiet = False
        self.show_selected(key, also)

    def set_sought(self, text: str) -> None:
        """Show only rows that hold the text, in their label or their tooltip."""
        key = self.currentIndex().data(KEY_ROLE)
        self._quiet = True
        self.rows.set_sought(text)
        self._quiet = False
        self._sought = bool(text)
        self.show_selected(key)

    def show_selected(self, key: int | None, also: frozenset[int] = frozenset()) -> None:
        """Select the row with that key, or none, and others beside it, without telling."""
        self._quiet = True
        row = self.rows.row_of(key)
        if row < 0:
            self.clearSelection()
            self.setCurrentIndex(QModelIndex())
        else:
            index = self.rows.index(row, 0)
            if row != self.currentIndex().row() or not self.selectionModel().isSelected(index):
                self.setCurrentIndex(index)
                self.scrollTo(index)
            if also or len(self.selectionModel().selectedRows()) > 1:
                self._select_rows(self.rows.rows_of(also | {key}))
        self._quiet = False

    def _select_rows(self, rows: list[int]) -> None:
        """Select rows, given from the top; those that follow one another as one range."""
        chosen = QItemSelection()
        last = len(self.rows.columns) - 1
        breaks = [i for i in range(1, len(rows)) if rows[i] != rows[i - 1] + 1]
        for first, behind in pairwise([0, *breaks, len(rows)]):
            ends = self.rows.index(rows[first], 0), self.rows.index(rows[behind - 1], last)
            chosen.append(QItemSelectionRange(*ends))
        self.selectionModel().select(chosen, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        hint = self._hint.format(*map(way_to, self._hint_keys))
        paint_hint(self, tr(_NOT_FOUND) if self._sought else hint)

    def _picked(self, selected: QItemSelection, _: QItemSelection) -> None:
        if self._quiet:
            return
        keys = [index.data(KEY_ROLE) for index in self.selectionModel().selectedRows()]
        if len(keys) == 1:
            self.chosen.emit(keys[0])
        elif keys:
            newest = selected.indexes()[-1].data(KEY_ROLE) if selected.indexes() else keys[0]
            self.several.emit(sorted(keys, key=lambda key: key != newest))


class SegmentPane(QWidget):
    """Ground truth and detections of the current video, a tab each."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.truth = SegmentTable(
            tr("Ground truth"), TRUTH_COLUMNS, tr(_NO_TRUTH), (Action.set_start, Action.set_end)
        )
        self.detections = SegmentTable(
            tr("Detections"), DETECTION_COLUMNS, tr(_NO_DETECTIONS), (Action.detect,)
        )
        self.detections.setProperty(OWN_ROWS, True)
        self.detections.setToolTip(tr("Double-click a detection to make it ground truth"))
        self.truth.allow_several()
        self.search = Field()
        self.search.setPlaceholderText(tr("Find label, source or annotator"))
        self.search.setAccessibleName(tr("Find segments"))
        self.search.setClearButtonEnabled(True)
        self.search.setToolTip(
            tr("Enter keeps what is found, Esc shows all again ({})").format(way_to(Action.find))
        )
        self.search.returnPressed.connect(self.search.clearFocus)
        self.search.textChanged.connect(self.truth.set_sought)
        self.search.textChanged.connect(self.detections.set_sought)
        self._tabs = QTabWidget()
        self._tabs.setDocumentMode(True)
        self._tabs.addTab(self.truth, tr("Ground truth"))
        self._tabs.addTab(self.detections, tr("Detections"))
        self._tabs.setUsesScrollButtons(False)
        self._tabs.setElideMode(Qt.TextElideMode.ElideRight)
        self._tabs.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMinimumWidth(260)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._tabs)
        below = QVBoxLayout()
        below.setContentsMargins(6, 0, 6, 6)
        below.addWidget(self.search)
        layout.addLayout(below)

    def set_truth(
        self, rows: list[Row], key: int | None, also: frozenset[int] = frozenset()
    ) -> None:
        """Show the segments of ground truth, those selected."""
        self.truth.set_rows(rows, key, also)
        self._name_tab(0, tr("Ground truth ({})").format(len(rows)))

    def set_detections(self, rows: list[Row], key: int | None) -> None:
        """Show the detections."""
        self.detections.set_rows(rows, key)
        self._name_tab(1, tr("Detections ({})").format(len(rows)))

    def _name_tab(self, tab: int, name: str) -> None:
        if self._tabs.tabText(tab) != name:  # or all panes were laid out and painted again
            self._tabs.setTabText(tab, name)

    def show_truth(self) -> None:
        """Bring ground truth to the front."""
        self._tabs.setCurrentWidget(self.truth)

    def show_detections(self) -> None:
        """Bring the detections to the front."""
        self._tabs.setCurrentWidget(self.detections)

    def sizeHint(self) -> QSize:
        return QSize(340, 300)
