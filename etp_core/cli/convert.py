"""`etp convert`: annotations from one interchange format to another."""

from pathlib import Path

import typer

from etp_core.cli import app, keep_existing


@app.command()
def convert(
    source: Path = typer.Argument(metavar="IN", help="Annotation file or folder."),
    target: Path = typer.Argument(metavar="OUT", help="What to write."),
    source_format: str | None = typer.Option(
        None, "--from", metavar="F", help="Format of IN (default: recognised by its content)."
    ),
    target_format: str | None = typer.Option(
        None, "--to", metavar="F", help="Format of OUT (default: by its suffix)."
    ),
    force: bool = typer.Option(False, "--force", help="Replace existing output."),
) -> None:
    """Convert annotations between interchange formats.

    Formats are csv, activitynet, activitynet-results and thumos14 (which is read only).
    """
    from etp_core.formats import read, write

    keep_existing(target, force)
    write(read(source, source_format), target, target_format)
