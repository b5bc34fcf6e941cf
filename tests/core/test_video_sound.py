"""Sound comes at its time on the video's clock; waveforms and thumbnails are kept and recovered."""

import importlib
import os
from fractions import Fraction
from pathlib import Path

import av
import barcode
import numpy as np
import platformdirs
import pytest

from etp_core.errors import VideoError
from etp_core.video import AudioReader, VideoReader, audio_tracks, kept, thumbnails, waveform

RATE = 48_000
SECONDS = 6
CLICKS = np.arange(1, SECONDS)  # s at which a click begins


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch, tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("cache"))
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda *_: folder)


def clicking(rate: int = RATE) -> np.ndarray:
    """(1, n) float32: a click of 2 ms at the beginning of each second but the first."""
    sound = np.zeros((1, SECONDS * rate), dtype=np.float32)
    for second in CLICKS:
        sound[0, second * rate : second * rate + rate // 500] = 0.8
    return sound


def write(
    path: Path,
    codec: str,
    start: float = 0.0,
    rate: int = RATE,
    pause: float = 0.0,
    tracks: int = 1,
) -> None:
    """Frame number i is shown at start + i / 25 s; sound clicks at start + 1, start + 2 … s.

    pause: seconds that pass half way between the third and the fourth click.
    tracks: only the last of the sound tracks clicks.
    """
    with av.open(str(path), "w") as container:
        # AVI has decoding times only, from which H.264 comes out a frame late
        codecs = {".webm": "libvpx", ".avi": "mpeg4"}
        film = container.add_stream(codecs.get(path.suffix, "libx264"), rate=25)
        film.width, film.height = barcode.SIZE
        film.codec_context.time_base = Fraction(1, 90_000 if path.suffix != ".avi" else 25)
        sounds = [container.add_stream(codec, rate=rate, layout="mono") for _ in range(tracks)]
        form = sounds[0].codec_context.codec.audio_formats[0].name
        size = 960
        for k in range(SECONDS * rate // size):
            time = start + k * size / rate + (pause if k * size / rate >= 3.5 else 0.0)
            for sound in sounds:
                block = clicking(rate)[:, k * size : (k + 1) * size] * (sound is sounds[-1])
                if form in ("s16", "s16p"):
                    block = np.round(block * 32767).astype(np.int16)
                frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), form, "mono")
                frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
                frame.pts = round(time * rate)
                container.mux(sound.encode(frame))
            if k % 2 == 0:
                picture = av.VideoFrame.from_ndarray(barcode.draw(k // 2), format="rgb24")
                picture.time_base = film.codec_context.time_base
                picture.pts = round((start + k / 50) / picture.time_base)
                container.mux(film.encode(picture))
        for stream in (film, *sounds):
            container.mux(stream.encode(None))


def clicks(reader: AudioReader, start: float, end: float) -> list[float]:
    """Seconds at which clicks begin, in what is heard from `start` on."""
    blocks = list(reader.blocks(start, end))
    assert all(len(block) and block.dtype == np.float32 for block in blocks)
    sound = np.concatenate(blocks)
    assert sound.shape == (round((end - start) * reader.rate), reader.channels)
    loud = np.flatnonzero(np.abs(sound).max(axis=1) > 0.4)
    begins = loud[np.diff(loud, prepend=-reader.rate) > reader.rate // 10]
    return [start + k / reader.rate for k in begins.tolist()]


CONTAINERS = {
    "mp4": ("aac", 0.0),
    "mp4, from 7 s": ("aac", 7.0),
    "mkv": ("pcm_s16le", 0.0),
    "mkv, from 3 s": ("aac", 3.0),
    "webm": ("libopus", 0.0),
    "ts": ("aac", 0.0),
    "mov": ("pcm_s16le", 0.0),
    "avi": ("pcm_s16le", 0.0),
}


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """A function that writes each clip once: name -> path."""
    folder = tmp_path_factory.mktemp("sound")
    made: dict[str, Path] = {}

    def make(name: str) -> Path:
        if name not in made:
            codec, start = CONTAINERS[name]
            made[name] = folder / f"{len(made)}.{name.partition(',')[0]}"
            write(made[name], codec, start)
        return made[name]

    return make


@pytest.mark.parametrize("name", CONTAINERS)
def test_sound_and_picture_are_on_one_clock_from_wherever_one_listens(clip, name):
    path = clip(name)
    with VideoReader(path) as video, AudioReader(path) as reader:
        first = float(video.pts[0])
        for start in (0.0, 2.5, 4.2, 0.7, 1.9):
            heard = clicks(reader, first + start, first + SECONDS - 0.5)
            shown = [float(video.pts[25 * second]) for second in CLICKS if second > start]
            assert heard == pytest.approx(shown, abs=0.002)


def test_the_same_sound_comes_wherever_one_begins(clip):
    with AudioReader(clip("mp4")) as reader:
        whole = np.concatenate(list(reader.blocks(0.0)))
        for start in (0.5, 3.25, 4.99):
            part = np.concatenate(list(reader.blocks(start, start + 0.5)))
            at = round(start * RATE)
            assert np.abs(part - whole[at : at + len(part)]).max() < 1e-4


@pytest.mark.parametrize(("rate", "channels"), [(44_100, 2), (16_000, 1)])
def test_resampled_sound_keeps_its_time(clip, rate, channels):
    with AudioReader(clip("mp4"), rate=rate, channels=channels) as reader:
        assert (reader.rate, reader.channels) == (rate, channels)
        assert clicks(reader, 0.5, 5.5) == pytest.approx(list(CLICKS), abs=0.002)


def test_before_and_after_the_sound_there_is_silence(clip):
    with AudioReader(clip("mp4")) as reader:
        assert clicks(reader, -2.0, 9.0) == pytest.approx(list(CLICKS), abs=0.002)
        assert clicks(reader, 100.0, 101.0) == []
        assert list(reader.blocks(3.0, 3.0)) == []


@pytest.mark.parametrize("suffix", ["mkv", "ts"])
def test_a_pause_in_the_recording_is_silence_of_its_length(tmp_path, suffix):
    path = tmp_path / f"pause.{suffix}"
    write(path, "aac", pause=1.5)
    with AudioReader(path) as reader:
        t = reader.start
        expected = [1 + t, 2 + t, 3 + t, 5.5 + t, 6.5 + t]
        # encoders begin a frame early
        assert clicks(reader, t, t + 8.0) == pytest.approx(expected, abs=0.05)


def test_the_track_asked_for_is_the_one_heard(tmp_path):
    path = tmp_path / "two.mkv"
    write(path, "aac", tracks=2)
    assert [track.number for track in audio_tracks(path)] == [0, 1]
    assert audio_tracks(path)[0].codec == "aac"
    with AudioReader(path, 0) as first, AudioReader(path, 1) as second:
        assert clicks(first, 0.0, 5.5) == []
        assert len(clicks(second, 0.0, 5.5)) == 5


def test_what_has_no_sound_says_so_in_one_line(tmp_path):
    path = tmp_path / "silent.mp4"
    barcode.write(path, barcode.constant(10))
    assert audio_tracks(path) == ()
    with pytest.raises(VideoError, match=r"silent\.mp4: has no sound track 0$"):
        AudioReader(path)
    with pytest.raises(VideoError, match=r"gone\.mp4: there is no such file"):
        audio_tracks(tmp_path / "gone.mp4")


def test_a_waveform_shows_every_click_at_every_zoom(clip):
    *_, whole = waveform(clip("mp4"))
    assert whole.complete
    for count in (6, 60, 600, 5):
        columns = whole.columns(0.0, 6.0, count)
        loud = np.flatnonzero(columns[:, 1] > 0.5) * 6.0 / count
        for second in CLICKS:
            assert np.abs(loud - second).min() <= 6.0 / count
    unknown = np.isnan(whole.columns(-2.0, 10.0, 12)).any(axis=1)  # the last frame ends past 6 s
    assert unknown[:8].tolist() == [True] * 2 + [False] * 6
    assert unknown[9:].all()
    quiet = whole.columns(2.5, 2.9, 40)
    assert np.abs(quiet).max() < 0.05


def test_every_sample_lies_in_its_bin(tmp_path):
    path = tmp_path / "ramp.mkv"
    write(path, "pcm_s16le", rate=44_100)
    *_, whole = waveform(path)
    sound = clicking(44_100)[0, : SECONDS * 44_100 // 960 * 960]
    bins = np.arange(len(sound)) * 200 // 44_100
    expected = np.zeros(bins[-1] + 1)
    np.maximum.at(expected, bins, sound)
    assert len(whole.peaks) == len(expected)
    assert np.abs(whole.peaks[:, 1] / 32767 - expected).max() < 1e-3


def test_a_waveform_is_computed_once_and_only_kept_when_whole(clip, monkeypatch):
    path = clip("mkv")
    # the package has a function of the module's name
    monkeypatch.setattr(importlib.import_module("etp_core.video.waveform"), "_NEWS", 1.0)
    growing = waveform(path)
    part = next(growing)
    assert not part.complete
    growing.close()
    *parts, whole = waveform(path)
    assert [p.complete for p in parts] == [False] * len(parts)
    assert len(parts) >= 3
    assert [p.complete for p in waveform(path)] == [True]
    (again,) = waveform(path)
    assert (again.peaks == whole.peaks).all()
    assert again.start == whole.start


def test_thumbnails_are_frames_of_the_video_spread_over_it(tmp_path):
    path = tmp_path / "clip.mp4"
    barcode.write(path, barcode.variable(240), gop=60)
    made = list(thumbnails(path, most=20, height=24, spacing=0.1))
    with VideoReader(path) as reader:
        length = reader.info.duration / 20
        indices = sorted(thumbnail.index for thumbnail in made)
        assert 15 <= len(set(indices)) == len(made) <= 20
        gaps = np.diff(reader.pts[indices])
        assert gaps.max() < 2.1 * length
        for thumbnail in made:
            assert thumbnail.picture.shape == (24, 80, 3)
            assert barcode.number(thumbnail.picture) == thumbnail.index
            assert thumbnail.time == reader.pts[thumbnail.index]
        # what costs little comes first
        assert made[0].index in reader.key_frames
    again = list(thumbnails(path, most=20, height=24, spacing=0.1))
    assert [thumbnail.index for thumbnail in again] == indices
    assert all(barcode.number(t.picture) == t.index for t in again)


def test_of_a_video_with_one_frame_there_is_one_thumbnail(tmp_path):
    path = tmp_path / "one.mp4"
    barcode.write(path, barcode.constant(1))
    assert [thumbnail.index for thumbnail in thumbnails(path)] == [0]


@pytest.mark.parametrize("make", [waveform, thumbnails])
def test_damaged_caches_are_computed_again(clip, make):
    path = clip("mp4, from 7 s")
    good = contents(make(path))
    (place,) = Path(platformdirs.user_cache_dir()).glob(f"{make.__name__}/*.npz")
    content = place.read_bytes()
    rng = np.random.default_rng(0)
    for attempt in range(12):
        damaged = bytearray(content)
        if attempt % 4:
            for at in rng.integers(0, len(content), 6):
                damaged[at] ^= 1 << int(rng.integers(8))
        else:
            del damaged[int(rng.integers(len(content))) :]
        place.write_bytes(damaged)
        assert contents(make(path)) == good
    np.savez(place, indices=np.array([10**9]), pictures=np.zeros((1, 2, 2, 3)), peaks=np.zeros(3))
    assert contents(make(path)) == good


def contents(made) -> list[tuple[int, bytes]]:
    """What a waveform or thumbnails show, in order of time."""
    *_, last = parts = list(made)
    if hasattr(last, "peaks"):
        return [(len(last.peaks), last.peaks.tobytes())]
    return sorted((thumbnail.index, thumbnail.picture.tobytes()) for thumbnail in parts)


def test_the_oldest_go_when_the_cache_is_full(tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "_MOST", 25_000)
    for i in range(4):
        kept.save(tmp_path / f"{i}.npz", {"rows": np.zeros(1000)})
        stamp = 1_000_000_000 + i
        os.utime(tmp_path / f"{i}.npz", (stamp, stamp))
    assert sorted(path.name for path in tmp_path.glob("*.npz")) == ["1.npz", "2.npz", "3.npz"]
