"""`etp-studio`: the command line of the window, and its start."""

import argparse
import gc
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QSocketNotifier, QTimer
from PySide6.QtWidgets import QApplication

from etp_core import __version__
from etp_core.errors import EtpError, InputError
from etp_core.studio_link import SCHEME, StudioLink
from etp_studio.look import apply_look
from etp_studio.moment import show_moment, video_called
from etp_studio.registering import register_links
from etp_studio.screenshot import Screenshot
from etp_studio.texts import load_translations
from etp_studio.window import MainWindow


def parse(arguments: list[str]) -> argparse.Namespace:
    """The options; exits with code 2 if they are wrong."""
    parser = argparse.ArgumentParser(
        prog="etp-studio",
        description="See how action proposals evolve, and correct ground truth to the frame.",
    )
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PROJECT | VIDEO",
        help="what to open; or a link etp-studio://open?path=…&video=…&at=…",
    )
    parser.add_argument("--at", type=_seconds, metavar="SECONDS", help="the moment to show")
    parser.add_argument("--video", metavar="NAME", help="the project's video to show")
    parser.add_argument(
        "--register-links",
        action="store_true",
        help="let browsers open the links of reports with this program, and exit",
    )
    parser.add_argument("--demo", action="store_true", help="generate videos and detect in them")
    parser.add_argument(
        "--screenshot",
        type=Path,
        metavar="OUT.png",
        help="write a picture of the loaded window and exit",
    )
    parser.add_argument("--version", action="version", version=f"etp-studio {__version__}")
    options = parser.parse_args(arguments)
    try:
        _follow_link(options)
    except InputError as error:
        parser.error(str(error))
    return options


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"must be a time in seconds, not {text}")
    return value


def _follow_link(options: argparse.Namespace) -> None:
    """Make paths of the arguments; a link stands for its path, `--video` and `--at`."""
    for place, word in enumerate(options.paths):
        if word.startswith(f"{SCHEME}:"):
            link = StudioLink.parse(word)
            options.paths[place] = link.path
            options.video = options.video or link.video
            options.at = link.at if options.at is None else options.at
        else:
            options.paths[place] = Path(word)


def has_screen() -> bool:
    """Whether a window can be opened here (Qt itself would abort the process)."""
    if not sys.platform.startswith("linux"):
        return True
    return any(os.environ.get(n) for n in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def application() -> QApplication:
    """The one QApplication, dressed and named."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    app.setOrganizationName("etp-studio")
    app.setApplicationName("etp-studio")
    app.setApplicationDisplayName("ETP Studio")
    app.setApplicationVersion(__version__)
    if not app.property("translated"):
        app.setProperty("translated", True)
        load_translations(app)
    return app


def make_window(app: QApplication) -> MainWindow:
    """The window in the system's colours.

    What exists by now lives as long as the program: the garbage collector need not look through it
    again, which would hold a drag up for some 30 ms now and then.
    """
    apply_look(app)
    window = MainWindow()
    gc.freeze()
    return window


@contextmanager
def listening_to_signals(app: QApplication) -> Iterator[None]:
    """Ctrl-C and SIGTERM end the program in order (exit code 130), although Qt's loop is in C++."""
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    wakeup = signal.set_wakeup_fd(writer.fileno())
    notifier = QSocketNotifier(reader.fileno(), QSocketNotifier.Type.Read)
    notifier.activated.connect(lambda: reader.recv(64))  # Python runs its handlers on the way here
    for number in before:
        signal.signal(number, lambda *_: app.exit(130))
    try:
        yield
    finally:
        notifier.setEnabled(False)
        signal.set_wakeup_fd(wakeup)
        for number, handler in before.items():
            signal.signal(number, handler)
        reader.close()
        writer.close()


def go_to(window: MainWindow, name: str | None, at: float | None) -> str:
    """Show a video of what is open, at a moment; returns why it cannot be done, or ""."""
    session = window.session
    video = video_called(session.videos, name) if name else session.video
    if video is None:
        return f"there is no video {name!r} in the project" if name else ""
    if name or at is not None:
        show_moment(window, video, at or 0.0)
    return ""


def main(arguments: list[str] | None = None) -> int:
    """Open the window; returns the exit code, 2 if nothing that was asked for can be opened."""
    options = parse(sys.argv[1:] if arguments is None else arguments)
    if options.register_links:
        try:
            print(f"etp-studio: links are opened by {register_links()}")
        except EtpError as error:
            print(f"etp-studio: {error}", file=sys.stderr)
            return error.exit_code
        return 0
    for path in options.paths:
        if not path.exists():
            print(f"etp-studio: {path}: there is no such file", file=sys.stderr)
    paths = [path.absolute() for path in options.paths if path.exists()]
    if options.paths and not paths:
        return 2
    if not has_screen():
        if not options.screenshot:
            line = "there is no screen to open a window on (DISPLAY is not set)"
            print(f"etp-studio: {line}", file=sys.stderr)
            return 1
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    app = application()
    window = make_window(app)

    def unexpected(kind, error, trace) -> None:
        """An error of ours must neither close the window nor pass unseen."""
        sys.__excepthook__(kind, error, trace)
        window.messages.error(f"Unexpected {kind.__name__}: {error} (details on stderr)")

    sys.excepthook = unexpected

    def opened(count: int, lines: list[str]) -> None:
        window.opener.finished.disconnect(opened)
        for line in lines:
            print(f"etp-studio: {line}", file=sys.stderr)
        if not count:
            app.exit(2)
        elif line := go_to(window, options.video, options.at):
            print(f"etp-studio: {line}", file=sys.stderr)
            window.messages.error(line)

    if paths:
        window.opener.finished.connect(opened)
        QTimer.singleShot(0, lambda: window.open(paths))
    if options.demo:
        QTimer.singleShot(0, lambda: window.demo.start(tour=not options.screenshot))
    failures: list[str] = []
    if options.screenshot:
        window.resize(1600, 1000)

        def written(code: int, line: str) -> None:
            failures.extend([line] if line else [])
            app.exit(code)

        QTimer.singleShot(0, lambda: Screenshot(window, options.screenshot.absolute(), written))
    window.show()
    with listening_to_signals(app):
        code = app.exec()
    window.shutdown()
    for line in failures:
        print(f"etp-studio: {line}", file=sys.stderr)
    return code
