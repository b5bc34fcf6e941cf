"""How much features know of actions by people never seen, without training the three stages.

python benchmarks/bench_features.py --annotations F --videos DIR [--subset train]
    [--preset person] [--config F.toml] [--weights F] [--features CACHE] [--held S007,S012,S018]

Every ground-truth segment is described by the mean of each of its quarters (rows standardised
within their video, principal components) and named by ridge regression that was fitted on other
people: people are the first part of a video's name, up to "_". Without --held each person is left
out in turn. Prints the share named right by each stream and by their sum. A backbone that was
fine-tuned on a person must have that person in none of the held ones.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from etp_core.config import load_config
from etp_core.dataset import Recording, load_recordings
from etp_core.features.extraction import Extractor
from etp_core.features.pyramid import FeatureTable, stage_edges
from etp_core.features.reduction import Reduction
from etp_core.formats import read
from etp_core.progress import Reporter

PARTS = 4
PENALTIES = (0.03, 0.1, 0.3, 1.0, 3.0)


def describe(recordings: list[Recording], stream: str, reduction: Reduction) -> torch.Tensor:
    """Every segment of the recordings as the means of its quarters: (N, PARTS * d)."""
    rows = []
    for recording in recordings:
        table = FeatureTable([reduction(recording.features.tensor(stream))])
        segments = torch.from_numpy(recording.features.clock.rows(recording.segments))
        edges = stage_edges(segments, (1, PARTS, 1))[:, 1:-1]
        means, _ = table.snippets(edges, torch.zeros(len(segments), dtype=torch.long))
        rows.append(means.flatten(1))
    return torch.cat(rows)


def scores(
    x: torch.Tensor, labels: torch.Tensor, known: torch.Tensor, penalty: float
) -> torch.Tensor:
    """Class scores (M, K) of the segments that are not `known` (N,), learnt from those that are."""
    x = x.double() - x[known].double().mean(0)
    x = x / x[known].std()
    kernel = x @ x[known].T / x.shape[1]
    wanted = torch.nn.functional.one_hot(labels[known]).double()
    wanted -= wanted.mean(0)
    eye = torch.eye(int(known.sum()), dtype=torch.float64)
    return kernel[~known] @ torch.linalg.solve(kernel[known] + penalty * eye, wanted)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--annotations", type=Path, required=True)
    parser.add_argument("--videos", type=Path, required=True)
    parser.add_argument("--subset", default="train")
    parser.add_argument("--preset", default="person")
    parser.add_argument("--config", type=Path)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--features", type=Path, required=True)
    parser.add_argument("--held", default="")
    given = parser.parse_args()
    config = load_config(given.preset, given.config).features
    truth = read(given.annotations).subset(given.subset)
    weights = {} if given.weights is None else dict.fromkeys(config.networks, given.weights)
    extractor = Extractor(config, given.features, "cpu", weights)
    recordings = load_recordings(truth, given.videos, truth.labels, extractor, Reporter())
    labels = torch.cat([r.labels for r in recordings])
    names = [r.features.video.stem.split("_")[0] for r in recordings for _ in r.labels]
    people = np.array(names)
    folds: list[NDArray[np.str_]] = (
        [np.array(given.held.split(","))]
        if given.held
        else [np.array([p]) for p in sorted({*names})]
    )
    total: list[torch.Tensor] = []
    for stream in config.streams:
        best: tuple[float, float, list[torch.Tensor]] | None = None
        of_folds = []
        for held in folds:
            known = ~np.isin(people, held)
            seen = [
                r for r in recordings if r.features.video.stem.split("_")[0] not in held.tolist()
            ]
            rows = [r.features.tensor(stream) for r in seen]
            reduction = Reduction.fit(rows, config.components, config.standardise)
            of_folds.append((describe(recordings, stream, reduction), torch.from_numpy(known)))
        for penalty in PENALTIES:
            found = [scores(x, labels, known, penalty) for x, known in of_folds]
            right = torch.cat(
                [s.argmax(1) == labels[~k] for s, (_, k) in zip(found, of_folds, strict=True)]
            )
            share = float(right.double().mean())
            if best is None or share > best[0]:
                best = (share, penalty, found)
        assert best is not None
        print(f"{stream}: {best[0]:.1%} of {len(right)} (penalty {best[1]})", flush=True)
        weight = config.fusion[len(total)] if config.fusion else 1.0
        total.append(torch.cat([s / s.std() for s in best[2]]) * weight)
    if len(total) > 1:
        wanted = torch.cat([labels[~known] for _, known in of_folds])
        right = sum(total[1:], total[0]).argmax(1) == wanted
        print(f"sum: {float(right.double().mean()):.1%}")


if __name__ == "__main__":
    main()
