"""`etp project`: a project file without the window."""

import math
import tempfile
from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from etp_core.cli import app, keep_existing, reporting, tell
from etp_core.cli.convert import by_name
from etp_core.cli.options import FORCE, PROGRESS, ProgressMode
from etp_core.errors import EtpError, InputError
from etp_core.words import counted

if TYPE_CHECKING:
    from etp_core.annotations import Annotations

group = typer.Typer(help="Make, fill, look into and export a project file.", no_args_is_help=True)
app.add_typer(group, name="project")

_PROJECT = typer.Argument(metavar="PROJECT", help="Project file (*.etp).")


@group.command()
def new(
    project: Path = _PROJECT,
    force: bool = typer.Option(False, "--force", help="Replace an existing project."),
) -> None:
    """Make an empty project."""
    from etp_core.project import Project

    Project.create(project, force=force).close()


@group.command()
def add(
    project: Path = _PROJECT,
    videos: list[Path] = typer.Argument(metavar="VIDEO…", help="Video files."),
    annotations: Path | None = typer.Option(
        None, help="Ground truth of these videos, in any format that can be read."
    ),
    progress: ProgressMode = PROGRESS,
) -> None:
    """Add videos, and their ground truth: all of it or, if something is wrong, nothing.

    Annotations of other videos than these are left out, and counted.
    """
    from etp_core.annotations import Annotations
    from etp_core.formats import Clock, read
    from etp_core.project import Project, probe

    file = Annotations()
    if annotations is not None:
        file = read(annotations, clock=Clock.of_videos(by_name(videos)))
    edits = []
    with reporting(progress) as report:
        report.emit("start", task="add", video="", total=len(videos))
        for video in videos:
            edits.append(probe(video))
            report.emit("step", task="add", video="", done=len(edits), total=len(videos))
    with Project.open(project) as opened:
        wanted, left = _of_videos(file, {n for v in videos for n in (v.stem, v.name)})
        opened.add(edits, wanted, str(annotations.name) if annotations else "")
    print(f"added {counted(len(edits), 'video')}, {counted(len(wanted.segments), 'segment')}")
    if left:
        print(f"left out {counted(left, 'segment')} of other videos")


def _of_videos(file: "Annotations", names: set[str]) -> tuple["Annotations", int]:
    """The ground truth of the videos so named, and how many rows there are of others."""
    from etp_core.annotations import Annotations

    rows = [row for row in file.segments if row.stage == "ground_truth"]
    kept = [row for row in rows if row.video in names]
    return Annotations(file.videos, kept, file.extra), len(rows) - len(kept)


@group.command()
def info(project: Path = _PROJECT) -> None:
    """Show what is in a project."""
    from etp_core.project import Project

    with Project.open(project) as opened:
        labels = {label.id: label.name for label in opened.labels()}
        segments = opened.segments()
        videos = opened.videos()
        runs = opened.runs()
        print(f"{opened.path}" + (f" (read-only: {opened.read_only})" if opened.read_only else ""))
        print(
            f"{counted(len(videos), 'video')}, {counted(len(segments), 'segment')}, "
            f"{counted(len(labels), 'label')}, {counted(len(runs), 'run')}, "
            f"{len(opened.history())} steps of history"
        )
        of_label = Counter(segment.label_id for segment in segments)
        of_video = Counter(segment.video_id for segment in segments)
        runs_of = Counter(run.video_id for run in runs)
        for key, name in labels.items():
            print(f"  label {name}: {counted(of_label[key], 'segment')}")
        for video in videos:
            length = "unknown" if video.duration is None else f"{video.duration:.3f} s"
            print(
                f"  video {video.name}: {length}, {video.frames} frames, "
                f"{counted(of_video[video.id], 'segment')}, {counted(runs_of[video.id], 'run')}"
                + ("" if video.path.is_file() else "  (file is missing)")
            )


@group.command()
def verify(project: Path = _PROJECT) -> None:
    """Check the file and its videos; exit code 1 if something is wrong."""
    from etp_core.project import Project
    from etp_core.video import fingerprint

    with Project.open(project) as opened:
        problems = opened.verify(fingerprint)
        for problem in problems:
            print(problem)
        if problems:
            raise EtpError(f"{opened.path}: {counted(len(problems), 'problem')}")
    print("all is well")


@group.command()
def repair(
    project: Path = _PROJECT,
    out: Path | None = typer.Option(None, help="The new file (default: beside the project)."),
) -> None:
    """Salvage what can be read of a damaged project into a new file; the old one stays."""
    from etp_core.project.repair import repair, repaired_name

    out = out or repaired_name(project)
    for line in repair(project, out):
        print(line)
    print(f"what can be read is in {out}")


@group.command()
def backups(
    project: Path = _PROJECT,
    make: bool = typer.Option(False, "--make", help="Make one now, if something has changed."),
    restore: str | None = typer.Option(None, metavar="NAME", help="Write this one to a new file."),
    out: Path | None = typer.Option(None, help="That file (default: beside the project)."),
) -> None:
    """List, make and restore backups; the window makes them by itself."""
    from etp_core.project import backups as kept

    if make and restore is not None:
        raise InputError("--make and --restore: only one of them can be done at once")
    if out is not None and restore is None:
        raise InputError("--out: names the file that --restore writes; say which backup")
    if make:
        made = kept.make(project)
        print("nothing has changed since the last backup" if made is None else f"made {made}")
        return
    found = kept.listing(project)
    if restore is not None:
        chosen = [backup for backup in found if restore in (backup.path.name, backup.path.stem)]
        if not chosen:
            raise InputError(f"{project}: has no backup {restore}; etp project backups lists them")
        out = out or kept.restored_name(project, chosen[0])
        kept.restore(chosen[0].path, project, out)
        print(f"restored to {out}")
        return
    print(f"{counted(len(found), 'backup')} in {kept.folder_of(project)}")
    for backup in found:
        print(f"  {backup.path.stem}  {backup.size / 1e6:.1f} MB")


