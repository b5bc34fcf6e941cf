"""Features: pictures, snippets of a video, and caches that are never wrongly trusted."""

import json
from pathlib import Path

import barcode
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from etp_core.config import FeatureConfig
from etp_core.errors import EtpError, VideoError
from etp_core.features.cache import CacheWriter, cache_path, header_of, load_cache
from etp_core.features.clock import SnippetClock
from etp_core.features.extraction import Extractor, choose_device, snippet_frames
from etp_core.features.pictures import PictureMaker, input_size
from etp_core.features.reduction import Moments, Reduction

CONFIG = FeatureConfig(side=64)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    barcode.write(path, np.arange(60) / 30)
    return path


def test_a_still_picture_has_no_difference() -> None:
    maker = PictureMaker("rgbdiff")
    frame = np.random.default_rng(0).integers(0, 256, (8, 10, 3)).astype(np.uint8)
    for _ in range(5):
        picture = maker(frame)
    assert picture.shape == (3, 8, 10) and picture.dtype == np.float32
    assert (picture[1:] == 0).all() and picture[0].std() > 0


def test_differences_are_to_the_last_snippet_and_to_the_third_before() -> None:
    maker = PictureMaker("rgbdiff")
    pictures = [maker(np.full((4, 4, 3), level, np.uint8)) for level in (0, 10, 30, 60)]
    unit = 2.0 / 0.226 / 255
    assert pictures[3][1, 0, 0] == pytest.approx(30 * unit, rel=1e-4)
    assert pictures[3][2, 0, 0] == pytest.approx(60 * unit, rel=1e-4)
    assert pictures[1][2, 0, 0] == pytest.approx(10 * unit, rel=1e-4)  # the first there is


def test_a_picture_is_normalised_as_those_the_backbones_were_trained_on() -> None:
    frame = np.full((4, 6, 3), [255, 0, 51], np.uint8)
    picture = PictureMaker("rgb")(frame)
    expected = [(1 - 0.485) / 0.229, (0 - 0.456) / 0.224, (0.2 - 0.406) / 0.225]
    np.testing.assert_allclose(picture[:, 1, 2], expected, rtol=1e-5)
    grey = PictureMaker("rgbdiff")(frame)[0, 1, 2]
    assert grey == pytest.approx((0.299 + 0.114 * 0.2 - 0.449) / 0.226, rel=1e-4)


def test_the_input_keeps_the_aspect_ratio_and_the_area() -> None:
    assert input_size(480, 290, 224) == (288, 176)
    assert input_size(1080, 1920, 112) == (80, 144)


def test_snippets_are_the_frames_nearest_to_a_regular_grid() -> None:
    assert snippet_frames(np.arange(50) / 10, 0.1).tolist() == list(range(50))
    assert snippet_frames(np.arange(50) / 25, 0.2).tolist() == list(range(0, 50, 5))
    assert snippet_frames(np.array([0.5]), 0.1).tolist() == [0]


@given(st.lists(st.floats(0.005, 0.7), min_size=1, max_size=200), st.floats(0.02, 1.0))
def test_snippets_of_any_video_are_sorted_frames_none_twice(gaps: list, step: float) -> None:
    pts = np.cumsum(gaps)
    frames = snippet_frames(pts, step)
    assert frames[0] == 0 and frames[-1] < len(pts)
    assert (np.diff(frames) > 0).all()
    assert abs(pts[frames[-1]] - pts[-1]) <= step + max(gaps)


def test_seconds_and_rows_are_inverse_on_a_variable_frame_rate() -> None:
    clock = SnippetClock(np.array([1.0, 1.1, 1.5, 1.6]), 2.0)
    assert clock.rows(np.array([1.0, 1.3, 1.5, 2.0])).tolist() == [0.0, 1.5, 2.0, 4.0]
    seconds = np.linspace(1, 2, 17)
    np.testing.assert_allclose(clock.seconds(clock.rows(seconds)), seconds)


def test_the_projection_keeps_the_variance_and_is_the_same_every_time() -> None:
    torch.manual_seed(0)
    rows = torch.randn(300, 6) * torch.tensor([5.0, 3.0, 1.0, 0.01, 0.01, 0.01]) + 7
    first, second = (Reduction.fit([rows[:100], rows[100:]], 3, per_video=False) for _ in range(2))
    assert torch.equal(first.basis, second.basis)
    reduced = first(rows)
    assert reduced.shape == (300, 3)
    assert reduced.mean(0).abs().max() < 1e-4
    assert reduced.var(0).mean() == pytest.approx(1.0, rel=0.02)


def test_standardising_takes_away_what_stays_the_same_in_a_video() -> None:
    torch.manual_seed(0)
    motion = torch.randn(200, 4)
    here, there = motion + torch.tensor([5.0, 0, 0, 0]), 2 * motion + 3
    first, second = Moments(here).standardise(here), Moments(there).standardise(there)
    assert (first - second).abs().max() < 0.2  # all but the constant in the denominator
    assert first.mean(0).abs().max() < 1e-5


