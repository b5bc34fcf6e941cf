"""Writing generated videos and their annotations."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path

import av

from etp_core.annotations import Annotations, Segment, VideoEntry
from etp_core.errors import InputError
from etp_core.files import atomic
from etp_core.formats import write
from etp_core.progress import Reporter
from etp_core.synth.film import Film

_KEY_FRAMES = 2.0  # s between them


def generate(
    out: Path,
    videos: int,
    seed: int,
    reporter: Reporter | None = None,
    seconds: float = 40.0,
    size: tuple[int, int] = (320, 180),
    rate: float = 25.0,
    force: bool = False,
) -> Path:
    """Write `videos` generated videos (H.264 in MP4) and annotations.json (ActivityNet) into `out`.

    seconds: length of each; size: width and height in pixels, even; rate: frames/s. Boundaries lie
    exactly on frames. About 70 % of the videos are the subset "train", 15 % "validation", the rest
    "test". The same seed gives the same pictures and annotations. Gives the annotations' path.
    Raises InputError for impossible values, and if `out` holds something and `force` is not set.
    """
    out = Path(out)
    _check(out, videos, seconds, size, rate, force)
    clock = Fraction(rate).limit_denominator(1001)
    frames = round(seconds * clock)
    report = reporter or Reporter()
    report.emit("start", task="synth", video="", total=videos * frames)
    subsets = _subsets(videos)
    annotations = Annotations()
    path = out / "annotations.json"
    with _all_or_nothing(out) as written:
        for i in range(videos):
            film = Film([seed, i], frames, float(clock), size)
            name = f"video_{i + 1:04d}"
            written.append(out / f"{name}.mp4")
            _encode(film, written[-1], clock, report, i * frames, videos * frames)
            annotations.videos[name] = VideoEntry(
                subset=subsets[i],
                duration=float(frames / clock),
                fps=float(clock),
                frames=frames,
            )
            annotations.segments += [
                Segment(name, label, float(start / clock), float(end / clock))
                for label, start, end in film.actions
            ]
        write(annotations, path, "activitynet")
    return path


@contextmanager
def _all_or_nothing(folder: Path) -> Iterator[list[Path]]:
    """Collects files written into `folder`; takes them away if the block is broken off."""
    new = not folder.exists()
    written: list[Path] = []
    try:
        yield written
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        if new:
            with suppress(OSError):  # somebody else put something there
                folder.rmdir()
        raise


def _check(
    out: Path, videos: int, seconds: float, size: tuple[int, int], rate: float, force: bool
) -> None:
    if videos < 1:
        raise InputError(f"--videos: at least 1 is needed, not {videos}")
    if not 5.0 <= seconds <= 7_200.0:
        raise InputError(f"--seconds: between 5 and 7200, not {seconds:g}")
    if any(side % 2 or not 64 <= side <= 4096 for side in size):
        raise InputError(f"--size: two even numbers from 64 to 4096, not {size[0]}x{size[1]}")
    if not 5.0 <= rate <= 240.0:
        raise InputError(f"--fps: between 5 and 240, not {rate:g}")
    if out.exists() and not out.is_dir():
        raise InputError(f"{out}: is a file; give a folder")
    if out.is_dir() and any(out.iterdir()) and not force:
        raise InputError(f"{out}: the folder is not empty; --force writes into it all the same")


def _subsets(count: int) -> list[str]:
    """The subset of each video: 70, 15 and 15 %, each at least one if there are enough."""
    if count < 3:
        return ["train", "validation"][:count]
    held = max(1, round(0.15 * count))
    return ["train"] * (count - 2 * held) + ["validation"] * held + ["test"] * held


def _encode(
    film: Film, path: Path, clock: Fraction, report: Reporter, before: int, total: int
) -> None:
    with atomic(path) as temporary, av.open(str(temporary), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=clock)
        stream.width, stream.height = film.size
        stream.pix_fmt = "yuv420p"
        stream.options = {
            "crf": "23",
            "preset": "veryfast",
            "g": str(max(1, round(_KEY_FRAMES * clock))),
        }
        for i, picture in enumerate(film.pictures()):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = i, 1 / clock
            container.mux(stream.encode(frame))
            if i % 25 == 24 or i == len(film) - 1:
                report.emit("step", task="synth", video="", done=before + i + 1, total=total)
        container.mux(stream.encode(None))
