"""Whose segments they are: the name that is chosen signs what is drawn and done from then on."""

from PySide6.QtWidgets import QInputDialog

from etp_core.project import AddSegment, login_name
from etp_studio.actions import Action


def choose(window, name):
    window.actions_by_name[Action.annotator].trigger()
    (dialog,) = window.findChildren(QInputDialog)
    before = dialog.textValue()
    dialog.setTextValue(name)
    dialog.accept()
    dialog.deleteLater()
    return before


def test_what_is_drawn_carries_the_name_that_was_chosen_and_undo_is_signed_with_it(qtbot, opened):
    session = opened.session
    drawn = AddSegment(1, session.labels[0].id, 0.1, 0.4)
    assert choose(opened, "  Zoë   Müller ") == login_name()
    assert "by Zoë Müller" in opened.messages.text
    session.apply(drawn)
    made = next(s for s in session.segments if s.start == 0.1)
    assert (made.annotator, made.editor) == ("Zoë Müller", "Zoë Müller")
    assert session.project.history()[-1].author == "Zoë Müller"
    qtbot.waitUntil(lambda: opened.findChildren(QInputDialog) == [])
    assert choose(opened, "") == "Zoë Müller"
    session.undo()
    session.apply(drawn)
    assert next(s for s in session.segments if s.start == 0.1).annotator == login_name()


def test_the_name_is_remembered_for_the_next_project(qtbot, opened, tmp_path):
    choose(opened, "Ada")
    opened.new_project(tmp_path / "next.etp")
    assert opened.session.project.author == "Ada"