def test_a_column_that_hardly_moves_is_not_blown_up() -> None:
    torch.manual_seed(0)
    still = 3 + 1e-3 * torch.randn(200, 1)
    assert Moments(still).standardise(still).abs().max() < 0.1


def test_moments_of_pieces_are_those_of_the_whole() -> None:
    rows = torch.randn(90, 5) * 3 + 1
    pieces = Moments()
    for piece in rows.split(32):
        pieces.add(piece)
    torch.testing.assert_close(pieces.standardise(rows), Moments(rows).standardise(rows))


def test_extraction_reads_the_video_once_and_then_the_cache(clip: Path, tmp_path: Path) -> None:
    extractor = Extractor(CONFIG, tmp_path)
    pieces: list[int] = []
    first = extractor.extract(clip, on_rows=lambda times, rows: pieces.append(len(rows["rgbdiff"])))
    rows = first.streams["rgbdiff"]
    assert rows.shape == (20, 2560) and rows.dtype == np.float16
    assert pieces == [20]
    np.testing.assert_allclose(first.times, np.arange(20) / 10)
    assert first.cuts[-1] == pytest.approx(2.0, abs=1e-3)
    written = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    second = Extractor(CONFIG, tmp_path).extract(clip)
    assert isinstance(second.streams["rgbdiff"], np.memmap)
    assert np.array_equal(rows, second.streams["rgbdiff"])
    assert written == {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}


def test_a_changed_video_is_not_served_from_the_old_cache(tmp_path: Path) -> None:
    video = tmp_path / "v.mp4"
    barcode.write(video, np.arange(20) / 10)
    extractor = Extractor(CONFIG, tmp_path / "cache")
    first = extractor.extract(video)
    barcode.write(video, np.arange(5, 35) / 10)
    assert len(extractor.extract(video)) == 30 != len(first)


def write_cache(path: Path, header: dict[str, object]) -> None:
    writer = CacheWriter(path, 4, 3)
    writer.write(0, np.ones((4, 3), np.float16))
    writer.finish(header, np.arange(4.0))
    writer.close()


@pytest.mark.parametrize("damage", ["array", "bit", "header", "other", "gone"])
def test_a_damaged_cache_is_not_trusted(tmp_path: Path, damage: str) -> None:
    header = header_of(CONFIG, "rgbdiff", "fingerprint", "weights")
    path = cache_path(tmp_path, Path("v.mp4"), header)
    write_cache(path, header)
    assert load_cache(path, header) is not None
    if damage == "array":
        path.write_bytes(path.read_bytes()[:-5])
    elif damage == "bit":
        whole = bytearray(path.read_bytes())
        whole[-3] ^= 0x04
        path.write_bytes(whole)
    elif damage == "header":
        path.with_suffix(".json").write_text("{")
    elif damage == "other":
        stored = json.loads(path.with_suffix(".json").read_text())
        path.with_suffix(".json").write_text(json.dumps({**stored, "weights": "else"}))
    else:
        path.with_suffix(".json").unlink()
    assert load_cache(path, header) is None


def test_a_cache_of_a_version_that_wrote_no_checksum_serves_unless_it_holds_no_numbers(
    tmp_path: Path,
) -> None:
    header = header_of(CONFIG, "rgbdiff", "fingerprint", "weights")
    path = cache_path(tmp_path, Path("v.mp4"), header)
    write_cache(path, header)
    stored = json.loads(path.with_suffix(".json").read_text())
    del stored["checksum"]
    path.with_suffix(".json").write_text(json.dumps(stored))
    assert load_cache(path, header) is not None
    rows = np.load(path)
    rows[2, 1] = np.nan
    np.save(path, rows)
    assert load_cache(path, header) is None


def test_features_that_are_no_numbers_are_not_kept(clip: Path, tmp_path: Path) -> None:
    extractor = Extractor(CONFIG, tmp_path)
    first = next(extractor.backbone("rgbdiff").parameters())
    first.data.fill_(torch.nan)
    with pytest.raises(EtpError, match="features of rgbdiff that are not finite"):
        extractor.extract(clip)
    assert not list(tmp_path.glob("*.npy"))


def test_an_unreadable_video_leaves_no_cache(tmp_path: Path) -> None:
    video = tmp_path / "empty.mp4"
    video.touch()
    with pytest.raises(VideoError, match=r"empty\.mp4"):
        Extractor(CONFIG, tmp_path / "cache").extract(video)
    assert not (tmp_path / "cache").exists()


def test_asking_for_a_gpu_that_is_not_there_says_so() -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(EtpError, match="no CUDA device"):
        choose_device("cuda")
