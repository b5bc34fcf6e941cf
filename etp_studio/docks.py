"""The panes around the centre: one entry each in `PANES`, made, shown and remembered by `Docks`.

A new pane is a widget in a module of its own that connects itself to what it is made with (the
session, the player, the timeline …), and one entry here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDockWidget,
    QFrame,
    QMainWindow,
    QScrollArea,
    QStyle,
    QTabBar,
    QWidget,
)

from etp_studio import settings
from etp_studio.giving_way import enlarged
from etp_studio.review.why import WhyPane
from etp_studio.texts import later, tr

if TYPE_CHECKING:
    from etp_studio.window import MainWindow

_LAYOUT_VERSION = 2
_LEFT, _RIGHT = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
_BOTTOM = Qt.DockWidgetArea.BottomDockWidgetArea


@dataclass(frozen=True)
class Pane:
    """A dock: its title, where it stands at first, and how its widget is made or found.

    `tab_of`: the pane it stands behind, as a tab. `shown`: whether it is there at first; a pane on
    demand is shown and hidden by the program alone.
    """

    title: str
    area: Qt.DockWidgetArea
    widget: Callable[["MainWindow"], QWidget]
    tab_of: str = ""
    shown: bool = True
    on_demand: bool = False


PANES = (
    Pane(later("Videos"), _LEFT, lambda window: window.queue),
    Pane(later("Segments"), _RIGHT, lambda window: window.segments),
    Pane(later("Review"), _RIGHT, lambda window: window.review, tab_of="Segments"),
    Pane(later("Metrics"), _RIGHT, lambda window: window.metrics, tab_of="Segments"),
    Pane(later("Labels"), _RIGHT, lambda window: window.labels),
    Pane(
        later("Why"),
        _RIGHT,
        lambda window: WhyPane(window.session, window.timeline),
        tab_of="Segments",
    ),
    Pane(later("History"), _RIGHT, lambda window: window.history, tab_of="Segments"),
    Pane(later("Jobs"), _BOTTOM, lambda window: window.jobs_pane, shown=False, on_demand=True),
)
_LOWEST = 110  # pixels of a pane's height below which it is scrolled
_USUAL = QSize(1440, 900)  # pixels of the window that these are made for
_WIDTHS = {"Videos": (150, 250), "Segments": (300, 380), "Labels": (300, 380)}  # least, usual
_HEIGHTS = {"Segments": (300, 600), "Labels": (130, 240)}


class Docks:
    """The docks of the window, by title. The first page has none of them."""

    def __init__(self, window: "MainWindow") -> None:
        self._window = window
        window.setDockOptions(
            QMainWindow.DockOption.AnimatedDocks
            | QMainWindow.DockOption.AllowNestedDocks
            | QMainWindow.DockOption.AllowTabbedDocks
        )
        window.setCorner(Qt.Corner.BottomLeftCorner, _LEFT)
        window.setCorner(Qt.Corner.BottomRightCorner, _RIGHT)
        self._docks: dict[str, QDockWidget] = {}
        for pane in PANES:
            dock = QDockWidget(tr(pane.title), window)
            dock.setObjectName(f"dock {pane.title}")
            dock.setWidget(_Scrolling(pane.widget(window)))
            window.addDockWidget(pane.area, dock)
            self._docks[pane.title] = dock
            if not pane.shown:
                dock.hide()
        for pane in PANES:
            if pane.tab_of:
                window.tabifyDockWidget(self[pane.tab_of], self[pane.title])
                self[pane.tab_of].raise_()
        for bar in window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
            bar.setAccessibleName(tr("Panes"))
        self.toggles = [self._toggle(pane.title) for pane in PANES]
        self._share_out()
        self._present = True

    def __getitem__(self, title: str) -> QDockWidget:
        return self._docks[title]

    def _toggle(self, title: str) -> QAction:
        """An action that hides a pane, or brings it to the front where another hides it."""
        action = QAction(tr(title), self._window)
        action.setCheckable(True)
        self[title].visibilityChanged.connect(action.setChecked)
        action.triggered.connect(lambda on: self.enter(title) if on else self[title].hide())
        return action

    def _share_out(self) -> None:
        """Give the panes their usual sizes, and in a small window their share of it."""
        size = self._window.size()
        large = enlarged(self._window)
        for sizes, room, way in (
            (_WIDTHS, size.width() / _USUAL.width(), Qt.Orientation.Horizontal),
            (_HEIGHTS, size.height() / _USUAL.height(), Qt.Orientation.Vertical),
        ):
            share = min(room, 1.0)
            pixels = [round(max(large * least, share * usual)) for least, usual in sizes.values()]
            self._window.resizeDocks([self[title] for title in sizes], pixels, way)

    def bring(self, title: str) -> None:
        """Show a pane in front of those it shares a place with."""
        self[title].show()
        self[title].raise_()

    def enter(self, title: str) -> None:
        """Bring a pane to the front, with the keyboard in it."""
        self.bring(title)
        found = [
            widget
            for widget in self[title].widget().findChildren(QWidget)
            if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible()
        ]
        found.sort(key=lambda widget: (not isinstance(widget, QAbstractItemView), _height(widget)))
        if found:
            found[0].setFocus(Qt.FocusReason.TabFocusReason)

    @staticmethod
    def hidden(widget: QWidget) -> bool:
        """Whether a widget is in a pane that lies behind another; Qt calls it visible."""
        within: QWidget | None = widget
        while within is not None and not isinstance(within, QDockWidget):
            within = within.parentWidget()
        return within is not None and within.visibleRegion().isEmpty()

    def set_present(self, present: bool) -> None:
        """Whether there are docks; they come back where they were left."""
        if present == self._present:
            return
        self._present = present
        for pane in PANES:
            if not pane.on_demand:
                self[pane.title].setVisible(present and pane.shown)
        for pane in PANES:
            if present and pane.tab_of:
                self[pane.tab_of].raise_()
        state = settings.layout("docks")
        if present and not state:
            self._share_out()
        if present and state:
            asked = {pane.title: self[pane.title].isVisible() for pane in PANES if pane.on_demand}
            self._window.restoreState(state, _LAYOUT_VERSION)
            for title, visible in asked.items():
                self[title].setVisible(visible)

    def remember(self) -> None:
        """Keep where they stand for the next time."""
        settings.set_layout("docks", self._window.saveState(_LAYOUT_VERSION))


def _height(widget: QWidget) -> int:
    return widget.mapToGlobal(QPoint(0, 0)).y()


class _Scrolling(QScrollArea):
    """A pane that is scrolled where it is too high for its dock, so that any window can be low."""

    def __init__(self, pane: QWidget) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(pane)

    def minimumSizeHint(self) -> QSize:
        least = self.widget().minimumSizeHint().expandedTo(self.widget().minimumSize())
        scrolled = least.height() > _LOWEST
        bar = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent) if scrolled else 0
        return QSize(least.width() + bar, min(least.height(), _LOWEST))

    def sizeHint(self) -> QSize:
        return self.widget().sizeHint()
