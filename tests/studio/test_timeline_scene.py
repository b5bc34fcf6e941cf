"""What the lanes show: which proposals, linked to what, in which sub-row."""

from dataclasses import replace

import numpy as np
import pytest
from evolving import LABELS, evolution_of, truth_of
from hypothesis import given
from hypothesis import strategies as st

from etp_core.evolution import Evolution, ProposalList, Reason
from etp_core.project import Label, StoredSegment
from etp_core.timeline import tiou
from etp_studio.timeline import describe
from etp_studio.timeline.bars import SUB_ROWS, pack
from etp_studio.timeline.scene import TRUTH, build

CUTS = np.arange(1001) / 25
A, B = Label(1, "a", "#0072b2"), Label(2, "b", "#e69f00")


def stored(id_, start, end, label=1):
    return StoredSegment(id_, 1, label, start, end, "Ada", "drawn")


def evolution(initial, refined, detections, **more):
    """Lists given as rows of (start, end, score, label, parent, reason)."""
    lists = []
    for rows in (initial, refined, detections):
        table = np.array(rows, np.float64).reshape(-1, 6)
        lists.append(
            ProposalList.of(
                table[:, :2],
                table[:, 2],
                table[:, 3].astype(np.int64),
                table[:, 4].astype(np.int64),
                table[:, 5].astype(np.int8),
            )
        )
    return Evolution("1", ("a", "b"), np.zeros(0), np.zeros((3, 0), np.float32), *lists, **more)


# Two chains; the second refined proposal became two detections, one of which was suppressed.
TWO = evolution(
    [(1, 4, 0.6, -1, -1, 0), (10, 14, 0.5, 1, -1, 0), (20, 21, 0.4, 0, -1, Reason.LENGTH)],
    [(1.5, 4, 0.6, -1, 0, 0), (10.4, 13, 0.5, 1, 1, 0)],
    [
        (1.9, 4.2, 0.9, 0, 0, 0),
        (10.6, 12.6, 0.7, 1, 1, 0),
        (10.2, 12.6, 0.65, 0, 1, Reason.NMS),
        (10.2, 12.6, 0.1, 1, 1, Reason.BACKGROUND),
    ],
)
TRUTHS = [stored(7, 10.5, 12.5, 2), stored(8, 2.0, 4.0, 1)]


def shown(scene):
    return [sorted(bars.row.tolist()) for bars in scene.lanes[:TRUTH]]


def test_by_default_lanes_show_what_led_to_the_kept_detections():
    assert shown(build(TWO, TRUTHS, [A, B])) == [[0, 1], [0, 1], [0, 1]]


def test_a_detection_below_the_threshold_is_hidden_with_its_ancestry():
    assert shown(build(TWO, TRUTHS, [A, B], threshold=0.8)) == [[0], [0], [0]]
    assert shown(build(TWO, TRUTHS, [A, B], threshold=0.95)) == [[], [], []]


def test_what_was_dropped_is_shown_on_demand_but_not_below_the_threshold():
    scene = build(TWO, TRUTHS, [A, B], dropped=True)
    assert shown(scene) == [[0, 1, 2], [0, 1], [0, 1, 2, 3]]
    assert shown(build(TWO, TRUTHS, [A, B], 0.3, dropped=True))[2] == [0, 1, 2]
    assert len(scene.lanes[2].start[scene.lanes[2].reason == Reason.NMS]) == 1


def test_without_later_stages_the_proposals_of_the_first_are_the_result():
    alone = evolution([(1, 4, 0.6, 0, -1, 0), (10, 14, 0.3, 1, -1, 0)], [], [])
    scene = build(alone, TRUTHS, [A, B], threshold=0.5)
    assert scene.leaf == 0
    assert shown(scene) == [[0], [], []]


