"""ActivityNet's results: detections as JSON, seconds, half-open, grouped by video.

{"version", "results": {video: [{"label", "score", "segment": [start, end]}]}, "external_data"}
"""

from pathlib import Path
from typing import Any

from etp_core.annotations import Annotations, Segment, VideoEntry
from etp_core.errors import InputError
from etp_core.formats import checks, texts
from etp_core.formats.activitynet import pair
from etp_core.formats.base import Format, Source
from etp_core.formats.clock import Clock

_ROW = {"label", "score", "segment"}


def read(source: Source, clock: Clock) -> Annotations:
    """Read the detections in file order, as rows of the stage localization.

    A segment may reach beyond its video, but not be empty or reversed. Raises InputError naming
    file, video and row.
    """
    path = source.path
    document = checks.mapping(source.document, str(path))
    if "results" not in document:
        raise InputError(f"{path}: has no key 'results'")
    found = Annotations(extra=checks.others(document, {"results"}, str(path)))
    for video, rows in checks.mapping(document["results"], f"{path}: results").items():
        found.videos[video] = VideoEntry()
        place = f"{path}: video {video!r}"
        for i, row in enumerate(checks.array(rows, place), 1):
            found.segments.append(_segment(row, video, f"{place}, row {i}"))
    return found


def _segment(row: Any, video: str, place: str) -> Segment:
    row = checks.mapping(row, place)
    start, end = pair(row.get("segment"), place)
    return Segment(
        video=video,
        label=checks.name(row.get("label"), f"{place}: label"),
        start=start,
        end=end,
        score=checks.number(row.get("score"), f"{place}: score"),
        stage="localization",
        extra=checks.others(row, _ROW, place),
    )


def write(annotations: Annotations, path: Path, clock: Clock) -> None:
    """Write the detections (stage localization); rows of other stages are left out.

    Raises InputError if there are none, or one has no score.
    """
    if not holds(annotations):
        raise InputError(f"{path}: there are no detections (stage localization) to write")
    results: dict[str, list[dict[str, Any]]] = {video: [] for video in annotations.videos}
    for row in checks.detections(annotations):
        if row.score is None:
            raise InputError(
                f"{path}: the detection [{row.start:g}, {row.end:g}) s of {row.label} in "
                f"{row.video} has no score"
            )
        results.setdefault(row.video, []).append(
            checks.with_others(
                {"label": row.label, "score": row.score, "segment": [row.start, row.end]}, row.extra
            )
        )
    document = checks.with_others({"results": results}, annotations.extra)
    texts.write_json({"version": "ETP Studio", "external_data": {}, **document}, path)


def holds(annotations: Annotations) -> bool:
    """Whether there is a detection, or nothing but videos."""
    return not annotations.segments or bool(checks.detections(annotations))


def recognise(source: Source) -> bool:
    """Whether it is JSON with results by video."""
    document = source.json
    return isinstance(document, dict) and isinstance(document.get("results"), dict)


FORMAT = Format(
    "activitynet-results",
    "ActivityNet results",
    (".json",),
    read,
    write,
    recognise,
    holds,
    stages=("localization",),
)
