"""The demo: two generated videos with exactly known boundaries, and the shipped model on them.

The videos lie in the cache and are made again, equal, where they are missing; the project lies
with the other projects, so that what is edited in it stays.
"""

import shutil
import tempfile
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from etp_core.errors import EtpError
from etp_core.formats import read
from etp_core.project import Batch, Project
from etp_studio import settings
from etp_studio.background import Background
from etp_studio.jobs.process import Job, Outcome, engine_command
from etp_studio.jobs.queue import JobQueue
from etp_studio.opening import look_into
from etp_studio.texts import tr

VIDEOS = 2
SEED = 7


def synth_command(out: Path) -> list[str]:
    """The command that generates the demo's videos into the folder `out`."""
    return engine_command("synth", out, "--videos", str(VIDEOS), "--seed", str(SEED))


def make_project(path: Path, folder: Path) -> None:
    """Write a project of the generated videos and their ground truth; nothing if it exists.

    Raises EtpError; a project that could not be filled is removed again.
    """
    if path.exists():
        return
    edits = tuple(look_into(video).edit for video in sorted(folder.glob("*.mp4")))
    project = Project.create(path)
    try:
        project.apply(Batch(edits, f"Add {len(edits)} videos"))
        project.import_annotations(read(folder / "annotations.json"), "demo")
    except EtpError:
        project.close()
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        raise
    project.close()


class Demo(QObject):
    """Makes the demo where it is missing; `ready(path)` names its project, or `failed(line)`."""

    ready = Signal(object)
    failed = Signal(str)

    def __init__(self, jobs: JobQueue, background: Background) -> None:
        super().__init__(jobs)
        self._jobs, self._background = jobs, background
        self._job: Job | None = None
        self._temporary: Path | None = None

    def start(self) -> None:
        """Begin; asked again while it is under way, nothing."""
        if self._job is not None:
            return
        folder = settings.demo_folder()
        if (folder / "annotations.json").is_file():
            self._make_project()
            return
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            self._temporary = Path(tempfile.mkdtemp(prefix="demo-", dir=folder.parent))
        except OSError as error:
            self.failed.emit(f"{folder}: cannot be written ({error.strerror})")
            return
        self._job = Job(tr("Generate the demo videos"), synth_command(self._temporary))
        self._job.ended.connect(self._generated)
        self._jobs.add(self._job)

    def _generated(self, outcome: Outcome, line: str) -> None:
        self._job = None
        temporary, folder = self._temporary, settings.demo_folder()
        assert temporary is not None
        if outcome is Outcome.done:
            # Only what is whole gets the name that is looked for.
            shutil.rmtree(folder, ignore_errors=True)
            temporary.replace(folder)
            self._make_project()
        else:
            shutil.rmtree(temporary, ignore_errors=True)
            self.failed.emit(line or tr("The demo was cancelled"))

    def _make_project(self) -> None:
        path = settings.projects_folder() / "demo.etp"
        self._background.run(
            lambda: make_project(path, settings.demo_folder()),
            lambda _: self.ready.emit(path),
            self.failed.emit,
            key="demo",
        )
