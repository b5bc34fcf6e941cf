"""One line over the work: the newest message, and what it takes to withdraw one."""

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
