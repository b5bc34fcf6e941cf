"""Jobs run one after the other, in the order in which they were asked for."""

from PySide6.QtCore import QObject, Signal

from etp_studio.jobs.process import Job, Outcome


class JobQueue(QObject):
    """Owns the jobs of the window; at most one runs at a time."""

    added = Signal(object)  # Job
    changed = Signal()  # one began, ended or was removed

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.jobs: list[Job] = []

    @property
    def unfinished(self) -> list[Job]:
        """The jobs that run or wait, in order."""
        return [job for job in self.jobs if job.outcome is None]

    def add(self, job: Job) -> None:
        """Put a job at the end; it starts as soon as those before it have ended."""
        job.setParent(self)
        self.jobs.append(job)
        job.ended.connect(self._next)
        self.added.emit(job)
        self._next()

    def tidy(self) -> None:
        """Forget the jobs that ended well or were cancelled; failures stay."""
        well = (Outcome.done, Outcome.cancelled)
        for job in [job for job in self.jobs if job.outcome in well]:
            self.remove(job)

    def remove(self, job: Job) -> None:
        """Forget a job that has ended, however it did."""
        if job.outcome is not None and job in self.jobs:
            self.jobs.remove(job)
            job.deleteLater()
            self.changed.emit()

    def cancel_all(self) -> None:
        """Cancel what runs and what waits."""
        for job in reversed(self.unfinished):
            job.cancel()

    def shutdown(self) -> None:
        """End the running process and wait for it; nothing waiting is started."""
        unfinished = self.unfinished
        for job in unfinished:
            job.ended.disconnect(self._next)
        for job in unfinished:
            job.shutdown()

    def _next(self, outcome: Outcome | None = None, line: str = "") -> None:
        unfinished = self.unfinished
        if unfinished and not unfinished[0].running:
            unfinished[0].start()
        self.changed.emit()
