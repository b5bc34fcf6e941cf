"""A project that has been worked on, for tests of what may happen to its file."""

from pathlib import Path

from etp_core.project import AddLabel, AddSegment, AddVideo, Batch, Project, StoredSegment


def study(path: Path) -> Path:
    """A project of one video, one label, and 400 segments added by single edits and at once."""
    with Project.create(path, author="ann") as project:
        project.apply(AddVideo(path.parent / "a.mp4", "print", 100, 10.0, 10.0, 32, 24))
        project.apply(AddLabel("wave"))
        project.apply(Batch(tuple(AddSegment(1, 1, i / 100, 9.0) for i in range(380)), "Many"))
        for i in range(20):
            project.apply(AddSegment(1, 1, i / 10, 5.0))
    return path


def segments(path: Path) -> list[StoredSegment]:
    """The segments of a project file."""
    with Project.open(path) as project:
        return project.segments()
