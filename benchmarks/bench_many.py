"""How long one step on all segments of a video takes, beside SQLite doing the bare statements.

    python benchmarks/bench_many.py [--segments 20000]

Deleting them, giving them another label, and marking them as unsure, each undone again. The bare
statements, one for each segment, are done on a copy of the same file in the same run: nothing is
checked, nothing returned and no history kept. All in processor time, the best of three.
"""

import argparse
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from etp_core.project import (
    AddLabel,
    AddSegment,
    AddVideo,
    Batch,
    DeleteSegment,
    Edit,
    MarkUnsure,
    Project,
    RelabelSegment,
)

STEPS: dict[str, tuple[Callable[[int], Edit], str]] = {
    "delete": (DeleteSegment, "DELETE FROM segments WHERE id = ?"),
    "relabel": (lambda key: RelabelSegment(key, 3), "UPDATE segments SET label = 3 WHERE id = ?"),
    "mark as unsure": (
        lambda key: MarkUnsure(key, True),
        "UPDATE segments SET unsure = 1 WHERE id = ?",
    ),
}


def busy(work: Callable[[], object]) -> float:
    """Seconds of processor time that `work` takes."""
    start = time.thread_time()
    work()
    return time.thread_time() - start


def project_of(path: Path, count: int) -> Project:
    """Two videos; the first has `count` segments of two labels, the ids of the second between."""
    project = Project.create(path, author="ann")
    for name in ("a.mp4", "b.mp4"):
        project.apply(AddVideo(path.with_name(name), name, 180_000, 7200.0, 25.0, 64, 64))
    project.apply(Batch(tuple(AddLabel(name) for name in ("jump", "wave", "sit")), "Add labels"))
    parts = []
    for k in range(count):
        start = 0.35 * (k % 20_000)
        parts.append(AddSegment(1, 1 + k % 2, start, start + 2))
        if k % 3 == 0:
            parts.append(AddSegment(2, 1, start, start + 1))
    project.apply(Batch(tuple(parts), "Add segments"))
    return project


def bare(path: Path, sql: str, ids: list[int]) -> float:
    """Seconds of processor time of SQLite alone for one statement a segment; nothing is kept."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")

        def work() -> None:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(sql, [(key,) for key in ids])
            connection.execute("COMMIT")

        return busy(work)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--segments", type=int, default=20_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with project_of(folder / "many.etp", options.segments) as project:
            ids = [segment.id for segment in project.segments(1)]
            for what, (edit, sql) in STEPS.items():
                batch = Batch(tuple(map(edit, ids)), what)
                done, undone, alone = [], [], []
                for _ in range(3):
                    copy = folder / "bare.etp"
                    project.backup(copy, force=True)
                    alone.append(bare(copy, sql, ids))
                    done.append(busy(lambda batch=batch: project.apply(batch)))
                    undone.append(busy(project.undo))
                print(
                    f"{what} {len(ids)} segments: {1000 * min(done):.0f} ms "
                    f"({min(done) / min(alone):.1f} times the bare statements), "
                    f"undo {1000 * min(undone):.0f} ms ({min(undone) / min(alone):.1f} times)"
                )


if __name__ == "__main__":
    main()
