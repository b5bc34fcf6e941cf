"""Which configurations the paper's tables and figures compare."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from etp_core.config import Config, merged, parse_config

FULL = "full"  # the whole system; every other row takes one thing away or changes it
PAPER_UNITS = (16 / 30, 32 / 30, 64 / 30, 128 / 30)  # seconds of 16 to 128 frames at 30 frames/s


@dataclass(frozen=True)
class Row:
    """One configuration, run with every seed.

    name: of its folder; title: in tables; where: the tables and figures that show it.
    """

    name: str
    title: str
    where: tuple[str, ...]
    config: Config


def rows_of(base: Config, units: Sequence[float] = PAPER_UNITS) -> list[Row]:
    """The rows of Tables 1 to 3 and Figures 5 to 7; units in seconds.

    The full system sees the base's pictures and optical flow, refines, and uses non-local pyramid
    features.
    """
    pictures = next((s for s in base.features.streams if s != "flow"), "rgbdiff")
    stpf = {"pyramid": {"features": "stpf"}}
    everything = ("Table 1", "Table 2", "Table 3", "Figure 5", "Figure 6", "Figure 7")

    def row(name: str, title: str, where: tuple[str, ...], **sections: Any) -> Row:
        own: dict[str, Any] = {
            "features": {"modality": f"{pictures}+flow"},
            "refinement": {"enabled": True, "pyramid": {"features": "nlpf"}},
            "localization": {"pyramid": {"features": "nlpf"}},
        }
        values = merged(merged(base.model_dump(), own), sections)
        if "+" not in values["features"]["modality"]:
            values["features"]["fusion"] = ()
        return Row(name, title, where, parse_config(values, f"row {name}"))

    return [
        row(FULL, f"{pictures} + flow, refined, NLPF", everything),
        row(pictures, pictures, ("Table 3",), features={"modality": pictures}),
        row("flow", "flow", ("Table 3",), features={"modality": "flow"}),
        row("unrefined", "without refinement", ("Figure 5",), refinement={"enabled": False}),
        row("stpf", "STPF", ("Figure 6",), refinement=stpf, localization=stpf),
        *(
            row(
                f"unit-{unit:.3g}s",
                f"unit {unit:.3g} s",
                ("Figure 7",),
                refinement={"unit": unit, "unit_frames": None},
            )
            for unit in units
        ),
    ]
