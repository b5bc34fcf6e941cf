"""What was computed from a video, kept between runs in the user's cache directory.

Files are named by the content's fingerprint, so that a moved or renamed video finds its own and a
changed one does not. Deleting them loses nothing but time; a damaged one is computed again.
"""

from contextlib import suppress
from pathlib import Path
from typing import Any

import av
import numpy as np
import platformdirs
from numpy.typing import NDArray

from etp_core.errors import EtpError
from etp_core.files import atomic
from etp_core.video.fingerprint import fingerprint

_MOST = 1 << 30  # bytes of one kind; the oldest go first


def place(kind: str, path: Path, *made_by: object) -> Path:
    """Where `kind` (a word) of the video `path` is kept; `made_by` is all else that it depends on.

    Raises VideoError if `path` cannot be read.
    """
    folder = Path(platformdirs.user_cache_dir("etp-studio")) / kind
    # another version of the decoder may give other frames
    name = "-".join(str(part) for part in (fingerprint(path), *made_by, av.__version__))
    return folder / f"{name}.npz"


def load(place: Path) -> dict[str, NDArray[Any]] | None:
    """The arrays kept at `place`, or None if there are none or they are damaged."""
    try:
        with np.load(place, allow_pickle=False) as kept:
            return {name: kept[name] for name in kept.files}
    except Exception:  # zip, zlib and numpy raise about anything on damaged bytes
        return None


def save(place: Path, arrays: dict[str, Any]) -> None:
    """Keep `arrays` at `place`. A full or read-only disk only costs time: nothing is raised."""
    with suppress(EtpError, OSError):
        with atomic(place) as temporary, temporary.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        _prune(place)


def _prune(newest: Path) -> None:
    files = [(path.stat(), path) for path in newest.parent.glob("*.npz") if path != newest]
    total = newest.stat().st_size + sum(stat.st_size for stat, _ in files)
    for stat, path in sorted(files, key=lambda file: file[0].st_mtime):
        if total <= _MOST:
            break
        path.unlink(missing_ok=True)
        total -= stat.st_size
