"""The shipped icons, drawn in the colours of the present palette."""

from functools import cache

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer

from etp_studio.resources import resource
from etp_studio.theme import of_palette

_SIZES = (16, 20, 24, 32, 40, 48, 64)  # pixels; enough for screen densities up to 2


def icon(name: str) -> QIcon:
    """The icon `name` in the palette's text colours (ask again when the palette changes)."""
    palette = QGuiApplication.palette()
    group, role = QPalette.ColorGroup, QPalette.ColorRole.ButtonText
    normal, faint = palette.color(group.Active, role), palette.color(group.Disabled, role)
    return tinted(name, normal.name(), faint.name())


def swatch(colour: str, size: int = 12) -> QIcon:
    """A square of a class colour as the timeline shows it, selected or not."""
    return _square(of_palette(QGuiApplication.palette()).shown(colour).name(), size)


@cache
def _square(colour: str, size: int) -> QIcon:
    pixmap = QPixmap(size, size)
    pixmap.fill(QColor(colour))
    result = QIcon()
    for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected, QIcon.Mode.Active):
        result.addPixmap(pixmap, mode)
    return result


@cache
def blank(size: int) -> QIcon:
    """Nothing, as wide as an icon."""
    return _square("#00000000", size)


@cache
def tinted(name: str, normal: str, disabled: str) -> QIcon:
    """The icon `name` in given colours, '#rrggbb'."""
    drawing = resource(f"icons/{name}.svg").read_text(encoding="utf-8")
    result = QIcon()
    for colour, mode in ((normal, QIcon.Mode.Normal), (disabled, QIcon.Mode.Disabled)):
        renderer = QSvgRenderer(QByteArray(drawing.replace("currentColor", colour).encode()))
        for size in _SIZES:
            pixmap = QPixmap(size, size)
            pixmap.fill(Qt.GlobalColor.transparent)
            painter = QPainter(pixmap)
            renderer.render(painter)
            painter.end()
            result.addPixmap(pixmap, mode)
    return result
