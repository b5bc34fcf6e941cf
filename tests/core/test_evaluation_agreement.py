"""Agreement of two annotators: matching, F1, boundary differences and Cohen's kappa by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etp_core.annotations import Annotations, Segment, VideoEntry
from etp_core.errors import InputError
from etp_core.evaluation import agreement, by_annotator


def of(*rows, fps=None, duration=None, frames=None, who=""):
    """Segments (video, label, start, end) of videos with a rate and a duration."""
    found = Annotations.of(Segment(*row, reviewer=who) for row in rows)
    for video in found.videos:
        found.videos[video] = VideoEntry(fps=fps, duration=duration, frames=frames)
    return found


def test_segments_are_matched_one_to_one_the_highest_tiou_first():
    a = of(("v", "run", 0, 10), ("v", "run", 12, 20))
    b = of(("v", "run", 0, 9), ("v", "run", 0, 10), ("v", "jump", 12, 20))
    found = agreement(a, b, tious=[0.5, 1.0])
    assert found.counts == (2, 3) and found.matched == (1, 1)
    assert found.precision == (1 / 3, 1 / 3) and found.recall == (1 / 2, 1 / 2)
    assert found.f1 == (2 / 5, 2 / 5)
    assert found.differences.tolist() == [[0, 0]]
    assert found.notes == ("labels that only B has: jump",)


def test_boundary_differences_are_signed_and_in_frames_where_the_rate_is_known():
    found = agreement(of(("v", "run", 0, 10), fps=10), of(("v", "run", 1, 9.5)))
    assert found.differences.tolist() == [[1, -0.5]]
    assert found.frame_differences.tolist() == [[10, -5]]
    shown = found.as_dict()["boundaries"]
    assert (shown["start_s"], shown["end_s"], shown["start_frames"]) == (1, 0.5, 10)
    unknown = agreement(of(("v", "run", 0, 10)), of(("v", "run", 1, 9.5)))
    assert np.isnan(unknown.frame_differences).all()
    assert unknown.as_dict()["boundaries"]["start_frames"] is None


def test_kappa_is_cohens_over_the_frames():
    # 100 frames: both "run" on 40, A alone on 10, B alone on 20, neither on 30
    found = agreement(
        of(("v", "run", 0, 5), fps=10, duration=10.0), of(("v", "run", 1, 7), fps=10, duration=10.0)
    )
    chance = 0.5 * 0.6 + 0.5 * 0.4
    assert found.kappa == pytest.approx((0.70 - chance) / (1 - chance))
    assert found.kappas["run"] == pytest.approx(found.kappa)


def test_kappa_is_one_for_the_same_and_unknown_where_there_is_no_choice():
    same = of(("v", "run", 0, 5), ("v", "jump", 3, 8), duration=10.0)
    assert agreement(same, same).kappa == pytest.approx(1)
    everywhere = of(("v", "run", 0, 10), duration=10.0)
    assert math.isnan(agreement(everywhere, everywhere).kappa)
    assert agreement(everywhere, everywhere).as_dict()["kappa"] is None


def test_videos_that_only_one_has_are_left_out_and_named_unless_they_are_asked_for():
    a = of(("v", "run", 0, 10), ("w", "run", 0, 10))
    b = of(("v", "run", 0, 10))
    found = agreement(a, b, names=("Ann", "Ben"))
    assert (found.videos, found.counts, found.f1[0]) == (("v",), (1, 1), 1)
    assert found.notes == ("left out: 1 video that only Ann has (w)",)
    assert agreement(a, b, videos=["v", "w"]).counts == (2, 1)
    with pytest.raises(InputError, match="no video in common"):
        agreement(a, of(("x", "run", 0, 1)))


def test_the_layers_of_a_file_are_its_reviewers():
    both = of(("v", "run", 0, 10), who="ann")
    both.segments += of(("v", "run", 1, 10), who="ben").segments
    both.segments.append(Segment("v", "run", 0, 1, 0.5, "localization"))
    layers = by_annotator(both)
    assert list(layers) == ["ann", "ben"]
    assert [len(layer.segments) for layer in layers.values()] == [1, 1]


def test_a_threshold_or_a_segment_that_cannot_be_meant_is_refused():
    one = of(("v", "run", 0, 10))
    with pytest.raises(InputError, match="threshold"):
        agreement(one, one, tious=[50])
    with pytest.raises(InputError, match="'run' of 5 to 5 s in 'v' is empty"):
        agreement(one, of(("v", "run", 5, 5)))


SPAN = st.tuples(st.sampled_from(["run", "jump"]), st.integers(0, 30), st.integers(1, 20)).map(
    lambda row: ("v", row[0], row[1] / 10, (row[1] + row[2]) / 10)
)


@settings(max_examples=80)
@given(st.lists(SPAN, min_size=1, max_size=8), st.lists(SPAN, min_size=1, max_size=8))
def test_kappa_equals_that_of_every_frame_looked_at_by_itself(first, second):
    options = {"fps": 10, "duration": 6.0}
    found = agreement(of(*first, **options), of(*second, **options))
    pairs = [
        tuple(
            frozenset(label for _, label, s, e in rows if s * 10 - 1e-6 <= i < e * 10 - 1e-6)
            for rows in (first, second)
        )
        for i in range(60)
    ]
    observed = sum(a == b for a, b in pairs) / 60
    kinds = {kind for pair in pairs for kind in pair}
    chance = sum(
        sum(a == k for a, _ in pairs) * sum(b == k for _, b in pairs) for k in kinds
    ) / 60**2  # fmt: skip
    if chance < 1:
        assert found.kappa == pytest.approx((observed - chance) / (1 - chance))


@settings(max_examples=50)
@given(st.lists(SPAN, min_size=1, max_size=8), st.lists(SPAN, min_size=1, max_size=8))
def test_who_is_first_changes_neither_f1_nor_kappa(first, second):
    there, back = agreement(of(*first), of(*second)), agreement(of(*second), of(*first))
    assert there.f1 == back.f1
    assert there.kappa == pytest.approx(back.kappa, nan_ok=True)
