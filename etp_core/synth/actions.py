"""What the figures do: the actions to be found, and walking, idling and small gestures between.

A motion takes times (n,) in [0, 1) of its duration and gives poses (n, P); all start and end at
rest, with angles that ease in and out, so that their onset is gradual but exactly known.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from etp_core.synth.pose import COLUMN, PARAMETERS, STANDING, mirrored, pose
from etp_core.timeline import Floats


@dataclass(frozen=True, slots=True)
class Style:
    """How one person does one action.

    size    amplitude, around 1
    speed   of repeated movements, around 1
    left    with the left hand or foot
    front   arms go up in front of the body rather than at its sides
    """

    size: float
    speed: float
    left: bool
    front: bool


Motion = Callable[[Floats, float, Style], Floats]


def ease(x: Floats) -> Floats:
    """0 to 1 while x goes from 0 to 1, starting and ending at rest."""
    x = np.clip(x, 0.0, 1.0)
    return x * x * (3.0 - 2.0 * x)


def hold(u: Floats, rise: float, fall: float) -> Floats:
    """Weight that eases from 0 to 1 within `rise` of the duration and back within `fall`."""
    return ease(u / rise) * ease((1.0 - u) / fall)


def blend(poses: Floats, weight: Floats) -> Floats:
    """Poses reached from standing as far as `weight` (n,) says."""
    return STANDING + (poses - STANDING) * weight[:, None]


def through(u: Floats, keys: Sequence[tuple[float, Floats]]) -> Floats:
    """Poses at u that ease from one key pose (time, row) to the next."""
    times = np.array([time for time, _ in keys])
    rows = np.stack([row for _, row in keys])
    left = np.clip(np.searchsorted(times, u, side="right") - 1, 0, len(times) - 2)
    part = ease((u - times[left]) / (times[left + 1] - times[left]))
    return rows[left] + (rows[left + 1] - rows[left]) * part[:, None]


def _raise_arms(u: Floats, duration: float, style: Style) -> Floats:
    top = 150.0 + 20.0 * style.size
    angle = "f" if style.front else "a"
    rest = {f"{part}_{side}_a": 8.0 for part in ("arm", "hand") for side in "rl"}
    up = {f"{part}_{side}_{angle}": top for part in ("arm", "hand") for side in "rl"}
    up |= {f"hand_{side}_{angle}": top + 4.0 for side in "rl"}
    up |= {} if style.front else {f"hand_{side}_f": 0.0 for side in "rl"}
    target = pose(**{**(rest if style.front else {}), **up, "lean": -4.0, "nod": -10.0})
    edge = min(0.4, 0.75 / (duration * style.speed))
    return blend(target, hold(u, edge, edge))


def _wave(u: Floats, duration: float, style: Style) -> Floats:
    beat = np.sin(2.0 * np.pi * 1.9 * style.speed * duration * u)
    raised = pose(arm_r_f=20.0, arm_r_a=88.0, hand_r_f=20.0, hand_r_a=168.0, tilt=3.0, nod=-3.0)
    poses = np.repeat(raised[None], len(u), axis=0)
    poses[:, COLUMN["arm_r_a"]] += 5.0 * beat
    poses[:, COLUMN["hand_r_a"]] += 32.0 * style.size * beat
    edge = min(0.35, 0.5 / (duration * style.speed))
    poses = blend(poses, hold(u, edge, edge))
    return mirrored(poses) if style.left else poses


def _crouch(u: Floats, duration: float, style: Style) -> Floats:
    deep = 88.0 + 18.0 * style.size
    down = {f"thigh_{side}_{angle}": v for side in "rl" for angle, v in (("f", deep), ("a", 14.0))}
    down |= {f"shin_{side}_{angle}": v for side in "rl" for angle, v in (("f", -42.0), ("a", -2.0))}
    reach = 55.0 if style.front else 15.0
    down |= {f"arm_{side}_f": reach for side in "rl"}
    down |= {f"hand_{side}_f": reach + 25.0 for side in "rl"}
    edge = min(0.4, 0.8 / (duration * style.speed))
    return blend(pose(**down, lean=30.0, nod=-15.0), hold(u, edge, edge))


def _kick(u: Floats, duration: float, style: Style) -> Floats:
    high = 70.0 + 18.0 * style.size
    arms = {"arm_r_a": 32.0, "arm_l_a": 32.0, "hand_r_f": 40.0, "hand_l_f": 40.0}
    back = pose(**arms, thigh_r_f=-24.0, shin_r_f=-95.0, thigh_l_f=8.0, shin_l_f=-8.0, lean=8.0)
    out = pose(
        **arms, arm_l_f=45.0, arm_r_f=-30.0, thigh_r_f=high, shin_r_f=high + 2.0, lean=-14.0,
        thigh_l_f=6.0, shin_l_f=-8.0,
    )  # fmt: skip
    times = np.array([0.0, 0.30, 0.52, 0.64, 1.0])
    poses = _repeated(u, duration * style.speed, 1.15, times, (STANDING, back, out, out, STANDING))
    return mirrored(poses) if style.left else poses


def _clap(u: Floats, duration: float, style: Style) -> Floats:
    beat = 0.5 - 0.5 * np.cos(2.0 * np.pi * 2.4 * style.speed * duration * u)
    raised = {f"arm_{side}_{angle}": v for side in "rl" for angle, v in (("f", 38.0), ("a", 16.0))}
    raised |= {f"hand_{side}_f": 98.0 for side in "rl"}
    poses = np.repeat(pose(**raised, nod=4.0)[None], len(u), axis=0)
    for side in "rl":
        poses[:, COLUMN[f"hand_{side}_a"]] = 18.0 * style.size - (18.0 * style.size + 50.0) * beat
        poses[:, COLUMN[f"arm_{side}_a"]] += 8.0 * (1.0 - beat)
    edge = min(0.3, 0.45 / (duration * style.speed))
    return blend(poses, hold(u, edge, edge))


def _jump(u: Floats, duration: float, style: Style) -> Floats:
    def legs(bend: float) -> dict[str, float]:
        rows = {f"thigh_{side}_f": bend for side in "rl"}
        return rows | {f"shin_{side}_f": -0.75 * bend for side in "rl"}

    def arms(swing: float) -> dict[str, float]:
        rows = {f"arm_{side}_f": swing for side in "rl"}
        return rows | {f"hand_{side}_f": swing + 15.0 for side in "rl"}

    gather = pose(**legs(58.0), **arms(-38.0), lean=24.0)
    leave = pose(**legs(2.0), **arms(120.0), lean=-3.0)
    land = pose(**legs(40.0), **arms(30.0), lean=14.0)
    times = np.array([0.0, 0.34, 0.46, 0.70, 0.80, 1.0])
    keys = (STANDING, gather, leave, leave, land, STANDING)
    poses = _repeated(u, duration * style.speed, 1.3, times, keys)
    count = _count(duration * style.speed, 1.3)
    flight = np.clip(((u * count) % 1.0 - 0.44) / 0.28, 0.0, 1.0)  # a parabola, as bodies fly
    poses[:, COLUMN["lift"]] = 0.2 * style.size * 4.0 * flight * (1.0 - flight)
    return poses


def _count(duration: float, period: float) -> int:
    return max(1, round(duration / period))


def _repeated(
    u: Floats, duration: float, period: float, times: Floats, rows: Sequence[Floats]
) -> Floats:
    """The key poses, run through as often as they fit into the duration."""
    phase = (u * _count(duration, period)) % 1.0
    return through(phase, list(zip(times.tolist(), rows, strict=True)))


MOTIONS: dict[str, tuple[Motion, tuple[float, float]]] = {
    "raise_arms": (_raise_arms, (1.8, 3.6)),
    "wave": (_wave, (1.8, 4.2)),
    "crouch": (_crouch, (1.8, 3.8)),
    "kick": (_kick, (1.0, 3.2)),
    "clap": (_clap, (1.8, 4.2)),
    "jump": (_jump, (1.1, 3.4)),
}
"""Each action with its motion and the shortest and longest duration in seconds."""

ACTIONS = tuple(MOTIONS)
"""The class names of the generated videos."""


def _scratch(u: Floats, duration: float, style: Style) -> Floats:
    target = pose(arm_r_f=55.0, arm_r_a=35.0, hand_r_f=165.0, hand_r_a=-28.0, nod=8.0)
    poses = np.repeat(target[None], len(u), axis=0)
    poses[:, COLUMN["hand_r_f"]] += 6.0 * np.sin(2.0 * np.pi * 3.0 * duration * u)
    return _one_sided(poses, u, style)


def _watch(u: Floats, duration: float, style: Style) -> Floats:
    target = pose(arm_r_f=38.0, hand_r_f=95.0, hand_r_a=-38.0, nod=18.0, look=-8.0)
    return _one_sided(np.repeat(target[None], len(u), axis=0), u, style)


def _half_raise(u: Floats, duration: float, style: Style) -> Floats:
    target = pose(arm_r_a=48.0, hand_r_a=62.0, hand_r_f=20.0, tilt=-2.0)
    return _one_sided(np.repeat(target[None], len(u), axis=0), u, style)


def _one_sided(poses: Floats, u: Floats, style: Style) -> Floats:
    poses = blend(poses, style.size * hold(u, 0.3, 0.3))
    return mirrored(poses) if style.left else poses


def _hands_on_hips(u: Floats, duration: float, style: Style) -> Floats:
    arms = {f"arm_{side}_a": 42.0 for side in "rl"} | {f"arm_{side}_f": -12.0 for side in "rl"}
    arms |= {f"hand_{side}_a": -38.0 for side in "rl"} | {f"hand_{side}_f": 22.0 for side in "rl"}
    return blend(pose(**arms), hold(u, 0.25, 0.25))


def _bend(u: Floats, duration: float, style: Style) -> Floats:
    knees = {f"thigh_{side}_f": 22.0 for side in "rl"} | {f"shin_{side}_f": -16.0 for side in "rl"}
    return blend(pose(**knees, lean=14.0, nod=10.0), style.size * hold(u, 0.35, 0.35))


GESTURES: tuple[Motion, ...] = (_scratch, _watch, _half_raise, _hands_on_hips, _bend)
"""Small movements that are no action: what a detector must not be fooled by."""


def idle(times: Floats, rng: np.random.Generator) -> Floats:
    """What never stops: breath, swaying, arms that hang loosely. Added to every pose, (n, P)."""
    sway = np.zeros((len(times), len(PARAMETERS)))
    for name, amount in (
        *((f"{part}_{side}_f", 5.0) for part in ("arm", "hand") for side in "rl"),
        *((f"arm_{side}_a", 2.0) for side in "rl"),
        *(("lean", 1.2), ("tilt", 1.5), ("look", 14.0), ("nod", 4.0)),
    ):
        rates, phases = rng.uniform(0.12, 0.55, 3), rng.uniform(0.0, 2.0 * np.pi, 3)
        waves = np.sin(2.0 * np.pi * rates * times[:, None] + phases)
        sway[:, COLUMN[name]] = amount * rng.uniform(0.5, 1.2) * waves.mean(axis=1)
    return sway


STRIDE = 0.97  # body heights that one walking cycle of two steps covers


def walk(phase: Floats, weight: Floats) -> Floats:
    """Walking poses at `phase` (n,) radians of the cycle, as far as `weight` (n,) says."""
    poses = np.repeat(pose(plant=0.0, lean=4.0)[None], len(phase), axis=0)
    for side, shift in (("r", 0.0), ("l", np.pi)):
        thigh = 4.0 + 26.0 * np.sin(phase + shift)
        knee = 7.0 + 46.0 * np.maximum(0.0, np.cos(phase + shift + 0.35)) ** 1.5
        swing = -24.0 * np.sin(phase + shift)
        poses[:, COLUMN[f"thigh_{side}_f"]] = thigh
        poses[:, COLUMN[f"shin_{side}_f"]] = thigh - knee
        poses[:, COLUMN[f"arm_{side}_f"]] = swing
        poses[:, COLUMN[f"hand_{side}_f"]] = swing + 20.0
    return blend(poses, weight)
