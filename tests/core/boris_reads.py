"""Run by a Python that has BORIS: open a project as BORIS does, and write what BORIS writes.

    python boris_reads.py PROJECT.boris OUT.csv OUT.boris

Prints, as JSON, what its own integrity check says and each behaviour that it pairs.
"""

import json
import sys
from decimal import Decimal
from pathlib import Path

from boris import config, export_observation, project_functions

path, table, copy = sys.argv[1:]
_, _, project, message = project_functions.open_project_json(path)
if "error" in project:
    sys.exit(f"BORIS: {project['error']}")
integrity = project_functions.check_project_integrity(
    project, config.S, path, media_file_available=False
)
behaviours = [value["code"] for value in project[config.ETHOGRAM].values()]
subjects = [config.NO_FOCAL_SUBJECT] + [
    value["name"] for value in project[config.SUBJECTS].values()
]
rows = []
parameters = {
    config.SELECTED_SUBJECTS: subjects,
    config.SELECTED_BEHAVIORS: behaviours,
    config.START_TIME: Decimal("NaN"),
    config.END_TIME: Decimal("NaN"),
    config.TIME_INTERVAL: config.TIME_FULL_OBS,
    config.EXCLUDE_BEHAVIORS: False,
    config.INCLUDE_MODIFIERS: True,
}
for key in project[config.OBSERVATIONS]:
    data, _ = export_observation.export_aggregated_events(
        project, parameters, key, force_number_modifiers=1
    )
    rows += list(data)
header = [
    "Observation id", "Observation date", "Description", "Observation type", "Source",
    "Time offset (s)", "Coding duration", "Media duration (s)", "FPS (frame/s)",
    *(value["label"] for value in project[config.INDEPENDENT_VARIABLES].values()),
    "Subject", "Observation duration by subject by observation", "Behavior",
    "Behavioral category", "Modifier #1", "Behavior type", "Start (s)", "Stop (s)",
    "Duration (s)", "Media file name", "Image index start", "Image index stop",
    "Image file path start", "Image file path stop", "Comment start", "Comment stop",
]  # fmt: skip
import tablib  # noqa: E402  (comes with BORIS)

dataset = tablib.Dataset(*rows, headers=header)
ok, words = export_observation.dataset_write(dataset, table, "csv")
if not ok:
    sys.exit(f"BORIS: {words}")
Path(copy).write_text(json.dumps(project, default=float), encoding="utf-8")  # as it saves
print(json.dumps({"integrity": integrity, "message": message, "rows": len(rows)}))
