"""Indices of videos, kept between runs.

Reading every packet of a long video takes seconds, so what was slow to build is kept.
"""

import time
from fractions import Fraction
from pathlib import Path

import numpy as np

from etp_core.video import kept
from etp_core.video.index import Index, build_index

_VERSION = 3  # raise it when the same file would get another index
_WORTH_KEEPING = 0.1  # s that building must have taken


def index_of(path: Path) -> Index:
    """The index of `path`, kept or built. Raises VideoError as `build_index` does."""
    started = time.perf_counter()
    if not path.is_file() or not path.stat().st_size:
        return build_index(path)  # which says what is wrong
    place = kept.place("index", path, _VERSION)
    index = _load(place)
    if index is None:
        index = build_index(path)
        if time.perf_counter() - started > _WORTH_KEEPING:
            _save(index, place)
    return index


def _save(index: Index, place: Path) -> None:
    numbers = np.array([index.end, *index.time_base.as_integer_ratio(), index.counted])
    arrays = {"labels": index.labels, "ticks": index.ticks, "entries": index.entries}
    kept.save(place, {**arrays, "numbers": numbers, "repaired": np.array(index.repaired)})


def _load(place: Path) -> Index | None:
    arrays = kept.load(place)
    if arrays is None:
        return None
    try:
        labels, ticks, entries = (arrays[name] for name in ("labels", "ticks", "entries"))
        end, above, below, counted = (int(number) for number in arrays["numbers"])
        repaired = str(arrays["repaired"])
    except (KeyError, ValueError):
        return None
    if len(labels) != len(ticks) or not len(ticks) or entries.shape[1:] != (3,):
        return None
    return Index(labels, ticks, end, entries, Fraction(above, below), bool(counted), repaired)
