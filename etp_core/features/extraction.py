"""One pass of the backbones over a video; all three stages read the result."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from copy import copy
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from etp_core.config import FeatureConfig
from etp_core.errors import EtpError, InputError
from etp_core.features.backbones import (
    BACKBONES,
    Backbone,
    load_backbone,
    weights_file,
    weights_hash,
)
from etp_core.features.cache import CacheWriter, Features, cache_path, header_of, load_cache
from etp_core.features.following import cut_out, follow, smallest
from etp_core.features.histogram import FlowHistogram
from etp_core.features.pictures import WARM_UP, channels, input_size, mirror, new_maker
from etp_core.progress import Reporter
from etp_core.video import VideoReader, fingerprint

OnRows = Callable[[NDArray[np.float64], dict[str, NDArray[np.float16]]], None]
Pictures = dict[str, NDArray[np.float32]]  # of each stream

_BATCH = {"cpu": 32, "cuda": 128}  # pictures


def choose_device(name: str) -> torch.device:
    """`auto` is the GPU where there is one. Raises InputError if `cuda` is asked for in vain."""
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError("no CUDA device is available; use --device cpu or auto")
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda":
        torch.backends.cudnn.benchmark = True  # a video's pictures are all of one size
        torch.set_float32_matmul_precision("high")
    return torch.device(name)


def snippet_frames(pts: NDArray[np.float64], step: float) -> NDArray[np.int64]:
    """Indices of the frames nearest to a grid of `step` seconds: sorted, none twice."""
    grid = np.arange(pts[0], pts[-1] + step * 1e-3, step)
    right = np.clip(np.searchsorted(pts, grid), 1, max(1, len(pts) - 1))
    right = np.minimum(right, len(pts) - 1)
    left = np.maximum(right - 1, 0)
    nearest = np.where(pts[right] - grid < grid - pts[left], right, left)
    return np.unique(nearest)


class Extractor:
    """Computes features of videos, through the caches of one folder.

    weights: files of the streams' backbones in place of the configured ones (fine-tuned networks).
    """

    def __init__(
        self,
        config: FeatureConfig,
        folder: Path,
        device: str = "auto",
        weights: Mapping[str, Path] | None = None,
    ) -> None:
        """Raises InputError where a backbone's weights are missing."""
        self.config = config
        self.mirrored = False  # whether the features are of what a mirror shows
        self.folder = Path(folder)
        self.device = choose_device(device)
        given = Path(config.weights) if config.weights else None
        self._files = {
            stream: weights_file(config.backbone, (weights or {}).get(stream, given))
            for stream in config.networks
        }
        self._hashes = {stream: weights_hash(path) for stream, path in self._files.items()}
        self._backbones: dict[str, Backbone | FlowHistogram] = {}

    def mirror_image(self) -> "Extractor":
        """One for the same features of what a mirror shows, with the same backbones."""
        other = copy(self)
        other.mirrored = True
        return other

    def backbone(self, stream: str) -> Backbone | FlowHistogram:
        """What makes features of a stream's pictures; loaded when it is first needed."""
        if stream not in self.config.networks:
            return self._backbones.setdefault(stream, FlowHistogram())
        if stream not in self._backbones:
            self._backbones[stream] = load_backbone(
                self.config.backbone,
                self.device,
                self._files[stream],
                channels(stream, self.config),
                self.config.grid,
            )
        return self._backbones[stream]

    def _columns(self, stream: str) -> int:
        if stream in self.config.networks:
            return BACKBONES[self.config.backbone].columns(self.config.grid)
        return FlowHistogram.dim

    def extract(
        self,
        video: Path,
        reporter: Reporter | None = None,
        on_rows: OnRows | None = None,
        start: float = -math.inf,
    ) -> Features:
        """Features of a video, from its caches if there are good ones; else it is decoded once.

        It is read from about `start` seconds to its end and then up to there; the features are the
        same wherever it begins. `on_rows(times, rows of each stream)` is called with a piece as
        soon as it is known. Raises VideoError if the video cannot be read, EtpError if a cache
        cannot be written.
        """
        reporter = reporter or Reporter()
        video = Path(video)
        with VideoReader(video) as reader, ExitStack() as open_files:
            print_of_video = fingerprint(video)
            frames = snippet_frames(reader.pts, self.config.step)
            times = reader.pts[frames]
            streams: dict[str, NDArray[np.float16]] = {}
            missing: dict[str, CacheWriter] = {}
            headers = {}
            for stream in self.config.streams:
                header = header_of(
                    self.config,
                    stream,
                    print_of_video,
                    self._hashes.get(stream, ""),
                    self.mirrored,
                )
                path = cache_path(self.folder, video, header)
                cached = load_cache(path, header)
                if cached is not None and np.array_equal(cached[0], times):
                    streams[stream] = cached[1]
                    continue
                headers[stream] = header
                missing[stream] = CacheWriter(path, len(frames), self._columns(stream))
                open_files.callback(missing[stream].close)

            def tell(start: int, end: int) -> None:
                if on_rows is not None:
                    pieces = {
                        stream: missing[stream].rows(start, end)
                        if stream in missing
                        else streams[stream][start:end]
                        for stream in self.config.streams
                    }
                    on_rows(times[start:end], pieces)

            if missing:
                first = int(np.searchsorted(times, start))
                self._compute(video, reader, frames, missing, first, tell, reporter)
            else:
                tell(0, len(frames))
            for stream, writer in missing.items():
                streams[stream] = writer.finish(headers[stream], times)
            ordered = {stream: streams[stream] for stream in self.config.streams}
            return Features(video, times, reader.cuts, ordered)

    def extract_all(
        self,
        videos: Sequence[Path],
        reporter: Reporter | None = None,
        broken: Callable[[InputError], None] | None = None,
    ) -> Iterator[Features]:
        """Features of several videos, in their order.

        `broken` is told of videos that cannot be read, which are then left out. A GPU waits for one
        decoder: several videos are read at once for it. On a processor the network takes all cores
        already.
        """

        def one(video: Path) -> Features | None:
            try:
                return self.extract(video, reporter)
            except InputError as error:
                if broken is None:
                    raise
                broken(error)
                return None

        workers = min(8, max(1, torch.get_num_threads() // 2), len(videos))
        if self.device.type == "cpu" or workers < 2:
            yield from (found for found in map(one, videos) if found is not None)
            return
        for stream in self.config.streams:
            self.backbone(stream)  # before the threads ask for it at the same time
        with ThreadPoolExecutor(workers) as pool:
            pending = [pool.submit(one, video) for video in videos]
            try:
                results = (future.result() for future in pending)
                yield from (found for found in results if found is not None)
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    def _compute(
        self,
        video: Path,
        reader: VideoReader,
        frames: NDArray[np.int64],
        missing: dict[str, CacheWriter],
        first: int,
        tell: Callable[[int, int], None],
        reporter: Reporter,
    ) -> None:
        """Fill the caches, from about the row `first` on and then up to it."""
        total, size = len(frames), _BATCH[self.device.type]
        # whole batches only, so that rows depend neither on where it began nor on interruptions
        ready = {stream: _whole(writer.there, size) for stream, writer in missing.items()}
        known = np.logical_and.reduce(list(ready.values()))
        order = _around(known, max(first - size // 2, 0) // size)

        def rows(batches: range) -> tuple[int, int]:
            return batches.start * size, min(batches.stop * size, total)

        done = 0
        reporter.emit("start", task="extract", video=str(video), total=total)
        for batches in order:
            if known[batches.start]:
                start, end = rows(batches)
                tell(start, end)
                done += end - start
        if done:
            reporter.emit("step", task="extract", video=str(video), done=done, total=total)
        windows = follow(reader, frames, self.config.crop)

        def read() -> Iterator[tuple[int, Pictures]]:
            for batches in order:
                if not known[batches.start]:
                    start, end = rows(batches)
                    made = pictures(
                        self.config, reader, frames[:end], list(missing), start, windows
                    )
                    yield from zip(batches, _batches(made, size), strict=True)

        computed = read()
        with ThreadPoolExecutor(1) as ahead:  # decodes while the network computes
            pending = ahead.submit(next, computed, None)
            while (found := pending.result()) is not None:
                pending = ahead.submit(next, computed, None)
                batch, made = found
                start, end = rows(range(batch, batch + 1))
                for stream, writer in missing.items():
                    if not ready[stream][batch]:
                        writer.write(start, self._run(stream, made[stream]))
                tell(start, end)
                done += end - start
                reporter.emit("step", task="extract", video=str(video), done=done, total=total)

    @torch.inference_mode()
    def _run(self, stream: str, pictures: NDArray[np.float32]) -> NDArray[np.float16]:
        if self.mirrored:
            pictures = mirror(pictures, stream, self.config)
        x = torch.from_numpy(pictures)
        if self.device.type == "cuda":
            x = x.pin_memory()
        x = x.to(self.device, memory_format=torch.channels_last, non_blocking=True)
        with torch.autocast(self.device.type, torch.bfloat16):
            rows = self.backbone(stream)(x)
        made = np.asarray(rows.float().cpu().numpy().astype(np.float16))
        if not np.isfinite(made).all():
            where = self._files.get(stream, "flow")
            raise EtpError(f"{where}: gives features of {stream} that are not finite")
        return made


def pictures(
    config: FeatureConfig,
    reader: VideoReader,
    frames: NDArray[np.int64],
    streams: Sequence[str],
    first: int = 0,
    windows: NDArray[np.float64] | None = None,
) -> Iterator[Pictures]:
    """Pictures (C, H, W) of each stream at the snippets `frames`, from row `first` on.

    One decoding pass; a picture does not depend on where it begins. With `crop` the windows (T, 3)
    of `follow` say what of each snippet is shown. Raises InputError, naming the video, where its
    pictures are too small for the backbone.
    """
    makers = {stream: new_maker(stream, config) for stream in streams}
    width, height = reader.info.width, reader.info.height
    if windows is None:
        size = read_as = input_size(width, height, config.side)
    else:
        size = (config.side // 16 * 16,) * 2
        zoom = min(1.0, size[0] / (smallest(config.crop) * height))
        read_as = max(16, round(width * zoom)), max(16, round(height * zoom))
    if min(size) < BACKBONES[config.backbone].least:
        raise InputError(
            f"{reader.info.path}: {config.backbone} cannot read pictures of {size[0]}x{size[1]} "
            "pixels; give a larger side (features.side)"
        )
    begin = max(0, first - WARM_UP)
    wanted = frames[begin:]
    if any(maker.full_rate for maker in makers.values()) and len(wanted):
        begin_frame = max(0, int(wanted[0]) - config.flow.stack)
        wanted = np.arange(begin_frame, frames[-1] + 1)
    rows = {int(frame): row for row, frame in enumerate(frames)}
    for number, picture in zip(wanted.tolist(), reader.sample(wanted, read_as), strict=True):
        row = rows.get(number, -1)
        if row < begin:
            for maker in makers.values():
                maker.between(picture)
            continue
        cut = (
            partial(cut_out, window=windows[row], side=size[0])
            if windows is not None
            else np.asarray
        )
        made = {stream: maker(picture, cut) for stream, maker in makers.items()}
        if row >= first:
            yield made


def _whole(there: NDArray[np.bool_], size: int) -> NDArray[np.bool_]:
    """Which batches of `size` rows are there as a whole; the last one may be shorter."""
    return np.logical_and.reduceat(there, np.arange(0, len(there), size))


def _around(known: NDArray[np.bool_], first: int) -> list[range]:
    """Runs of batches that are all known or all not: from `first` to the end, then up to it."""
    changes = (np.flatnonzero(np.diff(known)) + 1).tolist()
    first = min(first, len(known) - 1)
    edges = sorted({0, first, len(known), *changes})
    runs = [range(a, b) for a, b in pairwise(edges)]
    return sorted(runs, key=lambda run: (run.start < first, run.start))


def _batches(pictures: Iterator[Pictures], size: int) -> Iterator[Pictures]:
    """Stacks (B, C, H, W) of up to `size` pictures of each stream."""
    waiting: list[Pictures] = []
    for made in pictures:
        waiting.append(made)
        if len(waiting) == size:
            yield _stacked(waiting)
            waiting = []
    if waiting:
        yield _stacked(waiting)


def _stacked(waiting: list[Pictures]) -> Pictures:
    return {stream: np.stack([made[stream] for made in waiting]) for stream in waiting[0]}
