"""FiftyOne's TemporalDetections: JSON to import, 1-based frames, both ends inclusive.

`labels.json` of its FiftyOneTemporalDetectionDataset: {"classes", "labels": {video: [{"label",
"support": [first, last], "confidence", "attributes"}]}}; the videos lie in `data` beside it.
"""

from pathlib import Path
from typing import Any

from etp_core.annotations import Annotations, VideoEntry
from etp_core.errors import InputError
from etp_core.formats import checks, texts
from etp_core.formats.base import Format
from etp_core.formats.clock import Clock


def write(annotations: Annotations, path: Path, clock: Clock) -> None:
    """Write ground truth, or else the detections with their scores.

    Raises InputError where the frames of a video are not known.
    """
    videos = checks.chosen(annotations, path)
    labels: dict[str, list[dict[str, Any]]] = {}
    for video, rows in videos.items():
        entry = annotations.videos.get(video, VideoEntry())
        place = f"{path}: video {video!r}"
        labels[video] = []
        for row in rows:
            first, end = clock.frames(row, place, entry.fps)
            if first < 0:
                raise InputError(
                    f"{place}: the segment [{row.start:g}, {row.end:g}) s begins before 0"
                )
            found: dict[str, Any] = {"label": row.label, "support": [first + 1, end]}
            if row.score is not None:
                found["confidence"] = row.score
            if row.reviewer:
                found["attributes"] = {"annotator": row.reviewer}
            labels[video].append(found)
    texts.write_json({"classes": None, "labels": labels}, path)


FORMAT = Format(
    "fiftyone",
    "FiftyOne temporal detections",
    (".json",),
    None,
    write,
    lambda source: False,
    checks.any_rows,
)