def test_bars_are_linked_to_those_they_came_from():
    scene = build(TWO, TRUTHS, [A, B])
    for lane, stage in ((1, TWO.refinement), (2, TWO.localization)):
        bars, above = scene.lanes[lane], scene.lanes[lane - 1]
        for bar in range(len(bars)):
            assert above.row[bars.up[bar]] == stage.parents[bars.row[bar]]


def test_a_chain_reaches_from_any_of_its_bars_to_the_truth():
    scene = build(TWO, TRUTHS, [A, B])
    for lane in range(TRUTH + 1):
        bar = scene.truth.find(1) if lane == TRUTH else scene.lanes[lane].find(0)
        chain = scene.chain(lane, bar)
        assert [scene.lanes[k].row[chain[k]].tolist() for k in range(4)] == [[0], [0], [0], [1]]
    assert scene.path(0, scene.lanes[0].find(1)) == tuple(scene.lanes[k].find(1) for k in range(3))


def test_a_proposal_without_a_class_takes_the_hue_of_what_became_of_it():
    scene = build(TWO, TRUTHS, [A, B])
    assert [scene.names[h] for h in scene.lanes[0].hue] == ["a", "b"]
    assert scene.hues[scene.lanes[0].hue[0]] == A.color


def test_people_whose_segments_overlap_have_rows_of_their_own_in_the_order_of_their_names():
    def rows(*people):
        truth = [replace(stored(k, 2.0 * k, 2.0 * k + 1), annotator=p) for k, p in people]
        scene = build(None, truth, LABELS)
        found = {}
        for sub, row in zip(scene.truth.sub.tolist(), scene.truth.row.tolist(), strict=True):
            found.setdefault(truth[row].annotator, set()).add(sub)
        return found

    both = [(k, who) for k in range(4) for who in ("Zoë", "Ada")]
    assert rows(*both, (9, "Zoë")) == {"Ada": {0}, "Zoë": {1}}
    assert rows((0, "Zoë"), (1, "Ada")) == {"Ada": {0}, "Zoë": {0}}  # nothing overlaps
    crowd = [(0, f"{k}") for k in range(SUB_ROWS + 2)]
    assert max(max(subs) for subs in rows(*crowd).values()) == SUB_ROWS - 1


def test_a_class_without_a_label_has_a_hue_of_its_own_and_no_class_has_none():
    scene = build(TWO, [stored(1, 0, 1, label=99)], [])
    assert set(scene.names) == {"a", "b", ""}
    assert scene.names[scene.truth.hue[0]] == ""
    assert len(set(scene.hues)) == 3


def test_truth_is_matched_above_three_tenths_of_overlap_and_the_same_class_goes_first():
    one = evolution([(0, 10, 0.6, 0, -1, 0), (20, 30, 0.6, 0, -1, 0)], [], [])
    other, same = stored(1, 0, 10, label=2), stored(2, 0, 6, label=1)
    slight = stored(3, 20, 23, label=1)  # tIoU .3 is not above .3
    scene = build(one, [other, same, slight], [A, B])
    assert scene.truth.row[scene.lanes[0].match[0]] == 1
    assert scene.lanes[0].match[1] == -1
    scene = build(one, [other], [A, B])
    assert scene.truth.row[scene.lanes[0].match[0]] == 0


def test_boundaries_that_moved_towards_the_truth_or_away_are_told_and_half_a_frame_is_neither():
    truth = [stored(1, 2.0, 4.0)]
    moved = evolution(
        [(1.0, 4.0, 0.6, 0, -1, 0)],
        [(1.5, 4.3, 0.6, 0, 0, 0)],
        [(1.51, 4.1, 0.9, 0, 0, 0)],
    )
    scene = build(moved, truth, [A, B], frame=0.04)
    assert scene.lanes[1].moved.tolist() == [[1, -1]]
    assert scene.lanes[2].moved.tolist() == [[0, 1]]
    assert scene.lanes[0].moved.tolist() == [[0, 0]]


