"""The training data: annotated videos, their features and their ground truth."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from glob import escape
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from etp_core.annotations import Annotations, Segment, overrun
from etp_core.errors import InputError
from etp_core.features.cache import Features
from etp_core.features.extraction import Extractor
from etp_core.progress import Reporter
from etp_core.video import SUFFIXES, fingerprint

_LEAST = 1e-6  # seconds of a segment that its video must have


@dataclass(frozen=True)
class Recording:
    """One training video: its features and its ground truth, segments (N, 2) in seconds.

    mirrored: the features are those of what a mirror shows of the recording before it.
    """

    features: Features
    segments: np.ndarray
    labels: Tensor
    mirrored: bool = False


def find_video(folder: Path, name: str) -> Path:
    """The video file of an annotated video; raises InputError naming it if there is none."""
    for suffix in ("", *SUFFIXES):
        path = Path(folder) / f"{name}{suffix}"
        if path.is_file():
            return path
    for path in sorted(Path(folder).glob(f"{escape(name)}.*")):  # cameras write .MP4
        if path.stem == name and path.suffix.lower() in SUFFIXES and path.is_file():
            return path
    raise InputError(f"{folder}: no video file for {name!r} of the annotations")


def load_recordings(
    annotations: Annotations,
    videos: Path,
    classes: Sequence[str],
    extractor: Extractor,
    reporter: Reporter,
) -> list[Recording]:
    """Features and ground truth of every annotated video, extracting what is not cached.

    With `features.mirror` every one is followed by its mirror image. Raises InputError naming a
    video that has no file, or a segment that its file does not contain.
    """
    paths = {name: find_video(videos, name) for name in annotations.videos}
    recordings = []
    reporter.emit("start", task="videos", video="", total=len(paths))
    by_video = annotations.by_video()
    files = [paths[name] for name in by_video]
    extracted = [extractor.extract_all(files, reporter)]
    if extractor.config.mirror:
        extracted.append(extractor.mirror_image().extract_all(files, reporter))
    for done, (segments, *images) in enumerate(
        zip(by_video.values(), *extracted, strict=True), start=1
    ):
        for segment in segments:
            _check(segment, images[0])
        times = np.array([(s.start, s.end) for s in segments], np.float64).reshape(-1, 2)
        labels = torch.tensor([classes.index(s.label) for s in segments], dtype=torch.long)
        recordings += [Recording(f, times, labels, i > 0) for i, f in enumerate(images)]
        reporter.emit("step", task="videos", video="", done=done, total=len(paths))
    return recordings


def load_clips(
    paths: Sequence[Path], labels: Sequence[int], extractor: Extractor, reporter: Reporter
) -> list[Recording]:
    """Trimmed clips as recordings that are one action from end to end.

    With `features.mirror` every one is followed by its mirror image.
    """
    recordings = []
    reporter.emit("start", task="clips", video="", total=len(paths))
    extracted = [extractor.extract_all(paths, reporter)]
    if extractor.config.mirror:
        extracted.append(extractor.mirror_image().extract_all(paths, reporter))
    for done, (label, *images) in enumerate(zip(labels, *extracted, strict=True), start=1):
        for i, features in enumerate(images):
            whole = features.cuts[[0, -1]][None]
            recordings.append(Recording(features, whole, torch.tensor([label]), i > 0))
        reporter.emit("step", task="clips", video="", done=done, total=len(paths))
    return recordings


def _check(segment: Segment, features: Features) -> None:
    frames = len(features.cuts) - 1
    slack = overrun(frames / float(features.cuts[-1] - features.cuts[0]))
    low, high = features.cuts[0] - slack, features.cuts[-1] + slack
    shown = min(segment.end, features.cuts[-1]) - max(segment.start, features.cuts[0])
    if segment.start < low or segment.end > high or shown < _LEAST:
        raise InputError(
            f"{features.video}: the segment {segment.label} [{segment.start}, {segment.end}) lies "
            f"outside the video's {features.cuts[0]:.3f} to {features.cuts[-1]:.3f} s"
        )


def data_fingerprint(annotations: Annotations, videos: Path) -> str:
    """Identifies the training data: the videos' content, segments and labels."""
    content = [(name, fingerprint(find_video(videos, name))) for name in sorted(annotations.videos)]
    digest = hashlib.sha256(repr((content, annotations.segments)).encode())
    return digest.hexdigest()[:16]
