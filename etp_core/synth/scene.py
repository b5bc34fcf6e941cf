"""The places where people act: a room, a park, a street, a hall, each drawn at random."""

import colorsys
from typing import Any

import numpy as np

from etp_core.opencv import cv2 as _opencv
from etp_core.synth.figure import Canvas, Colour

cv2: Any = _opencv()


def random_scene(rng: np.random.Generator, width: int, height: int, floor: float) -> Canvas:
    """An empty place, (height, width, 3) RGB; the ground begins at row floor * height."""
    painter = _Painter(rng, width, height, round(floor * height))
    (painter.room, painter.park, painter.street, painter.hall)[int(rng.integers(4))]()
    return painter.finish()


class _Painter:
    def __init__(self, rng: np.random.Generator, width: int, height: int, floor: int) -> None:
        self._rng, self._width, self._height, self._floor = rng, width, height, floor
        self._canvas = np.zeros((height, width, 3), dtype=np.uint8)

    def finish(self) -> Canvas:
        """The picture, with the unevenness of real surfaces and darker corners."""
        rough = self._blotches(5, 5.0) + self._blotches(90, 2.0)
        x = np.linspace(-1.0, 1.0, self._width)[None, :]
        y = np.linspace(-1.0, 1.0, self._height)[:, None]
        corners = 1.0 - 0.14 * (x * x + y * y)
        lit = (self._canvas + rough[..., None]) * corners[..., None]
        return np.clip(lit, 0, 255).astype(np.uint8)

    def room(self) -> None:
        """A wall with a window or pictures, a skirting board, a boarded floor, furniture."""
        wall = self._colour(0.08, 0.3, 0.62, 0.92)
        self._wash(0, self._floor, wall, _times(wall, 0.86))
        if self._rng.random() < 0.5:
            self._stripes(0, self._floor, _times(wall, 0.95))
        wood = self._colour_of((0.05, 0.11), 0.3, 0.55, 0.4, 0.7)
        self._wash(self._floor, self._height, wood, _times(wood, 0.72))
        self._boards(_times(wood, 0.8))
        board = max(2, self._height // 50)
        self._box(0, self._floor - board, self._width, self._floor, _times(wall, 0.7))
        if self._rng.random() < 0.6:
            self._window(self._x(0.05, 0.7))
        for _ in range(int(self._rng.integers(1, 3))):
            self._picture(self._x(0.05, 0.85))
        for thing in self._some((self._plant, self._lamp, self._sofa, self._shelf), 2):
            thing(self._x(0.02, 0.92))

    def park(self) -> None:
        """Sky, hills, trees, a lawn."""
        sky = self._colour_of((0.53, 0.6), 0.25, 0.55, 0.8, 0.98)
        self._wash(0, self._floor, sky, (226, 232, 236))
        for _ in range(int(self._rng.integers(1, 4))):
            self._cloud(
                self._x(0.0, 1.0), round(float(self._rng.uniform(0.08, 0.35)) * self._floor)
            )
        green = self._colour_of((0.24, 0.34), 0.35, 0.6, 0.4, 0.65)
        for rise in (0.28, 0.16):
            self._hill(rise, _mixed(green, sky, rise * 1.6))
        self._wash(self._floor, self._height, green, _times(green, 0.8))
        self._grass(_times(green, 0.82), _times(green, 1.12))
        for _ in range(int(self._rng.integers(2, 6))):
            self._tree(self._x(0.0, 1.0), _times(green, float(self._rng.uniform(0.6, 0.95))))
        if self._rng.random() < 0.6:
            self._bench(self._x(0.05, 0.8))

    def street(self) -> None:
        """House fronts with windows, a pavement, a road."""
        sky = self._colour_of((0.55, 0.62), 0.1, 0.35, 0.75, 0.95)
        self._wash(0, self._floor, sky, (232, 230, 226))
        x = -int(self._rng.integers(0, self._width // 6))
        while x < self._width:
            wide = int(self._rng.integers(self._width // 6, self._width // 3))
            self._house(x, wide)
            x += wide
        grey = self._colour(0.0, 0.06, 0.5, 0.68)
        self._wash(self._floor, self._height, grey, _times(grey, 0.8))
        kerb = self._floor + (self._height - self._floor) // 4
        self._box(0, kerb, self._width, kerb + max(2, self._height // 70), _times(grey, 1.2))
        for thing in self._some((self._lamp, self._tub, self._bench), 2):
            thing(self._x(0.05, 0.9))

    def hall(self) -> None:
        """A plain hall: a wall in two colours, lines on the floor."""
        wall = self._colour(0.1, 0.45, 0.5, 0.9)
        self._wash(0, self._floor, _times(wall, 1.05), _times(wall, 0.85))
        band = self._colour(0.2, 0.6, 0.35, 0.75)
        top = round(float(self._rng.uniform(0.5, 0.72)) * self._floor)
        self._wash(top, self._floor, band, _times(band, 0.88))
        if self._rng.random() < 0.5:
            self._stripes(top, self._floor, _times(band, 0.9))
        floor = self._colour_of((0.05, 0.12), 0.25, 0.6, 0.5, 0.8)
        self._wash(self._floor, self._height, floor, _times(floor, 0.78))
        for _ in range(int(self._rng.integers(1, 4))):
            line = self._colour(0.1, 0.7, 0.6, 0.95)
            y = int(self._rng.integers(self._floor + 4, self._height))
            ends = ((-9, y + int(self._rng.integers(-30, 30))), (self._width + 9, y))
            cv2.line(self._canvas, *ends, line, max(2, self._height // 90), cv2.LINE_AA)
        for thing in self._some((self._ball, self._tub, self._shelf), 1):
            thing(self._x(0.05, 0.9))

    # --- surfaces -----------------------------------------------------------------------------

    def _wash(self, top: int, bottom: int, above: Colour, below: Colour) -> None:
        """Rows top … bottom - 1 in a gradient from `above` to `below`."""
        part = np.linspace(0.0, 1.0, max(1, bottom - top))[:, None]
        rows = np.array(above) * (1.0 - part) + np.array(below) * part
        self._canvas[top:bottom] = rows[:, None].astype(np.uint8)

    def _blotches(self, cells: int, strength: float) -> np.ndarray:
        shape = (max(2, cells * self._height // self._width), cells)
        small = self._rng.normal(0.0, strength, shape).astype(np.float32)
        return np.asarray(
            cv2.resize(small, (self._width, self._height), interpolation=cv2.INTER_CUBIC)
        )

    def _stripes(self, top: int, bottom: int, colour: Colour) -> None:
        wide = int(self._rng.integers(6, 24)) * self._width // 640 + 2
        for x in range(0, self._width, 2 * wide):
            self._box(x, top, x + wide, bottom, colour)

    def _boards(self, colour: Colour) -> None:
        vanish = (self._width // 2, self._floor - self._height // 2)
        step = self._width // int(self._rng.integers(6, 12))
        for x in range(-3 * self._width, 4 * self._width, step):
            part = (self._floor - vanish[1]) / (self._height - vanish[1])
            far = round(vanish[0] + (x - vanish[0]) * part)
            ends = ((far, self._floor), (x, self._height))
            cv2.line(self._canvas, *ends, colour, max(1, self._height // 240), cv2.LINE_AA)

    def _hill(self, rise: float, colour: Colour) -> None:
        x = np.arange(self._width)
        bend = np.zeros(self._width)
        for _ in range(3):
            bend += np.sin(
                x / self._width * float(self._rng.uniform(2, 9)) + float(self._rng.uniform(0, 6))
            )
        ridge = self._floor - rise * self._height * (0.6 + 0.2 * bend)
        corners = np.stack([x, ridge], axis=-1)
        edge = np.array([[self._width, self._floor], [0, self._floor]])
        cv2.fillPoly(
            self._canvas, [np.concatenate([corners, edge]).astype(np.int32)], colour, cv2.LINE_AA
        )

    def _grass(self, dark: Colour, light: Colour) -> None:
        for colour in (dark, light):
            for _ in range(260):
                x = int(self._rng.integers(0, self._width))
                y = int(self._rng.integers(self._floor + 2, self._height))
                tall = 1 + 5 * (y - self._floor) // max(1, self._height - self._floor)
                cv2.line(self._canvas, (x, y), (x + 1, y - tall), colour, 1, cv2.LINE_AA)

    # --- things -------------------------------------------------------------------------------

    def _window(self, x: int) -> None:
        wide, high = round(0.2 * self._width), round(0.42 * self._floor)
        y = round(0.14 * self._floor)
        frame = max(2, self._height // 60)
        self._box(x - frame, y - frame, x + wide + frame, y + high + frame, (236, 234, 228))
        sky = self._colour_of((0.53, 0.6), 0.2, 0.5, 0.8, 0.98)
        self._box(x, y, x + wide, y + high, sky)
        self._box(x, y + 2 * high // 3, x + wide, y + high, (126, 160, 110))
        self._box(
            x + wide // 2 - frame // 2, y, x + wide // 2 + frame // 2 + 1, y + high, (236, 234, 228)
        )

    def _picture(self, x: int) -> None:
        wide, high = round(0.09 * self._width), round(0.2 * self._floor)
        y = round(float(self._rng.uniform(0.12, 0.4)) * self._floor)
        self._box(x - 3, y - 3, x + wide + 3, y + high + 3, self._colour(0.2, 0.5, 0.2, 0.5))
        self._box(x, y, x + wide, y + high, self._colour(0.2, 0.7, 0.5, 0.95))
        centre = (x + wide // 2, y + 2 * high // 3)
        cv2.circle(
            self._canvas, centre, high // 4, self._colour(0.3, 0.8, 0.4, 0.9), -1, cv2.LINE_AA
        )

    def _plant(self, x: int) -> None:
        high = round(0.3 * self._floor)
        y = self._floor + self._height // 40
        leaf = self._colour_of((0.25, 0.38), 0.4, 0.7, 0.3, 0.6)
        for bearing in np.linspace(-1.1, 1.1, 9):
            tip = (
                round(x + high * 0.6 * np.sin(bearing)),
                round(y - high * (0.35 + 0.6 * np.cos(bearing))),
            )
            cv2.line(self._canvas, (x, y - high // 4), tip, leaf, max(2, high // 12), cv2.LINE_AA)
        self._tub(x)

    def _tub(self, x: int) -> None:
        high = round(0.12 * self._height)
        y = self._floor + self._height // 40
        corners = [
            (x - high // 2, y - high),
            (x + high // 2, y - high),
            (x + high // 3, y),
            (x - high // 3, y),
        ]
        colour = self._colour_of((0.02, 0.12), 0.3, 0.6, 0.4, 0.7)
        cv2.fillConvexPoly(self._canvas, np.array(corners, dtype=np.int32), colour, cv2.LINE_AA)

    def _lamp(self, x: int) -> None:
        y = self._floor + self._height // 40
        top = round(float(self._rng.uniform(0.2, 0.35)) * self._height)
        wide = self._width // 28
        cv2.line(
            self._canvas, (x, y), (x, top), (60, 60, 64), max(2, self._width // 160), cv2.LINE_AA
        )
        corners = [
            (x - wide // 2, top),
            (x + wide // 2, top),
            (x + wide, top + wide),
            (x - wide, top + wide),
        ]
        cv2.fillConvexPoly(
            self._canvas, np.array(corners, dtype=np.int32), (250, 226, 160), cv2.LINE_AA
        )

    def _sofa(self, x: int) -> None:
        wide, high = round(0.3 * self._width), round(0.2 * self._height)
        y = self._floor + self._height // 30
        colour = self._colour(0.2, 0.6, 0.35, 0.75)
        self._box(x, y - high, x + wide, y - high // 3, _times(colour, 0.9))
        self._box(x - wide // 12, y - high // 2, x + wide + wide // 12, y, colour)
        self._box(x, y - high // 3, x + wide, y - high // 3 + 2, _times(colour, 0.75))

    def _shelf(self, x: int) -> None:
        wide, high = round(0.14 * self._width), round(0.55 * self._floor)
        y = self._floor + self._height // 60
        wood = self._colour_of((0.05, 0.1), 0.3, 0.6, 0.3, 0.6)
        self._box(x, y - high, x + wide, y, wood)
        for row in range(4):
            base = y - row * high // 4 - 3
            book = x + 4
            while book < x + wide - 8:
                thick, tall = (
                    int(self._rng.integers(3, 9)),
                    int(self._rng.integers(high // 8, high // 5)),
                )
                self._box(book, base - tall, book + thick, base, self._colour(0.2, 0.8, 0.3, 0.9))
                book += thick + 1

    def _tree(self, x: int, green: Colour) -> None:
        y = self._floor + int(self._rng.integers(0, max(1, self._height // 30)))
        high = round(float(self._rng.uniform(0.3, 0.6)) * self._floor)
        cv2.line(
            self._canvas, (x, y), (x, y - high // 2), (96, 74, 54), max(3, high // 12), cv2.LINE_AA
        )
        for _ in range(9):
            at = (
                x + int(self._rng.normal(0, high * 0.16)),
                y - round(high * float(self._rng.uniform(0.5, 0.95))),
            )
            shade = _times(green, float(self._rng.uniform(0.85, 1.15)))
            cv2.circle(
                self._canvas,
                at,
                int(high * float(self._rng.uniform(0.12, 0.2))),
                shade,
                -1,
                cv2.LINE_AA,
            )

    def _cloud(self, x: int, y: int) -> None:
        size = self._width // 26
        for _ in range(6):
            at = (
                x + int(self._rng.normal(0, 1.6 * size)),
                y + int(self._rng.normal(0, 0.3 * size)),
            )
            axes = (int(1.6 * size), int(0.6 * size))
            cv2.ellipse(self._canvas, at, axes, 0, 0, 360, (244, 246, 248), -1, cv2.LINE_AA)

    def _bench(self, x: int) -> None:
        wide, y = round(0.22 * self._width), self._floor + self._height // 30
        step = self._height // 26
        wood = self._colour_of((0.05, 0.1), 0.35, 0.6, 0.35, 0.6)
        for row in (1, 2, 4):
            self._box(x, y - row * step - step // 2, x + wide, y - row * step, wood)
        for leg in (x + wide // 10, x + wide - wide // 10):
            self._box(leg, y - 4 * step, leg + max(2, step // 3), y + step // 2, (60, 60, 62))

    def _ball(self, x: int) -> None:
        radius = self._height // 22
        at, colour = (x, self._floor + radius), self._colour(0.6, 0.9, 0.6, 0.95)
        cv2.circle(self._canvas, at, radius, colour, -1, cv2.LINE_AA)
        cv2.ellipse(
            self._canvas, at, (radius // 2, radius), 20, 0, 360, _times(colour, 0.6), 1, cv2.LINE_AA
        )

    def _house(self, x: int, wide: int) -> None:
        top = round(float(self._rng.uniform(0.02, 0.3)) * self._floor)
        front = self._colour(0.1, 0.45, 0.45, 0.85)
        self._box(x, top, x + wide, self._floor, front)
        self._box(x, top, x + wide, top + max(2, self._height // 60), _times(front, 0.75))
        glass = self._colour_of((0.55, 0.62), 0.15, 0.4, 0.35, 0.7)
        columns, step = max(2, wide // (self._width // 16)), round(0.2 * self._height)
        for row in range(top + step // 2, self._floor - step // 2, step):
            for column in range(columns):
                left = x + round((column + 0.3) * wide / columns)
                self._box(
                    left, row, left + round(0.4 * wide / columns), row + round(0.55 * step), glass
                )

    def _box(self, left: int, top: int, right: int, bottom: int, colour: Colour) -> None:
        self._canvas[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = colour

    def _x(self, low: float, high: float) -> int:
        return round(float(self._rng.uniform(low, high)) * self._width)

    def _some(self, things: tuple[Any, ...], count: int) -> list[Any]:
        return [things[i] for i in self._rng.permutation(len(things))[:count]]

    def _colour(self, pale: float, deep: float, dark: float, light: float) -> Colour:
        return self._colour_of((0.0, 1.0), pale, deep, dark, light)

    def _colour_of(
        self, hue: tuple[float, float], pale: float, deep: float, dark: float, light: float
    ) -> Colour:
        tone = (
            self._rng.uniform(*hue),
            self._rng.uniform(pale, deep),
            self._rng.uniform(dark, light),
        )
        red, green, blue = colorsys.hsv_to_rgb(*(float(value) for value in tone))
        return int(255 * red), int(255 * green), int(255 * blue)


def _times(colour: Colour, factor: float) -> Colour:
    red, green, blue = (min(255, int(channel * factor)) for channel in colour)
    return red, green, blue


def _mixed(one: Colour, other: Colour, part: float) -> Colour:
    red, green, blue = (int(a + (b - a) * part) for a, b in zip(one, other, strict=True))
    return red, green, blue
