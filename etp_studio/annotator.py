"""Who annotates: the name that segments carry and edits are signed with."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QInputDialog

from etp_core.project import login_name
from etp_studio import settings
from etp_studio.texts import tr

if TYPE_CHECKING:
    from etp_studio.window import MainWindow


def ask_annotator(window: "MainWindow") -> None:
    """Ask for the name of the person at the keyboard; several may share one account."""
    dialog = QInputDialog(window)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(tr("Annotator"))
    dialog.setLabelText(tr("Segments that are drawn from now on carry this name:"))
    dialog.setTextValue(settings.annotator() or login_name())
    dialog.textValueSelected.connect(lambda name: _take(window, name))
    dialog.open()


def _take(window: "MainWindow", name: str) -> None:
    """Sign with that name from now on, here and next time; an empty one is the login name."""
    name = " ".join(name.split())
    settings.set_annotator(name)
    project = window.session.project
    if project is not None:
        project.author = name or login_name()
    line = tr("Segments that are drawn from now on are by {}.")
    window.messages.notice(line.format(name or login_name()))
