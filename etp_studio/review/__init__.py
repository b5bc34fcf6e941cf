"""The panes beside the timeline: videos, segments, labels, review, metrics, history, and why."""
