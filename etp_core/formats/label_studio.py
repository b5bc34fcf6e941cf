"""Label Studio's tasks: JSON, 1-based frames, both ends inclusive.

A task a video: `annotations[].result` is the ground truth, `predictions[].result` the detections,
each result `{"type": "timelinelabels", "value": {"ranges": [{"start", "end"}], "timelinelabels":
[label]}, "score"}`.
"""

import re
from pathlib import Path
from typing import Any

from etp_core.annotations import Annotations, Segment, VideoEntry
from etp_core.errors import InputError
from etp_core.formats import checks, texts
from etp_core.formats.base import Format, Source
from etp_core.formats.clock import Clock
from etp_core.words import counted

_UPLOAD = re.compile(r"[0-9a-f]{8}-(?=.)")  # what it puts before the name of an uploaded file
_STAGES = {"annotations": "ground_truth", "predictions": "localization"}


def read(source: Source, clock: Clock) -> Annotations:
    """Read all tasks; times need the videos or their frame rate.

    Results of other types are left out, with a note. Raises InputError naming task and result.
    """
    found = Annotations()
    left = 0
    for number, value in enumerate(checks.array(source.document, str(source.path)), 1):
        place = f"{source.path}: task {number}"
        task = checks.mapping(value, place)
        video = _video(task, place)
        found.videos.setdefault(video, VideoEntry())
        for key, stage in _STAGES.items():
            for i, one in enumerate(checks.array(task.get(key, []), f"{place}: {key}"), 1):
                at = f"{place}, {key} {i}"
                one = checks.mapping(one, at)
                reviewer = _reviewer(one) if stage == "ground_truth" else ""
                source_name = one.get("model_version")
                results = checks.array(one.get("result", []), f"{at}: result")
                for j, result in enumerate(results, 1):
                    rows = _rows(result, video, stage, clock, f"{at}, result {j}")
                    if rows is None:
                        left += 1
                        continue
                    found.segments += [
                        Segment(
                            *row[:4],
                            score=row[4],
                            stage=stage,
                            source=source_name if isinstance(source_name, str) else "",
                            reviewer=reviewer,
                        )
                        for row in rows
                    ]
    if left:
        found.notes.append(
            f"{source.path}: left out: {counted(left, 'result')} without time labels"
        )
    return found


def _video(task: dict[str, Any], place: str) -> str:
    data = checks.mapping(task.get("data"), f"{place}: data")
    text = data.get("video") or next((v for v in data.values() if isinstance(v, str) and v), None)
    return _UPLOAD.sub("", checks.stem(text, f"{place}: data"), count=1)


def _reviewer(annotation: dict[str, Any]) -> str:
    who = annotation.get("completed_by")
    if isinstance(who, dict):
        who = who.get("email") or who.get("id")
    if isinstance(who, bool) or not isinstance(who, str | int):
        return ""
    return str(who)


def _rows(
    value: Any, video: str, stage: str, clock: Clock, place: str
) -> list[tuple[str, str, float, float, float | None]] | None:
    result = checks.mapping(value, place)
    if result.get("type") != "timelinelabels":
        return None
    inside = checks.mapping(result.get("value"), f"{place}: value")
    labels = checks.array(inside.get("timelinelabels"), f"{place}: timelinelabels")
    score = result.get("score")
    found = []
    for interval in checks.array(inside.get("ranges"), f"{place}: ranges"):
        interval = checks.mapping(interval, f"{place}: ranges")
        first, last = (
            checks.integer(interval.get(key), f"{place}: {key}") for key in ("start", "end")
        )
        if not 1 <= first <= last:
            raise InputError(f"{place}: frames {first} to {last} are no range from 1 on")
        times = [clock.seconds(video, cut, place) for cut in (first - 1, last)]
        for label in labels:
            name = checks.name(label, f"{place}: timelinelabels").strip()
            number = None if score is None else checks.number(score, f"{place}: score")
            found.append((video, name, times[0], times[1], number))
    return found


def write(annotations: Annotations, path: Path, clock: Clock) -> None:
    """Write ground truth as annotations, one an annotator, and detections as a prediction.

    Raises InputError where the frames of a video are not known, or there are only proposals.
    """
    checks.chosen(annotations, path)
    tasks = []
    for i, (video, rows) in enumerate(annotations.by_video().items(), 1):
        entry = annotations.videos.get(video, VideoEntry())
        place = f"{path}: video {video!r}"
        by_stage: dict[str, list[dict[str, Any]]] = {}
        for key, stage in _STAGES.items():
            people: dict[str, list[dict[str, Any]]] = {}
            for row in rows:
                if row.stage == stage:
                    who = row.reviewer if stage == "ground_truth" else row.source
                    results = people.setdefault(who, [])
                    results.append(_result(row, clock, place, entry, f"{i}_{len(results)}"))
            name = "completed_by" if stage == "ground_truth" else "model_version"
            by_stage[key] = [
                {**({name: _person(who, stage)} if who else {}), "result": results}
                for who, results in people.items()
            ]
        tasks.append({"id": i, "data": {"video": checks.file_of(video, entry)}, **by_stage})
    texts.write_json(tasks, path)


def _person(who: str, stage: str) -> Any:
    return {"email": who} if stage == "ground_truth" else who


def _result(row: Segment, clock: Clock, place: str, entry: VideoEntry, key: str) -> dict[str, Any]:
    first, end = clock.frames(row, place, entry.fps)
    if first < 0:
        raise InputError(f"{place}: the segment [{row.start:g}, {row.end:g}) s begins before 0")
    result: dict[str, Any] = {
        "id": key,
        "type": "timelinelabels",
        "from_name": "timelineLabels",
        "to_name": "video",
        "value": {"ranges": [{"start": first + 1, "end": end}], "timelinelabels": [row.label]},
    }
    if row.score is not None:
        result["score"] = row.score
    return result


def recognise(source: Source) -> bool:
    """Whether it is a JSON list of tasks with data and annotations or predictions."""
    document = source.json
    return (
        isinstance(document, list)
        and bool(document)
        and isinstance(document[0], dict)
        and isinstance(document[0].get("data"), dict)
        and bool(_STAGES.keys() & document[0].keys())
    )


FORMAT = Format(
    "label-studio",
    "Label Studio",
    (".json",),
    read,
    write,
    recognise,
    checks.any_rows,
    stages=("ground_truth", "localization"),
)
