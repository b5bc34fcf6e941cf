"""Feature caches: a memory-mapped float16 array per video and configuration, with a JSON header.

A cache is only used when its header says that it was made from this very video content with this
very configuration; anything else, and anything damaged, is computed anew. While it is being made
it is a file of its own (`CacheWriter`), from which an interrupted extraction goes on.
"""

import hashlib
import json
import os
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
import torch
from numpy.typing import NDArray

from etp_core.config import FeatureConfig
from etp_core.errors import EtpError
from etp_core.features.clock import SnippetClock
from etp_core.files import atomic
from etp_core.lock import FileLock

_FORMAT = "etp-features-1"
_SUM = np.dtype("<u4")
_CHECKED = 4096  # rows at a time


@dataclass(frozen=True)
class Features:
    """Features of one video: rows (T, D) float16 of each stream, times (T,) and cuts (n + 1,).

    Times and cuts are in seconds; the streams are those of the modality, in its order.
    """

    video: Path
    times: NDArray[np.float64]
    cuts: NDArray[np.float64]
    streams: Mapping[str, NDArray[np.float16]]

    def __len__(self) -> int:
        return len(self.times)

    def tensor(self, stream: str) -> torch.Tensor:
        """A copy of a stream's rows: a memory map is read-only, which torch does not know."""
        return torch.from_numpy(np.array(self.streams[stream]))

    @property
    def clock(self) -> SnippetClock:
        """Converts between seconds and rows."""
        return SnippetClock(self.times, float(self.cuts[-1]))


def default_cache() -> Path:
    """The user's cache directory for features; deleting it loses nothing."""
    return Path(platformdirs.user_cache_dir("etp-studio")) / "features"


# given apart (the hash of fine-tuned weights says all that there is), or done to the rows later
_NOT_IN_HEADER = {
    *("modality", "weights", "flow", "finetune", "mirror"),
    *("fusion", "components", "standardise"),
}


def header_of(
    config: FeatureConfig, stream: str, fingerprint: str, weights: str, mirrored: bool = False
) -> dict[str, Any]:
    """What makes a cache this one: everything that the rows of a stream depend on.

    fingerprint: of the video; weights: hash of the backbone's.
    """
    made_by = config.model_dump(exclude=_NOT_IN_HEADER)
    header: dict[str, Any] = {"format": _FORMAT, "video": fingerprint, "weights": weights}
    header["modality"] = stream
    if stream == "flow":
        header["flow"] = config.flow.model_dump()
        if stream in config.networks:
            del header["flow"]["describe"]
    # what is not asked for is not named: caches of versions before it serve on
    if mirrored:
        header["mirrored"] = True
    if made_by["crop"] == "none":
        del made_by["crop"]
    if made_by["grid"] is None or stream not in config.networks:
        del made_by["grid"]
    return {**header, **made_by}


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
        checksum = stored.pop("checksum", None)  # versions before it wrote none
        rows = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, KeyError, AttributeError):
        return None
    asked = json.loads(json.dumps(header))  # tuples are lists in a file
    if stored != asked or rows.ndim != 2 or len(rows) != len(times) or rows.dtype != np.float16:
        return None
    if not rows.flags.c_contiguous:
        return None
    sound = np.isfinite(rows).all() if checksum is None else zlib.crc32(rows.data) == checksum
    return (times, rows) if sound else None


class CacheWriter:
    """Writes the array of a cache piece by piece, in any order, on from an interrupted one.

    `there` (T,) says which rows are there already. Behind the array the file keeps a checksum of
    each row: a row whose checksum does not fit was never written, or not all of it. A cache that
    another process is writing is written apart.
    """

    def __init__(self, path: Path, rows: int, columns: int) -> None:
        """Raises EtpError where the folder cannot be written."""
        self._path, self._shape, self._width = path, (rows, columns), 2 * columns
        with _named(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._part = path.with_suffix(".part")
            self._lock = FileLock(self._part)
            self._alone = self._lock.acquire()
            if not self._alone:
                self._part = path.with_suffix(f".part-{os.getpid()}")
            self._file = self._part.open("r+b" if self._part.exists() else "w+b")
        self.there = np.zeros(rows, bool)
        if self._begun():
            self._look()
        else:
            self._begin()

    def _begun(self) -> bool:
        """Whether the file is one of this shape; finds where its rows begin."""
        try:
            if np.lib.format.read_magic(self._file) != (1, 0):
                return False
            shape, _, kind = np.lib.format.read_array_header_1_0(self._file)
        except ValueError:
            return False
        self._first = self._file.tell()
        size = self._file.seek(0, os.SEEK_END)
        return shape == self._shape and kind == np.float16 and size == self._end

    def _begin(self) -> None:
        with _named(self._path):
            self._file.seek(0)
            self._file.truncate()
            about = {"descr": "<f2", "fortran_order": False, "shape": self._shape}
            np.lib.format.write_array_header_1_0(self._file, about)
            self._first = self._file.tell()
            self._file.truncate(self._end)

    def _look(self) -> None:
        """Find the rows that are there."""
        for start in range(0, len(self.there), _CHECKED):
            end = min(start + _CHECKED, len(self.there))
            sums = _checksums(self.rows(start, end))
            self._file.seek(self._sums + _SUM.itemsize * start)
            stored = np.frombuffer(self._file.read(sums.nbytes), _SUM)
            self.there[start:end] = sums == stored

    @property
    def _sums(self) -> int:
        """Where the checksums begin in the file."""
        return self._first + self._width * self._shape[0]

    @property
    def _end(self) -> int:
        return self._sums + _SUM.itemsize * self._shape[0]

    def rows(self, start: int, end: int) -> NDArray[np.float16]:
        """Rows start … end - 1 of those that are there."""
        self._file.seek(self._first + start * self._width)
        data = self._file.read((end - start) * self._width)
        return np.frombuffer(data, np.float16).reshape(end - start, self._shape[1])

    def write(self, start: int, rows: NDArray[np.float16]) -> None:
        """Put rows at `start`."""
        rows = np.ascontiguousarray(rows, "<f2")
        with _named(self._path):
            self._file.seek(self._first + start * self._width)
            self._file.write(rows.tobytes())
            self._file.seek(self._sums + _SUM.itemsize * start)
            self._file.write(_checksums(rows).tobytes())
            self._file.flush()
        self.there[start : start + len(rows)] = True

    def finish(self, header: dict[str, Any], times: NDArray[np.float64]) -> NDArray[np.float16]:
        """Make it the cache, its header last; returns the memory-mapped rows."""
        assert self.there.all()
        with _named(self._path):
            self._file.truncate(self._sums)
            os.fsync(self._file.fileno())
            self._file.close()
            self._part.replace(self._path)
        rows: NDArray[np.float16] = np.load(self._path, mmap_mode="r", allow_pickle=False)
        more = {"times": times.tolist(), "checksum": zlib.crc32(rows.data)}
        with atomic(self._path.with_suffix(".json")) as temporary:
            temporary.write_text(json.dumps({**header, **more}), "utf-8")
        return rows

    def close(self) -> None:
        """Let go of the file; what is not finished stays for the next time."""
        self._file.close()
        if not self._alone:
            self._part.unlink(missing_ok=True)
        self._lock.release()


def _checksums(rows: NDArray[np.float16]) -> NDArray[np.uint32]:
    """CRC-32 of each row (T, D); that of a row of zeros, as in a hole of a file, is not zero."""
    return np.array([zlib.crc32(row.tobytes()) for row in rows], _SUM)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EtpError(f"{path}: cannot be written ({error.strerror or error})") from error
