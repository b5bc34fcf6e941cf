"""Drawing a person: a head with a face, a clothed torso, limbs with thickness, near ones last."""

import colorsys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etp_core.opencv import cv2 as _opencv
from etp_core.synth.pose import JOINT
from etp_core.timeline import Floats

cv2: Any = _opencv()

Canvas = NDArray[np.uint8]
Colour = tuple[int, int, int]
_BITS = 4  # fractional bits of a coordinate
_AWAY = 0.16  # how much lower a point appears for each body height that it is nearer


@dataclass(frozen=True, slots=True)
class Look:
    """What a person wears; lengths in body heights."""

    skin: Colour
    hair: Colour
    shirt: Colour
    trim: Colour
    trousers: Colour
    shoes: Colour
    build: float  # thickness of limbs and torso, around 1
    sleeves: bool
    shorts: bool
    skirt: bool
    long_hair: bool
    cap: bool
    stripe: bool


def random_look(rng: np.random.Generator, vivid: float = 1.0) -> Look:
    """A person dressed at random; `vivid` below 1 gives paler clothes."""

    def cloth() -> Colour:
        return _rgb(
            float(rng.random()),
            vivid * float(rng.uniform(0.25, 0.85)),
            float(rng.uniform(0.3, 0.95)),
        )

    skins = ((250, 219, 190), (236, 188, 150), (205, 150, 110), (160, 108, 74), (112, 72, 48))
    hairs = ((38, 28, 24), (84, 54, 34), (150, 100, 52), (214, 178, 104), (150, 150, 152))
    bottoms = ((44, 52, 84), (60, 60, 66), (120, 104, 82), (34, 34, 40), (92, 104, 130))
    skirt = rng.random() < 0.15
    return Look(
        skin=skins[int(rng.integers(len(skins)))],
        hair=hairs[int(rng.integers(len(hairs)))],
        shirt=cloth(),
        trim=cloth(),
        trousers=cloth() if skirt or rng.random() < 0.3 else bottoms[int(rng.integers(5))],
        shoes=((240, 240, 236), (44, 40, 40), (170, 60, 50))[int(rng.integers(3))],
        build=float(rng.uniform(0.85, 1.2)),
        sleeves=bool(rng.random() < 0.5),
        shorts=bool(rng.random() < 0.25),
        skirt=bool(skirt),
        long_hair=bool(rng.random() < 0.35),
        cap=bool(rng.random() < 0.2),
        stripe=bool(rng.random() < 0.35),
    )


def _rgb(hue: float, saturation: float, value: float) -> Colour:
    red, green, blue = colorsys.hsv_to_rgb(hue, saturation, value)
    return int(255 * red), int(255 * green), int(255 * blue)


def project(joints: Floats, yaw: Floats) -> Floats:
    """Joints (T, J, 3) of a body turned by yaw (T,) degrees, as the camera sees them.

    Gives (T, J, 3) body heights: right, up, and towards the camera; the camera looks down a little.
    """
    turn = np.deg2rad(yaw)[:, None]
    right = joints[..., 0] * np.cos(turn) + joints[..., 2] * np.sin(turn)
    near = joints[..., 2] * np.cos(turn) - joints[..., 0] * np.sin(turn)
    return np.stack([right, joints[..., 1] - _AWAY * near, near], axis=-1)


def draw_shadow(canvas: Canvas, place: tuple[float, float], scale: float, lift: float) -> None:
    """Darken the ground under somebody at `place` (x, y) pixels, `lift` body heights up."""
    x, y = place
    width, height = scale * (0.2 - 0.2 * lift), scale * (0.035 - 0.03 * lift)
    top, bottom = max(0, int(y - 2 * height)), int(y + 2 * height) + 1
    left, right = max(0, int(x - width) - 1), max(0, int(x + width) + 2)
    region = canvas[top:bottom, left:right]
    if region.size == 0:
        return
    dark = region.copy()
    axes = (_fixed(width), _fixed(height))
    centre = (_fixed(x - left), _fixed(y - top))
    cv2.ellipse(dark, centre, axes, 0, 0, 360, (20, 20, 28), -1, cv2.LINE_AA, _BITS)
    cv2.addWeighted(dark, 0.38, region, 0.62, 0.0, dst=region)


