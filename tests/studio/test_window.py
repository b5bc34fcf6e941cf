"""The window: keys and mouse do what the table of keys says, and nothing they do is lost."""

import pytest
from driving import bounds, go, press, shown
from pictures import number_on_screen
from projects import project_of
from PySide6.QtCore import QLocale, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QDialog,
    QFileDialog,
    QLineEdit,
    QMessageBox,
    QToolButton,
    QWidget,
)

from etp_core.project import AddLabel
from etp_studio import settings
from etp_studio.actions import SPECS, Action, default_keys
from etp_studio.detecting import use_model
from etp_studio.threshold import ThresholdControl
from etp_studio.window import MainWindow


def test_the_first_page_offers_videos_projects_and_the_demo(qtbot, window):
    assert window.welcome.isVisible()
    buttons = [b.text() for b, _ in window.welcome._buttons]
    assert buttons == ["Open videos…", "Open project…", "Try the demo"]


def test_a_window_that_was_never_sized_fits_on_the_screen(qtbot):
    first = MainWindow()
    qtbot.addWidget(first)
    screen = first.screen().availableSize()  # 800 x 800 where there is none
    assert first.width() <= screen.width() and first.height() < screen.height()
    first.close()


def test_a_recent_project_opens_with_a_click(qtbot, window, tmp_path, clip):
    project_of(tmp_path / "work.etp", clip).close()
    window.open([tmp_path / "work.etp"])
    qtbot.waitUntil(lambda: window.video.on_screen)
    window.close()
    again = MainWindow()
    qtbot.addWidget(again)
    again.show()
    recent = again.welcome.recent
    where = recent.visualItemRect(recent.item(0)).center()
    qtbot.mouseClick(recent.viewport(), Qt.MouseButton.LeftButton, pos=where)
    qtbot.waitUntil(lambda: again.video.on_screen)
    assert again.session.project.path == tmp_path / "work.etp"
    again.close()


