"""The timeline: one time axis for curves, evolving proposals and ground truth."""

from etp_studio.timeline.view import TimelineView

__all__ = ["TimelineView"]
