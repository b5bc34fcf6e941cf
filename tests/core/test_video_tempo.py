"""Sound at other speeds: as long as it should be, at its moments, at its pitch."""

import numpy as np
import pytest

from etp_core.video.tempo import stretched

RATE = 48_000
SECONDS = 12


def through(signal, speed, channels=1):
    """`signal` (n,) through `stretched` in blocks; its first channel."""
    sound = np.stack([signal] * channels, 1).astype(np.float32)
    blocks = (sound[at : at + 1000] for at in range(0, len(sound), 1000))
    return np.concatenate(list(stretched(blocks, RATE, speed)))[:, 0]


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("speed", [0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0])
def test_every_moment_sounds_when_it_is_due_and_nothing_adds_up(speed, channels):
    times = np.arange(RATE * SECONDS) / RATE
    heard = through(times / 64, speed, channels) * 64
    assert len(heard) / RATE == pytest.approx(SECONDS / speed, abs=0.05)
    assert np.abs(heard - np.arange(len(heard)) * speed / RATE).max() < 0.05


@pytest.mark.parametrize("speed", [0.5, 1.5, 4.0])
def test_a_tone_keeps_its_pitch(speed):
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE * SECONDS) / RATE)
    heard = through(tone, speed)[:RATE]
    assert np.argmax(np.abs(np.fft.rfft(heard * np.hanning(len(heard))))) == pytest.approx(
        440, abs=2
    )


def test_at_its_own_speed_it_is_untouched():
    noise = np.random.default_rng(0).normal(0, 0.1, 5000).astype(np.float32)
    assert (through(noise, 1.0) == noise).all()


def test_no_sound_stays_no_sound_and_other_speeds_are_refused():
    assert list(stretched([], RATE, 2.0)) == []
    with pytest.raises(ValueError, match="not at 8"):
        next(stretched([], RATE, 8.0))
