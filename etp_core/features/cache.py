"""Feature caches: a memory-mapped float16 array per video and configuration, with a JSON header.

A cache is only used when its header says that it was made from this very video content with this
very configuration; anything else, and anything damaged, is computed anew.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
import torch
from numpy.typing import NDArray

from etp_core.config import FeatureConfig
from etp_core.features.clock import SnippetClock
from etp_core.files import atomic

_FORMAT = "etp-features-1"


@dataclass(frozen=True)
class Features:
    """Features of one video: rows (T, D) float16, times (T,) and cuts (n + 1,) in seconds."""

    video: Path
    times: NDArray[np.float64]
    cuts: NDArray[np.float64]
    rows: NDArray[np.float16]

    def tensor(self) -> torch.Tensor:
        """A copy of the rows: a memory map is read-only, which torch does not know."""
        return torch.from_numpy(np.array(self.rows))

    @property
    def clock(self) -> SnippetClock:
        """Converts between seconds and rows."""
        return SnippetClock(self.times, float(self.cuts[-1]))


def default_cache() -> Path:
    """The user's cache directory for features; deleting it loses nothing."""
    return Path(platformdirs.user_cache_dir("etp-studio")) / "features"


def header_of(config: FeatureConfig, fingerprint: str, weights: str) -> dict[str, Any]:
    """What makes a cache this one: everything that the rows depend on."""
    # what is done to the rows after they are read does not make them others
    made_by = config.model_dump(exclude={"components", "standardise"})
    return {"format": _FORMAT, "video": fingerprint, "weights": weights, **made_by}


def cache_path(folder: Path, video: Path, header: dict[str, Any]) -> Path:
    """Where the array of a video lies; its header has the suffix .json."""
    key = hashlib.sha256(json.dumps(header, sort_keys=True).encode()).hexdigest()[:16]
    return folder / f"{video.stem}-{key}.npy"


def load_cache(
    path: Path, header: dict[str, Any]
) -> tuple[NDArray[np.float64], NDArray[np.float16]] | None:
    """Times (T,) and memory-mapped rows (T, D) of a cache, or None if it cannot be trusted."""
    try:
        stored = json.loads(path.with_suffix(".json").read_text("utf-8"))
        times = np.array(stored.pop("times"), np.float64)
        rows = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, KeyError, AttributeError):
        return None
    if stored != header or rows.ndim != 2 or len(rows) != len(times) or rows.dtype != np.float16:
        return None
    return times, rows


def save_cache(
    path: Path,
    header: dict[str, Any],
    times: NDArray[np.float64],
    rows: NDArray[np.float16],
) -> None:
    """Write the array and then its header, each atomically: an interruption leaves no cache.

    Raises EtpError where the folder cannot be written.
    """
    with atomic(path) as temporary, temporary.open("wb") as file:
        np.save(file, rows)
    with atomic(path.with_suffix(".json")) as temporary:
        temporary.write_text(json.dumps({**header, "times": times.tolist()}), "utf-8")
