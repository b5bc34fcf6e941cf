"""How much feature extraction costs beyond decoding, optical flow and the backbone themselves.

python benchmarks/bench_extract.py

The recording is generated: 20 s, 480x290, 10 frames/s. For each modality: seconds of a cold
extraction, of the same work in bare loops (PyAV, OpenCV's DIS, the network), and their ratio, the
median of three rounds taken in turn; then the share that a second stream adds to the first.
"""

import statistics
import tempfile
import time
from pathlib import Path

import av
import numpy as np
import torch

from etp_core.config import FeatureConfig
from etp_core.features.extraction import Extractor
from etp_core.features.pictures import input_size
from etp_core.opencv import cv2
from etp_core.synth import generate

BATCH = 32
ROUNDS = 3
MODALITIES = ("rgb", "rgbdiff", "flow", "rgb+flow")


def bare(video: Path, extractor: Extractor) -> float:
    """Seconds to decode and scale all frames, estimate flow, and run the network of each stream."""
    config = extractor.config
    method = cv2().DISOpticalFlow_create(cv2().DISOPTICAL_FLOW_PRESET_FAST)
    method.setFinestScale(config.flow.finest)
    begun = time.perf_counter()
    batch: list[np.ndarray] = []
    before = None

    def run() -> None:
        x = torch.from_numpy(np.stack(batch)).permute(0, 3, 1, 2).float() / 255
        for stream in config.streams:
            with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
                extractor.backbone(stream)(x.to(memory_format=torch.channels_last))
        batch.clear()

    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        width, height = input_size(stream.width, stream.height, config.side)
        for frame in container.decode(stream):
            picture = frame.reformat(width=width, height=height, format="rgb24").to_ndarray()
            if "flow" in config.streams:
                grey = cv2().cvtColor(picture, cv2().COLOR_RGB2GRAY)
                if before is not None:
                    method.calc(before, grey, None)
                before = grey
            batch.append(picture)
            if len(batch) == BATCH:
                run()
    if batch:
        run()
    return time.perf_counter() - begun


def cold(video: Path, extractor: Extractor) -> float:
    """Seconds of an extraction without a cache, the network loaded."""
    begun = time.perf_counter()
    extractor.extract(video)
    return time.perf_counter() - begun


def main() -> None:
    """Print one line for each modality."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        generate(folder / "video", 1, seed=1, seconds=20, size=(480, 290), rate=10)
        video = next((folder / "video").glob("*.mp4"))
        seconds = {}
        for modality in MODALITIES:
            config = FeatureConfig(modality=modality)
            rounds = []
            for number in range(ROUNDS):
                extractor = Extractor(config, folder / f"{modality}-{number}", "cpu")
                for stream in config.streams:
                    extractor.backbone(stream)
                if number == 0:
                    bare(video, extractor)  # the first pass pays for warming up
                rounds.append((bare(video, extractor), cold(video, extractor)))
            least, own = (statistics.median(part) for part in zip(*rounds, strict=True))
            ratio = statistics.median(b / a for a, b in rounds)
            seconds[modality] = own
            print(f"{modality}: {own:.1f} s, bare loops {least:.1f} s, ratio {ratio:.2f}")
        both = seconds["rgb+flow"] / (seconds["rgb"] + seconds["flow"])
        print(f"rgb+flow in one pass: {both:.2f} of rgb and flow apart")


if __name__ == "__main__":
    main()
