"""The dialog that says what an import will do, row by row, before it is done."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QGroupBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QRadioButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from etp_core.annotations import Annotations
from etp_core.formats import recognise
from etp_core.project import Project, StoredSegment, interchange
from etp_core.project.exchange import video_names
from etp_core.project.importing import Differing, Plan
from etp_studio.giving_way import open_at
from etp_studio.texts import later, tr

_DOES = {
    "conflicting": later("another label"),
    "changed": later("other boundaries"),
    "unknown": later("unknown video"),
    "new": later("new"),
    "present": later("there already"),
}
_COLUMNS = (
    later("What"),
    later("Video"),
    later("Label"),
    later("Start (s)"),
    later("End (s)"),
    later("In the project"),
)
_CHOICES: dict[Differing, str] = {
    "both": later("Keep both: add the file's segment beside the project's"),
    "file": later("Take the file's: move or relabel the project's segment"),
    "project": later("Keep the project's: leave the file's segment out"),
}


@dataclass(frozen=True)
class Preview:
    """A file that was read for a project, and what importing it would do.

    met: the segments of the project that rows of the file meet, by id; labels: their names by id;
    video: the name of the video that the file is said to be about, None if it says so itself.
    """

    path: Path
    title: str
    annotations: Annotations
    plan: Plan
    met: dict[int, StoredSegment]
    labels: dict[int, str]
    names: list[str]
    video: str | None = None

    @property
    def certain(self) -> bool:
        """Whether there is nothing to decide: all is new, or in the project already."""
        return all(row.kind in ("new", "present") for row in self.plan.rows)

    def count(self, differing: Differing) -> int:
        """The number of segments that are added or changed."""
        differs = self.plan.count("changed") + self.plan.count("conflicting")
        return self.plan.count("new") + (differs if differing != "project" else 0)


def look_at(project: Project, path: Path, video: str | None = None) -> Preview:
    """Read the file and compare it with the project; changes nothing. Raises EtpError."""
    format = recognise(path)
    annotations = interchange.load(project, path, format.name, video=video)
    plan = project.plan_import(annotations, str(path))
    wanted = {row.meets for row in plan.rows if row.meets is not None}
    met = {s.id: s for s in project.segments() if s.id in wanted} if wanted else {}
    labels = {label.id: label.name for label in project.labels()}
    names = list(video_names(project.videos()).values())
    return Preview(path, format.title, annotations, plan, met, labels, names, video)


class _Rows(QAbstractTableModel):
    """The rows of a plan, those to decide on first."""

    def __init__(self, preview: Preview, parent: QWidget) -> None:
        super().__init__(parent)
        order = {kind: i for i, kind in enumerate(_DOES)}
        self._rows = sorted(preview.plan.rows, key=lambda row: order[row.kind])
        self._preview = preview

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(_COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role == Qt.ItemDataRole.DisplayRole and orientation is Qt.Orientation.Horizontal:
            return tr(_COLUMNS[section])
        return None

    def data(
        self,
        index: QModelIndex | QPersistentModelIndex,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in (3, 4):
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        planned = self._rows[index.row()]
        row = planned.row
        met = self._preview.met.get(planned.meets or -1)
        return (
            tr(_DOES[planned.kind]),
            row.video,
            row.label,
            f"{row.start:.3f}",
            f"{row.end:.3f}",
            f"{self._preview.labels[met.label_id]}  {met.start:.3f} – {met.end:.3f}" if met else "",
        )[index.column()]


class ImportDialog(QDialog):
    """Shows a preview; `chosen(preview, differing)` when it is to be carried out.

    `asked(path, video)` when the file is said to be about another video: `show_preview` is then
    given the new one.
    """

    chosen = Signal(object, str)
    asked = Signal(object, str)

    def __init__(self, preview: Preview, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Import annotations"))
        open_at(self, 760, 520)
        self._heading = QLabel()
        self._summary = QLabel()
        for label in (self._heading, self._summary):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._video_row, self.video = self._make_video_row()
        self.table = QTableView()
        self.table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.table.verticalHeader().hide()
        self.table.setShowGrid(False)
        self._differing = QGroupBox(tr("Where the file and the project differ"))
        column = QVBoxLayout(self._differing)
        self._group = QButtonGroup(self)
        self.choices: dict[str, QRadioButton] = {}
        for name, words in _CHOICES.items():
            self.choices[name] = QRadioButton(tr(words))
            self._group.addButton(self.choices[name])
            column.addWidget(self.choices[name])
        self.choices["both"].setChecked(True)
        self._group.buttonToggled.connect(lambda *_: self._retell())
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.button = buttons.addButton(tr("Import"), QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        for widget in (self._heading, self._video_row, self._summary):
            layout.addWidget(widget)
        layout.addWidget(self.table, 1)
        layout.addWidget(self._differing)
        layout.addWidget(buttons)
        self.show_preview(preview)

    def _make_video_row(self) -> tuple[QWidget, QComboBox]:
        row, box = QWidget(), QComboBox()
        across = QHBoxLayout(row)
        across.setContentsMargins(0, 0, 0, 0)
        across.addWidget(QLabel(tr("The file is about")))
        across.addWidget(box, 1)
        box.activated.connect(
            lambda i: self.asked.emit(self._preview.path, box.itemData(i)) if i else None
        )
        return row, box

    @property
    def path(self) -> Path:
        """The file that is looked at."""
        return self._preview.path

    @property
    def differing(self) -> Differing:
        """Whose segment stays where file and project differ."""
        return next(name for name in _CHOICES if self.choices[name].isChecked())

    def show_preview(self, preview: Preview) -> None:
        """Show what this one would do."""
        self._preview = preview
        self._heading.setText(f"{preview.path.name} – {preview.title}")
        one = len(preview.annotations.videos) == 1
        self._video_row.setVisible(
            one and (preview.video is not None or bool(preview.plan.unknown))
        )
        if not self.video.count():
            name = next(iter(preview.annotations.videos), "")
            self.video.addItem(tr("{} (not in the project)").format(name))
            for name in preview.names:
                self.video.addItem(name, name)
        if preview.video is not None:
            self.video.setCurrentIndex(self.video.findData(preview.video))
        old = self.table.model()
        self.table.setModel(_Rows(preview, self))
        if old is not None:
            old.deleteLater()
        self.table.resizeColumnsToContents()
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(len(_COLUMNS) - 1, QHeaderView.ResizeMode.Stretch)
        self.table.setColumnHidden(len(_COLUMNS) - 1, not preview.met)
        differs = preview.plan.count("changed") + preview.plan.count("conflicting")
        self._differing.setVisible(differs > 0)
        self._retell()

    def _retell(self) -> None:
        lines = self._preview.plan.lines(self.differing)
        if self._preview.plan.unknown:
            lines[-1] = tr("{} (left out)").format(lines[-1])
        place = f"{self._preview.path}: "
        notes = [note.removeprefix(place) for note in self._preview.annotations.notes]
        self._summary.setText("\n".join(f"• {line}" for line in [*lines, *notes]))
        count = self._preview.count(self.differing)
        self.button.setText(tr("Import %n segment(s)", "", count) if count else tr("Import"))
        self.button.setEnabled(count > 0)
        self.button.setDefault(count > 0)

    def _accept(self) -> None:
        self.chosen.emit(self._preview, self.differing)
        self.accept()
