"""Small pictures of a video, evenly spread over its time, kept between runs."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from etp_core.errors import VideoError
from etp_core.timeline import Ints
from etp_core.video import kept
from etp_core.video.reader import Picture, VideoReader

_VERSION = 1
_WIDEST = 4  # times the height; what is wider is squeezed
_PATIENCE = 20_000  # frames that may be decoded for those that are no key frames


@dataclass(frozen=True, slots=True, eq=False)
class Thumbnail:
    """One small picture: frame `index`, shown from `time` seconds on.

    picture (height, width, 3) uint8 RGB, upright, with square pixels.
    """

    index: int
    time: float
    picture: Picture


def thumbnails(
    path: str | Path, most: int = 300, height: int = 72, spacing: float = 0.5
) -> Iterator[Thumbnail]:
    """At most `most` small pictures of `path`, `height` pixels high, each as soon as it is made.

    They lie evenly over the video, no closer than `spacing` seconds, on key frames where there is
    one near, for these cost little. First come the key frames, coarse to fine over the whole
    video, then the others in order of time; those are left out where a long video has hardly any
    key frames. What is kept from an earlier run comes at once, in order of time. Closing the
    iterator stops the work; only the whole is kept. Frames that cannot be decoded are left out.
    Raises VideoError if the video cannot be opened.
    """
    path = Path(path)
    place = kept.place("thumbnails", path, most, height, spacing, _VERSION)
    with VideoReader(path, cache_bytes=0) as reader:
        found = _load(place, reader)
        if found is not None:
            yield from found
            return
        info = reader.info
        width = round(height * info.width * info.pixel_aspect / info.height)
        size = (min(max(width, 1), _WIDEST * height), height)
        made: list[Thumbnail] = []
        for index in _wanted(reader, most, spacing):
            with suppress(VideoError):
                picture = reader.frame(index, size)
                made.append(Thumbnail(index, float(reader.pts[index]), picture))
                yield made[-1]
    if made:
        made.sort(key=lambda thumbnail: thumbnail.index)
        indices = np.array([thumbnail.index for thumbnail in made], dtype=np.int64)
        pictures = np.stack([thumbnail.picture for thumbnail in made])
        kept.save(place, {"indices": indices, "pictures": pictures})


def _wanted(reader: VideoReader, most: int, spacing: float) -> list[int]:
    """Frames to show, in the order in which to make them."""
    begin, end = float(reader.cuts[0]), float(reader.cuts[-1])
    count = int(np.clip((end - begin) / spacing, 1, most))
    spacing = (end - begin) / count
    times = begin + spacing * (np.arange(count) + 0.5)
    keys = reader.key_frames
    near = keys[_nearest(reader.pts[keys], times)]
    is_near = np.abs(reader.pts[near] - times) <= spacing / 2
    cheap = np.unique(near[is_near])
    others = np.setdiff1d([reader.index_at(time) for time in times[~is_near]], cheap)
    # to reach a frame, everything from its key frame or from the one made before is decoded
    if len(others):
        from_key = others - keys[np.searchsorted(keys, others, side="right") - 1]
        steps = np.minimum(from_key, np.diff(others, prepend=-len(reader)))
        others = others[np.cumsum(steps) <= _PATIENCE]
    return [int(cheap[i]) for i in _coarse_to_fine(len(cheap))] + others.tolist()


def _nearest(places: np.ndarray, times: np.ndarray) -> Ints:
    right = np.clip(np.searchsorted(places, times), 1, max(1, len(places) - 1))
    right = np.minimum(right, len(places) - 1)
    left = np.maximum(right - 1, 0)
    return np.where(times - places[left] <= places[right] - times, left, right)


def _coarse_to_fine(count: int) -> list[int]:
    """0 … count - 1, so that every beginning of the list is spread over the whole."""
    bits = max(1, (count - 1).bit_length())
    mirrored = (int(f"{i:0{bits}b}"[::-1], 2) for i in range(1 << bits))
    return [i for i in mirrored if i < count]


def _load(place: Path, reader: VideoReader) -> list[Thumbnail] | None:
    arrays = kept.load(place)
    if arrays is None or not {"indices", "pictures"} <= arrays.keys():
        return None
    indices, pictures = arrays["indices"], arrays["pictures"]
    if (
        pictures.ndim != 4
        or pictures.dtype != np.uint8
        or indices.shape != pictures.shape[:1]
        or not ((indices >= 0) & (indices < len(reader))).all()
    ):
        return None
    return [
        Thumbnail(int(i), float(reader.pts[i]), picture)
        for i, picture in zip(indices, pictures, strict=True)
    ]
