"""Lists beside the timeline: the videos, the segments, the labels."""
