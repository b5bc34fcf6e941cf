"""What helps people find their way: commands by name, the tour, colours that are chosen."""

import barcode
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QAbstractButton, QApplication, QMessageBox, QTabBar, QWidget

from etp_studio import settings
from etp_studio.actions import Action
from etp_studio.detecting import detect
from etp_studio.tour import Tour
from etp_studio.tour_steps import tour_steps

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def commands(qtbot, window):
    qtbot.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_P, CONTROL | SHIFT)
    return QApplication.activePopupWidget()


def test_a_command_is_found_by_letters_of_its_words_and_done_by_enter(qtbot, opened):
    opened.session.select(opened.session.segments[0].id)
    picker = commands(qtbot, opened)
    qtbot.keyClicks(picker.field, "dupl")
    assert picker.list.currentItem().text().startswith("Duplicate")
    assert "Ctrl+D" in picker.list.currentItem().text()
    qtbot.keyClick(picker.field, Qt.Key.Key_Return)
    assert len(opened.session.segments) == 3


def test_a_command_is_found_by_what_it_does_but_its_name_goes_first(qtbot, opened):
    picker = commands(qtbot, opened)
    qtbot.keyClicks(picker.field, "dark theme")
    assert picker.list.currentItem().text().startswith("Dark colours")
    picker.field.clear()
    qtbot.keyClicks(picker.field, "detections")
    texts = [picker.list.item(k).text() for k in range(picker.list.count())]
    named = ["detections" in text.casefold() for text in texts]
    assert named == sorted(named, reverse=True) and not named[-1]
    qtbot.keyClick(picker.field, Qt.Key.Key_Escape)


def test_a_video_is_reached_by_its_name(qtbot, opened):
    picker = commands(qtbot, opened)
    qtbot.keyClicks(picker.field, "phone")
    qtbot.keyClick(picker.field, Qt.Key.Key_Return)
    assert opened.session.video.name == "phone.mp4"


def test_what_cannot_be_done_now_is_no_command(qtbot, window):
    picker = commands(qtbot, window)
    qtbot.keyClicks(picker.field, "export")
    assert [picker.list.item(k).text() for k in range(picker.list.count())] == [
        "Nothing here has that text"
    ]
    qtbot.keyClick(picker.field, Qt.Key.Key_Return)  # does nothing
    assert picker.isVisible()
    qtbot.keyClick(picker.field, Qt.Key.Key_Escape)


def test_the_arrows_choose_among_what_fits(qtbot, opened):
    picker = commands(qtbot, opened)
    qtbot.keyClicks(picker.field, "zoom")
    first = picker.list.currentItem().text()
    qtbot.keyClick(picker.field, Qt.Key.Key_Down)
    assert picker.list.currentItem().text() != first
    qtbot.keyClick(picker.field, Qt.Key.Key_Escape)


def test_the_tour_goes_through_parts_that_are_there_and_ends_by_itself(qtbot, opened):
    opened.show_tour()
    tour = opened.findChild(Tour)
    steps = tour_steps(opened)
    for step in steps:
        assert tour.title == step.title
        widget = step.widget()
        assert widget is None or widget.isVisible()
        assert opened.rect().contains(tour._card.geometry())
        assert tour._hole().isNull() == (widget is None), step.title
        above = [part for part in opened.children() if isinstance(part, QWidget)]
        assert above[-1] is tour, step.title
        qtbot.keyClick(tour, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: opened.findChild(Tour) is None)
    assert settings.tour_seen()


def test_escape_ends_the_tour_and_keys_work_again(qtbot, opened):
    opened.show_tour()
    tour = opened.findChild(Tour)
    qtbot.keyClick(tour, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: opened.findChild(Tour) is None)
    before = opened.player.index
    qtbot.keyClick(QApplication.focusWidget() or opened, Qt.Key.Key_Period)
    assert opened.player.index == before + 1


