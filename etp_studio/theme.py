"""Colours of the window: a dark and a light theme, and class hues that colour-blind people tell.

The hues and themes are data, `resources/themes.toml`. Views read a `Theme`; they hold no colours.
"""

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import cache, lru_cache

from PySide6.QtGui import QColor, QPalette

from etp_studio.resources import resource

CONTRAST_DARK, CONTRAST_LIGHT = 2.8, 1.9  # least ratio between a class colour and the surface


@dataclass(frozen=True)
class Theme:
    """The colours of one appearance, as '#rrggbb'."""

    name: str
    dark: bool
    window: str  # around the panes
    surface: str  # where content lies
    band: str  # a lane
    raised: str  # rulers, chips, headers
    line: str  # hairlines
    grid: str  # fainter than a hairline
    text: str
    muted: str  # secondary text
    accent: str  # focus, selection
    on_accent: str  # text on accent
    playhead: str
    towards: str  # a boundary moved towards the ground truth (▲)
    away: str  # a boundary moved away from it (▼)
    warning: str
    neutral: str  # what has no class

    def color(self, name: str, alpha: float = 1.0) -> QColor:
        """The colour called `name` (a field of the theme) at the opacity `alpha` in [0, 1]."""
        return faded(getattr(self, name), alpha)

    def shown(self, hue: str) -> QColor:
        """A class colour as it is shown here: itself, or mixed until it stands out enough."""
        return QColor(_shown(hue, self.name))

    def qpalette(self) -> QPalette:
        """The palette that gives Qt's own widgets these colours."""
        role = QPalette.ColorRole
        palette = QPalette()
        for key, name in {
            role.Window: "window",
            role.Base: "surface",
            role.AlternateBase: "raised",
            role.Button: "raised",
            role.ToolTipBase: "raised",
            role.WindowText: "text",
            role.Text: "text",
            role.ButtonText: "text",
            role.ToolTipText: "text",
            role.PlaceholderText: "muted",
            role.Highlight: "accent",
            role.HighlightedText: "on_accent",
            role.Link: "accent",
            role.Mid: "line",
        }.items():
            palette.setColor(key, QColor(getattr(self, name)))
        for key in (role.WindowText, role.Text, role.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, key, QColor(self.muted))
        return palette


def faded(color: str | QColor, alpha: float) -> QColor:
    """`color` at the opacity `alpha` in [0, 1]; not to be changed, for it is kept."""
    return _faded(color, alpha) if isinstance(color, str) else _at(color, alpha)


@lru_cache(maxsize=4096)
def _faded(color: str, alpha: float) -> QColor:
    return _at(QColor(color), alpha)


def _at(color: QColor, alpha: float) -> QColor:
    faint = QColor(color)
    faint.setAlphaF(min(max(alpha, 0.0), 1.0))
    return faint


def mixed(color: QColor, under: QColor, alpha: float) -> QColor:
    """The opaque colour that `color` at the opacity `alpha` gives over `under`."""
    pairs = zip(color.getRgbF()[:3], under.getRgbF()[:3], strict=True)
    return QColor.fromRgbF(*(a * alpha + b * (1 - alpha) for a, b in pairs))


@cache
def _data() -> dict:
    return tomllib.loads(resource("themes.toml").read_text(encoding="utf-8"))


@cache
def theme(name: str) -> Theme:
    """The theme called 'dark' or 'light'."""
    values = _data()[name]
    return Theme(**{field.name: values.get(field.name, name) for field in fields(Theme)})


def of_palette(palette: QPalette) -> Theme:
    """The theme that goes with a widget's palette: dark where its window colour is dark."""
    if _on_paper:
        return theme("light")
    return theme("dark" if palette.color(QPalette.ColorRole.Window).lightnessF() < 0.5 else "light")


_on_paper = False


@contextmanager
def on_paper(light: bool = True) -> Iterator[None]:
    """What is painted meanwhile has the light theme, whatever the palette; not so unless `light`.

    In the GUI thread.
    """
    global _on_paper
    before, _on_paper = _on_paper, light
    try:
        yield
    finally:
        _on_paper = before


def class_hues() -> tuple[str, ...]:
    """The class colours in the order in which they are to be given out, as '#rrggbb'."""
    return tuple(_data()["classes"]["hues"])


def class_hue(index: int) -> str:
    """The colour of the class `index`; the hues repeat after the last."""
    hues = class_hues()
    return hues[index % len(hues)]


@cache
def _shown(hue: str, name: str) -> QColor:
    here, color = theme(name), QColor(hue)
    if not color.isValid():
        return QColor(here.neutral)
    surface, towards = QColor(here.surface), QColor("#FFFFFF" if here.dark else "#000000")
    least = CONTRAST_DARK if here.dark else CONTRAST_LIGHT
    for step in range(20):
        seen = mixed(color, towards, 1 - step / 20)
        if contrast(seen, surface) >= least:
            return seen
    return towards


def contrast(a: QColor, b: QColor) -> float:
    """Contrast ratio of two colours in [1, 21], as WCAG 2 defines it."""
    dark, light = sorted((luminance(a), luminance(b)))
    return (light + 0.05) / (dark + 0.05)


def luminance(color: QColor) -> float:
    """Relative luminance in [0, 1] (WCAG 2)."""
    channels = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color.getRgbF()[:3]
    )
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), channels, strict=True))


def ink(under: QColor) -> QColor:
    """The colour of text on `under`: near-black or white, whichever reads better."""
    black, white = QColor("#0B0E12"), QColor("#FFFFFF")
    return max((black, white), key=lambda text: contrast(text, under))
