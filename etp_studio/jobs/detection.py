"""Detecting in the videos of a project: `etp detect` as a child process, a run per video."""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from etp_core.evolution import Evolution
from etp_core.project import Project, Video
from etp_studio.background import Background
from etp_studio.jobs.process import Job, Outcome, engine_command
from etp_studio.jobs.queue import JobQueue
from etp_studio.texts import tr
from etp_studio.timeline.curve_data import SIGMA


@dataclass(frozen=True)
class Piece:
    """Curves scored so far: times (M,) seconds, scores (M, K + 1), the K classes.

    sigma: samples by which the model smooths them.
    """

    times: NDArray[np.float64]
    scores: NDArray[np.float32]
    classes: tuple[str, ...]
    sigma: float = SIGMA


def detect_command(video: Path, model: Path, out: Path, start: float = 0.0) -> list[str]:
    """The command that detects in one video and writes everything into the folder `out`.

    start: the second from which the video is read first.
    """
    files = ("--csv", out / "detections.csv", "--stages", "--evolutions", out)
    return engine_command("detect", video, "--model", model, *files, *_from(start))


def motion_command(video: Path, out: Path, start: float = 0.0) -> list[str]:
    """The command that proposes by motion alone, and writes everything into the folder `out`."""
    files = ("--csv", out / "proposals.csv", "--evolutions", out)
    return engine_command("motion", video, *files, *_from(start))


def _from(start: float) -> tuple[str, ...]:
    return ("--from", f"{start:.2f}") if start > 0 else ()


def why_not(project: Project, model: Path | None) -> str:
    """Why detecting would be in vain, or ""."""
    if project.read_only:
        return tr("Detections could not be stored, because {}").format(project.read_only)
    if model is None:
        return tr(
            "There is no model to detect with: choose one in Detect → Choose model…, train one "
            "(Detect → Train a model…), or let motion propose (Detect → Propose by motion)"
        )
    return ""


@dataclass
class _Work:
    project: Project
    video: Video
    model: Path | None  # None: by motion alone
    folder: tempfile.TemporaryDirectory
    pieces: list[Piece] = field(default_factory=list)
    result: Path | None = None


class Detections(QObject):
    """Starts detections and stores what they find, a transaction per video.

    `curves(video_id, Piece)` while it computes; `stored(video_id)` once the run is in the project;
    `ended(video_id)` in any case; `failed(line)`.
    """

    curves = Signal(int, object)
    progressed = Signal(int, float)  # video id, share done in [0, 1]
    stored = Signal(int)
    ended = Signal(int)
    failed = Signal(str)

    def __init__(self, queue: JobQueue, background: Background) -> None:
        super().__init__(queue)
        self._queue, self._background = queue, background
        self._works: dict[int, _Work] = {}
        self._jobs: dict[int, Job] = {}

    @property
    def busy(self) -> bool:
        """Whether a video is still to be stored."""
        return bool(self._works)

    def running(self, video_id: int) -> bool:
        """Whether the video is being worked on, or waits for it."""
        return video_id in self._works

    def waiting(self, video_id: int) -> bool:
        """Whether the video waits for other jobs."""
        job = self._jobs.get(video_id)
        return job is not None and not job.running

    def share(self, video_id: int) -> float | None:
        """How much of the present task is done, in [0, 1]; None if nothing is under way."""
        job = self._jobs.get(video_id)
        if job is None:
            return None
        return job.done / job.total if job.total > 0 else 0.0

    def pieces(self, video_id: int) -> list[Piece]:
        """The curves that have come so far."""
        work = self._works.get(video_id)
        return work.pieces if work else []

    def start(
        self, project: Project, video: Video, model: Path | None, first: float = 0.0
    ) -> Job | None:
        """Detect in a video of the project, with no model by motion; None if under way already.

        Its curves come from the second `first` on, and then those before it.
        """
        if video.id in self._works:
            return None
        folder = tempfile.TemporaryDirectory(prefix="etp-detect-", ignore_cleanup_errors=True)
        work = _Work(project, video, model, folder)
        out = Path(folder.name)
        if model is None:
            job = Job(tr("Motion in {}").format(video.name), motion_command(video.path, out, first))
        else:
            job = Job(
                tr("Detect in {}").format(video.name), detect_command(video.path, model, out, first)
            )
        self._works[video.id] = work
        self._jobs[video.id] = job
        job.event.connect(lambda event: self._event(work, event))
        job.progressed.connect(lambda: self.progressed.emit(video.id, self.share(video.id) or 0.0))
        job.ended.connect(lambda outcome, line: self._ended(work, outcome, line))
        self._queue.add(job)
        return job

    def forget(self) -> None:
        """Cancel everything: the project is about to be closed."""
        for job in list(self._jobs.values()):
            job.cancel()
        for work in list(self._works.values()):
            self._finish(work)

    def _event(self, work: _Work, event: dict[str, Any]) -> None:
        if event["event"] == "curves" and event.get("times"):
            piece = Piece(
                np.asarray(event["times"], np.float64),
                np.asarray(event["scores"], np.float32),
                tuple(event["classes"]),
                float(event.get("sigma", SIGMA)),
            )
            work.pieces.append(piece)
            self.curves.emit(work.video.id, piece)
        elif event["event"] == "result":
            work.result = Path(event["path"])

    def _ended(self, work: _Work, outcome: Outcome, line: str) -> None:
        self._jobs.pop(work.video.id, None)
        if self._works.get(work.video.id) is not work:
            work.folder.cleanup()
            return
        if outcome is not Outcome.done or work.result is None:
            if outcome is not Outcome.cancelled:
                self.failed.emit(
                    line or tr("{}: the detector gave no result").format(work.video.name)
                )
            self._finish(work)
            return
        path = work.result
        options = {"model": str(work.model or "motion")}

        def store() -> int:
            return work.project.add_run(work.video.id, Evolution.load(path), options)

        def fail(line: str) -> None:
            if self._works.get(work.video.id) is work:  # else its project was closed meanwhile
                self.failed.emit(line)
            self._finish(work)

        def done(_: int) -> None:
            self.stored.emit(work.video.id)
            self._finish(work)

        self._background.run(store, done, fail)

    def _finish(self, work: _Work) -> None:
        if self._works.get(work.video.id) is work:
            del self._works[work.video.id]
            work.folder.cleanup()
            self.ended.emit(work.video.id)
