"""Extraction: optical flow, several streams in one pass, and going on after an interruption."""

from pathlib import Path

import barcode
import numpy as np
import pytest

from etp_core.config import FeatureConfig, FlowConfig
from etp_core.errors import InputError
from etp_core.features.cache import CacheWriter
from etp_core.features.extraction import Extractor, pictures, snippet_frames
from etp_core.features.pictures import FlowMaker, channels, mirror, new_maker
from etp_core.opencv import cv2
from etp_core.video import VideoReader
from etp_core.video.flow import FlowEstimator


def texture(shift: int) -> np.ndarray:
    """A smooth random picture (48, 64, 3), moved right by `shift` pixels."""
    noise = np.random.default_rng(0).random((48, 96, 3))
    smooth = cv2().GaussianBlur((noise * 255).astype(np.uint8), (0, 0), 2)
    stretched = cv2().normalize(smooth, None, 0, 255, cv2().NORM_MINMAX)
    return np.ascontiguousarray(stretched[:, 16 - shift : 80 - shift])


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    barcode.write(path, np.arange(200) / 20)
    return path


def test_flow_is_how_far_a_picture_moved() -> None:
    estimate = FlowEstimator()
    assert estimate(texture(0)) is None
    field = estimate(texture(3))
    assert field is not None and field.shape == (48, 64, 2)
    middle = field[12:-12, 16:-16].reshape(-1, 2)
    np.testing.assert_allclose(np.median(middle, axis=0), [3.0, 0.0], atol=0.3)


def test_small_things_are_seen_moving_before_a_still_background() -> None:
    before = cv2().resize(texture(0), (288, 176))
    after = before.copy()
    before[80:86, 100:106], after[80:86, 103:109] = 255, 255
    seen = {}
    for finest in (0, 2):
        estimate = FlowEstimator(finest=finest)
        estimate(before)
        field = estimate(after)
        assert field is not None
        seen[finest] = field[81:85, 101:105, 0].mean()
    assert seen[0] > 2 and seen[2] < 1  # pixels, of three


def test_flow_is_clipped() -> None:
    estimate = FlowEstimator(limit=1.5)
    estimate(texture(0))
    field = estimate(texture(4))
    assert field is not None and np.abs(field).max() <= 1.5


def test_tv_l1_without_its_package_says_how_to_get_it() -> None:
    if hasattr(cv2(), "optflow"):
        pytest.skip("this OpenCV has TV-L1")
    with pytest.raises(InputError, match="pip install opencv-contrib-python"):
        FlowEstimator("tvl1")


def test_a_flow_picture_is_the_mean_flow_since_the_snippet_before() -> None:
    maker = FlowMaker(FlowConfig())
    first = maker(texture(0))
    assert first.shape == (3, 48, 64) and not first.any()
    maker.between(texture(1))
    across, down, length = maker(texture(4))[:, 12:-12, 16:-16]  # 1 pixel, then 3
    assert np.median(across) == pytest.approx(2 / 2, abs=0.1)
    assert np.median(down) == pytest.approx(0, abs=0.1)
    assert np.median(length) == pytest.approx(2 / 2, abs=0.1)


def test_a_stack_is_the_flow_of_the_last_frames_x_and_y_of_each() -> None:
    config = FeatureConfig(modality="flow", flow=FlowConfig(picture="stack", stack=2))
    assert channels("flow", config) == 4
    maker = new_maker("flow", config)
    for shift in (0, 1, 3):
        maker.between(texture(shift))
    stack = maker(texture(6))
    assert stack.shape == (4, 48, 64)
    medians = np.median(stack[:, 12:-12, 16:-16], axis=(1, 2)) * 2
    np.testing.assert_allclose(medians, [2, 0, 3, 0], atol=0.3)


