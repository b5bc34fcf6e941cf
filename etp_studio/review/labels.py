"""The labels of the project: pick the current one, add, rename, recolour, delete."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QColorDialog,
    QFrame,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from etp_core.project import AddLabel, DeleteLabel, Label, RecolorLabel, RenameLabel
from etp_studio.actions import Action, digit_of, way_to
from etp_studio.field import Field
from etp_studio.icons import icon, swatch
from etp_studio.review.hint import paint_hint
from etp_studio.texts import tr
from etp_studio.theme import of_palette

_KEY_ROLE = Qt.ItemDataRole.UserRole + 1
_AROUND = 44  # pixels of a row beside icon and name: the digit and the space between them


class _KeyDelegate(QStyledItemDelegate):
    """Draws the digit of a label at the right end of its row, and as much of its name as fits."""

    def initStyleOption(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().initStyleOption(option, index)
        room = option.rect.width() - option.decorationSize.width() - _AROUND
        side = Qt.TextElideMode.ElideMiddle
        option.text = option.fontMetrics.elidedText(option.text, side, room)

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(0, super().sizeHint(option, index).height())

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        super().paint(painter, option, index)
        painter.setPen(of_palette(option.palette).color("muted"))
        rect = option.rect.adjusted(0, 0, -12, 0)
        flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(rect, flags, index.data(_KEY_ROLE))


class _LabelList(QListWidget):
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        paint_hint(self, tr("No labels yet. Type the name of the first one below."))


class LabelPane(QWidget):
    """Lists the labels with their digits; asks for edits, changes nothing itself."""

    edit_requested = Signal(object)
    label_chosen = Signal(int)  # label id

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._labels: list[Label] = []
        self.list = _LabelList()
        self.list.setAccessibleName(tr("Labels"))
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setItemDelegate(_KeyDelegate(self.list))
        self.list.setIconSize(QSize(12, 12))
        self.list.setToolTip(tr("A click, or the digit, labels the selected segment"))
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._menu)
        self.list.itemClicked.connect(
            lambda item: self.label_chosen.emit(item.data(Qt.ItemDataRole.UserRole))
        )
        self.list.itemChanged.connect(self._renamed)
        self.name = Field()
        self.name.setPlaceholderText(tr("New label"))
        self.name.setAccessibleName(tr("Name of a new label"))
        self.name.setToolTip(
            tr("Type names, each with Enter; Esc leaves ({})").format(way_to(Action.new_label))
        )
        self.name.returnPressed.connect(self._add)
        self._add_button = QToolButton()
        self._add_button.setToolTip(tr("Add the label"))
        self._add_button.setAccessibleName(tr("Add the label"))
        self._add_button.clicked.connect(self._add)
        self.refresh_icons()
        row = QHBoxLayout()
        row.setContentsMargins(6, 4, 6, 6)
        row.addWidget(self.name)
        row.addWidget(self._add_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.list)
        layout.addLayout(row)

    def set_labels(self, labels: list[Label], current: int | None) -> None:
        """Show the labels, the current one marked."""
        self._labels = labels
        self.list.blockSignals(True)
        self.list.clear()
        for position, label in enumerate(labels):
            item = QListWidgetItem(swatch(label.color), label.name)
            digit = digit_of(position)
            item.setData(Qt.ItemDataRole.UserRole, label.id)
            item.setData(_KEY_ROLE, digit)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            item.setToolTip(f"{label.name} ({digit})" if digit else label.name)
            self.list.addItem(item)
        self.list.blockSignals(False)
        self.set_current(current)

    def set_current(self, label_id: int | None) -> None:
        """Mark the current label."""
        ids = [label.id for label in self._labels]
        self.list.setCurrentRow(ids.index(label_id) if label_id in ids else -1)

    def refresh_icons(self) -> None:
        """Draw the icons again in the colours of the palette."""
        self._add_button.setIcon(icon("add"))
        self.list.blockSignals(True)
        for place, label in enumerate(self._labels):
            self.list.item(place).setIcon(swatch(label.color))
        self.list.blockSignals(False)

    def sizeHint(self) -> QSize:
        return QSize(340, 220)

    def _add(self) -> None:
        name = self.name.text().strip()
        if name:
            self.name.clear()
            self.edit_requested.emit(AddLabel(name))
        else:
            self.name.clearFocus()

    def _renamed(self, item: QListWidgetItem) -> None:
        label_id = item.data(Qt.ItemDataRole.UserRole)
        label = next((label for label in self._labels if label.id == label_id), None)
        if label and item.text().strip() != label.name:
            self.edit_requested.emit(RenameLabel(label_id, item.text().strip()))
            # Where the name was refused the list still shows what was typed.
            self.set_labels(self._labels, label_id)

    def _menu(self, position: QPoint) -> None:
        item = self.list.itemAt(position)
        if item is None:
            return
        label_id = item.data(Qt.ItemDataRole.UserRole)
        menu = QMenu(self)
        menu.addAction(tr("Rename"), lambda: self.list.editItem(item))
        menu.addAction(tr("Change colour…"), lambda: self._recolour(label_id))
        menu.addAction(tr("Delete"), lambda: self.edit_requested.emit(DeleteLabel(label_id)))
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.list.viewport().mapToGlobal(position))

    def _recolour(self, label_id: int) -> None:
        label = next(label for label in self._labels if label.id == label_id)
        dialog = QColorDialog(QColor(label.color), self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.colorSelected.connect(
            lambda color: self.edit_requested.emit(RecolorLabel(label_id, color.name()))
        )
        dialog.open()