def test_a_new_project_is_empty_says_what_to_do_and_replaces_nothing(qtbot, opened, tmp_path, clip):
    before = opened.session.project.path
    press(qtbot, opened, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    dialog = opened.findChild(QFileDialog)
    dialog.fileSelected.emit(str(before))
    dialog.reject()
    assert str(before) in opened.messages.text and opened.session.project.path == before
    assert len(opened.session.videos) == 2

    opened.new_project(tmp_path / "other.etp")
    assert opened.session.videos == [] and opened.windowTitle() == "other – ETP Studio"
    assert "Ctrl+O opens some" in opened.video._text
    opened.open([clip])
    qtbot.waitUntil(lambda: opened.video.on_screen)
    assert opened.session.project.path == tmp_path / "other.etp"
    assert settings.recent_projects()[0].name == "other.etp"


def test_with_a_project_no_field_has_the_focus(qtbot, opened):
    assert not isinstance(QApplication.focusWidget(), QLineEdit | QAbstractSpinBox)


def test_the_frame_keys_step_exactly(qtbot, opened):
    go(qtbot, opened, 50)
    shift, control = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
    steps = [
        (Qt.Key.Key_Right, Qt.KeyboardModifier.NoModifier, 51),
        (Qt.Key.Key_Left, Qt.KeyboardModifier.NoModifier, 50),
        (Qt.Key.Key_Period, Qt.KeyboardModifier.NoModifier, 51),
        (Qt.Key.Key_Comma, Qt.KeyboardModifier.NoModifier, 50),
        (Qt.Key.Key_Right, shift, 60),
        (Qt.Key.Key_Left, shift, 50),
        (Qt.Key.Key_Right, control, 80),
        (Qt.Key.Key_Left, control, 50),
        (Qt.Key.Key_End, Qt.KeyboardModifier.NoModifier, 119),
        (Qt.Key.Key_Home, Qt.KeyboardModifier.NoModifier, 0),
    ]
    for key, modifier, index in steps:
        press(qtbot, opened, key, modifier)
        qtbot.waitUntil(lambda index=index: shown(opened) == index)
        assert number_on_screen(opened.video) == index


def test_space_plays_and_k_pauses(qtbot, opened):
    press(qtbot, opened, Qt.Key.Key_Space)
    assert opened.player.playing
    qtbot.waitUntil(lambda: opened.player.index > 3)
    press(qtbot, opened, Qt.Key.Key_K)
    assert not opened.player.playing
    qtbot.waitUntil(lambda: shown(opened) == opened.player.index)


def test_up_and_down_walk_through_the_segments(qtbot, opened):
    first, second = opened.session.segments
    press(qtbot, opened, Qt.Key.Key_Down)
    assert opened.session.selected == first.id
    press(qtbot, opened, Qt.Key.Key_Down)
    assert opened.session.selected == second.id
    qtbot.waitUntil(lambda: shown(opened) == 60)
    press(qtbot, opened, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: shown(opened) == 90)
    press(qtbot, opened, Qt.Key.Key_Up)
    assert opened.session.selected == first.id


def test_the_edit_menu_says_what_undo_would_undo(qtbot, opened):
    opened.session.select(opened.session.segments[0].id)
    press(qtbot, opened, Qt.Key.Key_W)
    undo, redo = (opened.actions_by_name[name] for name in (Action.undo, Action.redo))
    assert undo.text() == "&Undo Move boundary of jump"
    assert not redo.isEnabled()
    undo.trigger()
    assert redo.text() == "&Redo Move boundary of jump"
    assert opened.messages.text == "Undone: Move boundary of jump"


def test_a_label_is_added_by_typing_and_keys_typed_there_do_nothing_else(qtbot, opened):
    press(qtbot, opened, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    field = QApplication.focusWidget()
    assert field is opened.labels.name
    qtbot.keyClicks(field, "sit b 1")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert [label.name for label in opened.session.labels] == ["jump", "wave", "sit b 1"]
    assert bounds(opened) == [(0.5, 1.0), (2.0, 3.0)]


def test_table_and_timeline_are_selected_together(qtbot, opened):
    table = opened.segments.truth
    row = table.model().index(1, 0)
    qtbot.mouseClick(
        table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualRect(row).center()
    )
    second = opened.session.segments[1].id
    assert opened.session.selected == second == opened.timeline.selected
    qtbot.waitUntil(lambda: shown(opened) == 60)
    opened.timeline.selection_changed.emit(opened.session.segments[0].id)
    assert table.currentIndex().row() == 0


def test_the_table_sorts_by_number_not_by_text(qtbot, opened):
    table = opened.segments.truth
    first, second = (segment.id for segment in opened.session.segments)
    table.sortByColumn(3, Qt.SortOrder.DescendingOrder)  # frames: 30, 15
    assert table.rows.keys == [second, first]
    table.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    assert table.rows.keys == [first, second]


def test_a_click_on_score_brings_the_highest_to_the_top(qtbot, opened):
    opened.segments.show_detections()
    table = opened.segments.detections
    header = table.horizontalHeader()
    where = QPoint(header.sectionViewportPosition(3) + 5, header.height() // 2)
    for keys in ([0, 1], [1, 0]):  # 0.9 and 0.4
        qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=where)
        assert table.rows.keys == keys
    assert table.rows.index(0, 3).data() == "0.400"


def test_the_threshold_filters_timeline_and_table(qtbot, opened):
    spin = opened.threshold.spin
    spin.setFocus()
    spin.selectAll()
    qtbot.keyClicks(spin, "0.5")
    qtbot.keyClick(spin, Qt.Key.Key_Return)
    assert opened.session.threshold == 0.5
    assert opened.segments.detections.rows.keys == [0]
    assert opened.timeline.threshold == 0.5
    opened.threshold.slider.setValue(0)
    assert opened.segments.detections.rows.keys == [0, 1]


def test_the_overlap_of_a_detection_follows_the_ground_truth(qtbot, opened):
    rows = opened.segments.detections.rows
    assert rows.index(0, 4).data() == "0.83"  # 0.5 to 1.1 beside 0.5 to 1.0
    opened.session.select(opened.session.segments[0].id)
    press(qtbot, opened, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: rows.index(0, 4).data() == "0.89")


@pytest.mark.parametrize("typed", ["0.5", "0,5"])
def test_a_threshold_is_typed_with_a_point_or_a_comma_in_every_language(qtbot, typed):
    before = QLocale()
    QLocale.setDefault(QLocale("de_DE"))
    try:
        control = ThresholdControl()
        qtbot.addWidget(control)
        control.set_top(13.0)
        control.show()
        control.spin.selectAll()
        qtbot.keyClicks(control.spin, typed)
        qtbot.keyClick(control.spin, Qt.Key.Key_Return)
        assert (control.spin.value(), control.spin.text()) == (0.5, "0.500")
    finally:
        QLocale.setDefault(before)


def test_the_middle_of_the_slider_is_a_half_however_high_scores_are(qtbot, opened):
    control, told = opened.threshold, []
    control.changed.connect(told.append)
    for top in (1.0, 13.6):
        control.set_top(top)
        control.slider.setValue(500)
        assert told[-1] == pytest.approx(0.5)
        control.set_value(0.2)
        at = control.slider.value()
        assert 100 < at < 450
        control.slider.setValue(at + 1)
        control.slider.setValue(at)
        assert told[-1] == pytest.approx(0.2, abs=0.005)
        control.slider.setValue(1000)
        assert told[-1] == pytest.approx(top)


def test_a_long_label_leaves_room_for_the_digits(qtbot, opened):
    opened.session.apply(AddLabel("approaches a conspecific from behind while vocalising " * 3))
    labels = opened.labels.list
    assert labels.horizontalScrollBar().maximum() == 0
    for row in range(3):
        assert labels.visualItemRect(labels.item(row)).width() <= labels.viewport().width()


def test_a_double_click_accepts_a_detection(qtbot, opened):
    table = opened.segments.detections
    opened.segments.show_detections()
    where = table.visualRect(table.model().index(1, 0)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=where)
    qtbot.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=where)
    accepted = opened.session.selected_segment
    assert (accepted.start, accepted.end) == (pytest.approx(2.1), pytest.approx(2.9))
    assert accepted.source.startswith("accepted:run")


def test_another_video_is_shown_where_it_was_left(qtbot, opened):
    go(qtbot, opened, 40)
    press(qtbot, opened, Qt.Key.Key_PageDown)
    qtbot.waitUntil(lambda: opened.video.on_screen and opened.session.video.name == "phone.mp4")
    assert bounds(opened) == []
    press(qtbot, opened, Qt.Key.Key_PageUp)
    qtbot.waitUntil(lambda: opened.video.on_screen and shown(opened) == 40)
    assert len(bounds(opened)) == 2


def test_a_variable_rate_gets_its_badge(qtbot, opened):
    assert not opened.transport._badge.isVisible()
    press(qtbot, opened, Qt.Key.Key_PageDown)
    qtbot.waitUntil(lambda: opened.transport._badge.isVisible())


def test_dropped_files_are_opened(qtbot, window, clip):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(clip))])
    rest = (data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    copy = Qt.DropAction.CopyAction
    enter = QDragEnterEvent(QPoint(200, 200), copy, *rest)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(window, QDropEvent(QPointF(200, 200), copy, *rest))
    qtbot.waitUntil(lambda: window.video.on_screen)
    assert window.session.video.path == clip


def test_annotations_given_with_a_video_are_imported_into_its_project(
    qtbot, window, tmp_path, clip
):
    path = tmp_path / "truth.csv"
    path.write_text("video,label,start_s,end_s\nclip,sit,1.0,1.5\n")
    window.open([path, clip])
    qtbot.waitUntil(lambda: bounds(window) == [(1.0, 1.5)])
    assert [video.name for video in window.session.videos] == ["clip.mp4"]


def test_annotations_without_a_project_say_where_they_belong(qtbot, window, tmp_path):
    path = tmp_path / "truth.csv"
    path.write_text("video,label,start_s,end_s\n")
    window.open([path])
    assert "annotations go into a project" in window.messages.text
    assert window.session.project is None


def test_a_folder_without_a_model_is_not_taken_for_one(window, tmp_path):
    before = settings.model()
    use_model(window, tmp_path)
    assert "holds no model" in window.messages.text
    assert settings.model() == before


def test_what_cannot_be_opened_is_told_in_the_bar_and_no_dialog_asks(qtbot, opened, tmp_path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"nothing")
    opened.open([broken])
    qtbot.waitUntil(lambda: "broken.mp4" in opened.messages.text)
    assert opened.session.video.name == "clip.mp4"
    dialogs = [w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog | QMessageBox)]
    assert not [dialog for dialog in dialogs if dialog.isVisible()]


