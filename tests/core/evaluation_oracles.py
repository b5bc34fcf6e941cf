"""The two official evaluators, transcribed loop by loop: slow, and what the fast ones must equal.

A segment is (video, start, end); a detection (video, start, end, score).
"""

import numpy as np


def overlap(a, b):
    """tIoU of two segments (video, start, end, ...) of one video."""
    inside = min(a[2], b[2]) - max(a[1], b[1])
    return inside / ((a[2] - a[1]) + (b[2] - b[1]) - inside) if inside > 0 else 0.0


def thumos14(truth, detections, threshold, ambiguous=()):
    """TH14eventdetpr.m of TH14evalDet_Updated, one class."""
    conf, flags = [], []
    for video in sorted({row[0] for row in (*truth, *detections)}):
        gt = [row for row in truth if row[0] == video]
        amb = [row for row in ambiguous if row[0] == video]
        det = [row for row in detections if row[0] == video]
        det = sorted(det, key=lambda row: -row[3])
        free = [True] * len(det)
        for g in gt:
            best, at = -1.0, -1
            for i, d in enumerate(det):
                if free[i] and overlap(g, d) > best:
                    best, at = overlap(g, d), i
            if best > threshold:
                free[at] = False
        for i, d in enumerate(det):
            if not free[i]:
                conf.append(d[3])
                flags.append(True)
            elif sum(overlap(a, d) for a in amb) == 0:
                conf.append(d[3])
                flags.append(False)
    order = sorted(range(len(conf)), key=lambda i: -conf[i])
    hits, total = 0, 0.0
    for rank, i in enumerate(order, 1):
        if flags[i]:
            hits += 1
            total += hits / rank
    return total / len(truth)


def activitynet(truth, detections, threshold):
    """compute_average_precision_detection of ANETdetection, one class, with a stable sort."""
    if not detections:
        return 0.0
    order = sorted(range(len(detections)), key=lambda i: -detections[i][3])
    taken = [False] * len(truth)
    tp = np.zeros(len(detections))
    for n, i in enumerate(order):
        d = detections[i]
        rivals = [(overlap(g, d), -j) for j, g in enumerate(truth) if g[0] == d[0]]
        for best, j in sorted(rivals, reverse=True):
            if best < threshold:
                break
            if not taken[-j]:
                taken[-j] = True
                tp[n] = 1
                break
    hits, misses = np.cumsum(tp), np.cumsum(1 - tp)
    recall = np.hstack([[0], hits / len(truth), [1]])
    precision = np.hstack([[0], hits / (hits + misses), [0]])
    for i in range(len(precision) - 1)[::-1]:
        precision[i] = max(precision[i], precision[i + 1])
    at = np.where(recall[1:] != recall[:-1])[0] + 1
    return float(np.sum((recall[at] - recall[at - 1]) * precision[at]))


def recall(truth, proposals, count, threshold):
    """Share of the ground truth hit by one of the `count` best proposals of its video."""
    found = 0
    for g in truth:
        rivals = [p for p in proposals if p[0] == g[0]]
        best = sorted(rivals, key=lambda p: -p[3])[:count]
        found += any(overlap(g, p) >= threshold for p in best)
    return found / len(truth)
