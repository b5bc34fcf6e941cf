"""From an evaluation to the page: tables, plots, and links that open the studio."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from etp_core import __version__
from etp_core.evaluation.agreement import Agreement
from etp_core.evaluation.cases import Case, worst_cases
from etp_core.evaluation.diagnosis import ERRORS, confusion, diagnose
from etp_core.evaluation.result import Evaluation
from etp_core.evaluation.stages import StageReport
from etp_core.studio_link import StudioLink

_LEAD = 1.0  # seconds before a case at which the studio opens


@dataclass(frozen=True)
class Places:
    """Where the studio finds videos: a project, or the file of each video by its name."""

    project: Path | None = None
    files: dict[str, Path] = field(default_factory=dict)

    def link(self, video: str, time: float) -> StudioLink | None:
        """The link to a moment of a video; None where it is not known what to open."""
        at = max(0.0, time - _LEAD)
        if self.project is not None:
            return StudioLink(self.project.absolute(), at, video)
        if video in self.files:
            return StudioLink(self.files[video].absolute(), at)
        return None


def write_report(
    path: Path,
    results: Sequence[tuple[str, Evaluation]],
    tiou: float = 0.5,
    stages: StageReport | None = None,
    agreement: Agreement | None = None,
    places: Places | None = None,
    title: str = "Evaluation",
) -> None:
    """Write the page, atomically. The first of `results` (name, evaluation) is the one examined.

    All of them need the same tIoU thresholds, `tiou` among them; the others are drawn beside the
    first in sensitivity, class bars and AR@AN. Raises InputError if `tiou` was not evaluated,
    EtpError if the file cannot be written.
    """
    from markupsafe import Markup

    from etp_core.evaluation.report import plots
    from etp_core.pages import write_page

    result = results[0][1]
    diagnosis = diagnose(result, tiou)
    matrix, least = confusion(result, tiou)
    cases = worst_cases(result, tiou, diagnosis=diagnosis)
    drawn = {
        "sensitivity": plots.sensitivity(results),
        "bars": plots.ap_of_classes(results, tiou),
        "curves": plots.precision_recall(result, tiou),
        "recall": plots.average_recall(results),
        "errors": plots.errors(diagnosis),
        "confusion": plots.confusion_matrix(matrix, result.classes),
    }
    content = {
        "title": title,
        "version": __version__,
        "results": results,
        "result": result,
        "tiou": tiou,
        "level": result.level(tiou),
        "shown": _shown(result, tiou),
        "diagnosis": diagnosis,
        "kinds": ERRORS,
        "least": least,
        "stages": stages,
        "agreement": agreement,
        "groups": _groups(cases, places or Places()),
        "plots": {name: Markup(text) for name, text in drawn.items()},  # our own SVG
    }
    write_page(Path(__file__).with_name("page.html"), content, path)


def _shown(result: Evaluation, tiou: float) -> list[int]:
    """The thresholds of the tables: tenths, and the one that is examined."""
    return [
        place
        for place, level in enumerate(result.tious)
        if abs(round(10 * level) - 10 * level) < 1e-6 or abs(level - tiou) < 1e-9
    ]


def _groups(cases: list[Case], places: Places) -> list[dict[str, Any]]:
    return [
        {
            "kind": kind,
            "cases": [(case, places.link(case.video, case.start)) for case in some],
        }
        for kind, some in groupby(cases, key=lambda case: case.kind)
    ]
