"""How playing and scrubbing feel: python benchmarks/bench_playback.py [WHAT…]

Videos with a moving texture are generated; the window is the real one, without a screen.
scrub   time from a request to a picture painted, 1280x720, key frames 250 and 30 frames apart:
        "drag" is a hand that goes to and fro over the timeline, "jump" goes anywhere; "exact" is
        the frame asked for, "first" the first newer picture, which may be one on the way there
play    share of the frames of 1920x1080 at 30 frames/s painted while they were due, by the clock
decode  the same requests to the reader alone: frames that come out and processor time for each
memory  resident size of the process while it plays and scrubs for --minutes (default 5)
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import av
import numpy as np


def generate(path: Path, frames: int, size: tuple[int, int], gop: int) -> Path:
    """A moving texture, so that decoding costs what it does in life."""
    width, height = size
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 255, (height // 8, width // 8, 3), dtype=np.uint8)
    texture = np.kron(coarse, np.ones((16, 16, 1), dtype=np.uint8))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {
            "preset": "veryfast", "crf": "23", "g": str(gop),
            "keyint_min": str(gop), "sc_threshold": "0",
        }  # fmt: skip
        for i in range(frames):
            y, x = i * 3 % height, i * 5 % width
            picture = np.ascontiguousarray(texture[y : y + height, x : x + width])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


class Studio:
    """The window with one video, and what it painted."""

    def __init__(self, video: Path) -> None:
        from etp_studio.app import application, make_window

        self.app = application()
        self.window = make_window(self.app)
        self.window.resize(1600, 1000)
        self.window.show()
        self.player = self.window.player
        self.painted: list[tuple[float, int, bool]] = []
        self.window.video.painted.connect(
            lambda p: self.painted.append((time.perf_counter(), p.index, p.wanted is None))
        )
        self.window.open([video])
        self.wait(lambda: self.window.loaded and not self.window.timeline.media.busy)

    def wait(self, true, seconds: float = 60.0) -> None:
        """Run the event loop until it is true."""
        from PySide6.QtCore import QEventLoop

        end = time.perf_counter() + seconds
        while not true():
            if time.perf_counter() > end:
                raise SystemExit("the window did not get there")
            self.app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 5)
            time.sleep(0.0005)

    def idle(self, seconds: float) -> None:
        """Run the event loop for a while."""
        end = time.perf_counter() + seconds
        self.wait(lambda: time.perf_counter() >= end)


def quantiles(values: list[float]) -> dict[str, float]:
    """Median and 95th percentile in ms."""
    ms = 1000 * np.asarray(values)
    return {"median": round(float(np.median(ms)), 1), "p95": round(float(np.quantile(ms, 0.95)), 1)}


def hand(count: int, frames: int) -> list[int]:
    """A drag to and fro: speeds from a frame to a second a move, with turns."""
    rng = np.random.default_rng(1)
    places, at = [], frames / 2
    while len(places) < count:
        speed = float(rng.choice([1, 2, 5, 10, 30])) * rng.choice([-1, 1])
        for _ in range(int(rng.integers(5, 25))):
            at = float(np.clip(at + speed, 0, frames - 1))
            places.append(round(at))
    return places[:count]


def scrub(video: Path, count: int) -> dict:
    """Requests one after the other, each waited for."""
    studio = Studio(video)
    frames = len(studio.player.clip)
    jumps = np.random.default_rng(2).integers(0, frames, count).tolist()
    found = {}
    for name, places in (("drag", hand(count, frames)), ("jump", jumps)):
        first, exact = [], []
        for index in places:
            if index == studio.player.index:
                continue
            studio.painted.clear()
            began = time.perf_counter()
            studio.player.go(index)
            studio.wait(lambda index=index: studio.painted and studio.painted[-1][1] == index)
            first.append(studio.painted[0][0] - began)
            exact.append(studio.painted[-1][0] - began)
        found[name] = {"first picture ms": quantiles(first), "exact frame ms": quantiles(exact)}
    studio.window.close()
    return found


def decode(video: Path, count: int) -> dict:
    """What the decoder has to do for each request."""
    from etp_core.video import VideoReader

    found = {}
    with VideoReader(video) as reader:
        frames = len(reader)
        jumps = np.random.default_rng(2).integers(0, frames, count).tolist()
        for name, places in (("drag", hand(count, frames)), ("jump", jumps)):
            came, cpu = [], []
            for index in places:
                told: list[int] = []
                began = time.process_time()
                reader.reach(index, lambda i, told=told: not told.append(i))
                cpu.append(time.process_time() - began)
                came.append(len(told))
            found[name] = {
                "processor ms": quantiles(cpu),
                "frames": [float(np.median(came)), float(np.quantile(came, 0.95))],
            }
    return found


def play(video: Path, seconds: float) -> dict:
    """Play and compare every painted picture with the clock."""
    studio = Studio(video)
    player = studio.player
    cuts = player.clip.cuts
    due: dict[int, float] = {}
    late = []
    studio.painted.clear()

    def painted(picture) -> None:
        if player.playing:
            late.append(player._clock.now() - picture.time)
            due[picture.index] = late[-1]

    studio.window.video.painted.connect(painted)
    began = time.perf_counter()
    player.play()
    studio.wait(lambda: time.perf_counter() - began > seconds)
    last = player.index
    player.pause()
    studio.window.close()
    frame = float(np.median(np.diff(cuts)))
    on_time = sum(1 for delay in due.values() if delay < frame)
    return {
        "frames due": last,
        "painted": len(due),
        "painted while due, share": round(on_time / last, 3),
        "delay ms": quantiles(late),
    }


def memory(video: Path, minutes: float) -> dict:
    """Play and scrub, and look at the resident size every second."""
    import psutil

    studio = Studio(video)
    process = psutil.Process()
    rng = np.random.default_rng(3)
    frames = len(studio.player.clip)
    sizes = []
    began = time.perf_counter()
    while time.perf_counter() - began < 60 * minutes:
        studio.player.go(int(rng.integers(frames)))
        studio.player.play(float(rng.choice([1.0, 2.0, -1.0, -2.0, 8.0])))
        studio.idle(1.5)
        studio.player.pause()
        for index in hand(60, frames):
            studio.player.go(index)
            studio.idle(0.008)
        sizes.append(process.memory_info().rss / 1e6)
    if "torch" in sys.modules:
        raise SystemExit("torch was imported")
    studio.window.close()
    tenth = max(1, len(sizes) // 10)
    return {
        "minutes": minutes,
        "largest MB": round(max(sizes)),
        "first tenth MB": round(float(np.median(sizes[:tenth]))),
        "last tenth MB": round(float(np.median(sizes[-tenth:]))),
    }


def main() -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="*", help="scrub, play, memory, decode (default: all)")
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--minutes", type=float, default=5.0)
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
            os.environ[name] = folder
        place = Path(folder)
        what = options.what or ["scrub", "play", "memory", "decode"]
        for gop in (250, 30) if {"scrub", "decode"} & set(what) else ():
            video = generate(place / f"gop{gop}.mp4", 750, (1280, 720), gop)
            if "scrub" in what:
                found[f"scrub, GOP {gop}"] = scrub(video, options.requests)
            if "decode" in what:
                found[f"decode, GOP {gop}"] = decode(video, options.requests)
        if "play" in what:
            frames = round(30 * options.seconds) + 60
            video = generate(place / "hd.mp4", frames, (1920, 1080), 60)
            found["play"] = play(video, options.seconds)
        if "memory" in what:
            video = generate(place / "memory.mp4", 750, (1280, 720), 250)
            found["memory"] = memory(video, options.minutes)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
