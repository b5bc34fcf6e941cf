"""The waveform of a video's sound: least and greatest sample of every 5 ms, kept between runs."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from etp_core.video import kept
from etp_core.video.audio import AudioReader, Samples

Peaks = NDArray[np.int16]

BINS = 200  # a second
_VERSION = 1
_FULL = 32767  # the peak of the loudest sound
_FEWER = 4  # bins of one level that make one of the next
_NEWS = 60.0  # s of sound between two partial results


class Waveform:
    """Peaks of sound over time, as a pyramid: any stretch is drawn in time that its width costs.

    start      seconds at which the first bin begins
    end        seconds at which the last bin ends
    peaks      (n, 2) int16: least and greatest sample of each bin of 1 / BINS s over all channels,
               full scale ±32767
    complete   False while the rest is still being computed
    """

    def __init__(self, start: float, peaks: Peaks, complete: bool = True) -> None:
        self.start, self.peaks, self.complete = start, peaks, complete
        self.end = start + len(peaks) / BINS
        self._levels = [peaks]
        while len(self._levels[-1]) > _FEWER:
            finer = self._levels[-1]
            begins = np.arange(0, len(finer), _FEWER)
            low = np.minimum.reduceat(finer[:, 0], begins)
            high = np.maximum.reduceat(finer[:, 1], begins)
            self._levels.append(np.stack([low, high], axis=1))

    def columns(self, start: float, end: float, count: int) -> Samples:
        """Least and greatest sample of `count` equal stretches of [start, end) seconds.

        (count, 2) float32 in [-1, 1]; NaN where nothing is known: outside the sound, and not yet
        computed. A column holds every bin that it touches, so no peak is missed at any zoom.
        Raises ValueError unless start < end and count > 0.
        """
        if not (start < end and count > 0):
            raise ValueError(f"[{start}, {end}) in {count} columns is no stretch of time")
        level = int(np.log((end - start) / count * BINS) / np.log(_FEWER))
        level = min(max(level, 0), len(self._levels) - 1)
        rows, width = self._levels[level], _FEWER**level / BINS
        edges = (np.linspace(start, end, count + 1) - self.start) / width
        first = np.floor(edges[:-1] + 1e-9).astype(np.int64)
        last = np.maximum(np.ceil(edges[1:] - 1e-9).astype(np.int64), first + 1)
        known = (last > 0) & (first < len(rows))
        columns = np.full((count, 2), np.nan, dtype=np.float32)
        if not known.any():
            return columns
        # reduceat takes pairs begin, end; the end of the table cannot be given as an index
        padded = np.concatenate([rows, rows[-1:]])
        spans = np.stack([np.maximum(first, 0), np.minimum(last, len(rows))], axis=1)[known].ravel()
        columns[known, 0] = np.minimum.reduceat(padded[:, 0], spans)[::2]
        columns[known, 1] = np.maximum.reduceat(padded[:, 1], spans)[::2]
        columns /= _FULL
        return columns


def waveform(path: str | Path, track: int = 0) -> Iterator[Waveform]:
    """The waveform of sound track `track`, first parts of it as they are computed, the last whole.

    What is kept from an earlier run comes at once. Closing the iterator stops the work; only a
    whole waveform is kept. Raises VideoError as AudioReader does.
    """
    path = Path(path)
    place = kept.place("waveform", path, track, _VERSION)
    found = _load(place)
    if found is not None:
        yield found
        return
    with AudioReader(path, track) as reader:
        start = reader.start
        parts: list[Peaks] = []
        told = fresh = 0
        for part in _peaks(reader.blocks(start), reader.rate):
            parts.append(part)
            fresh += len(part)
            if fresh - told >= _NEWS * BINS:
                told = fresh
                parts = [np.concatenate(parts)]
                yield Waveform(start, parts[0], complete=False)
    whole = np.concatenate(parts or [np.zeros((0, 2), dtype=np.int16)])
    kept.save(place, {"peaks": whole, "start": np.array(start)})
    yield Waveform(start, whole)


def _peaks(blocks: Iterator[Samples], rate: int) -> Iterator[Peaks]:
    """Peaks (m, 2) of about a second at a time; bin j holds the samples with j <= k BINS / rate."""
    waiting: list[Samples] = []
    count = begin = done = 0  # samples seen; the first one and the bin that `waiting` begins with
    for block in blocks:
        waiting.append(np.stack([block.min(axis=1), block.max(axis=1)], axis=1))
        count += len(block)
        if count - begin >= rate:
            bins = count * BINS // rate
            edges = -(-np.arange(done, bins + 1) * rate // BINS)
            samples = np.concatenate(waiting)
            yield _reduced(samples, edges - begin)
            waiting = [samples[edges[-1] - begin :]]
            begin, done = int(edges[-1]), bins
    if count > begin:
        edges = -(-np.arange(done, -(-count * BINS // rate) + 1) * rate // BINS)
        edges = np.append(edges[edges < count], count)
        yield _reduced(np.concatenate(waiting), edges - begin)


def _reduced(samples: Samples, edges: NDArray[np.int64]) -> Peaks:
    used = samples[: edges[-1]]
    low = np.minimum.reduceat(used[:, 0], edges[:-1])
    high = np.maximum.reduceat(used[:, 1], edges[:-1])
    return np.round(np.stack([low, high], axis=1) * _FULL).astype(np.int16)


def _load(place: Path) -> Waveform | None:
    arrays = kept.load(place)
    if arrays is None or not {"peaks", "start"} <= arrays.keys():
        return None
    peaks, start = arrays["peaks"], arrays["start"]
    if peaks.dtype != np.int16 or peaks.ndim != 2 or peaks.shape[1] != 2 or start.shape != ():
        return None
    return Waveform(float(start), peaks)
