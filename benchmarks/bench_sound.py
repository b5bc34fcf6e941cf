"""How far sound and picture are apart: python benchmarks/bench_sound.py [--seconds 60]

A video with a beep at every full second (H.264 and AAC in MP4) plays in the real window, its sound
through Qt to a PulseAudio server of its own, whose null sink is recorded as it plays. A beep that
is heard after its frame was painted counts positive. Needs `pulseaudio`, `pactl` and `parec`.
"""

import argparse
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from bench_playback import Studio, generate

RATE = 48_000
FPS = 30
_BEEP = 0.05  # s
_LOUD = 0.1  # of full scale


def with_beeps(silent: Path, path: Path, seconds: int) -> Path:
    """`silent` with a beep from every full second on."""
    times = np.arange(RATE * seconds) / RATE
    beeps = 0.8 * np.sin(2 * np.pi * 1000 * times) * (times % 1 < _BEEP)
    with av.open(str(silent)) as source, av.open(str(path), "w") as film:
        pictures = source.streams.video[0]
        video = film.add_stream_from_template(pictures)
        sound = film.add_stream("aac", rate=RATE, layout="mono")
        for packet in source.demux(pictures):
            if packet.dts is not None:
                packet.stream = video
                film.mux(packet)
        for at in range(0, len(beeps), 1024):
            piece = beeps[None, at : at + 1024].astype(np.float32)
            frame = av.AudioFrame.from_ndarray(piece, "fltp", "mono")
            frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
            film.mux(sound.encode(frame))
        film.mux(sound.encode(None))
    return path


def start_server(folder: Path) -> subprocess.Popen:
    """A PulseAudio server that this process and its children find, with a null sink only."""
    folder.mkdir(mode=0o700)
    os.environ["XDG_RUNTIME_DIR"] = str(folder)
    server = subprocess.Popen(
        ["pulseaudio", "--daemonize=no", "--exit-idle-time=-1", "-n", "--log-level=error",
         "--load=module-native-protocol-unix", f"--load=module-null-sink rate={RATE}"],
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    while subprocess.run(["pactl", "info"], capture_output=True).returncode:
        if server.poll() is not None:
            raise SystemExit("pulseaudio does not start")
        time.sleep(0.1)
    return server


class Recorder(threading.Thread):
    """What the null sink plays from now on, with the moments at which it came."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._program = subprocess.Popen(
            ["parec", "--device=null.monitor", "--raw", "--latency-msec=10", f"--rate={RATE}",
             "--channels=1", "--format=float32le"],
            stdout=subprocess.PIPE,
        )  # fmt: skip
        self._pieces: list[tuple[float, bytes]] = []
        self.start()
        while not self._pieces:  # an idle null sink takes seconds to wake up
            time.sleep(0.01)

    def run(self) -> None:
        assert self._program.stdout is not None
        while piece := os.read(self._program.stdout.fileno(), 1 << 16):
            self._pieces.append((time.perf_counter(), piece))

    def stop(self) -> tuple[float, np.ndarray]:
        """The wall clock's time of the first sample, and all of them."""
        self._program.terminate()
        self.join()
        self._program.wait()
        arrived = np.array([moment for moment, _ in self._pieces])
        ends = np.cumsum([len(piece) for _, piece in self._pieces]) / 4 / RATE
        samples = np.frombuffer(b"".join(piece for _, piece in self._pieces), np.float32)
        return float((arrived - ends).min()), samples  # none arrives before it sounds


def apart(video: Path, seconds: float, speed: float) -> dict:
    """Seconds from each painted picture of a full second to its beep, while the video plays."""
    studio, recorder = Studio(video), Recorder()
    studio.painted.clear()
    studio.player.play(speed)
    began = time.perf_counter()
    studio.wait(lambda: time.perf_counter() - began > seconds, seconds + 10)
    studio.player.pause()
    studio.window.close()
    first, samples = recorder.stop()
    loud = np.flatnonzero(np.abs(samples) > _LOUD)
    if not len(loud):
        return {"beeps": 0}
    begins = np.diff(loud, prepend=loud[0] - RATE) > RATE / speed / 2
    heard = first + loud[begins] / RATE
    pairs = []
    for moment, index, _ in studio.painted:
        if index and index % FPS == 0:
            pairs.append((moment, heard[np.abs(heard - moment).argmin()] - moment))
    when, off = np.array(pairs[1:]).T
    return {
        "beeps": len(heard),
        "pictures of a full second": len(pairs),
        "sound after the first of them, ms": round(1000 * pairs[0][1], 1),
        "sound after the others, ms": {
            "median": round(1000 * float(np.median(off)), 1),
            "least": round(1000 * float(off.min()), 1),
            "most": round(1000 * float(off.max()), 1),
        },
        "drift, ms a minute": round(60_000 * float(np.polyfit(when, off, 1)[0]), 1),
    }


def main() -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--speeds", type=float, nargs="*", default=[1.0, 2.0, 0.5])
    options = parser.parse_args()
    if missing := [name for name in ("pulseaudio", "pactl", "parec") if not shutil.which(name)]:
        raise SystemExit(f"{', '.join(missing)} is not installed")
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    found = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
            os.environ[variable] = name
        length = round(options.seconds * max([1.0, *options.speeds])) + 5
        silent = generate(folder / "silent.mp4", FPS * length, (1280, 720), 250)
        video = with_beeps(silent, folder / "beeps.mp4", length)
        server = start_server(folder / "sound")
        try:
            for speed in options.speeds:
                found[f"{speed} x"] = apart(video, options.seconds, speed)
        finally:
            server.terminate()
            server.wait()
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
