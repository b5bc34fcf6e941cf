"""One generated video: the people, the place and the camera, frame by frame."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from etp_core.opencv import cv2 as _opencv
from etp_core.synth.figure import Canvas, Figure, Look, draw_shadow, project, random_look
from etp_core.synth.pose import COLUMN, joints
from etp_core.synth.scene import random_scene
from etp_core.synth.script import Performance, perform, stroll
from etp_core.timeline import Floats

cv2: Any = _opencv()

_MARGIN = 12  # pixels around the picture that the shaking camera may show


class Film:
    """A generated video of `frames` frames at `rate` frames/s, `size` = (width, height) pixels.

    The same seed gives the same film. actions: (class, first frame, end frame), half-open.
    """

    def __init__(self, seed: list[int], frames: int, rate: float, size: tuple[int, int]) -> None:
        rng = np.random.default_rng(seed)
        self._width, self._height = size
        self._fine = 2 if size[0] * size[1] <= 640 * 360 else 1  # drawn larger, then shrunk
        self._frames = frames
        height = float(rng.uniform(0.52, 0.78))
        ground = 0.6 + 0.45 * height
        floor = ground - float(rng.uniform(0.07, 0.16))
        self._people: list[_Person] = []
        if rng.random() < 0.45:
            small = height * float(rng.uniform(0.5, 0.68))
            passer = _Person(self, rng, small, floor + 0.25 * (ground - floor), "passer", rate)
            self._people.append(passer)
        actor = _Person(self, rng, height, ground, "actor", rate)
        self._people.append(actor)
        self.actions = actor.performance.actions
        wide, high = (self._fine * (side + 2 * _MARGIN) for side in size)
        self._place = random_scene(rng, wide, high, floor)
        times = np.arange(frames) / rate
        steadiness = float(rng.choice([0.0, 0.6, 1.6, 3.0]))
        self._shake = _shake(rng, times, steadiness)
        self._gain = 1.0 + 0.03 * np.sin(2.0 * np.pi * float(rng.uniform(0.03, 0.2)) * times)
        sigma = float(rng.uniform(1.0, 5.0))
        shape = (4, self._height + 32, self._width + 32, 3)
        self._noise = rng.normal(0.0, sigma, shape).astype(np.int16)
        self._grain = rng.integers(0, [4, 32, 32], (frames, 3))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self._width, self._height

    @property
    def fine(self) -> int:
        """Pixels drawn for each pixel of the picture, along each side."""
        return self._fine

    def __len__(self) -> int:
        return self._frames

    def pictures(self) -> Iterator[Canvas]:
        """The frames in order, (height, width, 3) uint8 RGB."""
        for i in range(self._frames):
            yield self._picture(i)

    def _picture(self, i: int) -> Canvas:
        canvas = self._place.copy()
        for person in self._people:
            person.draw(canvas, i)
        x, y = (int(v) for v in np.round(self._fine * (_MARGIN + self._shake[i])))
        wide, high = self._fine * self._width, self._fine * self._height
        picture = canvas[y : y + high, x : x + wide]
        if self._fine > 1:
            picture = cv2.resize(picture, self.size, interpolation=cv2.INTER_AREA)
        which, down, right = self._grain[i]
        grain = self._noise[which, down : down + self._height, right : right + self._width]
        lit = cv2.convertScaleAbs(picture, alpha=float(self._gain[i]))
        return np.asarray(cv2.add(lit, grain, dtype=cv2.CV_8U))


class _Person:
    """Somebody in a film, of a height given as part of the picture's."""

    def __init__(
        self,
        film: Film,
        rng: np.random.Generator,
        height: float,
        ground: float,
        role: str,
        rate: float,
    ) -> None:
        width, tall = film.size
        self.scale = height * tall * film.fine
        reach = max(0.1, 0.5 * width * film.fine / self.scale - 0.42)
        self.performance: Performance
        if role == "actor":
            self.performance = perform(rng, len(film), rate, reach)
        else:
            self.performance = stroll(rng, len(film), rate, reach + 0.6)
        self.look: Look = random_look(rng, 1.0 if role == "actor" else 0.7)
        seen = project(joints(self.performance.poses), self.performance.yaw)
        foot = film.fine * (ground * tall + _MARGIN)
        centre = film.fine * (0.5 * width + _MARGIN)
        self.ground = foot
        self.path: Floats = centre + self.performance.x * self.scale
        self.joints = np.stack(
            [
                self.path[:, None] + seen[..., 0] * self.scale,
                foot - seen[..., 1] * self.scale,
                seen[..., 2],
            ],
            axis=-1,
        )

    def draw(self, canvas: Canvas, i: int) -> None:
        """Shadow and figure of frame `i`."""
        lift = float(self.performance.poses[i, COLUMN["lift"]])
        draw_shadow(canvas, (float(self.path[i]), self.ground), self.scale, lift)
        Figure(canvas, self.joints[i], self.look, self.scale).draw()


def _shake(rng: np.random.Generator, times: Floats, amount: float) -> Floats:
    """Offsets (T, 2) in pixels of a camera held by hand."""
    rates, phases = rng.uniform(0.3, 3.0, (4, 2)), rng.uniform(0.0, 2.0 * np.pi, (4, 2))
    waves = np.sin(2.0 * np.pi * rates * times[:, None, None] + phases) / (1.0 + rates)
    return np.clip(amount * waves.sum(axis=1), -_MARGIN, _MARGIN)
