"""The result of one video: its actionness curves and three linked lists of proposals.

Each refined proposal names the initial one it came from, each detection the refined one, and a
proposal that was dropped keeps the reason. Nothing is thrown away silently.
"""

import json
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from etp_core.errors import InputError
from etp_core.files import atomic

STAGES = ("actionness", "refinement", "localization")
MOTION = "motion energy"  # in the place of a model: what moves was proposed, nothing detected
_FORMAT = "etp-evolution-1"


class Reason(IntEnum):
    """Why a proposal did not go on to the next stage (or into the result)."""

    KEPT = 0
    LENGTH = 1  # shorter or longer than Algorithm 1 allows
    NMS = 2  # suppressed by the row `suppressed_by` of the same list
    BACKGROUND = 3  # the Localization Network calls it background
    COMPLETENESS = 4  # not a complete action
    EMPTY = 5  # nothing is left of it after regression


_GIVEN = (Reason.KEPT, Reason.BACKGROUND, Reason.COMPLETENESS)  # the last two say what the next did


@dataclass(frozen=True)
class ProposalList:
    """N proposals of one stage; the fields are arrays of equal length.

    segments (N, 2) float64 seconds; scores (N,) float64; labels (N,) int64, the class index or -1
    for the class-agnostic curve; parents (N,) int64, the row in the stage before, -1 in the first;
    reasons (N,) int8, a `Reason`; suppressed_by (N,) int64, a row of this list or -1;
    completeness (N,) float64, NaN before the Localization Network.

    What explains a proposal, where it is known: offsets (N, 2) float64, the (c, s) of Eq. 4 by
    which its stage moved it, relative to the proposal it came from; units (N, 4) float64 seconds,
    the start of the first video unit that was read to move it, the end of the last, their length,
    and as last column their number; probabilities (N, K + 1) float32 of the classes and the
    background, given to a refined proposal by the Localization Network. NaN, or for probabilities
    the shape (N, 0), where it is not.
    """

    segments: NDArray[np.float64]
    scores: NDArray[np.float64]
    labels: NDArray[np.int64]
    parents: NDArray[np.int64]
    reasons: NDArray[np.int8]
    suppressed_by: NDArray[np.int64]
    completeness: NDArray[np.float64]
    offsets: NDArray[np.float64]
    units: NDArray[np.float64]
    probabilities: NDArray[np.float32]

    @classmethod
    def of(
        cls,
        segments: NDArray[np.float64],
        scores: NDArray[np.float64],
        labels: NDArray[np.int64] | None = None,
        parents: NDArray[np.int64] | None = None,
        reasons: NDArray[np.int8] | None = None,
        suppressed_by: NDArray[np.int64] | None = None,
        completeness: NDArray[np.float64] | None = None,
        offsets: NDArray[np.float64] | None = None,
        units: NDArray[np.float64] | None = None,
        probabilities: NDArray[np.float32] | None = None,
    ) -> "ProposalList":
        """Build a list; what is not given is "none": kept, no class, no parent."""
        n = len(segments)
        fields: dict[str, Any] = {
            "segments": np.asarray(segments, np.float64).reshape(n, 2),
            "scores": np.asarray(scores, np.float64),
            "labels": np.full(n, -1, np.int64) if labels is None else labels,
            "parents": np.full(n, -1, np.int64) if parents is None else parents,
            "reasons": np.zeros(n, np.int8) if reasons is None else reasons,
            "suppressed_by": np.full(n, -1, np.int64) if suppressed_by is None else suppressed_by,
            "completeness": np.full(n, np.nan) if completeness is None else completeness,
            "offsets": np.full((n, 2), np.nan) if offsets is None else offsets,
            "units": np.full((n, 4), np.nan) if units is None else units,
            "probabilities": (
                np.zeros((n, 0), np.float32) if probabilities is None else probabilities
            ),
        }
        for name, value in fields.items():
            if len(value) != n:
                raise ValueError(f"{name} has {len(value)} rows, segments has {n}")
        return cls(**fields)

    @classmethod
    def empty(cls) -> "ProposalList":
        """A list without proposals."""
        return cls.of(np.zeros((0, 2)), np.zeros(0))

    def __len__(self) -> int:
        return len(self.segments)

    @property
    def kept(self) -> NDArray[np.int64]:
        """Rows that went on, in list order."""
        return np.flatnonzero(self.reasons == Reason.KEPT)

    @property
    def given(self) -> NDArray[np.int64]:
        """Rows that this stage gave to the next, whatever that made of them, in list order."""
        return np.flatnonzero(np.isin(self.reasons, _GIVEN))


@dataclass(frozen=True)
class Evolution:
    """Curves and the three stages of one video.

    times (T,) seconds of the scored snippets; curves (K + 1, T) in [0, 1]: the actionness of each
    of the K classes and last the class-agnostic curve S^(K+1). recipe: how Algorithm 1 was run on
    them, as the fields of `actionness.initial.Recipe`; empty where that is not known.
    """

    video: str
    classes: tuple[str, ...]
    times: NDArray[np.float64]
    curves: NDArray[np.float32]
    actionness: ProposalList = field(default_factory=ProposalList.empty)
    refinement: ProposalList = field(default_factory=ProposalList.empty)
    localization: ProposalList = field(default_factory=ProposalList.empty)
    model: str = ""
    recipe: dict[str, Any] = field(default_factory=dict)

    def stage(self, name: str) -> ProposalList:
        """The list of one of `STAGES`."""
        if name not in STAGES:
            raise KeyError(name)
        stage: ProposalList = getattr(self, name)
        return stage

    def ancestry(self, detection: int) -> tuple[int, int]:
        """Rows (initial, refined) that the detection in row `detection` came from."""
        refined = int(self.localization.parents[detection])
        return int(self.refinement.parents[refined]), refined

    def save(self, path: Path) -> None:
        """Write an .npz archive, atomically; nothing in it needs unpickling.

        Raises EtpError where it cannot be written.
        """
        header = {
            "format": _FORMAT,
            "video": self.video,
            "classes": list(self.classes),
            "model": self.model,
            "recipe": self.recipe,
        }
        arrays: dict[str, Any] = {"times": self.times, "curves": self.curves}
        for name in STAGES:
            for key, value in vars(self.stage(name)).items():
                arrays[f"{name}.{key}"] = value
        with atomic(Path(path)) as temporary, temporary.open("wb") as file:
            np.savez_compressed(
                file, header=np.frombuffer(json.dumps(header).encode(), np.uint8), **arrays
            )

    @classmethod
    def load(cls, path: Path) -> "Evolution":
        """Read what `save` wrote; raises InputError if the file is not an evolution."""
        try:
            with np.load(path, allow_pickle=False) as data:
                header = json.loads(data["header"].tobytes())
                if header["format"] != _FORMAT:
                    raise InputError(f"{path}: evolution format {header['format']} is not known")
                stages = {
                    name: ProposalList.of(
                        **{
                            key.removeprefix(f"{name}."): data[key]
                            for key in data.files
                            if key.startswith(f"{name}.")
                        }
                    )
                    for name in STAGES
                }
                return cls(
                    video=header["video"],
                    classes=tuple(header["classes"]),
                    model=header["model"],
                    recipe=header.get("recipe", {}),
                    times=data["times"],
                    curves=data["curves"],
                    **stages,
                )
        except (OSError, EOFError, BadZipFile, ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path}: not an evolution file ({error})") from error
