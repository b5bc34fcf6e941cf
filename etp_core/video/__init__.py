"""Videos: exact frames and their times, whatever the container (PyAV, never OpenCV)."""

from etp_core.video.fingerprint import fingerprint
from etp_core.video.reader import VideoInfo, VideoReader

# endings of video files, the usual ones first
SUFFIXES = tuple(
    f".{name}"
    for name in (
        *("mp4", "mkv", "webm", "avi", "mov", "m4v", "ts", "mts", "m2ts"),
        *("mpg", "mpeg", "wmv", "flv", "3gp", "ogv", "mxf"),
    )
)

__all__ = ["SUFFIXES", "VideoInfo", "VideoReader", "fingerprint"]
