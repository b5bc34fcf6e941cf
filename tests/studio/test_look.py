"""The look follows the system: palette, icons and rules change together, text stays legible."""

import pytest
from PySide6.QtGui import QColor, QPalette

from etp_core.project import RecolorLabel
from etp_studio.look import _dress, _mixed
from etp_studio.messages import MessageBar
from etp_studio.theme import theme


@pytest.fixture
def dressed(qapp):
    """A function that dresses the application; undone at the end."""
    palette, sheet, style = qapp.palette(), qapp.styleSheet(), qapp.style().objectName()
    qapp.setStyle("Fusion")
    yield lambda name: _dress(qapp, theme(name))
    qapp.setStyleSheet(sheet)
    qapp.setStyle(style)
    qapp.setPalette(palette)


def darkest(action):
    image = action.icon().pixmap(24, 24).toImage()
    colours = [image.pixelColor(x, y) for x in range(24) for y in range(24)]
    return min(colour.lightness() for colour in colours if colour.alpha() > 200)


def test_icons_change_with_the_theme_while_the_window_is_open(qtbot, window, dressed):
    action = window.actions_by_name["open_videos"]
    dressed("light")
    qtbot.waitUntil(lambda: darkest(action) < 100)
    dressed("dark")
    qtbot.waitUntil(lambda: darkest(action) > 150)


def test_a_label_has_the_colour_of_its_bars_in_either_theme(qtbot, opened, dressed):
    opened.session.apply(RecolorLabel(opened.session.labels[0].id, "#f0e442"))

    def seen():
        icon = opened.labels.list.item(0).icon()
        return icon.pixmap(12, 12).toImage().pixelColor(6, 6).name()

    for name in ("light", "dark", "light"):
        dressed(name)
        qtbot.waitUntil(lambda name=name: seen() == theme(name).shown("#f0e442").name())
    assert theme("light").shown("#f0e442") != theme("dark").shown("#f0e442")


@pytest.mark.parametrize("name", ["dark", "light"])
def test_every_text_stands_out_from_its_ground(qapp, dressed, name):
    dressed(name)
    palette, role = qapp.palette(), QPalette.ColorRole
    chosen = theme(name)
    pairs = [
        (palette.color(role.Text), palette.color(role.Base)),
        (palette.color(role.WindowText), palette.color(role.Window)),
        (palette.color(role.ButtonText), palette.color(role.Button)),
        (QColor(chosen.on_accent), QColor(chosen.accent)),
    ]
    grounds = [QColor(getattr(chosen, name)) for name in ("window", "surface", "band", "raised")]
    for name in ("text", "muted", "warning"):
        pairs += [(QColor(getattr(chosen, name)), g) for g in (*grounds, QColor(_mixed(chosen)))]
    for ink, ground in pairs:
        assert contrast(ink, ground) >= 4.5, (ink.name(), ground.name())


def contrast(a, b):
    """Contrast ratio of two colours (WCAG 2)."""

    def luminance(colour):
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _rgb(colour)]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _rgb(colour):
    return colour.redF(), colour.greenF(), colour.blueF()


def test_a_notice_goes_by_itself_and_an_error_stays(qtbot, monkeypatch):
    monkeypatch.setattr("etp_studio.messages._STAY", 50)
    bar = MessageBar()
    qtbot.addWidget(bar)
    bar.notice("Exported 3 segments")
    assert bar.text == "Exported 3 segments" == bar.accessibleName()
    qtbot.waitUntil(lambda: bar.text == "")
    bar.notice("Opening …")
    bar.error("clip.mp4: is broken")
    qtbot.wait(120)
    assert bar.text == "clip.mp4: is broken"
    bar._close.click()
    assert bar.text == ""