@pytest.fixture
def undressed(qapp):
    """The application gets its own look back at the end."""
    palette, sheet, style = qapp.palette(), qapp.styleSheet(), qapp.style().objectName()
    yield
    qapp.setStyleSheet(sheet)
    qapp.setStyle(style)
    qapp.setPalette(palette)


@pytest.mark.parametrize("name", ["dark", "light"])
def test_chosen_colours_hold_at_once_and_are_remembered(qtbot, opened, undressed, name):
    opened.actions_by_name[Action(f"colours_{name}")].trigger()
    shade = QApplication.palette().color(QPalette.ColorRole.Window).lightnessF()
    assert (shade < 0.5) == (name == "dark")
    assert settings.colours() == name
    checked = [n for n in ("system", "light", "dark") if _action(opened, n).isChecked()]
    assert checked == [name]


def _action(window, name):
    return window.actions_by_name[Action(f"colours_{name}")]


def test_detections_are_deleted_after_a_question_and_what_was_accepted_stays(qtbot, opened):
    session = opened.session
    before = len(session.segments)
    opened.actions_by_name[Action.delete_run].trigger()
    box = opened.findChild(QMessageBox)
    assert "clip.mp4" in box.text() and len(session.detections)
    next(b for b in box.buttons() if b.text() == "Delete").click()
    assert session.runs == {} and session.project.runs() == []
    assert session.detections == [] and session.evolution is None
    assert len(session.segments) == before
    opened.actions_by_name[Action.delete_run].trigger()
    assert opened.messages.text == "There are no detections in this video."


def spoken_by_text(widget):
    """Tabs and buttons are read out by what stands on them."""
    return isinstance(widget, QTabBar) or (isinstance(widget, QAbstractButton) and widget.text())


def test_what_filters_and_lists_is_reached_by_tab_and_says_what_it_is(qtbot, opened):
    opened.docks.bring("Review")
    reached = set()
    for _ in range(60):
        qtbot.keyClick(QApplication.focusWidget() or opened, Qt.Key.Key_Tab)
        reached.add(QApplication.focusWidget())
    for widget in (opened.queue, opened.timeline.lanes, opened.review.table, opened.review.kind):
        assert widget in reached
    nameless = [w for w in reached if w and not w.accessibleName() and not spoken_by_text(w)]
    assert nameless == []


def test_motion_proposes_where_there_is_no_model(qtbot, opened, monkeypatch):
    monkeypatch.setattr(settings, "model", lambda: None)
    session = opened.session
    session.set_video(session.videos[1])
    qtbot.waitUntil(lambda: opened.player.clip is not None and opened.video.on_screen)
    detect(opened, [session.video])
    assert "Propose by motion" in opened.messages.text
    opened.actions_by_name[Action.motion].trigger()
    qtbot.waitUntil(lambda: session.evolution is not None, timeout=60_000)
    assert session.evolution.model == "motion energy"
    assert len(session.evolution.actionness.kept) > 0
    assert session.evolution.curves.shape[0] == 1
    assert len(opened.timeline.lanes.scene.lanes[0].start) > 0


def test_curves_come_from_the_playhead_on_and_the_rest_is_hatched_meanwhile(
    qtbot, window, tmp_path
):
    barcode.write(tmp_path / "long.mp4", barcode.constant(900))
    window.open([tmp_path / "long.mp4"])
    qtbot.waitUntil(lambda: window.video.on_screen)
    window.player.seek(20.0)
    curves = window.timeline.curves
    seen = []

    def look(video_id, piece):
        seen.append((curves.reading, float(piece.times[0]), curves.data.gaps(0.0, 30.0)))

    window.detections.curves.connect(look)
    window.actions_by_name[Action.motion].trigger()
    assert curves.reading and curves.data.gaps(0.0, 30.0) == [(0.0, 30.0)]
    qtbot.waitUntil(lambda: window.session.evolution is not None, timeout=60_000)
    reading, begun, (before, after) = seen[0]
    assert reading and 15 < begun < 20 and before[1] == begun and after[1] == 30.0
    assert [start for _, start, _ in seen[-3:]] < [begun] * 3  # what lies before it came last
    assert not curves.reading
