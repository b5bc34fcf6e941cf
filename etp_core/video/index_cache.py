"""Indices of videos, kept between runs in the user's cache directory; deleting them loses nothing.

Reading every packet of a long video takes seconds, so what was slow to build is kept, by the
content's fingerprint.
"""

import time
import zipfile
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import platformdirs

from etp_core.errors import EtpError
from etp_core.files import atomic
from etp_core.video.fingerprint import fingerprint
from etp_core.video.index import Index, build_index

_VERSION = 1  # raise it when the same file would get another index
_WORTH_KEEPING = 0.1  # s that building must have taken


def index_of(path: Path) -> Index:
    """The index of `path`, kept or built. Raises VideoError as `build_index` does."""
    started = time.perf_counter()
    if not path.is_file() or not path.stat().st_size:
        return build_index(path)  # which says what is wrong
    place = _place(path)
    index = _load(place)
    if index is None:
        index = build_index(path)
        if time.perf_counter() - started > _WORTH_KEEPING:
            with suppress(EtpError):  # a full or read-only disk only costs time
                _save(index, place)
    return index


def _place(path: Path) -> Path:
    folder = Path(platformdirs.user_cache_dir("etp-studio")) / "index"
    return folder / f"{fingerprint(path)}-{_VERSION}-{av.__version__}.npz"


def _save(index: Index, place: Path) -> None:
    with atomic(place) as temporary, temporary.open("wb") as file:
        np.savez(
            file,
            labels=index.labels,
            ticks=index.ticks,
            entries=index.entries,
            numbers=np.array([index.end, *index.time_base.as_integer_ratio(), index.counted]),
        )


def _load(place: Path) -> Index | None:
    try:
        with np.load(place, allow_pickle=False) as kept:
            labels, ticks, entries = kept["labels"], kept["ticks"], kept["entries"]
            end, above, below, counted = (int(number) for number in kept["numbers"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    if len(labels) != len(ticks) or not len(ticks) or entries.shape[1:] != (3,):
        return None
    return Index(labels, ticks, end, entries, Fraction(above, below), bool(counted))
