"""What an import will do is shown before it is done, and nothing is done without a yes."""

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QDialogButtonBox

from etp_core.formats import read
from etp_studio.importing import ImportDialog
from etp_studio.opening import is_annotations

HEADER = "video,label,start_s,end_s\n"
ROWS = "clip,jump,0.5,1.0\nclip,wave,2.1,3.0\nclip,jump,2.0,2.9\nclip,sit,3.2,3.5\nx,sit,1,2\n"


def spans(session):
    names = {label.id: label.name for label in session.labels}
    return [(names[s.label_id], s.start, s.end) for s in session.segments]


def ask(qtbot, window, path):
    """Drop the file on the window; the dialog that it opens."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    rest = (data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    copy = Qt.DropAction.CopyAction
    QApplication.sendEvent(window, QDragEnterEvent(QPoint(200, 200), copy, *rest))
    QApplication.sendEvent(window, QDropEvent(QPointF(200, 200), copy, *rest))
    qtbot.waitUntil(lambda: any(d.isVisible() for d in window.findChildren(ImportDialog)))
    return next(d for d in window.findChildren(ImportDialog) if d.isVisible())


def cells(dialog):
    model = dialog.table.model()
    return [
        [model.index(row, column).data() for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


def click(qtbot, widget):
    at = QPoint(12, widget.height() // 2)  # a radio button is as wide as its row
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton, pos=at)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "other.csv"
    path.write_text(HEADER + ROWS)
    return path


def test_the_dialog_shows_what_each_row_meets(qtbot, opened, file):
    before = spans(opened.session)
    dialog = ask(qtbot, opened, file)
    assert [row[0] for row in cells(dialog)] == [
        "other boundaries",
        "unknown video",
        "new",
        "new",
        "there already",
    ]
    assert cells(dialog)[0] == ["other boundaries", "clip", "wave", "2.100", "3.000",
                                "wave  2.000 – 3.000"]  # fmt: skip
    assert dialog.button.text() == "Import 3 segments"
    click(qtbot, dialog.choices["project"])
    assert dialog.button.text() == "Import 2 segments"
    dialog.reject()
    assert spans(opened.session) == before


def test_saying_yes_imports_as_one_step_of_undo(qtbot, opened, file):
    before = spans(opened.session)
    dialog = ask(qtbot, opened, file)
    dialog.choices["file"].setChecked(True)
    with qtbot.waitSignal(opened.exchange.done) as told:
        click(qtbot, dialog.button)
    assert told.args == ["Imported 3 segments from other.csv"]
    assert sorted(spans(opened.session)) == sorted(
        [("jump", 0.5, 1.0), ("wave", 2.1, 3.0), ("jump", 2.0, 2.9), ("sit", 3.2, 3.5)]
    )
    opened.session.undo()
    assert spans(opened.session) == before


def test_a_file_of_one_video_can_be_said_to_be_about_another(qtbot, opened, tmp_path):
    path = tmp_path / "commentary.srt"
    path.write_text("1\n00:00:01,501 --> 00:00:01,999\nsit\n\n")
    dialog = ask(qtbot, opened, path)
    assert not dialog.button.isEnabled()
    dialog.video.setCurrentIndex(dialog.video.findData("clip"))
    dialog.video.activated.emit(dialog.video.currentIndex())
    qtbot.waitUntil(dialog.button.isEnabled)
    with qtbot.waitSignal(opened.exchange.done):
        click(qtbot, dialog.button)
    assert ("sit", 1.5, 2.0) in spans(opened.session)  # on the frames of the video


def test_what_is_there_already_cannot_be_imported_again(qtbot, opened, tmp_path):
    path = tmp_path / "out.eaf"
    with qtbot.waitSignal(opened.exchange.done):
        opened.exchange.export(path, "eaf")
    dialog = ask(qtbot, opened, tmp_path / "out")
    assert {row[0] for row in cells(dialog)} == {"there already"}
    assert not dialog.button.isEnabled()
    cancel = dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Cancel)
    click(qtbot, cancel)
    assert read(tmp_path / "out").segments


def test_files_and_folders_of_annotations_are_told_from_videos(tmp_path, clip):
    assert is_annotations(tmp_path / "a.eaf") and is_annotations(tmp_path / "a.boris")
    assert not is_annotations(clip) and not is_annotations(tmp_path)
    folder = tmp_path / "subtitles"
    folder.mkdir()
    (folder / "clip.vtt").write_text("WEBVTT\n")
    assert is_annotations(folder)
