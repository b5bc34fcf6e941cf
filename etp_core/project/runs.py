"""Runs of the engine in a project: an Evolution as rows and blobs, and back unchanged."""

import io
import json
import sqlite3
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etp_core.evolution import STAGES, Evolution, ProposalList, Reason
from etp_core.project.records import Detection

_COLUMNS = (
    "run, stage, row, start_s, end_s, label, score, completeness, parent, reason, suppressed_by"
)

DETECTIONS = f"""
SELECT d.row, d.label, d.start_s, d.end_s, d.score, d.completeness,
       a.start_s AS start_0, a.end_s AS end_0, r.start_s AS start_1, r.end_s AS end_1
FROM proposals d
LEFT JOIN proposals r ON r.run = d.run AND r.stage = 'refinement' AND r.row = d.parent
LEFT JOIN proposals a ON a.run = d.run AND a.stage = 'actionness' AND a.row = r.parent
WHERE d.run = ? AND d.stage = 'localization' AND d.reason = {Reason.KEPT.value} AND d.score >= ?
ORDER BY d.start_s, d.end_s, d.row
"""


def detection(row: sqlite3.Row, classes: list[str]) -> Detection:
    """A row of the query DETECTIONS."""
    ends = [(row[f"start_{stage}"], row[f"end_{stage}"]) for stage in (0, 1)]
    return Detection(
        row=row["row"],
        label=classes[row["label"]] if row["label"] >= 0 else "",
        start=row["start_s"],
        end=row["end_s"],
        score=row["score"],
        completeness=0.0 if row["completeness"] is None else row["completeness"],
        before=tuple(pair for pair in ends if None not in pair),
    )


def insert(
    connection: sqlite3.Connection,
    video_id: int,
    evolution: Evolution,
    options: dict[str, Any],
    created: str,
) -> int:
    """Write the run into the open transaction; returns its id.

    Raises ValueError if the curves are not (K + 1, T) or options are not JSON.
    """
    times = np.ascontiguousarray(evolution.times, "<f8")
    curves = np.ascontiguousarray(evolution.curves, "<f4")
    if times.ndim != 1 or curves.shape != (len(evolution.classes) + 1, len(times)):
        raise ValueError(
            f"curves of the shape {curves.shape} do not fit {len(evolution.classes)} classes "
            f"and {times.shape} times"
        )
    run = connection.execute(
        "INSERT INTO runs (video, name, model, created, classes, options, times, scores, details) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            int(video_id),
            evolution.video,
            evolution.model,
            created,
            json.dumps(list(evolution.classes)),
            json.dumps(options),
            times.tobytes(),
            curves.tobytes(),
            _details(evolution),
        ),
    ).lastrowid
    assert run is not None
    marks = ", ".join("?" * len(_COLUMNS.split(",")))
    for stage in STAGES:
        p = evolution.stage(stage)
        columns = [
            p.segments[:, 0], p.segments[:, 1], p.labels, p.scores, p.completeness,
            p.parents, p.reasons, p.suppressed_by,
        ]  # fmt: skip
        rows = zip(*(np.asarray(column).tolist() for column in columns), strict=True)
        connection.executemany(
            f"INSERT INTO proposals ({_COLUMNS}) VALUES ({marks})",
            [(run, stage, i, *row) for i, row in enumerate(rows)],
        )
    return int(run)


def evolution(run: sqlite3.Row, proposals: list[sqlite3.Row]) -> Evolution:
    """The Evolution of a row of runs and its rows of proposals, ordered by stage and row."""
    classes = tuple(json.loads(run["classes"]))
    times = np.frombuffer(run["times"], "<f8").astype(np.float64)
    curves = np.frombuffer(run["scores"], "<f4").astype(np.float32)
    stages = {name: [row for row in proposals if row["stage"] == name] for name in STAGES}
    recipe, known = _known(run["details"])
    return Evolution(
        video=run["name"],
        classes=classes,
        times=times,
        curves=curves.reshape(len(classes) + 1, len(times)),
        model=run["model"],
        recipe=recipe,
        **{name: _list(rows, known[name]) for name, rows in stages.items()},
    )


_EXPLAINING = ("offsets", "units", "probabilities")


def _details(evolution: Evolution) -> bytes:
    """What explains the proposals, as an .npz archive (nothing in it needs unpickling)."""
    arrays = {
        f"{stage}.{name}": getattr(evolution.stage(stage), name)
        for stage in STAGES
        for name in _EXPLAINING
    }
    recipe = np.frombuffer(json.dumps(evolution.recipe).encode(), np.uint8)
    file = io.BytesIO()
    np.savez_compressed(file, recipe=recipe, **arrays)
    return file.getvalue()


def _known(details: bytes | None) -> tuple[dict[str, Any], dict[str, dict[str, NDArray[Any]]]]:
    """Recipe and explaining arrays of each stage; empty for a run that was stored without."""
    if details is None:
        return {}, {stage: {} for stage in STAGES}
    with np.load(io.BytesIO(details), allow_pickle=False) as data:
        recipe = json.loads(data["recipe"].tobytes())
        return recipe, {
            stage: {name: data[f"{stage}.{name}"] for name in _EXPLAINING} for stage in STAGES
        }


def _list(rows: list[sqlite3.Row], known: dict[str, NDArray[Any]]) -> ProposalList:
    return ProposalList.of(
        segments=np.stack([_floats(rows, "start_s"), _floats(rows, "end_s")], axis=1),
        scores=_floats(rows, "score"),
        labels=np.array([row["label"] for row in rows], np.int64),
        parents=np.array([row["parent"] for row in rows], np.int64),
        reasons=np.array([row["reason"] for row in rows], np.int8),
        suppressed_by=np.array([row["suppressed_by"] for row in rows], np.int64),
        completeness=_floats(rows, "completeness"),
        **known,
    )


def _floats(rows: list[sqlite3.Row], column: str) -> NDArray[np.float64]:
    values = (np.nan if row[column] is None else row[column] for row in rows)
    return np.array(list(values), np.float64)
