"""How the proposals of the first two stages fare by what ranks them.

python benchmarks/bench_ranking.py --model DIR --annotations F --videos DIR [--subset test]
    [--features CACHE]

Every proposal has the class whose curve is highest inside it. It is ranked by that curve's mean
inside, by how much more actionness lies inside than around it (as models are evaluated), and, for
what a ranking can give at all, by its true tIoU. Prints mAP at tIoU 0.5 and 0.7 (protocol
thumos14) and the median length of as many best ones as there are actions.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from etp_core.annotations import Annotations, Segment
from etp_core.dataset import find_video
from etp_core.detections import proposals_as_detections
from etp_core.evaluation import evaluate
from etp_core.evolution import Evolution
from etp_core.features.cache import default_cache
from etp_core.features.extraction import Extractor
from etp_core.formats import read
from etp_core.localizer import evolve
from etp_core.model import Model
from etp_core.timeline import suppress, tiou

RANKINGS = ("mean inside", "inside less around", "true tIoU")


def score(evolution: Evolution, row: Segment, truth: list[Segment], how: str) -> float:
    """What ranks one proposal."""
    if how == "true tIoU":
        spans = [(s.start, s.end) for s in truth]
        return float(tiou([(row.start, row.end)], spans).max()) if spans else 0.0
    if how == "mean inside":
        times, curve = evolution.times, evolution.curves[evolution.classes.index(row.label)]
        inside = (times >= row.start) & (times < row.end)
        return float(curve[inside].mean()) if inside.any() else 0.0
    return row.score or 0.0


def ranked(evolution: Evolution, truth: list[Segment], stage: str, how: str, nms: float) -> list:
    """The proposals of a stage as detections."""
    rows = proposals_as_detections(evolution, stage, 1.0).segments
    scored = [replace(row, score=score(evolution, row, truth, how)) for row in rows]
    kept = []
    for label in evolution.classes:
        own = [row for row in scored if row.label == label]
        spans = np.array([(row.start, row.end) for row in own]).reshape(-1, 2)
        kept += [own[i] for i in suppress(spans, [row.score for row in own], nms)[0]]
    return kept


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--annotations", type=Path, required=True)
    parser.add_argument("--videos", type=Path, required=True)
    parser.add_argument("--subset", default="test")
    parser.add_argument("--features", type=Path, default=default_cache())
    given = parser.parse_args()
    everything = read(given.annotations)
    truth = everything.subset(given.subset)
    model = replace(Model.load(given.model), localization=None)
    extractor = Extractor(model.config.features, given.features, "cpu", model.weights)
    paths = {name: find_video(given.videos, name) for name in truth.videos}
    evolutions = {name: evolve(model, extractor.extract(path)) for name, path in paths.items()}
    by_video, nms = truth.by_video(), model.config.localization.nms
    for stage in ("actionness", "refinement"):
        for how in RANKINGS if model.refinement is not None or stage == "actionness" else ():
            found, best = Annotations(dict(truth.videos)), []
            for name, evolution in evolutions.items():
                rows = ranked(evolution, by_video[name], stage, how, nms)
                found.segments += rows
                rows.sort(key=lambda row: -row.score)
                best += [row.end - row.start for row in rows[: len(by_video[name])]]
            result = evaluate(everything, found, "thumos14", (0.5, 0.7), subset=given.subset)
            half, strict = 100 * result.mean_average_precision
            print(
                f"{stage}, by {how}: {half:.1f}, {strict:.1f}; {np.median(best):.1f} s", flush=True
            )


if __name__ == "__main__":
    main()