def test_in_a_mirror_flow_to_the_right_is_flow_to_the_left() -> None:
    config = FeatureConfig(modality="flow")
    picture = np.arange(24, dtype=np.float32).reshape(3, 2, 4)
    mirrored = mirror(picture, "flow", config)
    np.testing.assert_array_equal(mirrored[0], -picture[0, :, ::-1])
    np.testing.assert_array_equal(mirrored[1:], picture[1:, :, ::-1])
    np.testing.assert_array_equal(mirror(picture, "rgb", config), picture[..., ::-1])


def test_all_streams_are_made_in_one_pass_and_are_those_made_alone(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes: list[int] = []
    sample = VideoReader.sample

    def counted(reader: VideoReader, *given: object) -> object:
        passes.append(1)
        return sample(reader, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(VideoReader, "sample", counted)
    both = Extractor(FeatureConfig(side=64, modality="rgb+flow"), tmp_path / "a").extract(clip)
    assert passes == [1]
    assert list(both.streams) == ["rgb", "flow"]
    for stream in both.streams:
        config = FeatureConfig(side=64, modality=stream)
        alone = Extractor(config, tmp_path / "b").extract(clip)
        assert np.array_equal(alone.streams[stream], both.streams[stream])
    # and each serves the other way round
    Extractor(FeatureConfig(side=64, modality="rgb+flow"), tmp_path / "b").extract(clip)
    assert len(passes) == 3


class Enough(Exception):
    """Stands for whatever ends a process."""


@pytest.mark.parametrize("modality", ["rgbdiff", "rgb+flow"])
def test_an_interrupted_extraction_goes_on_and_ends_like_an_uninterrupted_one(
    clip: Path, tmp_path: Path, modality: str
) -> None:
    config = FeatureConfig(side=64, modality=modality)

    def stop(times: np.ndarray, rows: object) -> None:
        if times[-1] > 6:
            raise Enough

    with pytest.raises(Enough):
        Extractor(config, tmp_path).extract(clip, on_rows=stop)
    parts = list(tmp_path.glob("*.part"))
    assert len(parts) == len(config.streams) and not list(tmp_path.glob("*.npy"))

    seen: list[np.ndarray] = []
    resumed = Extractor(config, tmp_path).extract(clip, on_rows=lambda t, rows: seen.append(t))
    assert len(seen[0]) in (32, 64)  # what was there, at once
    np.testing.assert_array_equal(np.concatenate(seen), resumed.times)
    whole = Extractor(config, tmp_path / "whole").extract(clip)
    for stream in config.streams:
        assert np.array_equal(resumed.streams[stream], whole.streams[stream]), stream
    assert not list(tmp_path.glob("*.part*"))


def test_a_picture_too_small_for_the_backbone_is_refused(clip: Path, tmp_path: Path) -> None:
    weights = tmp_path / "weights.pth"
    weights.touch()
    config = FeatureConfig(backbone="inception-v3", side=96, weights=str(weights))
    with pytest.raises(InputError, match=r"clip\.mp4: inception-v3 cannot read pictures of 176x48"):
        Extractor(config, tmp_path).extract(clip)


@pytest.mark.parametrize(
    ("start", "order"), [(6.0, [3.2, 6.4, 9.6, 0.0]), (99.0, [6.4, 9.6, 0.0, 3.2])]
)
@pytest.mark.parametrize(
    "features", [{"modality": "rgbdiff"}, {"modality": "rgb+flow"}, {"crop": "person"}]
)
def test_features_are_the_same_wherever_the_reading_began(
    clip: Path, tmp_path: Path, features: dict[str, str], start: float, order: list[float]
) -> None:
    config = FeatureConfig.model_validate({"side": 64, **features})
    seen: list[np.ndarray] = []
    made = Extractor(config, tmp_path / "a").extract(
        clip, on_rows=lambda t, rows: seen.append(t), start=start
    )
    assert [round(float(t[0]), 3) for t in seen] == order
    np.testing.assert_array_equal(np.sort(np.concatenate(seen)), made.times)
    Extractor(config, tmp_path / "b").extract(clip)
    for file in (tmp_path / "b").iterdir():
        assert file.read_bytes() == (tmp_path / "a" / file.name).read_bytes()


def test_what_was_read_before_an_interruption_serves_from_wherever_it_goes_on(
    clip: Path, tmp_path: Path
) -> None:
    config = FeatureConfig(side=64)

    def stop(times: np.ndarray, rows: object) -> None:
        raise Enough

    with pytest.raises(Enough):
        Extractor(config, tmp_path).extract(clip, on_rows=stop, start=6.0)
    seen: list[float] = []
    resumed = Extractor(config, tmp_path).extract(
        clip, on_rows=lambda t, rows: seen.append(round(float(t[0]), 3))
    )
    assert seen == [3.2, 0.0, 6.4, 9.6]  # what was there, then the rest in its order
    whole = Extractor(config, tmp_path / "whole").extract(clip)
    assert np.array_equal(resumed.streams["rgbdiff"], whole.streams["rgbdiff"])


def test_what_is_left_of_another_shape_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "v.npy"
    path.with_suffix(".part").write_bytes(b"rubbish")
    writer = CacheWriter(path, 4, 3)
    assert not writer.there.any()
    writer.write(2, np.zeros((2, 3), np.float16))
    writer.close()
    again = CacheWriter(path, 4, 3)
    assert again.there.tolist() == [False, False, True, True]
    again.close()
    other = CacheWriter(path, 4, 5)
    assert not other.there.any()
    other.close()


def test_a_row_that_was_not_written_as_a_whole_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "v.npy"
    writer = CacheWriter(path, 4, 3)
    writer.write(0, np.ones((4, 3), np.float16))
    place = writer._first + writer._width * 2 + 3
    writer.close()
    with path.with_suffix(".part").open("r+b") as file:
        file.seek(place)
        file.write(b"\0")
    again = CacheWriter(path, 4, 3)
    assert again.there.tolist() == [True, True, False, True]
    again.close()


def test_two_that_write_the_same_cache_do_not_mix(tmp_path: Path) -> None:
    first = CacheWriter(tmp_path / "v.npy", 2, 3)
    first.write(0, np.ones((1, 3), np.float16))
    second = CacheWriter(tmp_path / "v.npy", 2, 3)
    assert not second.there.any()
    second.write(0, np.zeros((2, 3), np.float16))
    first.write(1, np.ones((1, 3), np.float16))
    rows = first.finish({}, np.arange(2.0))
    assert (rows == 1).all()
    second.close()
    first.close()
    assert {path.suffix for path in tmp_path.iterdir()} == {".npy", ".json"}


def test_features_of_a_mirror_image_are_those_of_the_mirrored_pictures(
    clip: Path, tmp_path: Path
) -> None:
    config = FeatureConfig(side=64, modality="rgb+flow", mirror=True)
    extractor = Extractor(config, tmp_path, "cpu")
    plain, image = extractor.extract(clip), extractor.mirror_image().extract(clip)
    with VideoReader(clip) as reader:
        frames = snippet_frames(reader.pts, config.step)
        shown = next(pictures(config, reader, frames, config.streams, 5))
    for stream in config.streams:
        mirrored = mirror(shown[stream][None], stream, config)
        (row,) = extractor._run(stream, mirrored)
        np.testing.assert_allclose(image.streams[stream][5], row, atol=0.05)
        assert not np.allclose(plain.streams[stream][5], image.streams[stream][5], atol=0.05)
    again = extractor.extract(clip)  # each has a cache of its own
    assert np.array_equal(again.streams["rgb"], plain.streams["rgb"])


def test_caches_of_pooled_cells_are_used_again(clip: Path, tmp_path: Path) -> None:
    config = FeatureConfig(side=64, crop="person", grid=(3, 2))
    made = Extractor(config, tmp_path, "cpu").extract(clip)
    again = Extractor(config, tmp_path, "cpu")
    again._run = None  # type: ignore[method-assign,assignment]  # nothing is computed
    np.testing.assert_array_equal(again.extract(clip).streams["rgbdiff"], made.streams["rgbdiff"])
