"""The window that follows the person, and the pictures that are cut by it."""

from pathlib import Path

import barcode
import numpy as np
import pytest
from numpy.typing import NDArray

from etp_core.config import FeatureConfig, FlowConfig
from etp_core.features.cache import header_of
from etp_core.features.extraction import Extractor
from etp_core.features.following import cut_out, small_size, smallest, upper, windows
from etp_core.features.pictures import PictureMaker, new_maker

STEP = 0.1


def walk(x: NDArray[np.float64], height: int = 72, width: int = 120) -> NDArray[np.float32]:
    """A dark striped figure, 8 x 26 pixels, that stands with its left side at x."""
    pictures = np.full((len(x), height, width), 200, np.float32)
    for picture, left in zip(pictures, x.round().astype(int), strict=True):
        picture[30:56, left : left + 8] = 60
        picture[30:56:4, left : left + 8] = 120
    return pictures


def test_the_window_follows_a_person_who_walks_through_the_picture() -> None:
    x = np.linspace(5, 105, 60)
    left, _, side = windows(walk(x), STEP).T * 72
    assert (left < x).all() and (x + 8 < left + side).all()
    np.testing.assert_allclose((left + side / 2)[10:-10], x[10:-10] + 4, atol=6)


def test_the_window_is_no_smaller_than_a_share_of_the_height_and_has_the_person_in_it() -> None:
    _, top, side = windows(walk(np.linspace(5, 105, 60)), STEP).T * 72
    assert side.min() >= smallest("person") * 72 - 1e-9
    assert top.max() < 30
    assert (top + side).min() > 52


def test_who_walks_and_then_stands_moving_a_little_is_in_the_window_all_the_time() -> None:
    sway = np.sin(np.arange(30) * 1.3)
    x = np.concatenate([np.linspace(20, 60, 20), 60 + sway])
    left, _, side = windows(walk(x), STEP).T * 72
    assert (left < x).all() and (x + 8 < left + side).all()


def test_a_cut_is_no_movement_and_the_window_jumps_with_the_person() -> None:
    sway = 2 * np.sin(np.arange(40) * 1.3)
    pictures = walk(np.concatenate([20 + sway, 90 + sway]))
    pictures[40:] *= 0.7  # another light
    left, _, side = windows(pictures, STEP).T * 72
    centre = left + side / 2
    assert np.abs(centre[:40] - 24).max() < 5
    assert np.abs(centre[40:] - 94).max() < 5


def test_pictures_looked_at_in_parts_give_the_windows_of_all_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Hours of them do not fit into memory as numbers to reckon with."""
    pictures = walk(np.concatenate([np.linspace(5, 60, 40), np.linspace(100, 70, 30)]))
    pictures[40:] *= 0.7
    shown = pictures.astype(np.uint8)
    whole = windows(shown, STEP)
    for part in (1, 7, 40):
        monkeypatch.setattr("etp_core.features.following._PART", part)
        assert np.array_equal(windows(shown, STEP), whole)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_where_nothing_moves_the_window_is_the_picture(count: int) -> None:
    found = windows(np.full((count, 72, 120), 90, np.float32), STEP)
    assert found.shape == (count, 3)
    left, top, side = found[-1] * 72
    assert left + side / 2 == pytest.approx(60, abs=3)
    assert top <= 0 and top + side >= 72


def test_a_window_is_cut_out_and_scaled_and_its_surroundings_are_repeated() -> None:
    picture = np.arange(40 * 60 * 3, dtype=np.float32).reshape(40, 60, 3)
    whole = cut_out(picture, np.array([0.25, 0.0, 1.0]), 40)
    np.testing.assert_allclose(whole, picture[:, 10:50], atol=1e-2)
    beyond = cut_out(picture, np.array([-1.0, 0.0, 1.0]), 40)
    np.testing.assert_allclose(beyond, np.repeat(picture[:, :1], 40, axis=1), atol=1e-2)
    assert cut_out(picture[..., 0], np.array([0.0, 0.0, 0.5]), 32).shape == (32, 32)


def test_small_pictures_are_not_enlarged() -> None:
    assert small_size(480, 290) == (120, 72)
    assert small_size(64, 48) == (64, 48)


def test_a_window_that_moves_over_what_stands_still_sees_no_movement() -> None:
    frame = np.random.default_rng(0).integers(0, 256, (40, 60, 3)).astype(np.uint8)
    config = FeatureConfig(crop="person", flow=FlowConfig())
    for maker in (PictureMaker("rgbdiff"), new_maker("flow", config)):
        for shift in range(5):
            window = np.array([0.05 * shift, 0, 0.8])
            picture = maker(frame, lambda shown, at=window: cut_out(shown, at, 32))
        assert picture.shape == (3, 32, 32)
        still = picture[1:] if maker.stream == "rgbdiff" else picture
        np.testing.assert_allclose(still, 0, atol=1e-4)


def test_features_of_windows_do_not_depend_on_which_streams_are_made(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    barcode.write(clip, np.arange(40) / 30)
    both = FeatureConfig(modality="rgbdiff+flow", crop="person", side=64)
    made = Extractor(both, tmp_path / "both", "cpu").extract(clip)
    for stream in both.streams:
        alone = both.model_copy(update={"modality": stream})
        rows = Extractor(alone, tmp_path / "alone", "cpu").extract(clip).streams[stream]
        np.testing.assert_array_equal(rows, made.streams[stream])


def test_caches_without_windows_stay_what_they_were() -> None:
    assert "crop" not in header_of(FeatureConfig(), "rgbdiff", "f", "w")
    assert header_of(FeatureConfig(crop="person"), "rgbdiff", "f", "w")["crop"] == "person"


def test_the_upper_body_is_the_middle_of_the_upper_part_of_a_window() -> None:
    whole = np.array([[0.2, 0.1, 0.5], [-0.3, 0.0, 1.0]])
    np.testing.assert_allclose(upper(whole), [[0.29, 0.12, 0.32], [-0.12, 0.04, 0.64]])
    assert smallest("upper body") < smallest("person")
