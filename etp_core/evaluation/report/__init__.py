"""One HTML file that shows how good detections are and why: it needs nothing beside it."""

from etp_core.evaluation.report.writing import Places, write_report

__all__ = ["Places", "write_report"]