class Prefer(StrEnum):
    """Values of --prefer."""

    mine = "mine"
    theirs = "theirs"
    both = "both"


@group.command()
def merge(
    project: Path = _PROJECT,
    other: Path = typer.Argument(metavar="OTHER", help="Project whose work is brought in."),
    out: Path = typer.Option(..., help="The merged project, a new file."),
    prefer: Prefer | None = typer.Option(
        None, help="What stays where both changed a segment: PROJECT's, OTHER's, or both."
    ),
    force: bool = typer.Option(False, "--force", help="Replace an existing project."),
) -> None:
    """Merge two projects into a new one, by their histories; neither is changed.

    Where both changed a segment differently it is listed, and nothing is written without --prefer.
    """
    from etp_core.project import Project

    for path in (project, other):
        if out.exists() and path.exists() and out.samefile(path):
            raise InputError(f"{out}: is one of the projects; choose another name")
    if project.exists() and other.exists() and project.samefile(other):
        raise InputError(f"{other}: is the same project; name two")
    keep_existing(out, force, project=True)
    with tempfile.TemporaryDirectory(prefix="etp-") as folder:
        with Project.open(project) as mine:
            merged = mine.save_as(Path(folder) / "merged.etp")
        with merged:
            report, changes = merged.merge(other, None if prefer is None else prefer.value)
            if changes is not None:
                merged.backup(out, force)
    if not (report.lines or report.conflicts):
        print(f"nothing in {other} is new")
    for line in report.lines:
        print(line)
    for one in report.conflicts:
        print(f"conflict in {one.video}: {one.mine or 'deleted'} | {one.theirs or 'deleted'}")
    if changes is None:
        raise EtpError(
            f"{other}: {counted(len(report.conflicts), 'conflict')}; "
            "--prefer mine, theirs or both decides"
        )


@group.command()
def history(
    project: Path = _PROJECT,
    newest: int = typer.Option(20, min=1, help="How many steps."),
    step: int | None = typer.Option(None, help="Show what this step did."),
) -> None:
    """Show the steps of the history, newest last, or what one of them did."""
    from etp_core.project import Project

    with Project.open(project) as opened:
        if step is None:
            for row in opened.history(newest):
                undone = "  (undone)" if row.undone else ""
                print(f"{row.id:6}  {row.time[:19]}  {row.author}  {row.title}{undone}")
            return
        found, count = opened.alterations(step)
        for one in found:
            named = one.video and not one.what.startswith("video ")
            where = f" in {one.video}" if named else ""
            print(f"{one.what}{where}: {one.before or 'nothing'} → {one.after or 'nothing'}")
        if count > len(found):
            print(f"and {count - len(found)} more")


@group.command()
def runs(
    project: Path = _PROJECT,
    delete: list[int] = typer.Option(
        [], metavar="RUN", help="Delete this run and its proposals, for good (repeatable)."
    ),
) -> None:
    """List the runs of detection that the project keeps, or delete some.

    Segments that were accepted from a run stay.
    """
    from etp_core.project import Project

    with Project.open(project) as opened:
        for key in delete:
            opened.delete_run(key)
        names = {video.id: video.name for video in opened.videos()}
        found = opened.runs()
        if not found:
            print("no run is kept")
        for run in found:
            print(f"{run.id:6}  {run.created[:19]}  {names[run.video_id]}  {run.model}")


@group.command()
def export(
    project: Path = _PROJECT,
    out: Path = typer.Argument(metavar="OUT", help="What to write."),
    format: str | None = typer.Option(
        None,
        "--to",
        metavar="F",
        help="Format of OUT (default: by its suffix); etp convert --help lists them.",
    ),
    stages: list[str] = typer.Option(
        [],
        help="What to export: ground_truth, actionness, refinement, localization (repeatable; "
        "default: ground_truth, or what the format has in its place).",
    ),
    min_score: float = typer.Option(0.0, help="Least score of a detection."),
    force: bool = FORCE,
) -> None:
    """Export ground truth, and proposals of each video's newest run, to an interchange format.

    Frames are looked up in the videos; those of a video that cannot be read stay empty.
    """
    from etp_core.formats import by_suffix, left_out, named, unnamed
    from etp_core.project import Project, interchange

    if out.exists() and project.exists() and out.samefile(project):
        raise InputError(f"{out}: is the project itself; choose another name")
    if math.isnan(min_score):
        raise InputError("--min-score: nan is no score")
    keep_existing(out, force)
    with Project.open(project) as opened:
        truth = format is None or "ground_truth" in named(format).stages
        asked = stages or (["ground_truth"] if truth else None)
        saved = interchange.save(opened, out, format, asked, min_score)
        chosen = named(format) if format else by_suffix(out, saved)
        tell([*left_out(saved, chosen), *unnamed(saved, out, chosen)])
