"""A video's truth and evolution made by code: bumps as curves, Algorithm 1, and two stages that err
less each time. Everything is linked as the engine links it."""

import numpy as np

from etp_core.actionness.proposals import propose
from etp_core.evolution import Evolution, ProposalList, Reason
from etp_core.project import Label, StoredSegment
from etp_core.timeline import suppress, tiou

CLASSES = ("jump", "wave", "sit down", "throw")
COLORS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7")
LABELS = [
    Label(i + 1, name, color) for i, (name, color) in enumerate(zip(CLASSES, COLORS, strict=True))
]
RATE = 25.0


def cuts_of(seconds: float, rate: float = RATE) -> np.ndarray:
    """Cuts of a video of constant rate: (n + 1,) seconds."""
    return np.arange(round(seconds * rate) + 1) / rate


def truth_of(seconds: float, count: int, seed: int = 0) -> list[StoredSegment]:
    """Ground truth segments on cuts, a few of which overlap."""
    rng = np.random.default_rng(seed)
    pitch = seconds / count
    segments = []
    for i in range(count):
        start = (i + rng.uniform(0.05, 0.4)) * pitch
        end = start + rng.uniform(0.25, 0.85) * pitch
        start, end = (round(t * RATE) / RATE for t in (start, min(end, seconds)))
        label = int(rng.integers(len(CLASSES))) + 1
        segments.append(StoredSegment(i + 1, 1, label, start, end, "Ada", "drawn"))
    return segments


def evolution_of(
    seconds: float, truth: list[StoredSegment], step: float = 0.1, seed: int = 1
) -> Evolution:
    """Curves that rise in the truth, their proposals, refined ones and detections."""
    rng = np.random.default_rng(seed)
    times = np.arange(0, seconds, step) + step / 2
    curves = np.full((len(CLASSES), len(times)), 0.06) + rng.normal(0, 0.02, (4, len(times)))
    for segment in truth:
        rise = max(0.12 * (segment.end - segment.start), 2 * step)
        shift = rng.normal(0, 0.5 * rise, 2)
        bump = _sigmoid((times - segment.start - shift[0]) / rise * 3)
        bump *= _sigmoid((segment.end + shift[1] - times) / rise * 3)
        curves[segment.label_id - 1] += bump * rng.uniform(0.55, 0.92)
        other = int(rng.integers(len(CLASSES)))
        curves[other] += bump * rng.uniform(0.0, 0.3)
    for _ in range(max(len(truth) // 4, 1)):  # things that look like an action and are none
        middle, width = rng.uniform(0, seconds), rng.uniform(0.5, 2.0)
        curves[int(rng.integers(4))] += 0.5 * np.exp(-(((times - middle) / width) ** 2))
    wobble = rng.normal(0, 0.05, curves.shape)
    curves = np.clip(curves + np.cumsum(wobble, axis=1) * 0.02, 0, 1)
    found = propose(curves, [0.35, 0.5], min_length=4, max_length=len(times) // 2)
    initial = ProposalList.of(
        found.spans * step,
        found.scores,
        found.labels,
        reasons=found.reasons,
        suppressed_by=found.suppressed_by,
    )
    refined = _regressed(initial, truth, 0.55, rng, seconds)
    detections = _regressed(refined, truth, 0.6, rng, seconds)
    detections = _decided(detections, rng)
    return Evolution(
        "1", CLASSES, times, np.vstack([curves, curves.max(axis=0)]).astype(np.float32),
        initial, refined, detections, "bumps",
    )  # fmt: skip


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(x, -40, 40)))


def _regressed(
    before: ProposalList,
    truth: list[StoredSegment],
    pull: float,
    rng: np.random.Generator,
    seconds: float,
) -> ProposalList:
    parents = before.kept
    segments = before.segments[parents].copy()
    goals = np.array([(s.start, s.end) for s in truth])
    if len(segments) and len(goals):
        overlap = tiou(segments, goals)
        best = overlap.argmax(axis=1)
        near = overlap.max(axis=1) > 0.15
        length = segments[:, 1] - segments[:, 0]
        step = (
            pull * (goals[best] - segments) + rng.normal(0, 0.06, segments.shape) * length[:, None]
        )
        segments[near] += step[near]
    segments = np.clip(segments, 0, seconds)
    return ProposalList.of(
        segments, before.scores[parents], before.labels[parents], parents=parents
    )


def _decided(detections: ProposalList, rng: np.random.Generator) -> ProposalList:
    n = len(detections)
    scores = np.clip(detections.scores * rng.uniform(0.75, 1.25, n), 0.02, 1.0)
    labels = detections.labels.copy()
    labels[labels < 0] = rng.integers(len(CLASSES), size=int((labels < 0).sum()))
    reasons = np.zeros(n, np.int8)
    reasons[scores < 0.42] = Reason.BACKGROUND
    by = np.full(n, -1, np.int64)
    for label in range(len(CLASSES)):
        rows = np.flatnonzero((reasons == Reason.KEPT) & (labels == label))
        _, local = suppress(detections.segments[rows], scores[rows], 0.36)
        lost = local >= 0
        reasons[rows[lost]] = Reason.NMS
        by[rows[lost]] = rows[local[lost]]
    return ProposalList.of(
        detections.segments, scores, labels, parents=detections.parents,
        reasons=reasons, suppressed_by=by, completeness=rng.normal(0.5, 0.5, n),
    )  # fmt: skip