class Figure:
    """Draws one person, from projected joints, onto a canvas."""

    def __init__(self, canvas: Canvas, joints: Floats, look: Look, scale: float) -> None:
        """joints (J, 3): x, y in pixels, nearness in body heights; scale: pixels a body height."""
        self._canvas, self._look, self._scale = canvas, look, scale
        self._at, self._near = joints[:, :2], joints[:, 2]
        self._edge = max(1.0, 0.008 * scale)

    def draw(self) -> None:
        """The whole person, far parts first."""
        middle = self._near[[JOINT["hip"], JOINT["neck"]]].mean()
        parts: list[tuple[float, Callable[[], None]]] = [(0.0, self._torso), (0.02, self._head)]
        if self._look.long_hair:
            parts.append((-0.01, self._back_hair))
        for side in "rl":
            arm = self._near[[JOINT[f"elbow_{side}"], JOINT[f"hand_{side}"]]].mean() - middle
            leg = self._near[[JOINT[f"knee_{side}"], JOINT[f"ankle_{side}"]]].mean() - middle
            parts.append((arm, partial(self._arm, side, arm)))
            parts.append((leg - 0.06, partial(self._leg, side, leg)))
        for _, part in sorted(parts, key=lambda row: row[0]):
            part()

    def _arm(self, side: str, near: float) -> None:
        look, thick = self._look, self._look.build
        shoulder, elbow, hand = (self._point(f"{j}_{side}") for j in ("shoulder", "elbow", "hand"))
        sleeve = look.shirt
        lower = sleeve if look.sleeves else look.skin
        half = shoulder + 0.55 * (elbow - shoulder)
        shapes = [
            (
                shoulder,
                elbow,
                0.034 * thick,
                0.028 * thick,
                look.shirt if look.sleeves else look.skin,
            ),
            (elbow, hand, 0.028 * thick, 0.021 * thick, lower),
            (hand, hand, 0.029, 0.029, look.skin),
        ]
        if not look.sleeves:
            shapes.append((shoulder, half, 0.037 * thick, 0.036 * thick, sleeve))
        self._limb(shapes, near)

    def _leg(self, side: str, near: float) -> None:
        look, thick = self._look, self._look.build
        hip, knee, ankle, toe = (
            self._point(f"{j}_{side}") for j in ("hip", "knee", "ankle", "toe")
        )
        bare = look.shorts or look.skirt
        shin = look.skin if bare else look.trousers
        shapes = [
            (ankle, toe, 0.028, 0.024, look.shoes),
            (knee, ankle, 0.036 * thick, 0.026 * thick, shin),
            (hip, knee, 0.05 * thick, 0.038 * thick, look.skin if look.skirt else look.trousers),
        ]
        self._limb(shapes, near)

    def _torso(self) -> None:
        look, thick = self._look, self._look.build
        neck, hip = self._point("neck"), self._point("hip")
        chest = [self._point(f"shoulder_{side}") for side in "rl"]
        hips = [self._point(f"hip_{side}") for side in "rl"]
        self._disc_hull(
            [neck, neck + 0.3 * (self._point("head") - neck)], [0.024, 0.024], look.skin
        )
        if look.skirt:
            knees = [
                h + 0.62 * (self._point(f"knee_{s}") - h) for h, s in zip(hips, "rl", strict=True)
            ]
            self._disc_hull(
                [*hips, *knees], [0.05 * thick] * 2 + [0.058 * thick] * 2, look.trousers
            )
        else:
            self._disc_hull(hips, [0.055 * thick] * 2, look.trousers)
        waist = [h + 0.14 * (c - h) for c, h in zip(chest, hips, strict=True)]
        self._disc_hull([*chest, *waist], [0.042 * thick] * 2 + [0.052 * thick] * 2, look.shirt)
        light = 0.5 * (chest[0] + chest[1]) + 0.25 * (hip - neck)
        shine = light - np.array([0.016, 0.01]) * self._scale
        self._capsule(shine, shine + 0.4 * (hip - neck), 0.022, 0.02, _shade(look.shirt, 1.1))
        if look.stripe:
            belt = [c + 0.42 * (h - c) for c, h in zip(chest, hips, strict=True)]
            self._disc_hull(belt, [0.026] * 2, look.trim, edge=False)

    def _back_hair(self) -> None:
        head, neck = self._point("head"), self._point("neck")
        back = head - np.array([0.3, 0.0]) * (self._point("nose") - head)
        self._disc_hull([back, back + 0.85 * (neck - head)], [0.072, 0.062], self._look.hair)

    def _head(self) -> None:
        look, unit = self._look, self._scale
        head, nose = self._point("head"), self._point("nose")
        up = head - self._point("neck")
        up = up / max(float(np.hypot(*up)), 1e-6)
        toward = nose - head
        side = float(np.clip(toward[0] / (0.068 * unit), -1.0, 1.0))
        turned = np.array([side, 0.0])
        crown = head + 0.016 * unit * up - 0.014 * unit * turned
        hair = look.trim if look.cap else look.hair
        self._disc_hull([head], [0.066], look.skin, dark=look.hair)
        self._disc_hull([crown], [0.069], hair, edge=False)
        face = head - 0.012 * unit * up + 0.022 * unit * turned
        self._disc_hull([face, face - 0.008 * unit * up], [0.053, 0.05], look.skin, edge=False)
        if look.cap:
            brim = head + 0.036 * unit * up + 0.03 * unit * turned
            self._disc_hull([brim, brim + 0.05 * unit * turned], [0.02, 0.012], _shade(hair, 0.8))
        for eye in ("eye_r", "eye_l"):
            if self._near[JOINT[eye]] > self._near[JOINT["head"]] + 0.012:
                at = self._point(eye) - 0.006 * unit * up
                self._capsule(at, at - 0.007 * unit * up, 0.0075, 0.0075, (36, 26, 26))
        mouth = face - 0.03 * unit * up + 0.012 * unit * turned
        across = np.array([0.012 * unit * (1.0 - 0.5 * abs(side)), 0.0])
        self._capsule(mouth - across, mouth + across, 0.005, 0.005, _shade(look.skin, 0.62))

    def _point(self, joint: str) -> Floats:
        return np.asarray(self._at[JOINT[joint]])

    def _limb(self, shapes: list[tuple[Floats, Floats, float, float, Colour]], near: float) -> None:
        light = float(np.clip(0.93 + 0.55 * near, 0.78, 1.04))
        for start, end, thick, thin, colour in shapes:
            self._capsule(start, end, thick, thin, _shade(colour, 0.5), self._edge)
        shift = np.array([-0.25, -0.2]) * self._scale
        for start, end, thick, thin, colour in shapes:
            self._capsule(start, end, thick, thin, _shade(colour, light))
            if thick > 0.03:
                moved = shift * thick
                bright = _shade(colour, light * 1.12)
                self._capsule(start + moved, end + moved, 0.4 * thick, 0.4 * thin, bright)

    def _capsule(
        self,
        start: Floats,
        end: Floats,
        thick: float,
        thin: float,
        colour: Colour,
        edge: float = 0.0,
    ) -> None:
        """A tapered limb with round ends; radii in body heights, `edge` in pixels."""
        radii = (thick * self._scale + edge, thin * self._scale + edge)
        for centre, radius in zip((start, end), radii, strict=True):
            at = (_fixed(centre[0]), _fixed(centre[1]))
            cv2.circle(self._canvas, at, _fixed(radius), colour, -1, cv2.LINE_AA, _BITS)
        along = end - start
        length = float(np.hypot(*along))
        if length > 1e-3:
            side = np.array([-along[1], along[0]]) / length
            corners = np.stack(
                [
                    start + side * radii[0],
                    end + side * radii[1],
                    end - side * radii[1],
                    start - side * radii[0],
                ]
            )
            self._polygon(corners, colour)

    def _disc_hull(
        self,
        centres: list[Floats],
        radii: list[float],
        colour: Colour,
        edge: bool = True,
        dark: Colour | None = None,
    ) -> None:
        """The convex hull of discs, with a dark edge."""
        points = np.stack(centres)[:, None]
        size = np.array(radii)[:, None, None] * self._scale
        if edge:
            rim = (points + (size + self._edge) * _CIRCLE).reshape(-1, 2)
            self._polygon(_hull(rim), _shade(dark or colour, 0.5))
        self._polygon(_hull((points + size * _CIRCLE).reshape(-1, 2)), colour)

    def _polygon(self, corners: Floats, colour: Colour) -> None:
        fixed = np.round(corners * (1 << _BITS)).astype(np.int32)
        cv2.fillConvexPoly(self._canvas, fixed, colour, cv2.LINE_AA, _BITS)


_ANGLES = np.linspace(0.0, 2.0 * np.pi, 20, endpoint=False)
_CIRCLE = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=-1)


def _hull(points: Floats) -> Floats:
    return np.asarray(cv2.convexHull(points.astype(np.float32))[:, 0], dtype=np.float64)


def _fixed(value: float) -> int:
    return round(value * (1 << _BITS))


def _shade(colour: Colour, factor: float) -> Colour:
    red, green, blue = (min(255, int(channel * factor)) for channel in colour)
    return red, green, blue
