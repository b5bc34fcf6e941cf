"""The look of Qt's own widgets: the theme's palette and a few rules, following the system."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from etp_studio import settings
from etp_studio.theme import Theme, theme


def system_theme(app: QApplication) -> Theme:
    """The theme that the system asks for; light where it does not say."""
    dark = app.styleHints().colorScheme() is Qt.ColorScheme.Dark
    return theme("dark" if dark else "light")


def apply_look(app: QApplication) -> None:
    """Dress the application as the person chose, else as the system is, and when that changes."""
    app.setStyle("Fusion")
    renew_look(app)
    app.styleHints().colorSchemeChanged.connect(lambda: renew_look(app))


def renew_look(app: QApplication) -> None:
    """Dress it again: the choice or the system has changed."""
    name = settings.colours()
    _dress(app, system_theme(app) if name == "system" else theme(name))


def _dress(app: QApplication, chosen: Theme) -> None:
    app.setPalette(chosen.qpalette())
    app.setStyleSheet(_RULES.format(**vars(chosen), selection=_mixed(chosen)))


def _mixed(chosen: Theme) -> str:
    """The background of a selected row: text stays as legible on it as beside it."""
    accent, surface = chosen.color("accent"), chosen.color("surface")
    share = 0.24
    parts = [
        round(share * a + (1 - share) * b)
        for a, b in zip(accent.getRgb()[:3], surface.getRgb()[:3], strict=True)
    ]
    return "#{:02x}{:02x}{:02x}".format(*parts)


_RULES = """
QLabel#muted {{ color: {muted}; }}
QLabel#heading {{ color: {muted}; font-weight: 600; }}
QLabel#badge {{ color: {warning}; border: 1px solid {warning}; border-radius: 3px;
    padding: 0 5px; font-weight: 600; }}
QFrame#messages {{ background: {raised}; border: none; border-bottom: 1px solid {line}; }}
QToolTip {{ color: {text}; background: {raised}; border: 1px solid {line}; padding: 3px; }}
QToolBar {{ background: {window}; border: none; border-bottom: 1px solid {line}; spacing: 4px;
    padding: 4px 6px; }}
QToolBar QToolButton {{ padding: 4px 8px; border-radius: 4px; }}
QToolBar QToolButton:hover, QToolButton:hover {{ background: {raised}; border-radius: 4px; }}
QToolButton {{ padding: 3px; border: none; }}
QToolButton:focus {{ padding: 2px; border: 1px solid {accent}; border-radius: 4px; }}
QToolButton[popupMode="1"] {{ padding-right: 18px; }}
QMenuBar {{ background: {window}; border-bottom: 1px solid {line}; }}
QMenuBar::item {{ padding: 4px 9px; background: transparent; }}
QMenuBar::item:selected {{ background: {raised}; border-radius: 4px; }}
QMenu {{ background: {surface}; border: 1px solid {line}; padding: 4px; }}
QMenu::item {{ padding: 5px 28px 5px 26px; border-radius: 3px; }}
QMenu::item:selected {{ background: {accent}; color: {on_accent}; }}
QMenu::item:disabled {{ color: {muted}; }}
QMenu::separator {{ height: 1px; background: {line}; margin: 4px 6px; }}
QMenu::icon {{ padding-left: 6px; }}
QDockWidget {{ titlebar-close-icon: none; titlebar-normal-icon: none; color: {muted}; }}
QDockWidget::title {{ background: {window}; padding: 6px 10px; text-align: left;
    border-bottom: 1px solid {line}; }}
QMainWindow::separator {{ background: {line}; width: 1px; height: 1px; }}
QSplitter::handle {{ background: {line}; }}
QStatusBar {{ color: {muted}; border-top: 1px solid {line}; }}
QStatusBar::item {{ border: none; }}
QHeaderView::section {{ background: {window}; color: {muted}; border: none;
    border-bottom: 1px solid {line}; padding: 4px 6px; }}
QHeaderView::up-arrow, QHeaderView::down-arrow {{ width: 7px; height: 6px;
    subcontrol-origin: border; subcontrol-position: top center; }}
QTableView, QListView, QTreeView {{ border: 1px solid transparent;
    alternate-background-color: {surface}; }}
QTableView:focus, QListView:focus, QTreeView:focus {{ border-color: {accent}; }}
QTableView::item {{ padding: 0 4px; }}
QTableView::item:selected, QListWidget::item:selected {{ background: {selection};
    color: {text}; }}
QTabWidget::pane {{ border: none; }}
QTabBar {{ qproperty-drawBase: 0; }}
QTabBar::tab {{ padding: 6px 8px; border: none; border-bottom: 2px solid transparent;
    color: {muted}; background: transparent; }}
QTabBar::tab:selected {{ color: {text}; border-bottom: 2px solid {accent}; }}
QTabBar::tab:focus {{ background: {selection}; }}
QListWidget::item {{ padding: 4px 8px; }}
QTreeWidget::item {{ padding: 3px 0; }}
QProgressBar {{ background: {line}; border: none; border-radius: 4px; }}
QProgressBar::chunk {{ background: {accent}; border-radius: 4px; }}
QLineEdit {{ background: {surface}; border: 1px solid {line};
    border-radius: 4px; padding: 2px 6px; }}
QLineEdit:focus {{ border: 1px solid {accent}; }}
QPushButton {{ background: {raised}; border: 1px solid {line}; border-radius: 5px;
    padding: 5px 14px; }}
QPushButton:hover, QPushButton:focus {{ border-color: {accent}; }}
QPushButton:default {{ background: {accent}; color: {on_accent}; border-color: {accent}; }}
"""
