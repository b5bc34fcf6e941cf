"""One line over the work, when something must be said; it never asks to be dismissed first."""

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from etp_studio.icons import icon
from etp_studio.texts import tr

_STAY = 6000  # milliseconds that a notice stays; an error stays until closed


class MessageBar(QFrame):
    """Shows the newest message: a notice goes by itself, an error stays until closed."""

    covers = Signal(int)  # how many pixels of what lies below it are hidden

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("messages")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._kind = "info"
        self._number = 0  # of the message, counted from 1
        self._picture = QLabel()
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._close = QToolButton()
        self._close.setAutoRaise(True)
        self._close.setToolTip(tr("Close this message"))
        self._close.setAccessibleName(tr("Close this message"))
        self._close.clicked.connect(self.hide)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 4, 4, 4)
        row.addWidget(self._picture)
        row.addSpacing(4)
        row.addWidget(self._text, 1)
        row.addWidget(self._close)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        self.hide()

    @property
    def text(self) -> str:
        """The message shown, or ""."""
        return self._text.text() if not self.isHidden() else ""

    def notice(self, text: str) -> int:
        """Say what was done or is under way; returns what `withdraw` knows it by."""
        self._show("info", text)
        self._timer.start(_STAY)
        return self._number

    def withdraw(self, notice: int) -> None:
        """Say it no longer, unless something else was said since."""
        if notice == self._number:
            self.hide()

    def error(self, text: str) -> None:
        """Say what went wrong and stay."""
        self._timer.stop()
        self._show("warning", text)

    def showEvent(self, event: QShowEvent) -> None:
        self.covers.emit(self.height())
        super().showEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self.isVisible():
            self.covers.emit(self.height())
        super().resizeEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self.covers.emit(0)
        self._timer.stop()
        super().hideEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange:
            self._draw_icons()
        super().changeEvent(event)

    def _show(self, kind: str, text: str) -> None:
        self._kind = kind
        self._number += 1
        self._text.setText(text)
        self.setAccessibleName(text)
        self._draw_icons()
        self.show()

    def _draw_icons(self) -> None:
        self._picture.setPixmap(icon(self._kind).pixmap(18, 18))
        self._close.setIcon(icon("cancel"))
