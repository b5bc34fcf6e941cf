"""The few dialogs there are: choosing files, and about. None of them blocks the window."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from etp_core import __version__
from etp_core.evolution import STAGES
from etp_core.formats import FORMATS
from etp_core.video import SUFFIXES
from etp_studio.session import Session
from etp_studio.texts import tr

_RESULTS = ("ground_truth", STAGES[-1])


def exports() -> dict[str, tuple[str, str, tuple[str, ...]]]:
    """What can be exported: as the dialog lists it -> format, suffix and stages that are written.

    Where a format holds the proposals of the stages before, too, they are a choice of their own:
    they are many, and hide the results in a spreadsheet.
    """
    found = {}
    for format in FORMATS.values():
        if format.write:
            suffix = format.suffixes[0]
            results = tuple(stage for stage in format.stages if stage in _RESULTS)
            found[f"{format.title} (*{suffix})"] = (format.name, suffix, results)
            if results != format.stages:
                title = tr("{} with all proposals").format(format.title)
                found[f"{title} (*{suffix})"] = (format.name, suffix, format.stages)
    return found


IMPORTS = sorted(
    {suffix for format in FORMATS.values() if format.read for suffix in format.suffixes}
)


def open_videos(parent: QWidget, chosen: Callable[[list[Path]], object]) -> None:
    """Ask for videos."""
    suffixes = " ".join(f"*{suffix}" for suffix in SUFFIXES)
    dialog = _files(
        parent,
        tr("Open videos"),
        "videos",
        [tr("Videos ({})").format(suffixes), tr("All files (*)")],
    )
    dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
    dialog.filesSelected.connect(lambda names: chosen([Path(name) for name in names]))
    dialog.open()


def find_video(parent: QWidget, name: str, chosen: Callable[[Path], object]) -> None:
    """Ask where a video of the project lies now."""
    dialog = _files(parent, tr("Where is {}?").format(name), "videos", [f"{name} (*)"])
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.fileSelected.connect(lambda chosen_name: chosen(Path(chosen_name)))
    dialog.open()


def find_videos(parent: QWidget, chosen: Callable[[Path], object]) -> None:
    """Ask for the folder that the missing videos of the project lie in now."""
    dialog = _files(
        parent, tr("Where are the missing videos? (folders inside count)"), "videos", []
    )
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    dialog.fileSelected.connect(lambda name: chosen(Path(name)))
    dialog.open()


def open_project(parent: QWidget, chosen: Callable[[list[Path]], object]) -> None:
    """Ask for a project."""
    dialog = _files(
        parent, tr("Open project"), "projects", [tr("Projects (*.etp)"), tr("All files (*)")]
    )
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.fileSelected.connect(lambda name: chosen([Path(name)]))
    dialog.open()


def new_project(parent: QWidget, chosen: Callable[[Path], object]) -> None:
    """Ask where a new project is to be."""
    dialog = _files(parent, tr("New project"), "projects", [tr("Projects (*.etp)")])
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)  # none is ever replaced
    dialog.setDefaultSuffix("etp")
    dialog.fileSelected.connect(lambda name: chosen(Path(name)))
    dialog.open()


def merge_project(parent: QWidget, chosen: Callable[[Path], object]) -> None:
    """Ask for the project whose work is to be brought in."""
    dialog = _files(
        parent, tr("Merge project"), "projects", [tr("Projects (*.etp)"), tr("All files (*)")]
    )
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.fileSelected.connect(lambda name: chosen(Path(name)))
    dialog.open()


def save_as(parent: QWidget, session: Session, chosen: Callable[[Path], object]) -> None:
    """Ask where the copy of the project is to be."""
    dialog = _files(parent, tr("Save project as"), "projects", [tr("Projects (*.etp)")])
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix("etp")
    if session.project:
        dialog.selectFile(session.project.path.name)
    dialog.fileSelected.connect(lambda name: chosen(Path(name)))
    dialog.open()


def import_file(parent: QWidget, chosen: Callable[[Path], object]) -> None:
    """Ask for a file of annotations."""
    suffixes = " ".join(f"*{suffix}" for suffix in IMPORTS)
    filters = [tr("Annotations ({})").format(suffixes), tr("All files (*)")]
    dialog = _files(parent, tr("Import annotations"), "annotations", filters)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.fileSelected.connect(lambda name: chosen(Path(name)))
    dialog.open()


def export(
    parent: QWidget, session: Session, chosen: Callable[[Path, str, tuple[str, ...]], object]
) -> None:
    """Ask for format, stages and file of an export; several files are a folder of that name."""
    kinds = exports()
    dialog = _files(parent, tr("Export"), "annotations", list(kinds))
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    if session.project:
        dialog.selectFile(session.project.path.stem)
    dialog.setDefaultSuffix("csv")
    dialog.filterSelected.connect(lambda name: dialog.setDefaultSuffix(kinds[name][1]))

    def take(name: str) -> None:
        format, _, stages = kinds[dialog.selectedNameFilter()]
        chosen(Path(name), format, stages)

    dialog.fileSelected.connect(take)
    dialog.open()


def save_picture(parent: QWidget, name: str, chosen: Callable[[Path], object]) -> None:
    """Ask for the file of a picture; its format is that of the name's ending."""
    kinds = {tr("PNG picture (*.png)"): "png", tr("SVG drawing (*.svg)"): "svg"}
    dialog = _files(parent, tr("Save picture"), "pictures", list(kinds))
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix("png")
    dialog.selectFile(name)
    dialog.filterSelected.connect(lambda kind: dialog.setDefaultSuffix(kinds[kind]))
    dialog.fileSelected.connect(lambda name: chosen(Path(name)))
    dialog.open()


