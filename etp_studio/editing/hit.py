"""What lies under the pointer, from geometry alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

GRIP = 7.0  # pixels inside a bar that belong to its edge
REACH = 4.0  # pixels outside a bar that still do

Kind = Literal["edge-start", "edge-end", "body", "empty"]


@dataclass(frozen=True, slots=True)
class Box:
    """The bar of a segment on screen, in logical pixels."""

    segment: int
    left: float
    right: float
    top: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Hit:
    """What a press would take hold of: an edge or the body of a segment, or nothing."""

    kind: Kind
    segment: int | None = None


NOTHING = Hit("empty")


def hit(x: float, y: float, boxes: Iterable[Box], selected: int | None = None) -> Hit:
    """What lies at (x, y), in the pixels of `boxes`.

    An edge reaches GRIP pixels into its bar, at most a third of it, and REACH pixels out of it.
    Where two bars claim the point, an edge of the selected one wins, then the bar that contains the
    point (so of two bars that touch, the pointer's side decides), then the one painted last.
    """
    best, rank = NOTHING, (False, False)
    for box in boxes:
        if not (box.top <= y <= box.bottom and box.left - REACH <= x <= box.right + REACH):
            continue
        grip = min(GRIP, (box.right - box.left) / 3)
        kind: Kind
        if x <= box.left + grip and x - box.left <= box.right - x:
            kind = "edge-start"
        elif x >= box.right - grip:
            kind = "edge-end"
        else:
            kind = "body"
        claim = (
            box.segment == selected and kind != "body",
            box.left <= x < box.right,
        )
        if claim >= rank:
            best, rank = Hit(kind, box.segment), claim
    return best
