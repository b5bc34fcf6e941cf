"""How long Algorithm 1 and non-maximum suppression take: python benchmarks/bench_algorithm1.py"""

import time

import numpy as np
from scipy.ndimage import gaussian_filter1d

from etp_core.actionness import propose
from etp_core.timeline import suppress


def milliseconds(function, *arguments, **options):
    """The fastest of five runs, and what it returned."""
    times = []
    for _ in range(5):
        begin = time.perf_counter()
        result = function(*arguments, **options)
        times.append(time.perf_counter() - begin)
    return min(times) * 1000, result


def curves(frames, classes, noise, random):
    """Actions every few hundred frames, with `noise`, as (classes, frames) float32 in [0, 1]."""
    slow = gaussian_filter1d(random.standard_normal((classes, frames)), 60, axis=1)
    actionness = 1 / (1 + np.exp(-4 * (slow / slow.std() - 1)))
    noisy = actionness + noise * random.standard_normal((classes, frames))
    return np.clip(noisy, 0, 1).astype(np.float32)


def main():
    random = np.random.default_rng(0)
    frames, classes = 200_000, 20
    print(f"Algorithm 1, {frames} frames x {classes} classes, one threshold, lengths 25 to 2000")
    for name, noise in (("smooth", 0.0), ("noisy", 0.1), ("very noisy", 0.5)):
        scores = curves(frames, classes, noise, random)
        smoothing, _ = milliseconds(gaussian_filter1d, scores, 3.0, axis=1)
        for semantics in ("move", "copy"):
            took, found = milliseconds(propose, scores, 0.5, 25, 2000, semantics=semantics)
            print(
                f"  {name:10}  {semantics}  {took:6.0f} ms (smoothing alone {smoothing:.0f} ms), "
                f"{len(found)} candidates, {len(found.kept)} after NMS"
            )
    count = 100_000
    print(f"Non-maximum suppression, {count} segments of 1 to 30 s in an hour")
    start = random.random(count) * 3600
    segments = np.stack([start, start + random.uniform(1, 30, count)], axis=1)
    scores = random.random(count)
    for threshold in (0.36, 0.5, 0.9):
        took, (kept, _) = milliseconds(suppress, segments, scores, threshold)
        print(f"  tIoU {threshold}  {took:6.0f} ms, {len(kept)} kept")


if __name__ == "__main__":
    main()
