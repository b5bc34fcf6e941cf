"""Work on millions of small values, of which none is part of a cycle."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def many_values() -> Iterator[None]:
    """Hold Python's search for cycles back: it would look at every value again and again.

    A quarter of the time that reading and importing a million segments take, see
    benchmarks/bench_project.py.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
