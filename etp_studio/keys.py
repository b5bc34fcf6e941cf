"""The keys: all on one page (`?`), each can be changed; no key means two things."""

from collections.abc import Mapping

from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from etp_studio.actions import (
    MENUS,
    SPECS,
    TITLES,
    Action,
    default_keys,
    key_text,
    keys_of,
    plain_text,
)
from etp_studio.giving_way import open_at
from etp_studio.qactions import renew_keys
from etp_studio.texts import tr

_NAME = Qt.ItemDataRole.UserRole


def set_keys(name: Action, keys: list[QKeySequence] | None) -> None:
    """Give an action other keys from now on; None gives it back its own."""
    if keys is None or keys == default_keys(name):
        QSettings().remove(f"keys/{name}")
    else:
        QSettings().setValue(f"keys/{name}", [key.toString() for key in keys] or "")


def holder(key: QKeySequence) -> Action | None:
    """The action that has this key; the digits are the labels' and belong to none."""
    return next((name for name in SPECS if key in keys_of(name)), None)


class KeysDialog(QDialog):
    """Lists the actions with their keys; the selected one's can be replaced or given back."""

    def __init__(self, actions: Mapping[Action, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._actions = actions
        self.setWindowTitle(tr("Keys"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        open_at(self, 560, 680)
        self.list = QTreeWidget()
        self.list.setAccessibleName(tr("Actions and their keys"))
        self.list.setHeaderLabels([tr("Action"), tr("Keys")])
        self.list.setRootIsDecorated(False)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.list.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.list.header().setStretchLastSection(False)
        self.list.currentItemChanged.connect(lambda *_: self._picked())
        self.edit = QKeySequenceEdit()
        self.edit.setMaximumSequenceLength(1)
        self.edit.setAccessibleName(tr("New key"))
        self.edit.setMinimumWidth(self.fontMetrics().averageCharWidth() * 16)
        self.edit.keySequenceChanged.connect(lambda _: self._say())
        self.use = QPushButton(tr("Use this key"))
        self.use.setAutoDefault(False)
        self.use.clicked.connect(self._use)
        self.back = QPushButton(tr("Restore its default"))
        self.back.setAutoDefault(False)
        self.back.clicked.connect(self._give_back)
        self.message = QLabel()
        self.message.setObjectName("muted")
        self.message.setWordWrap(True)
        row = QHBoxLayout()
        row.addWidget(QLabel(tr("New key")))
        row.addWidget(self.edit, 1)
        row.addWidget(self.use)
        row.addWidget(self.back)
        layout = QVBoxLayout(self)
        layout.addWidget(self.list)
        layout.addLayout(row)
        layout.addWidget(self.message)
        self._fill()
        self._picked()

    def choose(self, name: Action) -> None:
        """Select an action in the list."""
        self.list.setCurrentItem(self._items[name])

    @property
    def chosen(self) -> Action | None:
        """The selected action."""
        item = self.list.currentItem()
        stored = item.data(0, _NAME) if item else None
        return Action(stored) if stored else None

    def _fill(self) -> None:
        self._items: dict[Action, QTreeWidgetItem] = {}
        for menu in MENUS:
            group = QTreeWidgetItem(self.list, [tr(TITLES[menu]).replace("&", "")])
            font = group.font(0)
            font.setBold(True)
            group.setFont(0, font)
            group.setFlags(Qt.ItemFlag.ItemIsEnabled)
            for name, spec in SPECS.items():
                if spec.menu.removeprefix("-") == menu:
                    item = QTreeWidgetItem(group, [plain_text(name), key_text(name)])
                    item.setData(0, _NAME, str(name))
                    self._items[name] = item
            if menu == "Edit":
                digits = QTreeWidgetItem(group, [tr("Label the selected segment"), tr("0 to 9")])
                digits.setFlags(Qt.ItemFlag.ItemIsEnabled)
        self.list.expandAll()

    def _picked(self) -> None:
        self.edit.clear()
        for widget in (self.edit, self.back):
            widget.setEnabled(self.chosen is not None)
        self._say()

    def _say(self) -> None:
        """Whether the key that was pressed can be used, and if not, who has it."""
        key, name = self.edit.keySequence(), self.chosen
        line = "" if name else tr("Select an action to give it another key.")
        free = False
        if name is not None and not key.isEmpty():
            text = key.toString(QKeySequence.SequenceFormat.NativeText)
            taken = holder(key)
            if text in set("0123456789"):
                line = tr("{} gives the selected segment a label.").format(text)
            elif taken is not None:
                line = tr("{} means “{}” already.").format(text, plain_text(taken))
            else:
                free = True
        self.use.setEnabled(free)
        self.message.setText(line)

    def _use(self) -> None:
        self._change([self.edit.keySequence()])

    def _give_back(self) -> None:
        self._change(None)

    def _change(self, keys: list[QKeySequence] | None) -> None:
        name = self.chosen
        if name is None:
            return
        before = keys_of(name)
        set_keys(name, None)
        others = {key.toString() for other in SPECS if other is not name for key in keys_of(other)}
        if keys is None and any(key.toString() in others for key in keys_of(name)):
            set_keys(name, before)
            self.message.setText(
                tr("One of its own keys means something else now; free that first.")
            )
            return
        if keys is not None:
            set_keys(name, keys)
        renew_keys(self._actions)
        self._items[name].setText(1, key_text(name))
        self._picked()
