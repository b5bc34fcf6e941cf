"""One line over the work: the newest message, and what it takes to withdraw one."""

from PySide6.QtCore import Qt

from etp_studio.messages import MessageBar


def test_a_notice_is_withdrawn_unless_something_else_was_said_since(qtbot):
    bar = MessageBar()
    qtbot.addWidget(bar)
    opening = bar.notice("Opening …")
    bar.withdraw(opening)
    assert bar.text == ""
    opening = bar.notice("Opening …")
    again = bar.notice("Opening …")
    bar.withdraw(opening)
    assert bar.text == "Opening …"
    bar.error("It is not there")
    bar.withdraw(again)
    assert bar.text == "It is not there"
    bar.hide()


def test_esc_closes_an_error_that_would_stay(qtbot, opened):
    opened.messages.error("It is not there")
    opened.timeline.setFocus()
    qtbot.keyClick(opened.timeline, Qt.Key.Key_Escape)
    assert opened.messages.text == ""
