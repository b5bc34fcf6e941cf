"""Sound with exact times: samples on the clock of the video's time stamps, from any moment on.

Time stamps place the sound; where it pauses there is silence, so that sample k of `blocks(start)`
always sounds at start + k / rate seconds, on the same clock as VideoReader.pts.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from numpy.typing import NDArray

from etp_core.errors import VideoError
from etp_core.video.stream import open_file, packets, read_only

Samples = NDArray[np.float32]

_PREROLL = 0.3  # s decoded before the start: codecs need earlier frames to sound right
_SLACK = 0.01  # s by which time stamps may stray (Matroska rounds them) before they are believed
_JUMP = 2.0  # s; a time stamp that falls back further than this starts a new recording
_LONGEST_GAP = 3600.0  # s; a longer pause is a damaged time stamp
_PIECE = 1 << 14  # samples of silence given at once


@dataclass(frozen=True, slots=True)
class AudioTrack:
    """One sound track of a file.

    number      which of the sound tracks, from 0: what AudioReader takes
    rate        samples per second, as declared
    language    as the file names it ("eng"), "" if it does not; title likewise
    default     the one that players choose
    """

    number: int
    codec: str
    rate: int
    channels: int
    language: str
    title: str
    default: bool


def audio_tracks(path: str | Path) -> tuple[AudioTrack, ...]:
    """The sound tracks of `path`; () if it has none. Raises VideoError if it cannot be opened."""
    with open_file(Path(path)) as container:
        return tuple(
            AudioTrack(
                number=number,
                codec=stream.codec_context.name,
                rate=stream.codec_context.sample_rate,
                channels=stream.codec_context.channels,
                language=stream.metadata.get("language", "").removeprefix("und"),
                title=stream.metadata.get("title", ""),
                default=bool(stream.disposition & av.stream.Disposition.default),
            )
            for number, stream in enumerate(container.streams.audio)
            if stream.codec_context is not None
        )


class AudioReader:
    """The sound of one track from any moment on. Use one reader per thread.

    rate       samples per second of what is given out
    channels   of what is given out
    start      seconds at which the sound begins
    """

    def __init__(
        self,
        path: str | Path,
        track: int = 0,
        rate: int | None = None,
        channels: int | None = None,
    ) -> None:
        """Open sound track `track` of `path`.

        rate: samples per second to resample to; None: as recorded. channels: 1 or 2 to mix to;
        None: as recorded.
        Raises VideoError, one line naming the file, if there is no such track or no sound of it
        can be decoded; ValueError for another number of channels.
        """
        if channels not in (None, 1, 2):
            raise ValueError(f"sound is mixed to one or two channels, not to {channels}")
        self._path, self._track = Path(path), track
        self._open()
        try:
            first = next(self._decoded(), None)
            if first is None:
                raise VideoError(f"{self._path}: no sound of track {track} can be decoded")
        except BaseException:
            self.close()
            raise
        self._recorded_rate: int = first.sample_rate
        self._layout = {None: first.layout.name, 1: "mono", 2: "stereo"}[channels]
        self.rate = rate or self._recorded_rate
        self.channels = channels or first.layout.nb_channels
        self.start = _time(first)

    def __enter__(self) -> "AudioReader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def blocks(self, start: float, end: float | None = None) -> Iterator[Samples]:
        """The sound from `start` seconds on, as blocks (n, channels) float32 in [-1, 1], n ≥ 1.

        The blocks join without gap: sample k of all sounds at start + k / rate. Before the sound
        begins and where it pauses there is silence. With `end` (seconds) the blocks end there
        exactly, silent after the last sound; without it they end with the sound. Blocks are short
        (well below a second), so that whoever stops listening stops the decoding.
        A call ends the blocks of an earlier one.
        """
        total = None if end is None else max(0, round((end - start) * self.rate))
        given = 0
        for block in self._resampled(self._placed(start, end)):
            block = np.clip(np.nan_to_num(block), -1.0, 1.0)
            if total is not None:
                block = block[: total - given]
            if len(block):
                given += len(block)
                yield block
            if given == total:
                return
        while total is not None and given < total:
            silence = np.zeros((min(_PIECE, total - given), self.channels), dtype=np.float32)
            given += len(silence)
            yield silence

    def _resampled(self, blocks: Iterator[Samples]) -> Iterator[Samples]:
        if self.rate == self._recorded_rate:
            yield from blocks
            return
        resampler = AudioResampler("flt", self._layout, self.rate)
        count = 0
        for block in blocks:
            frame = AudioFrame.from_ndarray(
                np.ascontiguousarray(block).reshape(1, -1), "flt", self._layout
            )
            frame.sample_rate, frame.pts = self._recorded_rate, count
            count += len(block)
            for made in resampler.resample(frame):
                yield self._array(made)
        if count:
            for made in resampler.resample(None):
                yield self._array(made)

    def _placed(self, start: float, end: float | None) -> Iterator[Samples]:
        """The recorded samples from `start` on without gap or overlap, at the recorded rate."""
        rate = self._recorded_rate
        at: int | None = None  # samples from `start` to the end of what came last
        shift = 0.0  # s added to the time stamps of a later recording in the same file
        to_samples = AudioResampler("flt", self._layout, rate)
        for frame in self._from(start):
            try:
                samples = self._samples(to_samples, frame)
            except (av.FFmpegError, ValueError):  # its form has changed in the middle
                to_samples = AudioResampler("flt", self._layout, rate)
                try:
                    samples = self._samples(to_samples, frame)
                except (av.FFmpegError, ValueError):
                    continue
            if at is None:
                at = round((_time(frame) - start) * rate)
                if at > 0:
                    yield from self._silence(at)
            elif frame.pts is not None:
                ahead = round((_time(frame) + shift - start) * rate) - at
                if not -_JUMP * rate < ahead < _LONGEST_GAP * rate:
                    shift -= ahead / rate
                elif ahead > _SLACK * rate:
                    yield from self._silence(min(ahead, ahead + at))
                    at += ahead
                elif ahead < -_SLACK * rate:
                    samples = samples[-ahead:]
            at += len(samples)
            if at > 0 and len(samples):
                yield samples[-at:] if at < len(samples) else samples
            if end is not None and at > (end - start) * rate:
                return

    def _samples(self, resampler: AudioResampler, frame: AudioFrame) -> Samples:
        none = np.zeros((0, self.channels), dtype=np.float32)
        return np.concatenate([none, *(self._array(made) for made in resampler.resample(frame))])

    def _array(self, frame: AudioFrame) -> Samples:
        return frame.to_ndarray().astype(np.float32, copy=False).reshape(-1, self.channels)

    def _silence(self, count: int) -> Iterator[Samples]:
        for begin in range(0, count, _PIECE):
            yield np.zeros((min(_PIECE, count - begin), self.channels), dtype=np.float32)

    def _from(self, start: float) -> Iterator[AudioFrame]:
        """Decoded frames, the first of them before `start` where there is any."""
        back = _PREROLL
        begins = self._stream.start_time
        tick = self._stream.time_base or Fraction(1, 1000)
        first = 0.0 if begins is None else float(begins * tick)
        while start - back > first:
            with suppress(av.FFmpegError, OSError):
                ticks = int((start - back) / tick)
                self._container.seek(ticks, stream=self._stream)
                frames = self._decoded()
                frame = next(frames, None)
                if frame is not None and frame.pts is not None and _time(frame) <= start:
                    yield frame
                    yield from frames
                    return
            back = 4 * back + 1
        self._container.close()
        self._open()
        yield from self._decoded()

    def _open(self) -> None:
        self._container: InputContainer = open_file(self._path)
        try:
            streams = self._container.streams.audio
            if not 0 <= self._track < len(streams):
                raise VideoError(f"{self._path}: has no sound track {self._track}")
            self._stream: AudioStream = streams[self._track]
            if self._stream.codec_context is None:
                raise VideoError(f"{self._path}: no decoder is available for its sound")
            read_only(self._container, self._stream)
        except BaseException:
            self._container.close()
            raise

    def _decoded(self) -> Iterator[AudioFrame]:
        for packet in packets(self._container, self._stream):
            with suppress(av.FFmpegError, OSError):
                yield from self._stream.decode(packet)


def _time(frame: AudioFrame) -> float:
    return float((frame.pts or 0) * (frame.time_base or 0))
