"""Who does what when, in one generated video: a timetable of frames, made from one random seed."""

from dataclasses import dataclass, field

import numpy as np

from etp_core.synth.actions import ACTIONS, GESTURES, MOTIONS, STRIDE, Style, ease, idle, walk
from etp_core.synth.pose import STANDING
from etp_core.timeline import Floats

_SIDEWAYS = {"kick": (35.0, 75.0)}  # degrees; a kick towards the camera cannot be seen
_FACING = (-55.0, 55.0)


@dataclass(slots=True)
class Performance:
    """One person in one video of T frames.

    poses (T, P); x (T,) place on the ground in body heights, yaw (T,) degrees towards the camera's
    right; actions: (class, first frame, end frame), half-open.
    """

    poses: Floats
    x: Floats
    yaw: Floats
    actions: list[tuple[str, int, int]] = field(default_factory=list)


class Bag:
    """Hands out the classes in random order, all of them before any comes again."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng, self._rest = rng, list[str]()

    def draw(self) -> str:
        """The next class."""
        if not self._rest:
            self._rest = [ACTIONS[i] for i in self._rng.permutation(len(ACTIONS))]
        return self._rest.pop()


def perform(rng: np.random.Generator, frames: int, rate: float, reach: float) -> Performance:
    """A person who acts, and idles, walks and gestures in between; within ±reach body heights."""
    stage = _Stage(rng, frames, rate, reach)
    bag = Bag(rng)
    stage.pause(rng.uniform(1.0, 3.0))
    while True:
        label = bag.draw()
        low, high = MOTIONS[label][1]
        seconds = float(rng.uniform(low, high))
        if not stage.act(label, seconds):
            break
        stage.pause(rng.uniform(1.2, 4.5))
    while stage.at < frames:
        stage.pause(rng.uniform(1.2, 4.5))
    return stage.finish()


def stroll(rng: np.random.Generator, frames: int, rate: float, reach: float) -> Performance:
    """Somebody in the background who only walks about and stands."""
    stage = _Stage(rng, frames, rate, reach)
    while stage.at < frames:
        stage.go(float(rng.uniform(-reach, reach)))
        stage.stand(rng.uniform(0.5, 3.0))
    return stage.finish()


class _Stage:
    """Fills the timetable from left to right; `at` is the first frame that is still free."""

    def __init__(self, rng: np.random.Generator, frames: int, rate: float, reach: float) -> None:
        self._rng, self._rate, self._reach, self._frames = rng, rate, reach, frames
        self.at = 0
        self._performance = Performance(
            poses=np.repeat(STANDING[None], frames, axis=0),
            x=np.full(frames, float(rng.uniform(-0.5, 0.5) * reach)),
            yaw=np.full(frames, float(rng.uniform(*_FACING))),
        )

    def finish(self) -> Performance:
        """The timetable, with the movements that never stop."""
        done = self._performance
        done.poses = done.poses + idle(np.arange(self._frames) / self._rate, self._rng)
        return done

    def stand(self, seconds: float) -> None:
        """Do nothing."""
        self.at = min(self._frames, self.at + max(1, round(seconds * self._rate)))

    def pause(self, seconds: float) -> None:
        """Something between two actions: stand, gesture, or walk somewhere else."""
        choice = self._rng.random()
        if choice < 0.35:
            self.stand(0.4 * seconds)
            self.go(self._elsewhere())
            self.stand(0.3)
        elif choice < 0.75:
            self.stand(0.35 * seconds)
            self._gesture(max(1.0, 0.5 * seconds))
            self.stand(0.3 * seconds)
        else:
            self.stand(seconds)

    def act(self, label: str, seconds: float) -> bool:
        """Turn as the action needs, then do it; False if it no longer fits into the video."""
        rng = self._rng
        yaw = float(rng.uniform(*_SIDEWAYS.get(label, _FACING)))
        if label in _SIDEWAYS and rng.random() < 0.5:
            yaw = -yaw
        self._turn(yaw)
        style = self._style()
        start, count = self.at, round(seconds * self._rate)
        end = start + count
        if end > self._frames - round(0.4 * self._rate):
            return False
        u = (np.arange(count) + 0.5) / count  # the first frame moves, the last one still does
        self._performance.poses[start:end] = MOTIONS[label][0](u, seconds, style)
        self._performance.actions.append((label, start, end))
        self.at = end
        return True

    def go(self, x: float) -> None:
        """Turn to the side, walk to x, turn back to the camera."""
        done = self._performance
        start = min(self.at, self._frames - 1)
        way = x - float(done.x[start])
        facing = float(done.yaw[start])
        cadence = float(self._rng.uniform(0.8, 1.15))  # cycles/s
        self._turn(float(np.sign(way)) * float(self._rng.uniform(68.0, 88.0)))
        start, ramp = self.at, 0.3 * self._rate  # frames to get going and to stop
        count = max(2, round(abs(way) / (STRIDE * cadence) * self._rate + ramp))
        end = min(self._frames, start + count)
        steps: Floats = np.arange(count, dtype=np.float64) + 0.5
        weight = ease(steps / ramp) * ease((count - steps) / ramp)
        along = np.cumsum(weight) / weight.sum()  # the feet set the pace
        phase: Floats = 2.0 * np.pi * abs(way) / STRIDE * along
        seen = slice(0, end - start)
        done.poses[start:end] = walk(phase[seen], weight[seen])
        done.x[start:end] += way * along[seen]
        done.x[end:] += way
        self.at = end
        self._turn(facing if abs(facing) < 60.0 else float(self._rng.uniform(*_FACING)))

    def _elsewhere(self) -> float:
        """A place worth walking to."""
        here = float(self._performance.x[min(self.at, self._frames - 1)])
        places = self._rng.uniform(-self._reach, self._reach, 8)
        return float(places[np.argmax(np.abs(places - here) > 0.45 * self._reach)])

    def _turn(self, yaw: float) -> None:
        done = self._performance
        if self.at >= self._frames:
            return
        turn = yaw - float(done.yaw[self.at])
        count = max(1, round(abs(turn) / 180.0 * self._rate))
        end = min(self._frames, self.at + count)
        done.yaw[self.at : end] += turn * ease(np.arange(end - self.at) / count)
        done.yaw[end:] += turn
        self.at = end

    def _gesture(self, seconds: float) -> None:
        count = round(seconds * self._rate)
        end = min(self._frames, self.at + count)
        motion = GESTURES[int(self._rng.integers(len(GESTURES)))]
        u = np.arange(end - self.at) / count
        self._performance.poses[self.at : end] = motion(u, seconds, self._style())
        self.at = end

    def _style(self) -> Style:
        rng = self._rng
        return Style(
            size=float(rng.uniform(0.82, 1.12)),
            speed=float(rng.uniform(0.75, 1.3)),
            left=bool(rng.random() < 0.5),
            front=bool(rng.random() < 0.4),
        )
