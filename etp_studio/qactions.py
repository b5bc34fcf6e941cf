"""The actions as Qt knows them: made once of their list, true to keys, focus and colours."""

from collections.abc import Callable, Mapping

from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTabBar,
    QWidget,
)

from etp_studio.actions import SPECS, Action, keys_of, tool_tip
from etp_studio.icons import icon
from etp_studio.texts import tr

OWN_ROWS = "own rows"  # property of a list in which Up and Down go from row to row
_ROWS = (Action.previous_segment, Action.next_segment)
_LOUDNESS = (Action.louder, Action.quieter)
_LOOK = (Action.picture_up, Action.picture_down)


def register(
    window: QWidget, handlers: Mapping[Action, Callable[[], object]]
) -> dict[Action, QAction]:
    """Make every action and give it to `window`; KeyError if one has no handler."""
    made = {}
    for name, spec in SPECS.items():
        action = QAction(tr(spec.text), window)
        action.setObjectName(name)
        action.setShortcuts(keys_of(name))
        action.setAutoRepeat(spec.repeats)
        action.setCheckable(spec.checkable)
        action.setToolTip(tool_tip(name))
        handler = handlers[name]
        action.triggered.connect(lambda _checked=False, handler=handler: handler())
        window.addAction(action)
        made[name] = action
    draw_icons(made)
    return made


def renew_keys(actions: Mapping[Action, QAction]) -> None:
    """Give the actions the keys that are stored now."""
    for name, action in actions.items():
        action.setShortcuts(keys_of(name))
        action.setToolTip(tool_tip(name))


def mind_focus(actions: Mapping[Action, QAction], focus: QWidget | None) -> None:
    """Leave Enter, Esc and the arrows to a field one types in, and Space to a button.

    Up and Down go to a list of something else than segments, and to a box of choices, which also
    opens with Space and by Alt; Left and Right to tabs. With Ctrl they go through a list in which
    several rows can be selected, and step a number by ten.
    """
    typing = isinstance(focus, QLineEdit | QAbstractSpinBox | QPlainTextEdit)
    box = isinstance(focus, QComboBox)
    button = isinstance(focus, QAbstractButton) or box
    several = (
        isinstance(focus, QAbstractItemView)
        and focus.selectionMode() is QAbstractItemView.SelectionMode.ExtendedSelection
    )
    rows = box or (focus is not None and bool(focus.property(OWN_ROWS)))
    for name in (
        Action.accept,
        Action.accept_boundary,
        Action.deselect,
        Action.previous_segment,
        Action.next_segment,
    ):
        taken = (button and name == Action.accept) or (rows and name in _ROWS)
        _let_keys(actions[name], name, not typing and not taken)
    for name in _LOUDNESS:
        _let_keys(actions[name], name, not several and not isinstance(focus, QAbstractSpinBox))
    for name in _LOOK:
        _let_keys(actions[name], name, not box)
    for name in (Action.frame_back, Action.frame_on):
        _let_keys(actions[name], name, not isinstance(focus, QTabBar))
    _let_keys(actions[Action.play], Action.play, not button)


def _let_keys(action: QAction, name: Action, on: bool) -> None:
    wanted = keys_of(name) if on else []
    if action.shortcuts() != wanted:
        action.setShortcuts(wanted)


def draw_icons(actions: Mapping[Action, QAction]) -> None:
    """Give the actions their icons in the colours of the present palette."""
    for name, action in actions.items():
        if SPECS[name].icon:
            action.setIcon(icon(SPECS[name].icon))
