"""Numbers and lists in the words of a message."""

from collections.abc import Sequence

_FEW = 5  # names that a message lists


def counted(count: int, what: str) -> str:
    """The count and what is counted, given in the singular: "1 segment", "2 segments"."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def some(names: Sequence[str]) -> str:
    """The names, or the first of them and how many more there are."""
    more = f" and {len(names) - _FEW} more" if len(names) > _FEW else ""
    return ", ".join(names[:_FEW]) + more
