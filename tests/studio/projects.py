"""Projects for the tests of the studio."""

from pathlib import Path

import numpy as np

from etp_core.evolution import Evolution, ProposalList
from etp_core.project import AddLabel, AddSegment, Project
from etp_studio.opening import look_into

CLASSES = ("jump", "wave")


def project_of(path: Path, *videos: Path, segments=((0.5, 1.0, 0), (2.0, 3.0, 1))) -> Project:
    """A project of the videos, two labels, and `segments` (start, end, label) in the first."""
    project = Project.create(path)
    for video in videos:
        project.apply(look_into(video).edit)
    for name in CLASSES:
        project.apply(AddLabel(name))
    labels = project.labels()
    for start, end, label in segments:
        project.apply(AddSegment(project.videos()[0].id, labels[label].id, start, end))
    return project


def evolution_of(video: str, detections=((0.5, 1.1, 0, 0.9), (2.1, 2.9, 1, 0.4))) -> Evolution:
    """An evolution whose three stages hold the same intervals (start, end, class, score)."""
    rows = np.array(detections, dtype=float).reshape(-1, 4)
    count = np.arange(len(rows))
    labels = rows[:, 2].astype(np.int64)
    first = ProposalList.of(rows[:, :2] + [-0.2, 0.2], rows[:, 3], labels)
    second = ProposalList.of(rows[:, :2] + [-0.1, 0.1], rows[:, 3], labels, parents=count)
    third = ProposalList.of(rows[:, :2], rows[:, 3], labels, parents=count)
    times = np.arange(0.05, 4.0, 0.1)
    curves = np.full((len(CLASSES) + 1, len(times)), 0.25, np.float32)
    return Evolution(video, CLASSES, times, curves, first, second, third, "test")
