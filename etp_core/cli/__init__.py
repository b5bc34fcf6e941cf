"""The command `etp`: one module per command, and the contract they share.

Exit codes: 0 done, 1 the work failed, 2 the input or an option is wrong, 130 interrupted. An error
is one readable line on standard error; `--debug` adds the traceback.
"""

import signal
import sys
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from etp_core import __version__
from etp_core.cli.options import ProgressMode
from etp_core.errors import EtpError, InputError
from etp_core.progress import Bars, JsonLines, Reporter

if TYPE_CHECKING:
    from etp_core.annotations import Annotations

_DATABASE = b"SQLite format 3\0"

app = typer.Typer(
    name="etp",
    help="Find actions in long videos: evolving temporal proposals, headless.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@contextmanager
def reporting(mode: ProgressMode) -> Iterator[Reporter]:
    """The reporter that `--progress` asks for, closed at the end; `auto` draws on a terminal."""
    report = Reporter()
    if mode is ProgressMode.json:
        report = JsonLines()
    elif mode is ProgressMode.auto and sys.stderr.isatty():
        report = Bars()
    try:
        yield report
    finally:
        report.close()


def keep_existing(path: Path, force: bool, project: bool = False) -> None:
    """Raise InputError if there is something at `path` that `--force` does not give up.

    A video is never given up, and a project only for another one (`project`).
    """
    if str(path) == "-":
        raise InputError("-: is no name of a file; what is written cannot go to standard output")
    if not path.exists():
        return
    if not force:
        raise InputError(f"{path}: exists already; use --force to replace it")
    if not path.is_file():
        return
    from etp_core.video import SUFFIXES

    with path.open("rb") as file:
        database = file.read(len(_DATABASE)) == _DATABASE
    if path.suffix.lower() in SUFFIXES or (database and not project):
        what = "project or another database" if database else "video"
        raise InputError(f"{path}: is a {what}, which is not replaced; choose another name")


def subset_of(annotations: "Annotations", name: str, path: Path) -> "Annotations":
    """The part of a file's annotations; raises InputError naming the file if there is none."""
    try:
        return annotations.subset(name)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


class EachVideo:
    """Several videos: one that cannot be read is named and left out, and told of at the end."""

    def __init__(self, count: int, report: Reporter) -> None:
        self._count, self._report = count, report
        self._failed: list[str] = []

    def failed(self, error: InputError) -> None:
        """Keep what is wrong with a video; raises it if this is the only one."""
        if self._count == 1:
            raise error
        self._failed.append(str(error))
        self._report.emit("error", text=str(error))

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Goes around the work on one video."""
        try:
            yield
        except InputError as error:
            self.failed(error)

    @property
    def some(self) -> bool:
        """Whether any has not failed."""
        return len(self._failed) < self._count

    def end(self) -> None:
        """Raise if any failed."""
        if self._failed:
            failed = f"{len(self._failed)} of {self._count} videos failed"
            raise EtpError(f"{failed}: {'; '.join(self._failed)}")


def names_apart(videos: Sequence[Path]) -> None:
    """Raise InputError where two videos would have one name in what is written of them."""
    names = Counter(video.stem for video in videos)
    for video in videos:
        if names[video.stem] > 1:
            raise InputError(
                f"{video}: two videos have the name {video.stem!r}; give them to two commands"
            )


def tell(notes: Iterable[str]) -> None:
    """Say on standard error what was left out, or is to be known."""
    for note in notes:
        print(f"etp: note: {note}", file=sys.stderr)


def _version(value: bool) -> None:
    if value:
        print(f"etp {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True),
    debug: bool = typer.Option(False, "--debug", help="Show the traceback of an error."),
) -> None:
    pass  # `main` takes --debug off the command line, wherever it stands


def _fail(message: str, code: int, debug: bool) -> NoReturn:
    if debug:
        traceback.print_exc()
    if message:  # none where the help was shown instead
        print(f"etp: {message}", file=sys.stderr)
    sys.exit(code)


def _terminate(*_: Any) -> NoReturn:
    raise KeyboardInterrupt


def main() -> None:
    """Run the command line; translates errors into one line and an exit code."""
    from etp_core.cli import (  # noqa: F401  (each module adds its commands to `app`)
        ablate,
        agree,
        convert,
        detect,
        doctor,
        evaluate,
        extract,
        motion,
        picture,
        project,
        project_import,
        propose,
        synth,
        train,
    )

    debug = "--debug" in sys.argv[1:]
    if debug:
        sys.argv.remove("--debug")
    signal.signal(signal.SIGTERM, _terminate)
    try:
        code = app(standalone_mode=False)
        # newer typers turn an interrupt, and every typer.Exit, into the result of the call
        if code == 130:
            raise KeyboardInterrupt
        if isinstance(code, int):
            sys.exit(code)
    except EtpError as error:
        _fail(str(error), error.exit_code, debug)
    except (KeyboardInterrupt, typer.Abort):
        _fail("interrupted", 130, debug)
    except BrokenPipeError:
        sys.exit(1)
    except typer.Exit as error:
        sys.exit(error.exit_code)
    except OSError as error:
        if error.filename is None or error.strerror is None:
            _fail(f"unexpected {type(error).__name__}: {error} (--debug shows where)", 1, debug)
        _fail(f"{error.filename}: cannot be read or written ({error.strerror})", 1, debug)
    except Exception as error:
        # Click's usage errors; newer typers carry a click of their own under another name.
        describe = getattr(error, "format_message", None)
        if describe is not None:
            _fail(describe(), 2, debug)
        _fail(f"unexpected {type(error).__name__}: {error} (--debug shows where)", 1, debug)
