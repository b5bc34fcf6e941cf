"""How long evaluation takes: python benchmarks/bench_evaluation.py [MOST]

MOST is the largest number of detections, 2,000,000 by default. Ratios are against the same
protocols done a detection at a time, in this process, with the same results.
"""

import sys
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "core"))
import evaluation_oracles as oracle

from etp_core.annotations import Annotations, Segment
from etp_core.evaluation import PROTOCOLS, evaluate
from etp_core.evaluation.matching import match, ranking, touching
from etp_core.evaluation.precision import precision_of
from etp_core.timeline import suppress

LEVELS = (0.3, 0.4, 0.5, 0.6, 0.7)
CLASSES, FOUND, TRUE = 20, 118, 16


def seconds(function, *arguments, times=3):
    """CPU time of the fastest of some runs (others may use the machine), and what it returned."""
    took = []
    for _ in range(times):
        begin = time.process_time()
        result = function(*arguments)
        took.append(time.process_time() - begin)
    return min(took), result


def dataset(count):
    """Ground truth and `count` detections about it, in videos of 200 s and mostly one class.

    A video has 118 detections and 16 ground truths, as in the test videos of THUMOS14.
    """
    random = np.random.default_rng(0)
    videos = max(1, count // FOUND)
    truths = videos * TRUE
    in_truth = random.integers(0, videos, truths)
    other = random.random(truths) < 0.1
    classes = np.where(other, random.integers(0, CLASSES, truths), in_truth % CLASSES)
    start = random.random(truths) * 190
    truth = np.stack([start, start + random.uniform(1, 10, truths)], axis=1)
    about = random.integers(0, truths, count)
    found = truth[about] + random.normal(0, 1, (count, 2))
    found[:, 1] = np.maximum(found[:, 1], found[:, 0] + 0.5)
    named = np.where(random.random(count) < 0.8, classes[about], random.integers(0, CLASSES, count))
    return truth, in_truth, classes, found, in_truth[about], named, random.random(count)


def arrays(data, protocol):
    """Average precision (C, T) from arrays, as `evaluate` computes it."""
    truth, in_truth, classes, found, in_found, named, scores = data
    videos = int(in_truth.max()) + 1
    taken = match(
        truth, classes * videos + in_truth, found, named * videos + in_found, scores, LEVELS,
        protocol,
    )  # fmt: skip
    ignored = touching(found, in_found, np.zeros((0, 2)), np.zeros(0, dtype=np.int64))
    order = ranking(scores, in_found, protocol)
    result = np.zeros((CLASSES, len(LEVELS)))
    for c in range(CLASSES):
        rows = order[named[order] == c]
        positives = int(np.count_nonzero(classes == c))
        result[c] = precision_of(taken[:, rows] >= 0, ignored[rows], positives, protocol)
    return result


def loops(data, protocol):
    """The same, a detection at a time: each class in each video by itself, each tIoU anew."""
    truth, in_truth, classes, found, in_found, named, scores = (column.tolist() for column in data)
    result = np.zeros((CLASSES, len(LEVELS)))
    rows = [
        (
            [(v, s, e) for (s, e), v, k in zip(truth, in_truth, classes, strict=True) if k == c],
            [
                (v, s, e, score)
                for (s, e), v, k, score in zip(found, in_found, named, scores, strict=True)
                if k == c
            ],
        )
        for c in range(CLASSES)
    ]
    for c, (true, mine) in enumerate(rows):
        for t, level in enumerate(LEVELS):
            result[c, t] = _in_videos(true, mine, level, protocol)
    return result


def _in_videos(truth, found, level, protocol):
    """Average precision of one class by loops that look into one video at a time."""
    rivals = {}
    for j, row in enumerate(truth):
        rivals.setdefault(row[0], []).append(j)
    flags = [False] * len(found)
    if protocol == "activitynet":
        free = [True] * len(truth)
        for i in sorted(range(len(found)), key=lambda i: -found[i][3]):
            best, at = level, -1
            for j in rivals.get(found[i][0], ()):
                if free[j] and (share := oracle.overlap(truth[j], found[i])) >= best:
                    best, at = (share, j) if share > best or at < 0 else (best, at)
            if at >= 0:
                free[at], flags[i] = False, True
    else:
        order = sorted(range(len(found)), key=lambda i: -found[i][3])
        mine = {}
        for i in order:
            mine.setdefault(found[i][0], []).append(i)
        for row in truth:
            best, at = level, -1
            for i in mine.get(row[0], ()):
                if not flags[i] and (share := oracle.overlap(row, found[i])) > best:
                    best, at = share, i
            if at >= 0:
                flags[at] = True
    key = (lambda i: (-found[i][3], found[i][0])) if protocol == "thumos14" else (
        lambda i: -found[i][3]
    )  # fmt: skip
    hits, points = 0, []
    for rank, i in enumerate(sorted(range(len(found)), key=key), 1):
        if flags[i]:
            hits += 1
            points.append(hits / rank)
    if protocol == "activitynet":
        for n in range(len(points) - 2, -1, -1):
            points[n] = max(points[n], points[n + 1])
    return sum(points) / len(truth)


def official(data):
    """Protocol activitynet as its evaluator goes: each detection looks its video up in a table.

    That table is pandas'; then NumPy gives its tIoUs, and a loop goes over the thresholds.
    """
    import pandas

    truth, in_truth, classes, found, in_found, named, scores = data
    result = np.zeros((CLASSES, len(LEVELS)))
    for c in range(CLASSES):
        true = np.flatnonzero(classes == c)
        table = pandas.DataFrame(
            {
                "video": in_truth[true], "start": truth[true, 0], "end": truth[true, 1],
                "place": np.arange(len(true)),
            }
        ).groupby("video")  # fmt: skip
        taken = np.zeros((len(LEVELS), len(true)), dtype=bool)
        mine = np.flatnonzero(named == c)
        mine = mine[np.argsort(-scores[mine], kind="stable")]
        hits = np.zeros((len(LEVELS), len(mine)), dtype=bool)
        for n, row in enumerate(mine):
            try:
                group = table.get_group(in_found[row])
            except KeyError:
                continue
            some, near = group[["start", "end"]].to_numpy(), group["place"].to_numpy()
            start, end = found[row]
            common = np.minimum(some[:, 1], end) - np.maximum(some[:, 0], start)
            common = common.clip(0)
            tiou = common / ((some[:, 1] - some[:, 0]) + (end - start) - common)
            order = np.argsort(-tiou, kind="stable")
            for t, level in enumerate(LEVELS):
                for place in order:
                    if tiou[place] < level:
                        break
                    if not taken[t, near[place]]:
                        taken[t, near[place]] = hits[t, n] = True
                        break
        none = np.zeros(len(mine), dtype=bool)
        result[c] = precision_of(hits, none, len(true), "activitynet")
    return result


def annotations(data):
    """The same rows as Annotations."""
    truth, in_truth, classes, found, in_found, named, scores = (c.tolist() for c in data)
    true = Annotations.of(
        Segment(f"v{v}", f"c{k}", s, e)
        for (s, e), v, k in zip(truth, in_truth, classes, strict=True)
    )
    mine = Annotations.of(
        Segment(f"v{v}", f"c{k}", s, e, score, "localization")
        for (s, e), v, k, score in zip(found, in_found, named, scores, strict=True)
    )
    return true, mine


def main():
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000_000
    data = dataset(25_000)
    true, mine = annotations(data)
    print("25,000 detections x 5 tIoU")
    for protocol in PROTOCOLS:
        fast, result = seconds(arrays, data, protocol)
        slow, expected = seconds(loops, data, protocol, times=1)
        assert np.allclose(result, expected)
        whole, evaluation = seconds(lambda p=protocol: evaluate(true, mine, p, LEVELS))
        assert np.allclose(np.sort(evaluation.average_precision, 0), np.sort(expected, 0))
        print(
            f"  {protocol:12} {fast * 1000:6.0f} ms, a detection at a time {slow * 1000:6.0f} ms: "
            f"{slow / fast:.0f} x; evaluate with recall, AR@AN and errors {whole * 1000:.0f} ms"
        )
    if find_spec("pandas") is None:
        print("  as the official evaluator goes: needs pandas (pip install pandas)")
    else:
        slow, expected = seconds(official, data, times=1)
        assert np.allclose(result, expected)
        print(f"  as the official evaluator goes {slow * 1000:.0f} ms: {slow / fast:.0f} x")
    print("Growth (arrays): detections, and microseconds a detection")
    count = 25_000
    while count <= most:
        data = dataset(count)
        line = [
            f"{protocol} {1e6 * seconds(arrays, data, protocol, times=1)[0] / count:5.2f}"
            for protocol in PROTOCOLS
        ]
        print(f"  {count:9,}  {'   '.join(line)}")
        count = count * 4 if count * 4 <= most or count == most else most
    count = 100_000
    random = np.random.default_rng(0)
    start = random.random(count) * 3600
    segments = np.stack([start, start + random.uniform(1, 30, count)], axis=1)
    scores, labels = random.random(count), random.integers(0, CLASSES, count)

    def by_class():
        return [suppress(segments[labels == c], scores[labels == c], 0.36) for c in range(CLASSES)]

    took, kept = seconds(by_class)
    print(
        f"Class-wise non-maximum suppression, {count:,} segments of {CLASSES} classes in an hour: "
        f"{took * 1000:.0f} ms, {sum(len(k) for k, _ in kept)} kept"
    )


if __name__ == "__main__":
    main()
