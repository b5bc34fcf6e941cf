"""The project file: one SQLite file; every edit is one transaction, and can be undone."""

from etp_core.project.edits import (
    AddLabel,
    AddSegment,
    AddVideo,
    Batch,
    Changes,
    DeleteLabel,
    DeleteSegment,
    DescribeProject,
    DescribeVideo,
    Edit,
    Judge,
    MarkUnsure,
    MoveSegment,
    RecolorLabel,
    RelabelSegment,
    RemoveVideo,
    RenameLabel,
)
from etp_core.project.probe import probe
from etp_core.project.project import Project
from etp_core.project.records import HistoryRow, Label, Run, StoredSegment, Verdict, Video

__all__ = [
    "AddLabel",
    "AddSegment",
    "AddVideo",
    "Batch",
    "Changes",
    "DeleteLabel",
    "DeleteSegment",
    "DescribeProject",
    "DescribeVideo",
    "Edit",
    "HistoryRow",
    "Judge",
    "Label",
    "MarkUnsure",
    "MoveSegment",
    "Project",
    "RecolorLabel",
    "RelabelSegment",
    "RemoveVideo",
    "RenameLabel",
    "Run",
    "StoredSegment",
    "Verdict",
    "Video",
    "probe",
]
