"""The command `etp`: one module per command, and the contract they share.

Exit codes: 0 done, 1 the work failed, 2 the input or an option is wrong, 130 interrupted. An error
is one readable line on standard error; `--debug` adds the traceback.
"""

import os
import signal
import sys
import traceback
from enum import StrEnum
from typing import Any, NoReturn

import typer

from etp_core import __version__
from etp_core.errors import EtpError
from etp_core.progress import Bars, JsonLines, Reporter

app = typer.Typer(
    name="etp",
    help="Find actions in long videos: evolving temporal proposals, headless.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class ProgressMode(StrEnum):
    """Values of --progress."""

    auto = "auto"
    json = "json"
    none = "none"


def reporter(mode: ProgressMode) -> Reporter:
    """The reporter that `--progress` asks for; `auto` draws bars on a terminal only."""
    if mode is ProgressMode.json:
        return JsonLines()
    if mode is ProgressMode.auto and sys.stderr.isatty():
        return Bars()
    return Reporter()


def _version(value: bool) -> None:
    if value:
        print(f"etp {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True),
    debug: bool = typer.Option(False, "--debug", help="Show the traceback of an error."),
) -> None:
    if debug:
        os.environ["ETP_DEBUG"] = "1"


def _fail(message: str, code: int) -> NoReturn:
    if os.environ.get("ETP_DEBUG"):
        traceback.print_exc()
    print(f"etp: {message}", file=sys.stderr)
    sys.exit(code)


def _terminate(*_: Any) -> NoReturn:
    raise KeyboardInterrupt


def main() -> None:
    """Run the command line; translates errors into one line and an exit code."""
    from etp_core.cli import (  # noqa: F401  (each module adds its commands to `app`)
        convert,
        detect,
        doctor,
        evaluate,
        extract,
        project,
        propose,
        synth,
        train,
    )

    if "--debug" in sys.argv[1:]:  # wherever it stands
        sys.argv.remove("--debug")
        os.environ["ETP_DEBUG"] = "1"
    signal.signal(signal.SIGTERM, _terminate)
    try:
        code = app(standalone_mode=False)
        # newer typers turn an interrupt, and every typer.Exit, into the result of the call
        if code == 130:
            raise KeyboardInterrupt
        if isinstance(code, int):
            sys.exit(code)
    except EtpError as error:
        _fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        _fail("interrupted", 130)
    except BrokenPipeError:
        sys.exit(1)
    except typer.Abort:
        _fail("interrupted", 130)
    except typer.Exit as error:
        sys.exit(error.exit_code)
    except Exception as error:
        # Click's usage errors; newer typers carry a click of their own under another name.
        describe = getattr(error, "format_message", None)
        if describe is not None:
            _fail(describe(), 2)
        _fail(f"unexpected {type(error).__name__}: {error} (--debug shows where)", 1)
