"""Tables on standard output: drawn on a terminal, plain rows elsewhere."""

import sys
from collections.abc import Iterable
from typing import NamedTuple


class Table(NamedTuple):
    """A table of texts; the first column is a name, the others are numbers."""

    title: str
    header: list[str]
    rows: list[list[str]]


def percent(rate: float) -> str:
    """A rate in [0, 1] in percent with two decimals."""
    return f"{100 * rate:.2f}"


def show(tables: Iterable[Table]) -> None:
    """Draw them on a terminal; elsewhere write them with tabs between the cells."""
    if sys.stdout.isatty():
        draw(tables)
    else:
        write(tables)


def draw(tables: Iterable[Table]) -> None:
    """Draw them as a terminal can."""
    from rich.console import Console
    from rich.table import Table as Drawn

    console = Console(markup=False, emoji=False, highlight=False)  # names are shown as they are
    for title, header, rows in tables:
        console.print(f"\n{title}")
        drawn = Drawn()
        for i, cell in enumerate(header):
            drawn.add_column(cell, justify="right" if i or cell == "start" else "left")
        for row in rows:
            if row[0] == "mAP" and len(rows) > 1:
                drawn.add_section()
            drawn.add_row(*row)
        console.print(drawn)


def write(tables: Iterable[Table]) -> None:
    """Write them with tabs between the cells."""
    for i, (title, header, rows) in enumerate(tables):
        print(title if i == 0 else f"\n{title}")
        for row in (header, *rows):
            print("\t".join(row))
