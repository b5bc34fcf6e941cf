"""Options that take several numbers after one name: `--tiou 0.3 0.5 0.7`."""

from typing import Any

from typer.core import TyperCommand

from etp_core.errors import InputError


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


def thresholds(words: list[str]) -> list[float]:
    """tIoU thresholds of words like 0.5 or 0.5:0.05:0.95; raises InputError for others."""
    levels = []
    for word in words:
        try:
            numbers = [float(part) for part in word.split(":")]
            first, step, last = numbers if len(numbers) == 3 else (numbers[0], 1.0, numbers[0])
            if len(numbers) not in (1, 3) or step <= 0 or last < first:
                raise ValueError
        except ValueError:
            raise InputError(f"--tiou: {word!r} is neither a number nor from:step:to") from None
        count = int((last - first) / step + 1e-6) + 1
        levels += [round(first + n * step, 6) for n in range(count)]
    return levels


def _is_number(word: str) -> bool:
    try:
        [float(part) for part in word.split(":")]
    except ValueError:
        return False
    return True
