"""How fast videos are read, beside bare PyAV: python benchmarks/bench_video.py [VIDEO…]

Without a video one is generated: 3,000 frames of 1280x720 at 30 frames/s, a key frame every 250.
sample   every 4th frame scaled to 224x224: VideoReader.sample against a PyAV loop that decodes all
         frames and converts the same ones; the ratio should be near 1
seek     one frame at a random position, exactly, against OpenCV's seek to the same positions, and
         how many of OpenCV's pictures are not the frame that decoding from the start gives
step     1,000 frames forwards and the same ones backwards
2 hours  the generated video joined to itself without encoding until it lasts two hours: how long
         its index takes against bare demuxing (the best of --rounds, in turns), and opening it from
         what is kept
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np

from etp_core.video import VideoReader
from etp_core.video.index import build_index

SIZE = (224, 224)
STRIDE = 4


def generate(path: Path, frames: int = 3000) -> None:
    """A moving texture, so that decoding costs what it does in life."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 255, (90, 160, 3), dtype=np.uint8)
    texture = np.kron(coarse, np.ones((16, 16, 1), dtype=np.uint8))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        stream.options = {
            "preset": "veryfast",
            "g": "250",
            "keyint_min": "250",
            "sc_threshold": "0",
            "crf": "23",
        }
        for i in range(frames):
            y, x = i * 3 % 720, i * 5 % 1280
            picture = np.ascontiguousarray(texture[y : y + 720, x : x + 1280])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))


def bare(path: Path) -> None:
    """Decode all, convert every STRIDE-th."""
    reformatter = av.video.reformatter.VideoReformatter()
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        for i, frame in enumerate(container.decode(stream)):
            if i % STRIDE == 0:
                reformatter.reformat(
                    frame, *SIZE, format="rgb24", interpolation="AREA"
                ).to_ndarray()


def sampled(reader: VideoReader) -> None:
    """The same through VideoReader."""
    for _ in reader.sample(range(0, len(reader), STRIDE), SIZE):
        pass


def seconds(work: Callable[[], None]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def measure(path: Path, rounds: int, seeks: int) -> None:
    """Print the figures of one video."""
    start = time.perf_counter()
    build_index(path)
    built = time.perf_counter() - start
    with VideoReader(path) as reader:
        info = reader.info
        print(f"{path.name}: {info.width}x{info.height} {info.codec}, {info.frames} frames")
        print(f"  index    {1e3 * built:8.1f} ms")
        pairs = [
            (seconds(lambda: bare(path)), seconds(lambda: sampled(reader))) for _ in range(rounds)
        ]
        plain, ours = (min(times) for times in zip(*pairs, strict=True))
        rate = info.frames / ours
        print(f"  sample   {rate:8.0f} frames/s decoded, {ours / plain:.3f} of bare PyAV's time")
        rng = np.random.default_rng(0)
        times = [
            1e3 * seconds(lambda i=int(i): reader.frame(i))  # type: ignore[misc]
            for i in rng.integers(0, len(reader), seeks)
        ]
        print(
            f"  seek     {statistics.median(times):8.1f} ms median, "
            f"{np.quantile(times, 0.95):.1f} ms 95 %, {max(times):.1f} ms most, {seeks} positions"
        )
        at = len(reader) // 2
        reader.frame(at)
        count = min(1000, len(reader) - at - 1)
        forward = seconds(lambda: [reader.frame(at + k) for k in range(count)] and None)
        backward = seconds(lambda: [reader.frame(at + count - k) for k in range(count)] and None)
        print(
            f"  step     {1e3 * forward / count:8.2f} ms forward, "
            f"{1e3 * backward / count:.2f} ms backward, a frame; {backward / forward:.2f} times, "
            f"{count} frames"
        )
        against_opencv(path, reader, rng.integers(0, len(reader), min(seeks, 60)).tolist())


def against_opencv(path: Path, reader: VideoReader, positions: list[int]) -> None:
    """Seek to the same positions by both, in turns."""
    times: dict[str, list[float]] = {"ours": [], "opencv": []}
    capture = cv2.VideoCapture(str(path))
    wrong = 0
    for i in positions:
        start = time.perf_counter()
        picture = reader.frame(i)
        times["ours"].append(time.perf_counter() - start)
        start = time.perf_counter()
        capture.set(cv2.CAP_PROP_POS_FRAMES, i)
        found, theirs = capture.read()
        times["opencv"].append(time.perf_counter() - start)
        wrong += not found or np.abs(theirs[..., ::-1].astype(int) - picture).mean() > 8
    capture.release()
    ours, opencv = (sum(t) for t in times.values())
    print(
        f"  OpenCV   its seeks take {opencv / ours:.2f} times ours; {wrong} of {len(positions)} of "
        "its pictures differ"
    )


def two_hours(short: Path, path: Path) -> None:
    """Join `short` to itself, packet by packet, until `path` lasts two hours."""
    with av.open(str(path), "w") as container:
        shift, stream = 0, None
        while True:
            with av.open(str(short)) as source:
                film = source.streams.video[0]
                stream = stream or container.add_stream_from_template(film)
                for packet in source.demux(film):
                    if packet.dts is None:
                        continue
                    packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                    packet.stream = stream
                    container.mux(packet)
                shift += film.duration
                if shift * film.time_base >= 7200:
                    return


def measure_two_hours(short: Path, path: Path, rounds: int) -> None:
    two_hours(short, path)

    def demux() -> None:
        with av.open(str(path)) as container:
            for _ in container.demux(video=0):
                pass

    def index() -> float:
        cpu = time.process_time()
        build_index(path)
        return time.process_time() - cpu

    demux()  # so that the file is in memory for both
    cpus: list[float] = []
    pairs = [(seconds(demux), seconds(lambda: cpus.append(index()))) for _ in range(rounds)]
    bare, built = (min(times) for times in zip(*pairs, strict=True))
    cpu = min(cpus)
    with VideoReader(path) as reader:
        frames, duration = len(reader), reader.info.duration
    kept = seconds(lambda: VideoReader(path).close())
    print(
        f"2 hours: {frames} frames, {duration:.0f} s, {path.stat().st_size / 1e9:.2f} GB\n"
        f"  index    {built:.2f} s ({cpu:.2f} s of processor time), bare demuxing {bare:.2f} s; "
        f"opened in {1e3 * kept:.0f} ms from what is kept"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("videos", nargs="*", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seeks", type=int, default=200)
    arguments = parser.parse_args()
    if arguments.videos:
        for video in arguments.videos:
            measure(video, arguments.rounds, arguments.seeks)
        return
    with tempfile.TemporaryDirectory() as folder:
        video = Path(folder) / "generated.mp4"
        generate(video)
        measure(video, arguments.rounds, arguments.seeks)
        measure_two_hours(video, Path(folder) / "two_hours.mp4", arguments.rounds)


if __name__ == "__main__":
    main()
