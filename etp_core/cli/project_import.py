"""`etp project import`: ground truth from a file, and what it will do before it does it."""

from enum import StrEnum
from pathlib import Path

import typer

from etp_core.cli import tell
from etp_core.cli.options import FRAME_RATE
from etp_core.cli.project import group
from etp_core.errors import ProjectError


class Differing(StrEnum):
    """Values of --differing."""

    both = "both"
    file = "file"
    project = "project"


@group.command("import")
def import_(
    project: Path = typer.Argument(metavar="PROJECT", help="Project file (*.etp)."),
    source: Path = typer.Argument(metavar="FILE", help="Annotation file or folder."),
    source_format: str | None = typer.Option(
        None,
        "--from",
        metavar="F",
        help="Format of FILE (default: by its content); etp convert --help lists them.",
    ),
    dry_run: bool = typer.Option(
        False, "--dry-run", help="Say what would be done, or refused, and change nothing."
    ),
    differing: Differing = typer.Option(
        Differing.both,
        help="Whose segment stays where the file's differs from one in the project.",
    ),
    skip_unknown: bool = typer.Option(
        False, "--skip-unknown", help="Leave out segments of videos that are not in the project."
    ),
    video: str | None = typer.Option(
        None, metavar="NAME", help="The project's video that a file of one video is about."
    ),
    frame_rate: float | None = FRAME_RATE,
) -> None:
    """Import ground truth as one step of history: all of a file, or nothing.

    Segments that are in the project already are left out.
    """
    from etp_core.project import Project, interchange

    with Project.open(project) as opened:
        annotations = interchange.load(opened, source, source_format, frame_rate, video)
        tell(annotations.notes)
        plan = opened.plan_import(annotations, str(source))
        for line in plan.lines(differing.value, skip_unknown):
            print(line)
        if not dry_run:
            opened.import_annotations(annotations, str(source), differing.value, skip_unknown)
            return
        if not skip_unknown:
            plan.check_known()
        if opened.read_only:
            raise ProjectError(f"{opened.path}: cannot be changed, because {opened.read_only}")
