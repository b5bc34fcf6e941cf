"""What is shown where there is not room for all: the less a part matters, the sooner it goes."""

from collections.abc import Sequence


def staying(sizes: Sequence[float], room: float, spacing: float = 0.0) -> list[bool]:
    """Which of parts in a row stay so that they fit into `room`; the first are the first to go.

    sizes: (n,) pixels of each, 0 for one that is not there; spacing: pixels that each takes
    besides. The last ones stay as long as they fit; one that goes takes all before it along.
    """
    stay = [False] * len(sizes)
    for place in range(len(sizes) - 1, -1, -1):
        room -= sizes[place] + spacing if sizes[place] else 0.0
        if room < 0:
            break
        stay[place] = True
    return stay
