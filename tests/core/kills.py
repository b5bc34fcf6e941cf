"""A process that edits a project at random is killed, and what is left is held against its words.

As a program, `kills.py PROJECT SEED` is that process: it prints a line of JSON before and after
each edit, [word, segments], and never ends by itself.
"""

import json
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from etp_core.project import (
    AddLabel,
    AddSegment,
    AddVideo,
    Batch,
    DeleteSegment,
    MoveSegment,
    Project,
    writeback,
)


def new_project(path: Path) -> None:
    """A project of one video, which is missing, and one label."""
    with Project.create(path) as project:
        project.apply(AddVideo(path.with_name("a.mp4"), "print", 100, 10.0, 10.0, 32, 24))
        project.apply(AddLabel("wave"))


def segments(project: Project) -> list[tuple[int, list[float]]]:
    """Ids and times of all segments."""
    return sorted((s.id, [s.start, s.end]) for s in project.segments())


@dataclass
class Outcome:
    """What a kill met: edits acknowledged before it, and what became of the one in flight."""

    edits: int
    in_flight: bool
    kept: bool


def kill(path: Path, seed: int, wait: float) -> Outcome:
    """Let a child edit the project for `wait` seconds, kill it and look at the file.

    Raises AssertionError unless every acknowledged edit is there, the one in flight is there as a
    whole or not at all, the file is sound and work goes on in it.
    """
    child = subprocess.Popen(
        [sys.executable, __file__, str(path), str(seed)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,  # what readline read ahead, communicate would not see
    )
    lines = [child.stdout.readline()]  # it is at work
    time.sleep(wait)
    child.send_signal(signal.SIGKILL)
    rest, errors = child.communicate(timeout=30)
    assert child.returncode == -signal.SIGKILL, errors
    lines += [line for line in rest.splitlines(keepends=True) if line.endswith(b"\n")]
    told = [json.loads(line) for line in lines]
    told = [(word, [(key, times) for key, times in state]) for word, state in told]
    done = [state for word, state in told if word == "done"]
    word, state = told[-1]
    with Project.open(path) as project:
        assert project.read_only == ""
        assert project.verify() == [f"{path.parent / 'a.mp4'}: the video is missing"]
        found = segments(project)
        if word == "try undo":  # what it would lead to, only the project knows
            if found != done[-1]:
                assert project.history()[-1].title.startswith(("Undo: ", "Go back to: "))
        elif word in ("try add", "try batch"):  # in flight: all of it is there or nothing
            new = [row for row in found if row not in done[-1]]
            assert len(new) in (0, 1 if word == "try add" else 2)
            assert [row for row in found if row in done[-1]] == done[-1]
        else:
            assert found in (done[-1], state)
        project.undo()
        project.redo()
        assert segments(project) == found
    return Outcome(len(done) - 1, word != "done", found != done[-1])


def edit_for_ever(path: str, seed: int) -> None:
    """What the child does; of odd seeds also write the log back as often as it can."""
    if seed % 2:
        writeback.EDITS, writeback.PAUSE = 3, 0.0
    project = Project.open(path)
    assert project.read_only == "", project.read_only
    chance = random.Random(seed)
    model = dict(segments(project))

    def tell(word: str) -> None:
        print(json.dumps([word, sorted(model.items())]), flush=True)

    tell("done")
    while True:
        start = chance.randrange(0, 90) / 10
        times = start, start + chance.randrange(1, 10) / 10
        kind = chance.choice(["add", "add", "move", "delete", "batch", "undo", "back"])
        if kind in ("move", "delete") and not model:
            kind = "add"
        elif len(model) > 30:
            kind = "delete"
        key = chance.choice(list(model)) if model else 0
        if kind == "add":
            tell("try add")
            (key,) = project.apply(AddSegment(1, 1, *times)).created
            model[key] = list(times)
        elif kind == "batch":
            tell("try batch")
            ids = project.apply(Batch((AddSegment(1, 1, *times),) * 2, "Two")).created
            model.update({key: list(times) for key in ids})
        elif kind in ("undo", "back"):
            tell("try undo")
            if kind == "undo":
                project.undo()
            else:
                project.restore(max(3, project.history()[-1].id - chance.randrange(20)))
            model = dict(segments(project))
        elif kind == "move":
            model[key] = list(times)
            tell("try")
            project.apply(MoveSegment(key, *times))
        else:
            model.pop(key)
            tell("try")
            project.apply(DeleteSegment(key))
        tell("done")


if __name__ == "__main__":
    edit_for_ever(sys.argv[1], int(sys.argv[2]))
