"""One pass of the backbone over a video; all three stages read the result."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from etp_core.config import FeatureConfig
from etp_core.errors import InputError
from etp_core.features.backbones import Backbone, load_backbone, weights_hash
from etp_core.features.cache import Features, cache_path, header_of, load_cache, save_cache
from etp_core.features.pictures import PictureMaker, input_size
from etp_core.progress import Reporter
from etp_core.video import VideoReader, fingerprint

OnRows = Callable[[NDArray[np.float64], NDArray[np.float16]], None]

_BATCH = 32


def choose_device(name: str) -> torch.device:
    """`auto` is the GPU where there is one. Raises InputError if `cuda` is asked for in vain."""
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError("no CUDA device is available; use --device cpu or auto")
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
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
    """Computes features of videos, through the caches of one folder."""

    def __init__(self, config: FeatureConfig, folder: Path, device: str = "auto") -> None:
        self.config = config
        self.folder = Path(folder)
        self.device = choose_device(device)
        self._backbone: Backbone | None = None

    @property
    def backbone(self) -> Backbone:
        """Loaded when it is first needed."""
        if self._backbone is None:
            self._backbone = load_backbone(self.config.backbone, self.device)
        return self._backbone

    def extract(
        self,
        video: Path,
        reporter: Reporter | None = None,
        on_rows: OnRows | None = None,
    ) -> Features:
        """Features of a video, from its cache if there is a good one.

        `on_rows(times, rows)` is called with consecutive pieces as soon as they are known.
        Raises VideoError if the video cannot be read, EtpError if the cache cannot be written.
        """
        reporter = reporter or Reporter()
        video = Path(video)
        with VideoReader(video) as reader:
            cuts = reader.cuts
            header = header_of(self.config, fingerprint(video), weights_hash(self.config.backbone))
            path = cache_path(self.folder, video, header)
            cached = load_cache(path, header)
            if cached is not None:
                times, rows = cached
                if on_rows is not None:
                    on_rows(times, rows)
                return Features(video, times, cuts, rows)
            frames = snippet_frames(reader.pts, self.config.step)
            times = reader.pts[frames]
            pieces = []
            done = 0
            reporter.emit("start", task="extract", video=str(video), total=len(frames))
            for rows in self._rows(reader, frames):
                pieces.append(rows)
                if on_rows is not None:
                    on_rows(times[done : done + len(rows)], rows)
                done += len(rows)
                reporter.emit(
                    "step", task="extract", video=str(video), done=done, total=len(frames)
                )
        rows = np.concatenate(pieces)
        save_cache(path, header, times, rows)
        return Features(video, times, cuts, rows)

    def _rows(
        self, reader: VideoReader, frames: NDArray[np.int64]
    ) -> Iterator[NDArray[np.float16]]:
        """Feature rows of the given frames in batches (B, D)."""
        maker = PictureMaker(self.config.modality)
        size = input_size(reader.info.width, reader.info.height, self.config.side)
        batch = []
        for number, frame in enumerate(reader.sample(frames, size), start=1):
            batch.append(maker(frame))
            if len(batch) == _BATCH or number == len(frames):
                yield self._run(np.stack(batch))
                batch.clear()

    @torch.inference_mode()
    def _run(self, pictures: NDArray[np.float32]) -> NDArray[np.float16]:
        x = torch.from_numpy(pictures).to(self.device, memory_format=torch.channels_last)
        with torch.autocast(self.device.type, torch.bfloat16):
            rows = self.backbone(x)
        return np.asarray(rows.float().cpu().numpy().astype(np.float16))
