"""The videos of the project, each with its state: what is done, what cannot be shown and why."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QPainter, QPalette
from PySide6.QtWidgets import (
    QFrame,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from etp_core.project import Video
from etp_studio.icons import tinted
from etp_studio.texts import tr
from etp_studio.theme import of_palette

ENTRY_ROLE = Qt.ItemDataRole.UserRole
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class Entry:
    """One video as the queue shows it; `error` is why it cannot be shown, `progress` in [0, 1].

    length: of the video. worst: the largest boundary error that is left to review, in frames.
    """

    video_id: int
    name: str
    state: str
    error: str = ""
    progress: float | None = None
    length: str = ""
    worst: int = 0

    @property
    def whole(self) -> str:
        """All that is said of it."""
        worst = tr("worst boundary %n frame(s) off", "", self.worst) if self.worst else ""
        return self.error or "  ·  ".join(filter(None, (self.length, self.state, worst)))


class _Model(QAbstractListModel):
    """Says of a video what holds when it is asked: there may be a thousand, few of them shown."""

    def __init__(self) -> None:
        super().__init__()
        self.videos: list[Video] = []
        self.entry_of: Callable[[Video], Entry]

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.videos)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        entry = self.entry_of(self.videos[index.row()])
        if role == ENTRY_ROLE:
            return entry
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{entry.name}, {entry.whole}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return entry.error or f"{entry.name}\n{entry.whole}"
        return None


class QueueView(QListView):
    """Pick a video; `chosen(video_id)` when a person does, the others from its menu."""

    chosen = Signal(int)
    remove_requested = Signal(int)
    locate_requested = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr("Videos"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self._model = _Model()
        self.setModel(self._model)
        self.setItemDelegate(_Delegate(self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(150)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._menu)
        self._quiet = False
        self.selectionModel().currentChanged.connect(self._picked)

    def set_videos(
        self, videos: list[Video], entry_of: Callable[[Video], Entry], current: int | None
    ) -> None:
        """Show the videos, the one with the id `current` selected; entry_of: what is said of one.

        To be called again when that has changed.
        """
        self._quiet = True
        model, ids = self._model, [video.id for video in videos]
        same = ids == [video.id for video in model.videos]
        if not same:
            model.beginResetModel()
        model.videos, model.entry_of = videos, entry_of
        if not same:
            model.endResetModel()
        elif videos:
            model.dataChanged.emit(model.index(0), model.index(len(videos) - 1))
        row = ids.index(current) if current in ids else -1
        if row != self.currentIndex().row():
            flag = QItemSelectionModel.SelectionFlag.ClearAndSelect
            self.selectionModel().setCurrentIndex(model.index(row), flag)
        self._quiet = False

    def sizeHint(self) -> QSize:
        return QSize(250, 400)

    def _menu(self, position: QPoint) -> None:
        index = self.indexAt(position)
        if not index.isValid():
            return
        key = index.data(ENTRY_ROLE).video_id
        menu = QMenu(self)
        menu.addAction(tr("Find the file…"), lambda: self.locate_requested.emit(key))
        menu.addAction(tr("Remove from the project"), lambda: self.remove_requested.emit(key))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.viewport().mapToGlobal(position))

    def _picked(self, current: QModelIndex) -> None:
        if not self._quiet and current.isValid():
            self.chosen.emit(current.data(ENTRY_ROLE).video_id)


class _Delegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(120, 2 * option.fontMetrics.height() + 16)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        entry: Entry = index.data(ENTRY_ROLE)
        theme = of_palette(option.palette)
        painter.save()
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected:
            painter.fillRect(option.rect, theme.color("accent", 0.20))
            bar = QRect(option.rect.left(), option.rect.top(), 3, option.rect.height())
            painter.fillRect(bar, theme.color("accent"))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(option.rect, theme.color("raised"))
        inner = option.rect.adjusted(12, 6, -10, -6)
        if entry.error:
            size = 18
            box = QRect(inner.right() - size + 1, inner.top(), size, size)
            tinted("warning", theme.warning, theme.warning).paint(painter, box)
            inner.setRight(box.left() - 6)
        height = option.fontMetrics.height() + 2
        top = QRect(inner.left(), inner.top(), inner.width(), height)
        below = QRect(inner.left(), inner.top() + height, inner.width(), height)
        metrics, right = option.fontMetrics, Qt.AlignmentFlag.AlignRight
        middle = Qt.AlignmentFlag.AlignVCenter
        muted = QColor(theme.muted)
        if not entry.error:
            painter.setPen(muted)
            painter.drawText(top, right | middle, entry.length)
            top.setRight(top.right() - metrics.horizontalAdvance(f"{entry.length}  "))
        painter.setPen(option.palette.color(QPalette.ColorRole.Text))
        name = metrics.elidedText(entry.name, Qt.TextElideMode.ElideMiddle, top.width())
        painter.drawText(top, middle, name)
        painter.setPen(QColor(theme.warning) if entry.error else muted)
        state = entry.error.split(": ", 1)[-1] or entry.state  # the row names the file already
        if entry.worst and not entry.error:
            worst = tr("±{} f").format(entry.worst)
            painter.drawText(below, right | middle, worst)
            below.setRight(below.right() - metrics.horizontalAdvance(f"{worst} "))
        line = metrics.elidedText(state, Qt.TextElideMode.ElideRight, below.width())
        painter.drawText(below, middle, line)
        if entry.progress is not None:
            track = QRect(option.rect.left(), option.rect.bottom() - 2, option.rect.width(), 2)
            painter.fillRect(track, theme.color("line"))
            track.setWidth(round(track.width() * min(max(entry.progress, 0.0), 1.0)))
            painter.fillRect(track, theme.color("accent"))
        painter.restore()
