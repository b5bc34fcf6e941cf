"""Reading what is to be compared: a file of any interchange format, or a project file."""

from collections.abc import Sequence
from pathlib import Path

from etp_core.annotations import Annotations
from etp_core.errors import InputError
from etp_core.evolution import STAGES

TRUTH = ("ground_truth",)


def load(path: Path, stages: Sequence[str] = TRUTH) -> Annotations:
    """Annotations of a file; of a project `*.etp` the given stages, of each video's newest run.

    Raises InputError naming what is wrong, and if a project has nothing of these stages.
    """
    from etp_core import formats

    if not is_project(path):
        return formats.read(path)
    from etp_core.project import Project

    with Project.open(path) as project:
        found = project.annotations(stages)
    if not found.segments:
        what = "ground truth" if tuple(stages) == TRUTH else "detections"
        raise InputError(f"{path}: the project holds no {what}")
    return found


def load_detections(path: Path) -> Annotations:
    """Detections of a file, with the proposals of the other stages where it has them."""
    return load(path, STAGES)


def is_project(path: Path) -> bool:
    """Whether a file is a project, by how it begins."""
    try:
        with path.open("rb") as file:
            return file.read(16) == b"SQLite format 3\0"
    except OSError:
        return False