def choose_model(parent: QWidget, chosen: Callable[[Path], object]) -> None:
    """Ask for a model directory."""
    dialog = _files(parent, tr("Choose the folder of a model"), "models", [])
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    dialog.fileSelected.connect(lambda name: chosen(Path(name)))
    dialog.open()


def _files(parent: QWidget, title: str, kind: str, filters: list[str]) -> QFileDialog:
    """A file dialog that begins in the folder where this kind of file was last chosen."""
    dialog = QFileDialog(parent, title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if filters:
        dialog.setNameFilters(filters)
    key = f"folder/{kind}"
    folder = QSettings().value(key)
    if folder and Path(folder).is_dir():
        dialog.setDirectory(str(folder))
    dialog.filesSelected.connect(
        lambda names: QSettings().setValue(key, str(Path(names[0]).parent))
    )
    return dialog


def delete_run(parent: QWidget, session: Session, tell: Callable[[str], object]) -> None:
    """Ask whether the newest run on the video shown is to go, which cannot be undone."""
    video = session.video
    run = session.runs.get(video.id) if video else None
    if video is None or run is None:
        tell(tr("There are no detections in this video."))
        return
    box = QMessageBox(parent)
    box.setWindowTitle(tr("Delete detections"))
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setText(tr("Delete the detections in {}?").format(video.name))
    when = datetime.fromisoformat(run.created).astimezone().strftime("%Y-%m-%d %H:%M")
    box.setInformativeText(
        tr(
            "They are of {}, by {}. Segments that were accepted from them stay, and the run "
            "before is shown, if there is one. This cannot be undone."
        ).format(when, run.model)
    )
    delete = box.addButton(tr("Delete"), QMessageBox.ButtonRole.DestructiveRole)
    box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
    delete.clicked.connect(lambda: session.delete_run(run.id))
    box.open()


def show_about(parent: QWidget) -> None:
    """Say what this program is."""
    box = QMessageBox(parent)
    box.setWindowTitle(tr("About ETP Studio"))
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setText(f"ETP Studio {__version__}")
    box.setInformativeText(
        tr("Evolving temporal proposals (Qiu et al. 2018), watched and corrected to the frame.")
    )
    box.open()
