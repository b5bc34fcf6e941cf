"""A body as joint angles, and where that puts its joints.

Lengths are in body heights. The body's own axes: x to its left, y up, z forward. A limb's direction
is given by its flexion (0 down, 90 forward, 180 up) and abduction (away from the body), in degrees.
"""

import numpy as np
from numpy.typing import NDArray

from etp_core.timeline import Floats

PARAMETERS = (
    *(f"{part}_{side}_{angle}" for side in "rl" for part in ("arm", "hand") for angle in "fa"),
    *(f"{part}_{side}_{angle}" for side in "rl" for part in ("thigh", "shin") for angle in "fa"),
    "lean",  # of the torso, forward, degrees
    "tilt",  # of the torso, to its left, degrees
    "look",  # of the head, to its left, degrees
    "nod",  # of the head, forward, degrees
    "lift",  # of the feet off the ground, body heights
    "plant",  # 1: the feet stay where they are (crouching); 0: the hips do (walking)
)
COLUMN = {name: i for i, name in enumerate(PARAMETERS)}

JOINTS = (
    *("hip", "neck", "head", "nose", "eye_r", "eye_l"),
    *("shoulder_r", "elbow_r", "hand_r", "shoulder_l", "elbow_l", "hand_l"),
    *("hip_r", "knee_r", "ankle_r", "toe_r", "hip_l", "knee_l", "ankle_l", "toe_l"),
)
JOINT = {name: i for i, name in enumerate(JOINTS)}

_THIGH, _SHIN, _TORSO, _HEAD = 0.245, 0.235, 0.30, 0.115
_ARM, _FOREARM, _FOOT = 0.165, 0.185, 0.075
_SHOULDER, _HIP, _ANKLE = 0.105, 0.052, 0.035  # half widths; height of an ankle


def pose(**angles: float) -> Floats:
    """A row of parameters: standing at ease, but for the `angles` given by name."""
    row = np.zeros(len(PARAMETERS))
    standing = {"plant": 1.0}
    for side in "rl":
        standing |= {f"arm_{side}_a": 9.0, f"hand_{side}_f": 12.0, f"hand_{side}_a": 3.0}
        standing |= {f"thigh_{side}_a": 3.0, f"thigh_{side}_f": 2.0, f"shin_{side}_f": -3.0}
    for name, value in (standing | angles).items():
        row[COLUMN[name]] = value
    return row


STANDING = pose()


def mirrored(poses: Floats) -> Floats:
    """The same poses with left and right exchanged: (…, P) -> (…, P)."""
    swap = {"_r_": "_l_", "_l_": "_r_"}
    order = [
        COLUMN[next((n.replace(a, b) for a, b in swap.items() if a in n), n)] for n in PARAMETERS
    ]
    flipped = np.array(poses[..., order])
    flipped[..., [COLUMN["tilt"], COLUMN["look"]]] *= -1
    return flipped


def joints(poses: Floats) -> Floats:
    """Where the joints are: (T, P) parameters -> (T, len(JOINTS), 3) body heights.

    y = 0 is the ground, x = z = 0 the point that the body stands on.
    """
    at = np.zeros((len(poses), len(JOINTS), 3))

    def put(name: str, origin: str, step: NDArray[np.float64]) -> None:
        at[:, JOINT[name]] = at[:, JOINT[origin]] + step

    def angle(name: str) -> Floats:
        return np.deg2rad(poses[:, COLUMN[name]])

    up = _rotated(angle("lean"), angle("tilt"), (0.0, 1.0, 0.0))
    left = _rotated(angle("lean"), angle("tilt"), (1.0, 0.0, 0.0))
    face = _rotated(angle("lean") * 0.6 + angle("nod"), angle("tilt") * 0.5, (0.0, 1.0, 0.0))
    put("neck", "hip", _TORSO * up)
    put("head", "neck", _HEAD * face)
    for name, bearing in (("nose", 0.0), ("eye_r", -24.0), ("eye_l", 24.0)):
        turn = angle("look") + np.deg2rad(bearing)
        height = -0.12 if name == "nose" else 0.12
        toward = np.stack([np.sin(turn), np.full(len(poses), height), np.cos(turn)], axis=-1)
        put(name, "head", 0.068 * toward)
    for side, sign in (("r", -1.0), ("l", 1.0)):
        put(f"shoulder_{side}", "neck", sign * _SHOULDER * left - 0.03 * up)
        put(f"hip_{side}", "hip", sign * _HIP * left)
        for part, joint, origin, length in (
            ("arm", "elbow", "shoulder", _ARM),
            ("hand", "hand", "elbow", _FOREARM),
            ("thigh", "knee", "hip", _THIGH),
            ("shin", "ankle", "knee", _SHIN),
        ):
            forward, out = angle(f"{part}_{side}_f"), angle(f"{part}_{side}_a")
            limb = np.stack(
                [
                    sign * np.sin(out),
                    -np.cos(out) * np.cos(forward),
                    np.cos(out) * np.sin(forward),
                ],
                axis=-1,
            )
            put(f"{joint}_{side}", f"{origin}_{side}", length * limb)
        sole = angle(f"shin_{side}_f")  # the foot follows the shin half way
        foot = np.stack(
            [np.full(len(poses), sign * 0.25), np.sin(sole * 0.55), np.cos(sole * 0.55)], axis=-1
        )
        put(f"toe_{side}", f"ankle_{side}", _FOOT * foot)
    return _grounded(at, poses)


def _rotated(lean: Floats, tilt: Floats, vector: tuple[float, float, float]) -> Floats:
    """`vector` leaned forward, then tilted to the body's left: (T, 3)."""
    right, up, ahead = (np.full(len(lean), value) for value in vector)
    up, ahead = (
        up * np.cos(lean) - ahead * np.sin(lean),
        up * np.sin(lean) + ahead * np.cos(lean),
    )
    right, up = right * np.cos(tilt) + up * np.sin(tilt), up * np.cos(tilt) - right * np.sin(tilt)
    return np.stack([right, up, ahead], axis=-1)


def _grounded(at: Floats, poses: Floats) -> Floats:
    """Stand the body on its lower foot, above its feet as far as it is planted, and lift it."""
    ankles = at[:, [JOINT["ankle_r"], JOINT["ankle_l"]]]
    low = ankles[..., 1].min(axis=1)
    weight = np.exp(-(ankles[..., 1] - low[:, None]) / 0.02)
    feet = (ankles * weight[..., None]).sum(axis=1) / weight.sum(axis=1)[:, None]
    shift = -feet * poses[:, COLUMN["plant"], None]
    shift[:, 1] = _ANKLE - low + poses[:, COLUMN["lift"]]
    return at + shift[:, None]