def test_detecting_without_a_model_says_what_to_do(qtbot, opened, monkeypatch):
    monkeypatch.setattr("etp_studio.settings.model", lambda: None)
    press(qtbot, opened, Qt.Key.Key_D)
    assert "Choose model" in opened.messages.text
    assert opened.jobs.jobs == []


def test_the_demo_model_says_of_other_videos_that_it_does_not_know_them(
    qtbot, opened, tmp_path, monkeypatch
):
    monkeypatch.setattr(opened.detections, "start", lambda *_: False)
    press(qtbot, opened, Qt.Key.Key_D)
    assert "drawn figure only: Ctrl+T makes a model of yours" in opened.messages.text
    opened.messages.hide()
    monkeypatch.setattr("etp_studio.settings.demo_folder", lambda: tmp_path)
    press(qtbot, opened, Qt.Key.Key_D)
    assert opened.messages.text == ""


def test_no_two_actions_have_the_same_key():
    taken = {}
    for name, spec in SPECS.items():
        for sequence in default_keys(name):
            assert not sequence.isEmpty(), f"{name}: a key of {spec.keys} is not known"
            assert sequence.toString() not in taken, f"{name} and {taken[sequence.toString()]}"
            taken[sequence.toString()] = name
    assert not set("0123456789") & set(taken)


