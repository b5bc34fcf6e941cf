"""Training on the project: its ground truth and videos as a folder, `etp train` as a child process.

A training lives in a folder of its own among the user's models: `data/annotations.json` and links
to the videos, and beside it `model/`, which holds what was trained.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from etp_core.annotations import Annotations
from etp_core.errors import EtpError, InputError
from etp_core.formats import write
from etp_core.project import Project
from etp_studio.background import Background
from etp_studio.jobs.process import Job, Outcome, engine_command
from etp_studio.jobs.queue import JobQueue
from etp_studio.texts import later, tr

PRESETS = {
    "compact": later("Small heads on cached features: minutes on two cores"),
    "person": later(
        "One upright person, still camera: follows head and arms, trains the backbone; an hour"
    ),
    "paper": later("The paper's widths, units and schedules: made for a GPU"),
    "ssn": later("As compact, with the sampling of structured segment networks"),
}
STAGE_CHOICES = ("all", "actionness", "refinement", "localization")


class Role(StrEnum):
    """What a video is used for."""

    train = later("train")
    validation = later("validation")
    unused = later("left out")


@dataclass(frozen=True)
class Plan:
    """What is to be trained, where: `folder` is the training's own, roles go by video id.

    annotator: whose ground truth is learnt, None for everybody's.
    """

    folder: Path
    roles: Mapping[int, Role]
    stage: str = "all"
    preset: str = "compact"
    seed: int = 0
    resume: bool = False
    annotator: str | None = None

    @property
    def model(self) -> Path:
        """The model directory that comes of it."""
        return self.folder / "model"

    def command(self) -> list[str]:
        """The command that trains, once `prepare` has written the data."""
        data = self.folder / "data"
        words: list[str | Path] = ["train", self.stage, "--annotations", data / "annotations.json"]
        words += ["--videos", data / "videos", "--subset", Role.train]
        if Role.validation in self.roles.values():
            words += ["--validation", Role.validation]
        words += ["--preset", self.preset, "--seed", str(self.seed), "--out", self.model]
        return engine_command(*words, *(["--resume"] if self.resume else []))


def suggest(counts: Mapping[int, int], validation: float) -> dict[int, Role]:
    """Roles of videos: of those with ground truth (counts > 0), a share is for validation.

    Every n-th video in their order, so that one day or one person is not all of it.
    """
    annotated = [key for key, count in counts.items() if count > 0]
    wanted = min(round(validation * len(annotated)), len(annotated) - 1)
    step = len(annotated) / wanted if wanted > 0 else 0
    held = {annotated[int((i + 0.5) * step)] for i in range(max(wanted, 0))}
    return {
        key: Role.unused if count <= 0 else Role.validation if key in held else Role.train
        for key, count in counts.items()
    }


def _stem(name: str) -> str:
    """What the folders of trainings of that name begin with."""
    return re.sub(r"[^\w-]+", "-", name).strip("-") or "model"


def last_folder(models: Path, name: str) -> Path | None:
    """The folder of the last training of that name that can be gone on with, if there is one."""
    ours = re.compile(re.escape(_stem(name)) + r"-\d{8}-\d{6}(-\d+)?")
    # a backbone and checkpoints come before model.toml
    found = {file.parent.parent for file in models.glob("*/model/*")}
    return max((f for f in found if ours.fullmatch(f.name)), default=None)


def new_folder(models: Path, name: str) -> Path:
    """A folder for a training among the user's models that is not there yet."""
    stem = _stem(name)
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    folder = models / f"{stem}-{stamp}"
    number = 2
    while folder.exists():
        folder = models / f"{stem}-{stamp}-{number}"
        number += 1
    return folder


def prepare(project: Project, plan: Plan) -> None:
    """Write the data of a training: annotations with their subsets, and links to the videos.

    Raises InputError if there is nothing to train on or a video is missing, EtpError where the
    folder cannot be written.
    """
    used = {key: role for key, role in plan.roles.items() if role is not Role.unused}
    if Role.train not in used.values():
        raise InputError(tr("no video is chosen to train on"))
    folder = plan.folder / "data" / "videos"
    annotations = Annotations()
    videos = {video.id: video for video in project.videos()}
    names: dict[int, str] = {}
    for key, role in used.items():
        part = project.annotations(("ground_truth",), [key])
        (names[key], entry), *_ = part.videos.items()
        annotations.videos[names[key]] = replace(entry, subset=str(role))
        annotations.segments += [s for s in part.segments if plan.annotator in (None, s.reviewer)]
    taught = {s.video for s in annotations.segments}
    if not any(names[key] in taught for key, role in used.items() if role is Role.train):
        raise InputError(tr("the videos chosen to train on have no ground truth"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for key, name in names.items():
            source = videos[key].path
            if not source.is_file():
                raise InputError(tr("{}: the file is not there").format(source))
            _link(source, folder / f"{name}{source.suffix.lower()}")
    except OSError as error:
        raise EtpError(f"{error.filename or folder}: {error.strerror or error}") from error
    write(annotations, plan.folder / "data" / "annotations.json", "activitynet")


def _link(source: Path, place: Path) -> None:
    if place.exists():
        return
    try:
        place.symlink_to(source)
    except OSError:  # Windows asks for a privilege, but links within one drive freely
        os.link(source, place)


class Training(QObject):
    """One training under way or ended: its job, and the figures that it has told so far.

    curves: task → name of a figure → (done, value) pairs; figures are "loss", "mAP@0.5", …
    """

    changed = Signal()

    def __init__(self, plan: Plan, job: Job) -> None:
        super().__init__(job)
        self.plan, self.job = plan, job
        self.curves: dict[str, dict[str, list[tuple[float, float]]]] = {}
        job.event.connect(self._event)

    def _event(self, event: dict[str, Any]) -> None:
        if event["event"] != "step":
            return
        known = ("event", "task", "video", "done", "total")
        figures = {k: v for k, v in event.items() if k not in known and isinstance(v, int | float)}
        for name, value in figures.items():
            task = self.curves.setdefault(event["task"], {})
            task.setdefault(name, []).append((float(event["done"]), float(value)))
        if figures:
            self.changed.emit()


class Trainings(QObject):
    """Prepares trainings in the background and puts them into the queue of jobs."""

    started = Signal(object)  # Training
    ended = Signal(object)  # Plan of a training that ended well
    failed = Signal(str)

    def __init__(self, queue: JobQueue, background: Background) -> None:
        super().__init__(queue)
        self._queue, self._background = queue, background

    def start(self, project: Project, plan: Plan) -> None:
        """Train as soon as the jobs before it have ended."""

        def done(_: None) -> None:
            job = Job(tr("Train {}").format(plan.folder.name), plan.command())
            training = Training(plan, job)
            job.ended.connect(lambda outcome, line: self._ended(plan, outcome, line))
            self._queue.add(job)
            self.started.emit(training)

        self._background.run(lambda: prepare(project, plan), done, self.failed.emit)

    def _ended(self, plan: Plan, outcome: Outcome, line: str) -> None:
        if outcome is Outcome.done:
            self.ended.emit(plan)
        elif outcome is Outcome.failed:
            self.failed.emit(line)
