"""Telling the desktop that links `etp-studio://…` are opened by this program (freedesktop.org)."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from etp_core.errors import EtpError
from etp_core.files import atomic
from etp_core.studio_link import SCHEME

_FILE = "etp-studio-links.desktop"


def register_links() -> Path:
    """Write a desktop entry for the links and make it their handler; returns its path.

    Raises EtpError where desktops do not go by such files, or it cannot be written.
    """
    if not sys.platform.startswith("linux"):
        raise EtpError("links can be registered on Linux only; the command beside a link works")
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    path = Path(data) / "applications" / _FILE
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EtpError(f"{path.parent}: cannot be made ({error.strerror or error})") from error
    with atomic(path) as temporary:
        temporary.write_text(
            "[Desktop Entry]\n"
            "Type=Application\n"
            "Name=ETP Studio\n"
            f"Exec={_command()} %u\n"
            "NoDisplay=true\n"
            f"MimeType=x-scheme-handler/{SCHEME};\n",
            encoding="utf-8",
        )
    if tool := shutil.which("xdg-mime"):
        kind = f"x-scheme-handler/{SCHEME}"
        subprocess.run([tool, "default", _FILE, kind], check=False, capture_output=True)
    return path


def _command() -> str:
    """How this very program is started, quoted as desktop entries want it."""
    words = [sys.executable, "-c", "import sys; from etp_studio.app import main; sys.exit(main())"]
    return " ".join(f'"{word}"' for word in words)
