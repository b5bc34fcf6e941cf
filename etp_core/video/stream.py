"""Opening a file and decoding its video stream in order, whatever is wrong with it.

Everything that can go wrong becomes one line (VideoError); a packet that cannot be decoded is
skipped, as players do.
"""

import operator
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from pathlib import Path

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from etp_core.errors import VideoError

# "tty" shows any text file as a picture; the others are lists of files, not videos.
_NOT_VIDEOS = {"tty", "concat", "hls", "dash", "sdp", "lrc"}
_OPTIONS = {"protocol_whitelist": "file"}  # a video is one file: nothing in it may reach elsewhere
_SIZE = operator.attrgetter("size")
_UNPARSED = {**_OPTIONS, "fflags": "noparse"}


def open_stream(path: Path, parse: bool = True) -> tuple[InputContainer, VideoStream]:
    """Open `path` and its first real video stream, decoding on as many threads as are useful.

    A cover picture is no video stream. Without `parse` packets are as the container has them, not
    looked into, and the file is read in large pieces. Raises VideoError naming the file and what is
    wrong.
    """
    container = open_file(path, parse)
    try:
        return container, _video_stream(path, container)
    except BaseException:
        container.close()
        raise


def open_file(path: Path, parse: bool = True) -> InputContainer:
    """Open `path`, a video or sound file. Raises VideoError naming the file and what is wrong."""
    try:
        if path.is_dir():
            raise VideoError(f"{path}: is a folder, not a video")
        if path.stat().st_size == 0:
            raise VideoError(f"{path}: the file is empty")
        # "file:" keeps a name such as "http:1.mp4" a name
        options = _OPTIONS if parse else _UNPARSED
        piece = 1 << 15 if parse else 1 << 20  # bytes; after a seek little is wanted
        container = av.open(
            f"file:{path}", metadata_errors="ignore", options=options, buffer_size=piece
        )
    except FileNotFoundError:
        raise VideoError(f"{path}: there is no such file") from None
    except av.FFmpegError as error:
        raise VideoError(f"{path}: cannot be read as a video ({reason(error)})") from error
    except (OSError, ValueError) as error:
        raise VideoError(f"{path}: cannot be opened ({reason(error)})") from error
    if container.format.name in _NOT_VIDEOS:
        container.close()
        raise VideoError(f"{path}: is not a video ({container.format.long_name})")
    return container


def _video_stream(path: Path, container: InputContainer) -> VideoStream:
    pictures = av.stream.Disposition.attached_pic | av.stream.Disposition.still_image
    streams = [s for s in container.streams.video if not s.disposition & pictures]
    if not streams:
        others = sorted({s.type for s in container.streams if s.type != "video"})
        holds = f" (it holds {', '.join(others)})" if others else ""
        raise VideoError(f"{path}: has no video stream{holds}")
    stream = streams[0]
    if stream.codec_context is None:
        raise VideoError(f"{path}: no decoder is available for its video stream")
    stream.thread_type = "AUTO"
    read_only(container, stream)
    return stream


def read_only(container: InputContainer, stream: Stream) -> None:
    """Have the packets of all other streams not even read from the disk."""
    for other in container.streams:
        if other.index != stream.index:
            other.discard = av.stream.Discard.all


def reason(error: BaseException) -> str:
    """What FFmpeg or the system says, without number and file name."""
    return str(getattr(error, "strerror", None) or error or type(error).__name__).rstrip(". :")


def decoded(
    container: InputContainer,
    stream: VideoStream,
    dispensable: Callable[[int], bool] | None = None,
) -> Generator[VideoFrame, None, None]:
    """The frames of `stream` from the present position, in order of display.

    Packets that cannot be decoded are passed over; a file that breaks off ends there. Frames that
    no other needs are left out where `dispensable(pts)` says so.
    """
    for packet in packets(container, stream):
        if dispensable is not None and packet is not None and packet.pts is not None:
            leave_out = dispensable(packet.pts)
            stream.codec_context.skip_frame = "NONREF" if leave_out else "DEFAULT"
        with suppress(av.FFmpegError, OSError):
            yield from stream.decode(packet)


def packets(container: InputContainer, stream: Stream) -> Iterator[Packet | None]:
    """The packets of `stream` from where it stands; the last one, None, flushes the decoder."""
    more = True
    while more:
        try:
            yield from filter(_SIZE, container.demux(stream))
            more = False
        except (av.FFmpegError, OSError):
            more = False
        except IndexError:  # PyAV meets a packet of a stream that began later: read on after it
            continue
    yield None
