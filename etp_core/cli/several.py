"""Options that take several numbers after one name: `--tiou 0.3 0.5 0.7`."""

from typing import Any

from typer.core import TyperCommand


class SeveralNumbers(TyperCommand):
    """A command whose repeatable options may be given once, followed by all their numbers."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Repeat the option's name before every number that follows, as click understands it."""
        repeatable = {
            name
            for parameter in self.params
            if getattr(parameter, "multiple", False)
            for name in parameter.opts
        }
        spelled: list[str] = []
        current = ""  # the repeatable option whose first value has been read
        for i, word in enumerate(args):
            if word == "--":
                spelled += args[i:]
                break
            if current and spelled[-1] != current and _is_number(word):
                spelled.append(current)
            elif not (current and spelled[-1] == current):
                current = word if word in repeatable else ""
            spelled.append(word)
        return super().parse_args(ctx, spelled)


def _is_number(word: str) -> bool:
    try:
        [float(part) for part in word.split(":")]
    except ValueError:
        return False
    return True
