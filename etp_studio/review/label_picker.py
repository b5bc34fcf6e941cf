"""Type a few letters of a label and press Enter: for projects with more labels than digits."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from etp_core.project import Label
from etp_studio.icons import swatch

_ROWS = 10


class LabelPicker(QFrame):
    """A field over a list of labels; calls `picked(name)`, which may be one that is not there."""

    def __init__(
        self, labels: Sequence[Label], picked: Callable[[str], object], parent: QWidget
    ) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._labels, self._picked = labels, picked
        self.field = QLineEdit()
        self.field.setPlaceholderText("Label by name")
        self.field.setAccessibleName("Name of the label")
        self.field.textChanged.connect(self._fill)
        self.field.returnPressed.connect(self._pick)
        self.field.installEventFilter(self)
        self.list = QListWidget()
        self.list.setAccessibleName("Labels that fit")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.itemClicked.connect(lambda _: self._pick())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addWidget(self.field)
        layout.addWidget(self.list)
        self.setFocusProxy(self.field)
        self._fill("")
        self.resize(260, 40 + (_ROWS + 1) * (self.fontMetrics().height() + 10))

    def show_at(self, position: QPoint) -> None:
        """Show it at a global position, ready to type."""
        self.move(position)
        self.show()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
            if step:
                row = self.list.currentRow() + step
                self.list.setCurrentRow(max(0, min(row, self.list.count() - 1)))
                return True
        return super().eventFilter(watched, event)

    def _fill(self, text: str) -> None:
        """Labels that begin with the text, then those that hold it, then the offer to add it."""
        self.list.clear()
        typed = text.strip()
        sought = typed.casefold()
        fitting = [label for label in self._labels if sought in label.name.casefold()]
        fitting.sort(key=lambda label: not label.name.casefold().startswith(sought))
        for label in fitting:
            item = QListWidgetItem(swatch(label.color), label.name)
            item.setData(Qt.ItemDataRole.UserRole, label.name)
            self.list.addItem(item)
        if typed and typed not in {label.name for label in self._labels}:
            item = QListWidgetItem(f"Add “{typed}”")
            item.setData(Qt.ItemDataRole.UserRole, typed)
            self.list.addItem(item)
        self.list.setCurrentRow(0)

    def _pick(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            name = item.data(Qt.ItemDataRole.UserRole)
            self.close()
            self._picked(name)
