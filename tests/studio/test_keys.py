"""The keys can be changed; no key ever means two things; they are remembered."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication

from etp_studio.actions import Action, key_text, keys_of
from etp_studio.keys import KeysDialog, holder, set_keys
from etp_studio.window import MainWindow


@pytest.fixture
def dialog(qtbot, window):
    made = KeysDialog(window.actions_by_name, window)
    made.show()
    yield made
    made.close()


def press(qtbot, dialog, key, modifier=Qt.KeyboardModifier.NoModifier):
    qtbot.keyClick(dialog.edit, key, modifier)
    qtbot.waitUntil(lambda: not dialog.edit.keySequence().isEmpty())


def test_every_action_is_listed_with_its_keys(dialog):
    assert set(dialog._items) == set(Action)
    assert dialog._items[Action.redo].text(1) == key_text(Action.redo)


def test_a_free_key_can_be_given_and_is_there_in_the_next_window(qtbot, window, dialog):
    dialog.choose(Action.split)
    press(qtbot, dialog, Qt.Key.Key_S)
    dialog.use.click()
    assert key_text(Action.split) == "S" == dialog._items[Action.split].text(1)
    assert window.actions_by_name[Action.split].shortcuts() == [QKeySequence("S")]
    assert "(S)" in window.actions_by_name[Action.split].toolTip()
    again = MainWindow()
    qtbot.addWidget(again)
    assert again.actions_by_name[Action.split].shortcuts() == [QKeySequence("S")]
    again.close()


@pytest.mark.parametrize(
    ("key", "line"),
    [
        (Qt.Key.Key_M, "M means “Merge with next” already."),
        (Qt.Key.Key_3, "3 gives the selected segment a label."),
    ],
)
def test_a_key_that_is_taken_is_refused_and_its_holder_named(qtbot, dialog, key, line):
    dialog.choose(Action.split)
    press(qtbot, dialog, key)
    assert not dialog.use.isEnabled()
    assert dialog.message.text() == line


def test_its_own_key_comes_back_unless_it_was_given_away(qtbot, dialog):
    dialog.choose(Action.split)
    press(qtbot, dialog, Qt.Key.Key_S)
    dialog.use.click()
    dialog.choose(Action.merge)
    press(qtbot, dialog, Qt.Key.Key_B)  # split's own key, free now
    dialog.use.click()
    dialog.choose(Action.split)
    dialog.back.click()
    assert key_text(Action.split) == "S"
    assert "free that first" in dialog.message.text()
    dialog.choose(Action.merge)
    dialog.back.click()
    dialog.choose(Action.split)
    dialog.back.click()
    assert (key_text(Action.merge), key_text(Action.split)) == ("M", "B")


def test_what_the_window_says_to_press_is_the_key_that_holds_now(window):
    QApplication.clipboard().clear()  # another test may have copied something
    set_keys(Action.copy, [QKeySequence("Ctrl+J")])
    window.editor.paste()
    assert window.messages.text == "Copy segments first (Ctrl+J)."
    set_keys(Action.copy, [])
    window.editor.paste()
    assert window.messages.text == "Copy segments first (“Copy segments”)."


def test_a_key_has_at_most_one_holder(qapp):
    for name in Action:
        for key in keys_of(name):
            assert holder(key) is name
