"""What a file that breaks off has lost, as far as the file itself tells."""

import re
from pathlib import Path

from av.container import InputContainer
from av.video.stream import VideoStream

_TS_PACKETS = (188, 192, 204)  # bytes
_VERY_END = "the file breaks off at its very end"
_SEGMENT = bytes.fromhex("18538067")


def missing(
    path: Path, container: InputContainer, stream: VideoStream, packets: int, end: float
) -> str:
    """Half a sentence on what is missing at the end of `path`; "" if nothing is known to be.

    packets   how many the video stream really has
    end       of the last of them, in seconds
    """
    size, name = path.stat().st_size, container.format.name
    if name.startswith("mov,"):
        table = stream.index_entries
        if not len(table) or table[-1].pos + table[-1].size <= size:
            return ""
        # one that is there in part counts among those that cannot be decoded
        return _frames(sum(entry.pos >= size for entry in table), len(table))
    with path.open("rb") as file:
        start = file.read(4096)
    if name == "avi":
        breaks_off = 8 + int.from_bytes(start[4:8], "little") > size
        return _frames(stream.frames - packets, stream.frames) if breaks_off else ""
    if name.startswith("matroska"):
        return _seconds(container, stream, end) if _segment_end(start) > size else ""
    if name == "mpegts" and all(size % packet for packet in _TS_PACKETS):
        return "the file breaks off, how much is missing cannot be known"
    return ""


def _frames(lost: int, declared: int) -> str:
    if lost <= 0:
        return _VERY_END
    verb = "is" if lost == 1 else "are"
    return f"the file breaks off: {lost} of its {declared} frames {verb} missing at the end"


def _seconds(container: InputContainer, stream: VideoStream, end: float) -> str:
    """The same by the declared duration: of the stream, or of the file where it has no other."""
    told = re.fullmatch(r"(\d+):(\d+):(\d+(?:\.\d+)?)", stream.metadata.get("DURATION", ""))
    declared = 0.0
    if told:
        declared = 3600 * int(told[1]) + 60 * int(told[2]) + float(told[3])
    elif len(container.streams) == 1 and container.duration:
        declared = container.duration / 1e6
    if declared - end < 0.1:
        return _VERY_END
    return f"the file breaks off: {declared - end:.1f} of its {declared:.1f} s are missing"


def _segment_end(start: bytes) -> int:
    """Where the file should end at least by the size of its one segment; 0 if it does not say."""
    at = start.find(_SEGMENT) + len(_SEGMENT)
    if at < len(_SEGMENT) or at >= len(start) or not start[at]:
        return 0
    length = 9 - start[at].bit_length()  # bytes of the number: by the first bit that is set
    value = int.from_bytes(start[at : at + length], "big") & ((1 << 7 * length) - 1)
    unknown = value == (1 << 7 * length) - 1  # written as it was recorded
    return 0 if unknown else at + length + value
