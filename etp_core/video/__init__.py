"""Videos: exact frames and sound at their times, whatever the container (PyAV, never OpenCV)."""

from etp_core.video.audio import AudioReader, AudioTrack, audio_tracks
from etp_core.video.fingerprint import fingerprint
from etp_core.video.reader import VideoInfo, VideoReader
from etp_core.video.thumbnails import Thumbnail, thumbnails
from etp_core.video.waveform import Waveform, waveform

# endings of video files, the usual ones first
SUFFIXES = tuple(
    f".{name}"
    for name in (
        *("mp4", "mkv", "webm", "avi", "mov", "m4v", "ts", "mts", "m2ts"),
        *("mpg", "mpeg", "wmv", "flv", "3gp", "ogv", "mxf"),
    )
)

__all__ = [
    "SUFFIXES",
    "AudioReader",
    "AudioTrack",
    "Thumbnail",
    "VideoInfo",
    "VideoReader",
    "Waveform",
    "audio_tracks",
    "fingerprint",
    "thumbnails",
    "waveform",
]