def test_every_action_has_a_menu_and_a_tip_with_its_keys(qtbot, window):
    assert set(SPECS) == set(Action) == set(window.actions_by_name)
    for name, action in window.actions_by_name.items():
        for sequence in action.shortcuts():
            assert sequence.toString(sequence.SequenceFormat.NativeText) in action.toolTip(), name


def test_every_control_has_a_name_for_screen_readers(qtbot, opened):
    qtbot.wait(10)
    for button in opened.findChildren(QToolButton):
        inside_qt = button.objectName().startswith("qt_") or not button.isVisible()
        assert inside_qt or button.accessibleName() or button.text(), button.toolTip()
    for name in ("Video", "Videos", "Labels", "Ground truth", "Detections", "Frame on screen"):
        assert any(w.accessibleName() == name for w in opened.findChildren(QWidget)), name


def test_a_video_is_removed_without_a_question_and_undo_brings_it_back(qtbot, opened):
    session = opened.session
    second = session.videos[1]
    opened.queue.remove_requested.emit(second.id)
    assert [video.id for video in session.videos] == [1]
    assert opened.messages.text.startswith(f"{second.name} is no longer in the project")
    assert "Ctrl+Z brings it back" in opened.messages.text and second.path.is_file()
    session.undo()
    assert [video.id for video in session.videos] == [1, second.id]
