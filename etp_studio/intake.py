"""Files given to the window: projects and videos are opened, annotations are imported."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from etp_studio.importing import ImportDialog, Preview
from etp_studio.opening import is_annotations
from etp_studio.texts import tr

if TYPE_CHECKING:
    from etp_studio.window import MainWindow


class Intake(QObject):
    """Hands files to the opener and the exchange of the window and says what became of them."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self._opening = 0  # the notice that says so
        self._reading: dict[Path, int] = {}  # the notices that say so
        self._to_import: list[Path] = []  # files of annotations that wait for what is being opened
        window.opener.finished.connect(self._opened)
        window.exchange.planned.connect(self._ask)

    def open(self, paths: list[Path]) -> None:
        """Open projects and videos; annotations are imported into what is open then."""
        rest = [path for path in paths if not is_annotations(path)]
        annotations = [path for path in paths if is_annotations(path)]
        if rest or self._window.session.project is None:
            self._to_import = annotations if rest else []
            self._opening = self._window.messages.notice(tr("Opening …"))
            self._window.opener.open(rest or annotations)
        else:
            self.import_files(annotations)

    def import_files(self, annotations: list[Path], certain: bool = False) -> None:
        """Look at files of annotations and show what importing each would do."""
        for path in annotations:
            if not certain:  # or it would take the place of what could not be opened
                line = tr("Reading {} …").format(path.name)
                self._reading[path] = self._window.messages.notice(line)
            self._window.exchange.preview(path, certain=certain)

    def _opened(self, _: int, lines: list[str]) -> None:
        messages = self._window.messages
        messages.withdraw(self._opening)
        if lines:
            more = tr(" (and %n more)", "", len(lines) - 1) if len(lines) > 1 else ""
            messages.error(lines[0] + more)
        annotations, self._to_import = self._to_import, []
        self.import_files(annotations, certain=True)

    def _ask(self, preview: Preview) -> None:
        """Show what an import would do, in the dialog that asks for it already or in a new one."""
        self._window.messages.withdraw(self._reading.pop(preview.path, 0))
        for dialog in self._window.findChildren(ImportDialog):
            if dialog.isVisible() and dialog.path == preview.path:
                dialog.show_preview(preview)
                return
        dialog = ImportDialog(preview, self._window)
        dialog.chosen.connect(self._window.exchange.carry_out)
        dialog.asked.connect(self._window.exchange.preview)
        dialog.open()
