"""A short tour: one part of the window after the other, brought forward and explained."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from etp_studio.giving_way import enlarged
from etp_studio.texts import tr
from etp_studio.theme import of_palette

_CARD_WIDTH = 360
_GAP = 14


@dataclass(frozen=True)
class Step:
    """What is shown (None: nothing in particular), its title and one or two sentences.

    bring: brings it forward before it is shown, where it may lie behind something else.
    """

    widget: Callable[[], QWidget | None]
    title: str
    text: str
    bring: Callable[[], object] = lambda: None


class Tour(QWidget):
    """Lies over its parent, dims all but the part it talks about; Enter goes on, Esc ends it."""

    ended = Signal()

    def __init__(self, steps: Sequence[Step], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Tour"))
        self._steps, self._at = steps, 0
        self._shown = QRect()
        self._card = QFrame(self)
        self._card.setObjectName("card")
        self._card.setFrameShape(QFrame.Shape.StyledPanel)
        self._card.setAutoFillBackground(True)
        self._title, self._text, self._place = QLabel(), QLabel(), QLabel()
        font = self._title.font()
        font.setBold(True)
        self._title.setFont(font)
        self._text.setWordWrap(True)
        self._place.setObjectName("muted")
        self.leave = QPushButton(tr("End the tour"))
        self.leave.clicked.connect(self.close)
        self.onward = QPushButton(tr("Next"))
        self.onward.setDefault(True)
        self.onward.clicked.connect(self.next)
        for button in (self.leave, self.onward):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        row = QHBoxLayout()
        row.addWidget(self._place)
        row.addStretch(1)
        row.addWidget(self.leave)
        row.addWidget(self.onward)
        column = QVBoxLayout(self._card)
        column.setContentsMargins(16, 14, 16, 12)
        column.setSpacing(8)
        column.addWidget(self._title)
        column.addWidget(self._text)
        column.addSpacing(4)
        column.addLayout(row)
        parent.installEventFilter(self)
        self.installEventFilter(self)
        self.setGeometry(parent.rect())
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self._show()

    @property
    def title(self) -> str:
        """The title of the step shown."""
        return self._title.text()

    def next(self) -> None:
        """Go on; after the last step the tour ends."""
        if self._at + 1 < len(self._steps):
            self._at += 1
            self._steps[self._at].bring()
            self._show()
        else:
            self.close()

    def _show(self) -> None:
        self.raise_()  # a pane that was brought forward lies above
        step = self._steps[self._at]
        self._shown = self._hole()
        self._title.setText(step.title)
        self._text.setText(step.text)
        self.setAccessibleDescription(f"{step.title}. {step.text}")
        self._place.setText(tr("{} of {}").format(self._at + 1, len(self._steps)))
        self.onward.setText(tr("Next") if self._at + 1 < len(self._steps) else tr("Done"))
        wide = min(round(_CARD_WIDTH * enlarged(self)), self.width() - 2 * _GAP)
        edges = 2 * self._card.frameWidth()
        self._card.resize(wide, self._card.layout().heightForWidth(wide - edges) + edges)
        self._card.move(self._beside(self._hole(), self._card.rect()))
        self.update()

    def _hole(self) -> QRect:
        widget = self._steps[self._at].widget()
        if widget is None or not widget.isVisible():
            return QRect()
        hole, within = widget.rect(), widget
        while within is not self.parentWidget():  # a pane may be scrolled: what is seen of it
            hole = hole.translated(within.pos())
            within = within.parentWidget()
            hole = hole.intersected(within.rect())
        return hole if hole.isValid() else QRect()  # a pane behind others is outside

    def _beside(self, hole: QRect, card: QRect) -> QPoint:
        """Where the card covers the part that it is about least, within the window."""
        inside = self.rect().adjusted(_GAP, _GAP, -_GAP, -_GAP)
        if hole.isNull():
            return inside.center() - card.center()
        places = (
            QPoint(hole.right() + _GAP, hole.top()),
            QPoint(hole.left() - _GAP - card.width(), hole.top()),
            QPoint(hole.center().x() - card.width() // 2, hole.top() - _GAP - card.height()),
            QPoint(hole.center().x() - card.width() // 2, hole.bottom() + _GAP),
        )
        free = [place for place in places if inside.contains(QRect(place, card.size()))]
        if free:
            return free[0]
        return QPoint(inside.right() - card.width(), inside.bottom() - card.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        hole = self._hole()
        if hole != self._shown:  # the part has moved
            QTimer.singleShot(0, self, self._show)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shade = QPainterPath()
        shade.addRect(self.rect())
        if not hole.isNull():
            part = QPainterPath()
            part.addRoundedRect(hole.adjusted(-3, -3, 3, 3), 5, 5)
            shade = shade.subtracted(part)
        painter.fillPath(shade, QColor(0, 0, 0, 130))
        if not hole.isNull():
            painter.setPen(of_palette(self.palette()).color("accent"))
            painter.drawRoundedRect(hole.adjusted(-3, -3, 3, 3), 5, 5)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Right):
            self.next()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self:
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()  # keys are the tour's, not the window's
                return True
        elif event.type() == QEvent.Type.Resize:
            self.setGeometry(self.parentWidget().rect())
            self._show()
        return super().eventFilter(watched, event)

    def closeEvent(self, event: QEvent) -> None:
        self.parentWidget().removeEventFilter(self)
        self.ended.emit()
        super().closeEvent(event)
