"""How fast a large project is: import, single edits to durable, opening, export, size.

    python benchmarks/bench_project.py [--segments 1000000] [--videos 1000]

Between every two edits the disk alone makes 4 KiB durable in the same folder, so that both meet the
same minutes of the same machine; an edit makes one such flush. What is left of the slowest edit,
its processor time, is ours. Edits that wait for the log to be written back, or while a backup is
made, are measured apart. The import is measured from the file and, apart, from rows in memory, and
in processor time too, which other programs do not lengthen much.
"""

import argparse
import os
import random
import statistics
import tempfile
import threading
import time
from pathlib import Path

from etp_core.annotations import Annotations, Segment
from etp_core.formats import read, write
from etp_core.project import (
    AddLabel,
    AddSegment,
    AddVideo,
    Batch,
    MoveSegment,
    Project,
    backups,
)

LABELS = 20


def timed(work):
    """What `work` returns, and the seconds that it took."""
    start = time.perf_counter()
    result = work()
    return result, time.perf_counter() - start


def busy(work):
    """What `work` returns, and the seconds of processor time that it took, whatever else runs."""
    start = time.process_time()
    result = work()
    return result, time.process_time() - start


def annotations(count: int, videos: int) -> Annotations:
    """`count` segments spread over the videos, of twenty labels and two annotators."""
    chance = random.Random(1)
    rows = []
    for i in range(count):
        start = round(chance.uniform(0, 3500), 3)
        end = start + round(chance.uniform(0.1, 20), 3)
        reviewer = ("ann", "bob")[i % 2]
        rows.append(Segment(f"v{i % videos}", f"label {i % LABELS}", start, end, reviewer=reviewer))
    return Annotations.of(rows)


def project_with(path: Path, videos: int) -> Project:
    """A project of hour-long videos without segments."""
    project = Project.create(path, author="ann")
    project.apply(
        Batch(
            tuple(
                AddVideo(path.with_name(f"v{i}.mp4"), f"print{i}", 90000, 3600.0, 25.0, 64, 64)
                for i in range(videos)
            ),
            "Add videos",
        )
    )
    project.apply(Batch(tuple(AddLabel(f"label {i}") for i in range(LABELS)), "Add labels"))
    return project


def durable(file) -> float:
    """Seconds until 4 KiB more of a file are on the disk."""
    start = time.perf_counter()
    file.write(os.urandom(4096))
    os.fdatasync(file.fileno())
    return time.perf_counter() - start


def edits(project: Project, count: int, times: int, seed: int):
    """Seconds of single edits until they are durable: moves of random segments, some additions.

    With each, the seconds that it kept a processor busy, and those of the disk alone after it.
    """
    chance = random.Random(seed)
    with project.path.with_name("disk").open("wb", buffering=0) as file:
        for i in range(times):
            start = chance.uniform(0, 3000)
            key = chance.randrange(1, count + 1)
            edit = MoveSegment(key, start, start + 5)
            if i % 4 == 0:
                edit = AddSegment(1 + i % 7, 1, start, start + 5)
            before = time.thread_time()
            _, seconds = timed(lambda edit=edit: project.apply(edit))
            yield seconds, time.thread_time() - before, durable(file)


def told(name: str, seconds) -> None:
    """Print median, percentiles and maximum in milliseconds."""
    ms = sorted(1000 * s for s in seconds)
    print(
        f"{name}: median {statistics.median(ms):.2f} ms, 95 % {ms[int(0.95 * len(ms))]:.2f} ms, "
        f"99 % {ms[int(0.99 * len(ms))]:.2f} ms, most {ms[-1]:.2f} ms"
    )


def edits_told(name: str, found) -> None:
    """Print what `edits` found."""
    wall, cpu, disk = zip(*found, strict=True)
    told(name, wall)
    told("  of it processor time", cpu)
    told("  the disk alone between them, 4 KiB durable", disk)


def backed_up(project: Project, count: int, least: int):
    """What `edits` finds while a backup is made by a thread, as the window does it."""
    with tempfile.TemporaryDirectory(dir=project.path.parent) as name:
        os.environ["XDG_DATA_HOME"] = name
        thread = threading.Thread(target=backups.make, args=(project.path,))
        thread.start()
        rounds = 0
        while thread.is_alive() or rounds * 20 < least:
            rounds += 1
            yield from edits(project, count, 20, 100 + rounds)
        thread.join()


def size_told(path: Path, count: int) -> None:
    """Print how many bytes the file has for a segment."""
    print(f"{count} segments: {path.stat().st_size / count:.0f} bytes a segment")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--segments", type=int, default=1_000_000)
    parser.add_argument("--videos", type=int, default=1000)
    parser.add_argument("--edits", type=int, default=1000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as name:
        folder = Path(name)
        for part in (4, 2):
            count = options.segments // part
            with project_with(folder / f"{part}.etp", options.videos) as project:
                project.import_annotations(annotations(count, options.videos), "rows.csv")
            size_told(project.path, count)
        write(annotations(options.segments, options.videos), folder / "rows.csv", "csv")
        (rows, cpu), seconds = timed(lambda: busy(lambda: read(folder / "rows.csv")))
        print(f"reading {options.segments} segments of CSV: {seconds:.1f} s, processor {cpu:.1f} s")
        project = project_with(folder / "1.etp", options.videos)
        (_, busier), more = timed(
            lambda: busy(lambda: project.import_annotations(rows, "rows.csv"))
        )
        print(f"importing them into the project: {more:.1f} s, processor {busier:.1f} s")
        print(f"both: {seconds + more:.1f} s, processor {cpu + busier:.1f} s")
        project.close()
        rows = (
            None  # or Python would look through a million of them now and then, in any measurement
        )
        size_told(project.path, options.segments)
        project, seconds = timed(lambda: Project.open(folder / "1.etp"))
        print(f"opening: {1000 * seconds:.0f} ms")
        for what in ("videos", "segment_counts", "annotators", "history"):
            print(f"  {what}(): {1000 * timed(getattr(project, what))[1]:.0f} ms")
        print(f"  segments of one video: {1000 * timed(lambda: project.segments(5))[1]:.1f} ms")
        edits_told("a single edit, durable", edits(project, options.segments, options.edits, 2))
        write_back = 1000 * timed(project._store._write_log_back)[1]
        print(f"writing the log of these edits back, in a pause between edits: {write_back:.0f} ms")
        edits_told("a single edit while a backup is made", backed_up(project, options.segments, 20))
        project._store.rows("PRAGMA wal_autocheckpoint = 1000")
        peer = edits(project, options.segments, options.edits, 3)
        edits_told("a single edit where SQLite writes its log back within an edit", peer)
        (found, cpu), seconds = timed(lambda: busy(project.annotations))
        (_, busier), more = timed(lambda: busy(lambda: write(found, folder / "out.csv", "csv")))
        print(
            f"export to CSV: {seconds:.1f} s to gather, {more:.1f} s to write, "
            f"processor {cpu + busier:.1f} s"
        )
        print(f"closing: {1000 * timed(project.close)[1]:.0f} ms")


if __name__ == "__main__":
    main()
