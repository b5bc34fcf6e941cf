"""The menu bar and the tool bar, and which actions can be taken at present."""

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow, QMenu, QSizePolicy, QToolBar, QToolButton, QWidget

from etp_studio import settings
from etp_studio.actions import MENUS, SPECS, TITLES, Action, tool_tip
from etp_studio.icons import icon
from etp_studio.jobs.queue import JobQueue
from etp_studio.session import Session
from etp_studio.strips import BANDS
from etp_studio.texts import later, tr

_NEED_A_PROJECT = (
    Action.save_as,
    Action.find_videos,
    Action.import_annotations,
    Action.export,
    Action.export_picture,
    Action.copy_picture,
    Action.export_plot,
    Action.merge_project,
)

_SUBMENUS = dict.fromkeys(BANDS, later("&Bands of the timeline")) | {
    Action.colours_system: later("&Colours"),
    Action.colours_light: later("&Colours"),
    Action.colours_dark: later("&Colours"),
    Action.picture_left: later("Pa&rt of the picture"),
    Action.picture_right: later("Pa&rt of the picture"),
    Action.picture_up: later("Pa&rt of the picture"),
    Action.picture_down: later("Pa&rt of the picture"),
}


def fill_menu_bar(
    window: QMainWindow, actions: Mapping[Action, QAction], view: list[QAction]
) -> None:
    """Make the menus from the list of actions; `view` goes to the end of the menu View."""
    menus = {title: window.menuBar().addMenu(tr(TITLES[title])) for title in MENUS}
    below: dict[str, QMenu] = {}
    for name, spec in SPECS.items():
        menu = menus[spec.menu.removeprefix("-")]
        if spec.menu.startswith("-"):
            menu.addSeparator()
        if title := _SUBMENUS.get(name):
            below[title] = menu = below.get(title) or menu.addMenu(tr(title))
        menu.addAction(actions[name])
    menus["View"].addMenu(tr("Pan&es")).addActions(view)


class _Tools(QToolBar):
    """What has no room in a narrow window is behind the button at its end, seen in any theme."""

    def __init__(self, title: str) -> None:
        super().__init__(title)
        self._more = self.findChild(QToolButton, "qt_toolbar_ext_button")
        self._more.setAccessibleName(tr("More tools"))
        self._more.setToolTip(tr("More tools"))
        self._more.setIcon(icon("more"))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._more.setIcon(icon("more"))


def make_tool_bar(actions: Mapping[Action, QAction], threshold: QWidget) -> QToolBar:
    """Opening, undo, detecting and its threshold on the left; export on the right."""
    bar = _Tools(tr("Tools"))
    bar.setObjectName("tools")
    bar.setMovable(False)
    bar.setIconSize(QSize(18, 18))
    bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
    bar.addActions([actions[Action.open_videos], actions[Action.open_project]])
    bar.addSeparator()
    bar.addActions([actions[Action.undo], actions[Action.redo]])
    bar.addSeparator()
    bar.addAction(actions[Action.detect])
    bar.addWidget(threshold)
    spacer = QWidget()
    spacer.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    bar.addWidget(spacer)
    bar.addAction(actions[Action.export])
    for name in (Action.detect, Action.export):
        button = bar.widgetForAction(actions[name])
        assert isinstance(button, QToolButton)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    return bar


def update_actions(actions: Mapping[Action, QAction], session: Session, jobs: JobQueue) -> None:
    """Enable what can be done; undo and redo say what they would do."""
    project = session.project
    titles = {
        Action.undo: project.undo_title if project else None,
        Action.redo: project.redo_title if project else None,
    }
    for name, spec in SPECS.items():
        menu = spec.menu.removeprefix("-")
        if name not in titles and (menu in ("Edit", "Playback", "View") or name in _NEED_A_PROJECT):
            actions[name].setEnabled(project is not None)
    for name, title in titles.items():
        text = tr(SPECS[name].text)
        actions[name].setText(f"{text} {title.replace('&', '&&')}" if title else text)
        actions[name].setToolTip(tool_tip(name, title or ""))
        actions[name].setEnabled(title is not None and not (project and project.read_only))
    for name in ("system", "light", "dark"):
        actions[Action(f"colours_{name}")].setEnabled(True)
        actions[Action(f"colours_{name}")].setChecked(settings.colours() == name)
    for name in (Action.detect, Action.motion, Action.delete_run):
        actions[name].setEnabled(session.video is not None)
    actions[Action.detect_all].setEnabled(bool(session.videos))
    actions[Action.cancel].setEnabled(bool(jobs.unfinished))
