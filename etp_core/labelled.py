"""Pictures with their classes, from which a backbone learns.

They come from trimmed clips (one folder per class, as UCF101 is laid out) or from annotated
segments, where what lies in no segment is one more class.
"""

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from etp_core.actionness.network import row_targets
from etp_core.annotations import Annotations
from etp_core.config import FeatureConfig
from etp_core.dataset import find_video
from etp_core.errors import InputError
from etp_core.features.extraction import pictures, snippet_frames
from etp_core.features.following import follow
from etp_core.video import SUFFIXES, VideoReader

T = TypeVar("T")
Item = tuple[NDArray[np.float16], int]  # pictures (K, C, H, W) and their class

_AHEAD = 4  # items of one video
_OPEN = 8  # videos that are read side by side, so that a batch is of many
_MOVED = 0.12  # of a segment's length, at most, for each end: tIoU stays above 0.7
_SHARED = 0.1  # of a stretch of background may lie in a segment
_TRIES = 50  # for the stretches of one video


@dataclass(frozen=True)
class Labelled:
    """A video and what is seen in it: segments (N, 2) in seconds, labels (N,)."""

    path: Path
    segments: NDArray[np.float64]
    labels: Tensor


def trimmed_clips(folder: Path, classes: Sequence[str]) -> list[Labelled]:
    """The clips of a folder with one folder per class; those of other classes are left out.

    Raises InputError naming a class that has no clip.
    """
    clips = []
    for label, name in enumerate(classes):
        inside = sorted((Path(folder) / name).glob("*"))
        paths = [path for path in inside if path.suffix.lower() in SUFFIXES]
        if not paths:
            raise InputError(f"{folder}: no clip of the class {name!r} (a folder of that name)")
        whole = np.array([[-np.inf, np.inf]])
        clips += [Labelled(path, whole, torch.tensor([label])) for path in paths]
    return clips


def annotated(annotations: Annotations, videos: Path, classes: Sequence[str]) -> list[Labelled]:
    """The annotated videos; raises InputError naming one that has no file."""
    return [
        Labelled(
            find_video(videos, name),
            np.array([(s.start, s.end) for s in segments], np.float64).reshape(-1, 2),
            torch.tensor([classes.index(s.label) for s in segments], dtype=torch.long),
        )
        for name, segments in annotations.by_video().items()
    ]


@dataclass(frozen=True)
class _Shown:
    """What is learnt from at once: rows (K,) of one video's snippets, ascending, and the class."""

    rows: NDArray[np.int64]
    label: int


