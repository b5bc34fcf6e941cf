"""The first page: what was open lately, and three ways to begin."""

from pathlib import Path

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QAction, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from etp_studio.giving_way import enlarged
from etp_studio.texts import tr
from etp_studio.theme import of_palette

_PLACE_ROLE = Qt.ItemDataRole.UserRole + 1


class WelcomePage(QWidget):
    """Recent projects and buttons for the actions given."""

    project_chosen = Signal(object)  # Path

    def __init__(self, begin: list[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = QLabel("ETP Studio")
        font = title.font()
        font.setPointSizeF(font.pointSizeF() * 2)
        font.setBold(True)
        title.setFont(font)
        subtitle = QLabel(tr("See how action proposals evolve. Correct ground truth to the frame."))
        subtitle.setObjectName("muted")
        subtitle.setWordWrap(True)

        self._buttons: list[tuple[QPushButton, QAction]] = []
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for action in begin:
            text = action.text().replace("&", "")
            button = QPushButton(action.icon(), text)
            button.setIconSize(QSize(20, 20))
            button.setMinimumHeight(36)
            button.setToolTip(action.toolTip())
            button.clicked.connect(action.trigger)
            buttons.addWidget(button)
            self._buttons.append((button, action))
        buttons.addStretch(1)

        self._heading = QLabel(tr("Recent projects"))
        self._heading.setObjectName("heading")
        self.recent = QListWidget()
        self.recent.viewport().setAutoFillBackground(False)
        self.recent.setItemDelegate(_TwoLines(self.recent))
        self.recent.setMouseTracking(True)
        self.recent.setAccessibleName(tr("Recent projects"))
        self.recent.setFrameShape(QFrame.Shape.NoFrame)
        self.recent.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.recent.itemActivated.connect(self._choose)
        self.recent.itemClicked.connect(self._choose)
        hint = QLabel(tr("Videos and projects can be dropped anywhere on the window."))
        hint.setObjectName("muted")
        hint.setWordWrap(True)

        column = QVBoxLayout()
        column.setSpacing(10)
        column.addStretch(2)
        column.addWidget(title)
        column.addWidget(subtitle)
        column.addSpacing(14)
        column.addLayout(buttons)
        column.addSpacing(22)
        column.addWidget(self._heading)
        column.addWidget(self.recent)
        column.addWidget(hint)
        column.addStretch(3)
        middle = QWidget()
        middle.setLayout(column)
        middle.setMaximumWidth(round(640 * enlarged(self)))
        row = QHBoxLayout(self)
        row.addStretch(1)
        row.addWidget(middle, 100)
        row.addStretch(1)

    def set_recent(self, projects: list[Path]) -> None:
        """List the projects opened lately, newest first."""
        self.recent.clear()
        for path in projects:
            item = QListWidgetItem(path.stem)
            item.setData(_PLACE_ROLE, _short(path.parent))
            item.setData(Qt.ItemDataRole.UserRole, path)
            item.setToolTip(str(path))
            self.recent.addItem(item)
        self.recent.setFixedHeight(min(8, len(projects)) * self.recent.sizeHintForRow(0) + 2)
        self._heading.setVisible(bool(projects))
        self.recent.setVisible(bool(projects))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange:
            for button, action in self._buttons:
                button.setIcon(action.icon())
        super().changeEvent(event)

    def _choose(self, item: QListWidgetItem) -> None:
        self.project_chosen.emit(item.data(Qt.ItemDataRole.UserRole))


class _TwoLines(QStyledItemDelegate):
    """A name, and in a fainter line below it a place."""

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(100, 2 * option.fontMetrics.height() + 16)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        theme = of_palette(option.palette)
        over = QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_HasFocus
        painter.save()
        if option.state & over:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("raised"))
            painter.drawRoundedRect(option.rect, 5, 5)
        rect = option.rect.adjusted(10, 6, -10, -6)
        metrics, elide = option.fontMetrics, Qt.TextElideMode.ElideMiddle
        name = metrics.elidedText(index.data(), elide, rect.width())
        place = metrics.elidedText(index.data(_PLACE_ROLE), elide, rect.width())
        painter.setPen(theme.color("text"))
        painter.drawText(rect, Qt.AlignmentFlag.AlignTop, name)
        painter.setPen(theme.color("muted"))
        painter.drawText(rect, Qt.AlignmentFlag.AlignBottom, place)
        painter.restore()


def _short(path: Path) -> str:
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)
