"""The files that ship with the program: icons, themes, the demo model."""

from pathlib import Path


def resource(name: str) -> Path:
    """Path of a file shipped with the program, installed or in a source tree.

    Raises FileNotFoundError if there is none of that name.
    """
    here = Path(__file__).resolve().parent
    for folder in (here / "resources", here.parent / "resources"):
        if (folder / name).exists():
            return folder / name
    raise FileNotFoundError(f"{name} is missing from the installation")
