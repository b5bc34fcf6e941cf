"""The dialogs about the project file: deciding conflicts of a merge, choosing a backup."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QListWidget,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from etp_core.project.backups import Backup
from etp_core.project.merge import Conflict
from etp_studio.giving_way import open_at
from etp_studio.texts import later, tr

_CHOICES = {
    "mine": later("Keep this one"),
    "theirs": later("Take theirs"),
    "both": later("Keep both"),
}


class MergeDialog(QDialog):
    """Shows what both projects changed; `decided(choices)` with one for each segment."""

    decided = Signal(object)  # {segment in the other project: choice}

    def __init__(self, other: Path, conflicts: list[Conflict], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Merge {}").format(other.name))
        open_at(self, 860, 420)
        self._conflicts = conflicts
        heading = QLabel(
            tr(
                "%n segment(s) changed in both projects. All else goes together.",
                "",
                len(conflicts),
            )
        )
        heading.setWordWrap(True)
        self.table = QTableWidget(len(conflicts), 4)
        self.table.setAccessibleName(tr("Conflicts"))
        self.table.setHorizontalHeaderLabels(
            [tr("Video"), tr("In this project"), tr("In {}").format(other.name), ""]
        )
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.horizontalHeader().setHighlightSections(False)
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.choices: list[QComboBox] = []
        for row, one in enumerate(conflicts):
            texts = (one.video, one.mine or tr("deleted"), one.theirs or tr("deleted"))
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                self.table.setItem(row, column, item)
            box = QComboBox()
            box.setAccessibleName(tr("What stays in {}").format(one.video))
            for choice, words in _CHOICES.items():
                if choice != "both" or (one.mine and one.theirs):
                    box.addItem(tr(words), choice)
            self.table.setCellWidget(row, 3, box)
            self.choices.append(box)
        everywhere = QHBoxLayout()
        everywhere.addWidget(QLabel(tr("All:")))
        for choice, words in _CHOICES.items():
            button = QPushButton(tr(words))
            button.setAutoDefault(False)
            button.clicked.connect(lambda _=False, choice=choice: self.choose_all(choice))
            everywhere.addWidget(button)
        everywhere.addStretch(1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.button = buttons.addButton(tr("Merge"), QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(heading)
        layout.addWidget(self.table, 1)
        layout.addLayout(everywhere)
        layout.addWidget(buttons)

    def choose_all(self, choice: str) -> None:
        """Decide every conflict in the same way, where it can be."""
        for box in self.choices:
            index = box.findData(choice)
            if index >= 0:
                box.setCurrentIndex(index)

    def _accept(self) -> None:
        pairs = zip(self._conflicts, self.choices, strict=True)
        chosen = {conflict.segment: box.currentData() for conflict, box in pairs}
        self.accept()
        self.decided.emit(chosen)


class BackupsDialog(QDialog):
    """Lists the backups of a project; `restore_requested(backup)`, `repair_requested()`."""

    restore_requested = Signal(object)
    repair_requested = Signal()

    def __init__(self, project: Path, backups: list[Backup], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Backups of {}").format(project.name))
        open_at(self, 460, 380)
        self._backups = backups
        words = (
            tr("A backup is opened as a new project beside this one, which stays as it is.")
            if backups
            else tr("There is no backup of this project yet.")
        )
        heading = QLabel(words)
        heading.setWordWrap(True)
        self.list = QListWidget()
        self.list.setAccessibleName(tr("Backups, newest first"))
        for backup in backups:
            time = backup.time.astimezone().strftime("%Y-%m-%d  %H:%M:%S")
            self.list.addItem(f"{time}    {backup.size / 1e6:.1f} MB")
        self.list.setCurrentRow(0)
        self.list.itemDoubleClicked.connect(lambda _: self._restore())
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.restore = buttons.addButton(tr("Open"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.restore.setEnabled(bool(backups))
        self.repair = buttons.addButton(tr("Repair…"), QDialogButtonBox.ButtonRole.ActionRole)
        self.repair.setToolTip(
            tr("Write what can be read of the project itself to a new file and open it")
        )
        self.repair.setEnabled(project.is_file())
        self.repair.clicked.connect(self._repair)
        buttons.accepted.connect(self._restore)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(heading)
        layout.addWidget(self.list, 1)
        layout.addWidget(buttons)

    def _restore(self) -> None:
        row = self.list.currentRow()
        if row >= 0:
            self.accept()
            self.restore_requested.emit(self._backups[row])

    def _repair(self) -> None:
        self.accept()
        self.repair_requested.emit()
