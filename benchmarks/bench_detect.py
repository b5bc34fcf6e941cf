"""How much `etp detect` costs beyond what cannot be avoided: decoding and the backbone.

python benchmarks/bench_detect.py [MODEL]

The recording is generated: 60 s, 480x290, 10 frames/s. Prints the time of bare PyAV decoding plus
the backbone, of the detector in process, and of the whole command with its imports, and ratios.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import av
import numpy as np
import torch

from etp_core.features.backbones import load_backbone
from etp_core.features.pictures import input_size
from etp_core.localizer import Localizer
from etp_core.model import Model
from etp_core.synth import generate

BATCH = 32
ROUNDS = 3


def bare(video: Path, model: Model) -> float:
    """Seconds to decode, scale and push every frame through the backbone, nothing else."""
    config = model.config.features
    backbone = load_backbone(config.backbone, torch.device("cpu"))
    begun = time.perf_counter()
    batch: list[np.ndarray] = []

    def run() -> None:
        pictures = torch.from_numpy(np.stack(batch)).permute(0, 3, 1, 2).float() / 255
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
            backbone(pictures.to(memory_format=torch.channels_last))
        batch.clear()

    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        width, height = input_size(stream.width, stream.height, config.side)
        for frame in container.decode(stream):
            scaled = frame.reformat(width=width, height=height, format="rgb24")
            batch.append(scaled.to_ndarray())
            if len(batch) == BATCH:
                run()
    if batch:
        run()
    return time.perf_counter() - begun


def in_process(video: Path, localizer: Localizer) -> float:
    """Seconds of the three stages without a cache, the model loaded."""
    begun = time.perf_counter()
    localizer.detect(video)
    return time.perf_counter() - begun


def command(video: Path, model: Path, folder: Path) -> float:
    """Seconds of the whole command without a cache, from start to exit."""
    begun = time.perf_counter()
    arguments = ["detect", video, "--model", model, "--csv", folder / "out.csv"]
    arguments += ["--features", folder / "features", "--stages", "--force"]
    subprocess.run([sys.executable, "-m", "etp_core", *map(str, arguments)], check=True)
    return time.perf_counter() - begun


def main() -> None:
    """Measure in turn, print the medians."""
    root = Path(__file__).parent.parent
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else root / "resources" / "demo-model"
    model = Model.load(folder)
    times: dict[str, list[float]] = {"bare": [], "in process": [], "command": []}
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        generate(place / "v", 1, seed=1, seconds=60, size=(480, 290), rate=10)
        video = place / "v" / "video_0001.mp4"
        bare(video, model)  # the first pass pays for warming up
        for turn in range(ROUNDS):
            times["bare"].append(bare(video, model))
            fresh = Localizer(model, "model", place / f"features{turn}")
            times["in process"].append(in_process(video, fresh))
            times["command"].append(command(video, folder, place / f"command{turn}"))
    medians = {name: float(np.median(values)) for name, values in times.items()}
    for name, seconds in medians.items():
        print(f"{name:<12} {seconds:6.2f} s   x {seconds / medians['bare']:.2f}")


if __name__ == "__main__":
    main()