class PictureSource:
    """Pictures of one stream with their classes, in random order, without end.

    Stage 1: a pass over the videos takes of every class as many snippets as the classes have on
    average (all where there are fewer). Stage 3: it takes every segment once, its ends moved a
    little, as `finetune.snippets` of its snippets. Of the background there are half as many as of
    all classes together. The order depends on the seed alone; `set_state` goes on behind what was
    drawn.
    """

    def __init__(
        self,
        videos: Sequence[Labelled],
        classes: int,
        config: FeatureConfig,
        stream: str,
        seed: int,
    ) -> None:
        """Raises VideoError naming a video that cannot be read."""
        self._videos, self._classes = videos, classes
        self._config, self._stream, self._seed = config, stream, seed
        own = config.finetune
        self.together = own.snippets if own.stage == "localization" else 1
        self._frames, self._times, self._targets = [], [], []
        self._windows: dict[int, NDArray[np.float64] | None] = {}
        for video in videos:
            with VideoReader(video.path) as reader:
                frames = snippet_frames(reader.pts, config.step)
                times = reader.pts[frames]
            targets, used = row_targets(
                torch.from_numpy(times), torch.from_numpy(video.segments), video.labels, classes
            )
            self._frames.append(frames)
            self._times.append(times)
            self._targets.append(np.where(used.numpy(), targets.numpy(), -1))
        self._pool = ThreadPoolExecutor(min(_OPEN, os.cpu_count() or 1))
        self._drawn = 0
        self._stream_of_pictures = self._endless()

    @property
    def has_background(self) -> bool:
        """Whether any snippet is of no class."""
        return any((targets == self._classes).any() for targets in self._targets)

    def draw(self, count: int) -> tuple[NDArray[np.float32], Tensor]:
        """The next pictures (count * K, C, H, W), K = `together` of each, and classes (count,).

        The background is class K. All are as large as the first one: they are cut or padded where
        videos differ in shape.
        """
        drawn = [next(self._stream_of_pictures) for _ in range(count)]
        self._drawn += count
        shape = drawn[0][0].shape
        stack = np.concatenate([_fit(shown, shape) for shown, _ in drawn])
        return stack.astype(np.float32), torch.tensor([label for _, label in drawn])

    def get_state(self) -> Tensor:
        """How many have been drawn."""
        return torch.tensor([self._drawn])

    def set_state(self, state: Tensor) -> None:
        """Start over and pass what was drawn; far quicker than learning it."""
        self._stream_of_pictures, self._drawn = self._endless(), int(state)
        for _ in range(self._drawn):
            next(self._stream_of_pictures)

    def close(self) -> None:
        """Stop reading ahead."""
        self._pool.shutdown(cancel_futures=True)

    def _endless(self) -> Iterator[Item]:
        random = np.random.default_rng(self._seed)
        waiting: list[Item] = []
        while True:
            for item in self._one_pass(random):
                waiting.append(item)
                if len(waiting) * self.together >= self._config.finetune.shuffle:
                    at = int(random.integers(len(waiting)))
                    waiting[at], waiting[-1] = waiting[-1], waiting[at]
                    yield waiting.pop()

    def _one_pass(self, random: np.random.Generator) -> Iterator[Item]:
        """What is chosen of every video, some videos side by side."""
        stage = self._config.finetune.stage
        chosen = self._snippets(random) if stage == "actionness" else self._courses(random)
        order = deque(random.permutation(len(self._videos)).tolist())
        reading: deque[Iterator[Item]] = deque()
        while order or reading:
            while order and len(reading) < _OPEN:
                video = order.popleft()
                if chosen[video]:
                    made = self._of_video(video, chosen[video])
                    reading.append(_ahead(self._pool, made))
            if not reading:
                return
            one = reading.popleft()
            item = next(one, None)
            if item is not None:
                yield item
                reading.append(one)

    def _snippets(self, random: np.random.Generator) -> list[list[_Shown]]:
        """Which single snippets of each video this pass takes."""
        everything = np.concatenate(self._targets)
        counts = np.bincount(everything[everything >= 0], minlength=self._classes + 1)
        usual = counts[: self._classes].sum() / max(1, np.count_nonzero(counts[: self._classes]))
        taken = np.zeros(len(everything), bool)
        for label in range(self._classes + 1):
            share = 1.0 if label < self._classes else max(1, self._classes) / 2
            rows = np.flatnonzero(everything == label)
            count = min(len(rows), round(usual * share))
            taken[random.choice(rows, count, replace=False)] = True
        parts = np.split(taken, np.cumsum([len(t) for t in self._targets])[:-1])
        return [
            [_Shown(np.array([row]), int(targets[row])) for row in np.flatnonzero(part)]
            for part, targets in zip(parts, self._targets, strict=True)
        ]

    def _courses(self, random: np.random.Generator) -> list[list[_Shown]]:
        """The segments of each video with their ends moved, and stretches between them."""
        chosen: list[list[_Shown]] = []
        lengths = []
        for video, times in zip(self._videos, self._times, strict=True):
            segments = np.clip(video.segments, times[0], times[-1])
            length = segments[:, 1] - segments[:, 0]
            lengths.append(length)
            ends = segments + _MOVED * length[:, None] * random.uniform(-1, 1, segments.shape)
            chosen.append(
                [
                    _Shown(self._within(times, start, end, random), int(label))
                    for (start, end), label in zip(ends, video.labels, strict=True)
                ]
            )
        every, has_background = np.concatenate(lengths), self.has_background
        for video, times, shown in zip(self._videos, self._times, chosen, strict=True):
            wanted, tries = (len(shown) + 1) // 2, 0
            while wanted and has_background and tries < _TRIES:
                tries += 1
                length = random.choice(every)
                start = random.uniform(times[0], max(times[0], times[-1] - length))
                end = start + length
                shared = np.minimum(video.segments[:, 1], end) - np.maximum(
                    video.segments[:, 0], start
                )
                if (shared.clip(min=0) <= _SHARED * length).all():
                    rows = self._within(times, start, end, random)
                    shown.append(_Shown(rows, self._classes))
                    wanted -= 1
        return chosen

    def _within(
        self, times: NDArray[np.float64], start: float, end: float, random: np.random.Generator
    ) -> NDArray[np.int64]:
        """A row in each of `together` equal parts of an interval."""
        at = (np.arange(self.together) + random.uniform(0, 1, self.together)) / self.together
        rows = np.searchsorted(times, start + at * (end - start), "right") - 1
        return np.asarray(rows.clip(0, len(times) - 1), np.int64)

    def _of_video(self, video: int, chosen: Sequence[_Shown]) -> Iterator[Item]:
        """The chosen of one video, each when its last picture has been read."""
        waiting = sorted(chosen, key=lambda shown: int(shown.rows[-1]))
        needed = np.unique(np.concatenate([shown.rows for shown in waiting]))
        known: dict[int, NDArray[np.float16]] = {}
        with VideoReader(self._videos[video].path) as reader:
            frames = self._frames[video]
            if video not in self._windows:
                self._windows[video] = follow(reader, frames, self._config.crop)
            made = pictures(
                self._config,
                reader,
                frames[: needed[-1] + 1],
                [self._stream],
                windows=self._windows[video],
            )
            wanted = set(needed.tolist())
            for row, picture in enumerate(made):
                if row not in wanted:
                    continue
                known[row] = picture[self._stream].astype(np.float16)
                while waiting and waiting[0].rows[-1] <= row:
                    shown = waiting.pop(0)
                    yield np.stack([known[r] for r in shown.rows.tolist()]), shown.label
                oldest = min((int(shown.rows[0]) for shown in waiting), default=row)
                known = {r: kept for r, kept in known.items() if r >= oldest}


def _ahead(pool: ThreadPoolExecutor, items: Iterator[T]) -> Iterator[T]:
    """The same items in the same order, made by the pool while the ones before are used."""
    pending = pool.submit(lambda: list(islice(items, _AHEAD)))
    while batch := pending.result():
        pending = pool.submit(lambda: list(islice(items, _AHEAD)))
        yield from batch


def _fit(shown: NDArray[np.float16], shape: tuple[int, ...]) -> NDArray[np.float16]:
    if shown.shape == shape:
        return shown
    fitted = np.zeros(shape, shown.dtype)
    h, w = (min(a, b) for a, b in zip(shown.shape[-2:], shape[-2:], strict=True))
    fitted[..., :h, :w] = shown[..., :h, :w]
    return fitted
