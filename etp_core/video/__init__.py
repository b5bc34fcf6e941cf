"""Videos: exact frames and their times, whatever the container (PyAV, never OpenCV)."""

from etp_core.video.fingerprint import fingerprint
from etp_core.video.reader import VideoInfo, VideoReader

__all__ = ["VideoInfo", "VideoReader", "fingerprint"]
