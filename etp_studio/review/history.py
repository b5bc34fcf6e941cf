"""The history pane: every edit, who did it and when, what it changed, and ways back."""

from datetime import datetime
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSplitter,
    QTableView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from etp_core.errors import EtpError
from etp_core.project import Alteration, HistoryRow
from etp_studio.background import Background
from etp_studio.qactions import OWN_ROWS
from etp_studio.session import Session
from etp_studio.texts import later, tr

_NEWEST = 5000  # steps that are listed
_ROWS = 200  # of what a step changed
_LARGE = 100_000  # bytes of a step from which it is read in the background
_Index = QModelIndex | QPersistentModelIndex
_TITLES = (later("When"), later("Who"), later("What"))


class HistoryModel(QAbstractTableModel):
    """The steps of the history, the newest first."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[HistoryRow] = []

    def set_steps(self, steps: list[HistoryRow]) -> None:
        """Show these steps, given oldest first."""
        self.beginResetModel()
        self.steps = steps[::-1]
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.steps)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(_TITLES)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return tr(_TITLES[section])
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        step = self.steps[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            title = tr("{} (undone)").format(step.title) if step.undone else step.title
            return (local_time(step.time), step.author, title)[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{step.title}\n{local_time(step.time, full=True)}, {step.author}"
        if role == Qt.ItemDataRole.FontRole and step.undone:
            font = QFont()
            font.setStrikeOut(True)
            return font
        return None


def local_time(text: str, full: bool = False) -> str:
    """A time of the history in the local zone; today without the date unless it is to be full."""
    try:
        time = datetime.fromisoformat(text).astimezone()
    except ValueError:
        return text
    today = time.date() == datetime.now().astimezone().date()
    return time.strftime("%H:%M:%S" if today and not full else "%Y-%m-%d %H:%M:%S")


class HistoryPane(QWidget):
    """Lists the history of the session's project; read only while it is on screen."""

    def __init__(
        self, session: Session, background: Background, parent: QWidget | None = None
    ) -> None:
        """background: where large steps, such as imports, are read."""
        super().__init__(parent)
        self._session, self._background = session, background
        self._stale = True
        self.model = HistoryModel()
        self.table = QTableView()
        self.table.setAccessibleName(tr("Steps of the history"))
        self.table.setModel(self.model)
        self.table.setProperty(OWN_ROWS, True)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setShowGrid(False)
        self.table.setAlternatingRowColors(True)
        self.table.setWordWrap(False)
        self.table.setTabKeyNavigation(False)
        header = self.table.horizontalHeader()
        header.setHighlightSections(False)
        header.setStretchLastSection(True)
        for column in (0, 1):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        self.changes = QTableWidget(0, 3)
        self.changes.setAccessibleName(tr("What the step changed"))
        self.changes.setProperty(OWN_ROWS, True)
        self.changes.setHorizontalHeaderLabels([tr("What"), tr("Before"), tr("After")])
        self.changes.setWordWrap(False)
        self.changes.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        self.changes.horizontalHeader().setStretchLastSection(True)
        self.changes.horizontalHeader().setHighlightSections(False)
        self.changes.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        self.changes.verticalHeader().hide()
        self.changes.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.changes.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.changes.setShowGrid(False)
        self.changes.setTabKeyNavigation(False)
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.note.setObjectName("muted")
        self.take_back = QPushButton(tr("Take back"))
        self.take_back.setToolTip(tr("Take back this edit alone; what was done after it stays"))
        self.go_back = QPushButton(tr("Go back to here"))
        self.go_back.setToolTip(tr("Bring back the state after this step; Undo takes it back"))
        lower = QWidget()
        column = QVBoxLayout(lower)
        column.setContentsMargins(6, 4, 6, 6)
        column.addWidget(self.changes, 1)
        column.addWidget(self.note)
        row = QHBoxLayout()
        row.addWidget(self.take_back)
        row.addWidget(self.go_back)
        row.addStretch(1)
        column.addLayout(row)
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.addWidget(self.table)
        splitter.addWidget(lower)
        splitter.setChildrenCollapsible(False)
        splitter.setStretchFactor(0, 3)
        splitter.setStretchFactor(1, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(splitter)
        self._shown: list[Alteration] = []
        self._seen = False
        self.table.selectionModel().currentRowChanged.connect(lambda *_: self._show_step())
        self.changes.cellClicked.connect(lambda row, _: self._go_to(self._shown[row]))
        self.take_back.clicked.connect(self._take_back)
        self.go_back.clicked.connect(self._go_back)
        session.history_changed.connect(self._history_changed)
        self._show_step()

    @property
    def step(self) -> HistoryRow | None:
        """The step that is chosen."""
        row = self.table.currentIndex().row()
        return self.model.steps[row] if 0 <= row < len(self.model.steps) else None

    def choose(self, step_id: int) -> None:
        """Choose a step by its id."""
        for row, step in enumerate(self.model.steps):
            if step.id == step_id:
                self.table.selectRow(row)

    def set_seen(self, seen: bool) -> None:
        """Whether the pane is in front: only then is the history read."""
        self._seen = seen
        if seen:
            self._read()

    def _history_changed(self) -> None:
        self._stale = True
        if self._seen:
            self._read()

    def _read(self) -> None:
        if not self._stale:
            return
        self._stale = False
        project = self._session.project
        chosen = self.step
        newest = self.model.steps[0].id if self.model.steps else None
        self.model.set_steps(project.history(_NEWEST) if project else [])
        if chosen is not None and chosen.id != newest:
            self.choose(chosen.id)
        if self.step is None and self.model.steps:
            self.table.selectRow(0)
        self._show_step()

    def _show_step(self) -> None:
        project, step = self._session.project, self.step
        if project is None or step is None:
            self._tell([], 0, tr("Every edit of the project is listed here."))
            return
        if project.step_size(step.id) > _LARGE:

            def show(found: tuple[list[Alteration], int]) -> None:
                if self._session.project is project and self.step == step:
                    self._tell(*found)

            def fail(line: str) -> None:
                self._tell([], 0, line)

            self._tell([], 0, tr("Reading …"))
            self._background.run(
                lambda: project.alterations(step.id, _ROWS), show, fail, key="history"
            )
            return
        try:
            self._tell(*project.alterations(step.id, _ROWS))
        except EtpError as error:
            self._tell([], 0, str(error).removeprefix(f"{project.path}: "))

    def _tell(self, shown: list[Alteration], count: int, words: str = "") -> None:
        """Show what a step changed, of `count` rows, or words in its place."""
        project, step = self._session.project, self.step
        self._shown = shown
        self.changes.setRowCount(len(self._shown))
        for row, one in enumerate(self._shown):
            for cell, text in enumerate((one.what, one.before, one.after)):
                item = QTableWidgetItem(text or ("–" if cell else ""))
                item.setToolTip(f"{text}\n{one.video}" if one.video else text)
                self.changes.setItem(row, cell, item)
        for column in (0, 1):
            self.changes.resizeColumnToContents(column)
            most = self.changes.viewport().width() // 3
            self.changes.setColumnWidth(column, min(self.changes.columnWidth(column), most))
        if count > len(self._shown):
            words = tr("and %n more", "", count - len(self._shown))
        self.note.setText(words)
        self.note.setVisible(bool(words))
        can = project is not None and not project.read_only and step is not None
        self.take_back.setEnabled(bool(can and step and step.kind == "edit" and not step.undone))
        self.go_back.setEnabled(bool(can and self.table.currentIndex().row() > 0))

    def _go_to(self, one: Alteration) -> None:
        """Show the segment that a row is about, if it is still there."""
        video = self._session.video_with(one.video_id) if one.video_id is not None else None
        if video is None:
            return
        if self._session.video is None or self._session.video.id != video.id:
            self._session.set_video(video)
        if any(segment.id == one.segment_id for segment in self._session.segments):
            self._session.select(one.segment_id)

    def _take_back(self) -> None:
        if self.step is not None:
            self._session.take_back(self.step.id)

    def _go_back(self) -> None:
        if self.step is not None:
            self._session.go_back(self.step.id)