def test_showing_what_was_dropped_moves_no_bar_to_another_sub_row():
    truth = truth_of(60, 12, seed=4)
    evolved = evolution_of(60, truth)
    few, all_ = (build(evolved, truth, LABELS, dropped=dropped) for dropped in (False, True))
    for lane in range(TRUTH):
        assert len(all_.lanes[lane]) > len(few.lanes[lane]) > 0
        for bar, row in enumerate(few.lanes[lane].row):
            assert all_.lanes[lane].sub[all_.lanes[lane].find(row)] == few.lanes[lane].sub[bar]


intervals = st.lists(st.tuples(st.floats(0, 100), st.floats(0.1, 30)), max_size=40)


@given(intervals, st.lists(st.integers(-1, SUB_ROWS), min_size=40, max_size=40))
def test_bars_of_a_sub_row_overlap_only_where_all_sub_rows_are_full(spans, wishes):
    spans = sorted((start, start + length) for start, length in spans)
    start, end = [s for s, _ in spans], [e for _, e in spans]
    rows = pack(start, end, wishes[: len(spans)])
    assert all(0 <= row < SUB_ROWS for row in rows)
    for i in range(len(spans)):
        crowd = {int(rows[j]) for j in range(i) if end[j] > start[i]}
        if len(crowd) < SUB_ROWS:
            assert rows[i] not in crowd


@given(intervals, st.floats(0, 130), st.floats(0.01, 60))
def test_exactly_the_bars_that_reach_into_the_view_are_visible(spans, start, span):
    truth = [stored(i + 1, a, a + length) for i, (a, length) in enumerate(spans)]
    bars = build(None, truth, [A]).truth
    found = {truth[row].id for row in bars.row[bars.visible(start, start + span)]}
    assert found == {s.id for s in truth if s.start < start + span and s.end > start}


@given(intervals, intervals)
def test_the_match_is_the_truth_of_highest_overlap(spans, goals):
    spans, goals = ([(a, a + length) for a, length in pairs] for pairs in (spans, goals))
    rows = [(a, b, 0.5, 0, -1, 0) for a, b in spans]
    truth = [stored(i + 1, a, b) for i, (a, b) in enumerate(goals)]
    scene = build(evolution(rows, [], []), truth, [A, B])
    for bar in range(len(scene.lanes[0])):
        row, match = scene.lanes[0].row[bar], scene.lanes[0].match[bar]
        overlaps = tiou([spans[row]], goals)[0] if goals else np.zeros(1)
        if match < 0:
            assert overlaps.max() <= 0.3 + 1e-9
        else:
            best = overlaps[scene.truth.row[match]]
            assert best == pytest.approx(overlaps.max()) and best > 0.3


def test_the_chip_tells_frames_from_the_truth_and_overlap_stage_by_stage():
    scene = build(TWO, TRUTHS, [A, B])
    bar = scene.lanes[2].find(0)
    assert describe.chip(scene, 2, bar, CUTS) == (
        "start −25f → −13f → −3f · end 0f → 0f → +5f · tIoU .67 → .80 → .87"
    )
    assert describe.chip(scene, 0, scene.lanes[0].find(0), CUTS) == describe.chip(
        scene, 2, bar, CUTS
    )


def test_the_chip_of_a_proposal_without_a_truth_says_so():
    scene = build(TWO, [], [A, B])
    assert "no ground truth" in describe.chip(scene, 2, 0, CUTS)


def test_a_dropped_proposal_tells_why():
    suppressed = ProposalList.of(
        np.array([(1.0, 4.0), (1.2, 4.0)]),
        np.array([0.9, 0.5]),
        reasons=np.array([0, Reason.NMS], np.int8),
        suppressed_by=np.array([-1, 0]),
    )
    one = Evolution("1", ("a",), np.zeros(0), np.zeros((2, 0), np.float32), suppressed)
    assert (
        describe.dropped(one, "actionness", 1) == "overlaps a better one, 0:01.000–0:04.000 (.90)"
    )
