"""The project file: one SQLite file; every edit is one transaction, and can be undone."""

from etp_core.project.edits import (
    AddLabel,
    AddSegment,
    AddVideo,
    Batch,
    Changes,
    DeleteLabel,
    DeleteSegment,
    Edit,
    MoveSegment,
    RecolorLabel,
    RelabelSegment,
    RemoveVideo,
    RenameLabel,
)
from etp_core.project.probe import probe
from etp_core.project.project import Project
from etp_core.project.records import HistoryRow, Label, Run, StoredSegment, Video

__all__ = [
    "AddLabel",
    "AddSegment",
    "AddVideo",
    "Batch",
    "Changes",
    "DeleteLabel",
    "DeleteSegment",
    "Edit",
    "HistoryRow",
    "Label",
    "MoveSegment",
    "Project",
    "RecolorLabel",
    "RelabelSegment",
    "RemoveVideo",
    "RenameLabel",
    "Run",
    "StoredSegment",
    "Video",
    "probe",
]
