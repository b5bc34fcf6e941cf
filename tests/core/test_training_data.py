"""What is handed to training: recordings with their mirror images, and what is refused."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from etp_core.annotations import Annotations, Segment
from etp_core.dataset import find_video, load_clips, load_recordings
from etp_core.errors import InputError
from etp_core.features.cache import Features
from etp_core.progress import Reporter

CUTS = np.arange(101) / 10


class Extracted:
    """Features that say nothing but of which video they are, and whether of its mirror image."""

    def __init__(self, mirror: bool, name: str = "") -> None:
        self.config = SimpleNamespace(mirror=mirror)
        self.name = name

    def mirror_image(self) -> "Extracted":
        return Extracted(False, "mirrored ")

    def extract_all(self, paths: list[Path], reporter: Reporter) -> list[Features]:
        return [Features(Path(self.name + path.stem), CUTS[:-1], CUTS, {}) for path in paths]


def test_a_video_is_found_by_its_name_however_its_suffix_is_written(tmp_path: Path) -> None:
    for name in ("GOPR1.MP4", "GOPR1.MP4.txt", "GOPR2.txt", "a[1].Mov"):
        (tmp_path / name).touch()
    assert find_video(tmp_path, "GOPR1") == tmp_path / "GOPR1.MP4"
    assert find_video(tmp_path, "a[1]") == tmp_path / "a[1].Mov"
    with pytest.raises(InputError, match="no video file for 'GOPR2'"):
        find_video(tmp_path, "GOPR2")


@pytest.mark.parametrize(
    ("start", "end"), [(10.0, 10.05), (9.0, 10.2), (-0.2, 1.0), (-0.09, 0.0), (12.0, 13.0)]
)
def test_a_segment_of_which_the_video_has_nothing_or_not_all_is_named(
    tmp_path: Path, start: float, end: float
) -> None:
    (tmp_path / "one.mp4").touch()
    truth = Annotations.of([Segment("one", "a", 1, 3), Segment("one", "a", start, end)])
    with pytest.raises(InputError, match=r"one: the segment a \[.*lies outside the video's 0\.000"):
        load_recordings(truth, tmp_path, ["a"], Extracted(False), Reporter())  # type: ignore[arg-type]


def test_a_segment_may_end_a_rounding_behind_its_video(tmp_path: Path) -> None:
    (tmp_path / "one.mp4").touch()
    truth = Annotations.of([Segment("one", "a", 9.0, 10.09)])
    made = load_recordings(truth, tmp_path, ["a"], Extracted(False), Reporter())  # type: ignore[arg-type]
    assert made[0].segments.tolist() == [[9.0, 10.09]]


def test_recordings_and_clips_are_followed_by_their_mirror_images(tmp_path: Path) -> None:
    paths = [tmp_path / "one.mp4", tmp_path / "two.mp4"]
    for path in paths:
        path.touch()
    truth = Annotations.of([Segment("one", "a", 1, 3), Segment("two", "b", 4, 7)])
    seen = Extracted(True)
    for made in (
        load_recordings(truth, tmp_path, ["a", "b"], seen, Reporter()),  # type: ignore[arg-type]
        load_clips(paths, [0, 1], seen, Reporter()),  # type: ignore[arg-type]
    ):
        names = [(str(r.features.video), r.mirrored, r.labels.tolist()) for r in made]
        assert names == [
            *(("one", False, [0]), ("mirrored one", True, [0])),
            *(("two", False, [1]), ("mirrored two", True, [1])),
        ]
