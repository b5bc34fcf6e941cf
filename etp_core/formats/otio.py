"""OpenTimelineIO: a timeline a video, a track a stage, a marker a segment, half-open.

Times count in the video's nominal frame rate (milliseconds where it is not known), with fractions
where the rate varies; the exact seconds are in the markers' metadata.
"""

from pathlib import Path
from typing import Any

from etp_core.annotations import Segment, VideoEntry
from etp_core.formats import checks, texts
from etp_core.formats.base import EVERY_STAGE, Format
from etp_core.formats.clock import Clock
from etp_core.formats.eaf import choose
from etp_core.formats.one_video import writing

_SUFFIXES = (".otio",)
_MILLISECONDS = 1000.0


def write(rows: list[Segment], entry: VideoEntry, video: str, path: Path, clock: Clock) -> None:
    """Write the segments of all stages of one video."""
    import opentimelineio as otio

    rate = entry.fps or _MILLISECONDS
    cuts = clock.cuts(video)
    duration = entry.duration or max((row.end for row in rows), default=0.0)
    if cuts is not None:
        duration = float(cuts[-1])

    def span(start: float, end: float) -> Any:
        return otio.opentime.TimeRange(
            otio.opentime.RationalTime(round(start * rate, 6), rate),
            otio.opentime.RationalTime(round((end - start) * rate, 6), rate),
        )

    timeline = otio.schema.Timeline(name=checks.one_line(video, path))
    for stage in EVERY_STAGE:
        group = [row for row in rows if row.stage == stage]
        if not group and stage != "ground_truth":
            continue
        media = otio.schema.ExternalReference(checks.file_of(video, entry), span(0.0, duration))
        clip = otio.schema.Clip(video, media, span(0.0, duration))
        for row in group:
            about = {"label": row.label, "start_s": row.start, "end_s": row.end}
            if row.score is not None:
                about["score"] = row.score
            if row.reviewer:
                about["reviewer"] = row.reviewer
            clip.markers.append(
                otio.schema.Marker(
                    name=checks.one_line(row.label, path),
                    marked_range=span(row.start, row.end),
                    metadata={"etp_studio": about},
                )
            )
        track = otio.schema.Track(stage, [clip], kind=otio.schema.TrackKind.Video)
        timeline.tracks.append(track)
    texts.write_text(otio.adapters.write_to_string(timeline, "otio_json") + "\n", path)


FORMAT = Format(
    "otio",
    "OpenTimelineIO",
    _SUFFIXES,
    None,
    writing(_SUFFIXES, write, choose),
    lambda source: False,
    lambda annotations: bool(annotations.videos or annotations.segments),
    stages=EVERY_STAGE,
    folder="several",
)
