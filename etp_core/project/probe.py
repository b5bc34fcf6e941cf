"""Looking at a video file before it is added to a project."""

from pathlib import Path

from etp_core.project.edits import AddVideo
from etp_core.video import VideoReader, fingerprint


def probe(path: Path | str) -> AddVideo:
    """The edit that adds the video file, with what its frames and time stamps say.

    Raises VideoError, one line naming the file, if it is missing, empty or cannot be decoded.
    """
    path = Path(path)
    with VideoReader(path) as reader:
        return AddVideo(
            path=path,
            fingerprint=fingerprint(path),
            frames=len(reader),
            duration=reader.info.duration,
            frame_rate=reader.info.frame_rate,
            width=reader.info.width,
            height=reader.info.height,
            start=float(reader.pts[0]),
        )
