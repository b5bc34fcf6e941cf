"""Type a few letters and press Enter: one popup for labels by name and for commands."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt
from PySide6.QtGui import QIcon, QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from etp_studio.icons import blank
from etp_studio.texts import tr

_ROWS = 10
_ICON = 16  # pixels


@dataclass(frozen=True)
class Choice:
    """One thing to pick: its text, what is done, an icon, and a remark such as its key."""

    text: str
    take: Callable[[], object]
    icon: QIcon | None = None
    remark: str = ""
    also: str = ""  # words that find it, too


def _holds(text: str, words: list[str]) -> bool:
    return all(word in text.casefold() for word in words)


class Picker(QFrame):
    """A field over a list of choices; every word typed must be in a choice's text, in any case.

    `other` makes a choice of what was typed where no choice is called so (None: there is none).
    """

    def __init__(
        self,
        title: str,
        choices: Sequence[Choice],
        parent: QWidget,
        other: Callable[[str], Choice] | None = None,
    ) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._choices, self._other = choices, other
        self._fitting: list[Choice] = []
        self.field = QLineEdit()
        self.field.setPlaceholderText(title)
        self.field.setAccessibleName(title)
        self.field.textChanged.connect(self._fill)
        self.field.returnPressed.connect(self._pick)
        self.field.installEventFilter(self)
        self.list = QListWidget()
        self.list.setAccessibleName(tr("What fits"))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setIconSize(QSize(_ICON, _ICON))
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemClicked.connect(lambda _: self._pick())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addWidget(self.field)
        layout.addWidget(self.list)
        self.setFocusProxy(self.field)
        self._fill("")

    def show_at(self, position: QPoint, width: int) -> None:
        """Show it at a global position, ready to type."""
        self.resize(width, 40 + (_ROWS + 1) * (self.fontMetrics().height() + 10))
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
        typed = text.strip()
        words = typed.casefold().split()
        fitting = [c for c in self._choices if _holds(f"{c.text} {c.also}", words)]
        fitting.sort(
            key=lambda c: (
                not c.text.casefold().startswith(typed.casefold()),
                not _holds(c.text, words),
            )
        )
        if typed and self._other and typed not in {choice.text for choice in self._choices}:
            fitting.append(self._other(typed))
        self._fitting = fitting
        self.list.clear()
        for choice in fitting:
            line = f"{choice.text}   {choice.remark}" if choice.remark else choice.text
            item = QListWidgetItem(line)
            if any(other.icon is not None for other in self._choices):
                known = choice.icon is not None and not choice.icon.isNull()
                item.setIcon(choice.icon if known else blank(_ICON))
            self.list.addItem(item)
        if not fitting:
            nothing = QListWidgetItem(tr("Nothing here has that text"))
            nothing.setFlags(Qt.ItemFlag.NoItemFlags)
            self.list.addItem(nothing)
        self.list.setCurrentRow(0)

    def _pick(self) -> None:
        row = self.list.currentRow()
        if 0 <= row < len(self._fitting):
            choice = self._fitting[row]
            self.close()
            choice.take()
