"""Sound at another speed, its pitch kept."""

from collections.abc import Iterable, Iterator
from fractions import Fraction

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.filter import Graph

from etp_core.video.audio import Samples

SLOWEST, FASTEST = 0.5, 4.0
_ONCE = 2.0  # a faster filter would leave out samples


def stretched(blocks: Iterable[Samples], rate: int, speed: float) -> Iterator[Samples]:
    """Sound of `rate` samples a second, (n, 1 or 2) each, played `speed` times as fast.

    Sample k of what comes out is what sounds k × speed / rate seconds from the start of what goes
    in, give or take 0.05 s: it is joined where waves fit together. That does not add up.
    Raises ValueError for a speed outside 0.5 … 4.
    """
    if not SLOWEST <= speed <= FASTEST:
        raise ValueError(f"sound plays at 0.5 to 4 times its speed, not at {speed:g}")
    if speed == 1.0:
        yield from blocks
        return
    graph: Graph | None = None
    count = 0
    for block in blocks:
        channels = block.shape[1]
        layout = "stereo" if channels == 2 else "mono"
        if graph is None:
            graph = _graph(rate, layout, speed)
        frame = AudioFrame.from_ndarray(
            np.ascontiguousarray(block, dtype=np.float32).reshape(1, -1), "flt", layout
        )
        frame.sample_rate, frame.pts, frame.time_base = rate, count, Fraction(1, rate)
        count += len(block)
        graph.push(frame)
        yield from _made(graph, channels)
    if graph is not None:
        graph.push(None)
        yield from _made(graph, channels)


def _graph(rate: int, layout: str, speed: float) -> Graph:
    graph = Graph()
    parts = [graph.add_abuffer(None, rate, "flt", layout, time_base=Fraction(1, rate))]
    times = 2 if speed > _ONCE else 1
    parts += [graph.add("atempo", f"{speed ** (1 / times):.9f}") for _ in range(times)]
    parts.append(graph.add("abuffersink"))
    graph.link_nodes(*parts).configure()
    return graph


def _made(graph: Graph, channels: int) -> Iterator[Samples]:
    while True:
        try:
            frame = graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return
        assert isinstance(frame, AudioFrame)
        if frame.samples:
            yield frame.to_ndarray().astype(np.float32, copy=False).reshape(-1, channels)
