"""Checks of the arrays that evaluation is called with, and of the numbers it gives."""

import math

import numpy as np
from numpy.typing import ArrayLike

from etp_core.timeline import Floats, Ints


def scored(scores: ArrayLike, count: int) -> Floats:
    """Scores as (N,) float64; raises ValueError naming the first row that is not finite."""
    array = np.asarray(scores, dtype=np.float64)
    if array.shape != (count,):
        raise ValueError(f"scores must have the shape ({count},), not {array.shape}")
    if not np.isfinite(array).all():
        row = int(np.argmax(~np.isfinite(array)))
        raise ValueError(f"row {row}: the score {array[row]} is not finite")
    return array


def grouped(*columns: tuple[ArrayLike | None, int]) -> list[Ints]:
    """Names of several columns as numbers in the names' sorted order; None is one name for all.

    Raises ValueError if only some of the columns that have rows are given, or one is too short.
    """
    given = [np.asarray(names) for names, count in columns if names is not None]
    if not given:
        return [np.zeros(count, dtype=np.int64) for _, count in columns]
    numbers = np.unique(np.concatenate(given), return_inverse=True)[1]
    result = []
    for column, count in columns:
        if column is None:
            if count:
                raise ValueError("name the videos of all segments, or of none")
            result.append(np.zeros(0, dtype=np.int64))
            continue
        length = len(np.asarray(column))
        if length != count:
            raise ValueError(f"{length} videos are named for {count} segments")
        result.append(numbers[:length].astype(np.int64))
        numbers = numbers[length:]
    return result


def or_none(value: float) -> float | None:
    """The number as JSON has it: NaN, for what is not known, is null."""
    return None if math.isnan(value) else value
