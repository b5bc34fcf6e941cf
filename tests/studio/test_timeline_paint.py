"""What is painted: the same time at the same pixel everywhere, and no more work than needed."""

import numpy as np
import pytest
from evolving import LABELS, cuts_of, evolution_of, truth_of
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from etp_core.evolution import Evolution, Reason
from etp_core.project import StoredSegment
from etp_studio.theme import contrast, faded, mixed, theme
from etp_studio.timeline import TimelineView
from etp_studio.timeline.axis import GUTTER
from etp_studio.timeline.painting import Picture
from etp_studio.timeline.scene import TRUTH

SECONDS = 60.0
VIEWS = [(1, 30.0), (7.3, 12.0), (180, 41.7)]


@pytest.fixture(params=["dark", "light"])
def view(qtbot, request):
    made = TimelineView()
    qtbot.addWidget(made)
    made.setPalette(theme(request.param).qpalette())
    made.resize(1200, 520)
    truth = truth_of(SECONDS, 9, seed=2)
    made.set_video(1, cuts_of(SECONDS))
    made.set_labels(LABELS)
    made.set_truth(truth)
    made.set_evolution(evolution_of(SECONDS, truth))
    made.show()
    return made


def pixels(widget, ratio=1) -> np.ndarray:
    """The widget as it is painted on a screen of that device pixel ratio: (H, W, 3) pixels."""
    image = QImage(widget.size() * ratio, QImage.Format.Format_RGB888)
    image.setDevicePixelRatio(ratio)
    widget.render(image)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3).astype(int)


def near(picture, color, tolerance=12):
    """(H, W) where the picture has that colour."""
    rgb = np.array(QColor(color).getRgb()[:3])
    return (np.abs(picture - rgb) <= tolerance).all(axis=2)


def count_pictures(monkeypatch):
    """How often the still picture of the lanes is painted from now on."""
    painted = []
    paint = Picture.paint
    monkeypatch.setattr(Picture, "paint", lambda self, p: (painted.append(1), paint(self, p)))
    return painted


@pytest.mark.parametrize(("factor", "at"), VIEWS)
def test_curves_and_lanes_map_a_time_to_the_same_pixel(view, factor, at):
    view.zoom(factor, at)
    view.grab()
    for time in np.linspace(view.axis.start, view.axis.end, 23):
        of_lanes = view.lanes.mapTo(view, QPoint(0, 0)).x() + view.axis.x(time)
        plot = view.curves.plot
        of_plot = plot.mapTo(view, QPoint(0, 0)).x() + plot.x(time)
        assert of_plot == pytest.approx(of_lanes, abs=1.0)  # the plot answers in whole pixels


@pytest.mark.parametrize(("factor", "at"), VIEWS)
def test_the_playhead_is_one_upright_line_through_all_parts(view, factor, at):
    view.zoom(factor, at)
    view.set_playhead(at)
    red = view.lanes.theme.playhead
    x = view.axis.x(at)
    for part in (view.curves, view.lanes):
        columns = np.flatnonzero(near(pixels(part), red, 4).mean(axis=0) > 0.95)
        assert columns.tolist() == [round(x - 1), round(x - 1) + 1]


@pytest.mark.parametrize("ratio", [1, 2])
def test_a_curve_rises_where_its_proposal_lies(view, ratio, monkeypatch):
    """A curve that is one exactly within a bar crosses the height of one half at its edges."""
    truth = [StoredSegment(1, 1, 1, 20.0, 30.0, "Ada", "drawn")]
    times = np.arange(0, SECONDS, 0.01)
    curves = np.zeros((5, len(times)), np.float32)
    curves[0] = (times >= 20.0) & (times < 30.0)
    view.set_truth(truth)
    view.set_evolution(Evolution("1", tuple(label.name for label in LABELS), times, curves))
    monkeypatch.setattr(type(view.curves.plot), "devicePixelRatioF", lambda self: ratio)
    view.zoom(3, 25.0)
    view.curves.set_threshold(None)  # its line would lie over the curve
    picture = ~near(pixels(view.curves, ratio)[:, GUTTER * ratio :], view.lanes.theme.surface)
    middle = picture[picture.shape[0] // 2 - 3 : picture.shape[0] // 2 + 3].any(axis=0)
    columns = np.flatnonzero(middle) / ratio + GUTTER
    left, right = view.lanes.box(TRUTH, 0).left(), view.lanes.box(TRUTH, 0).right()
    assert abs(columns.min() - left) <= 2 and abs(columns.max() - right) <= 2


@pytest.mark.parametrize("ratio", [1, 2])
def test_bars_lie_where_the_axis_says_at_any_device_pixel_ratio(view, ratio, monkeypatch):
    monkeypatch.setattr(type(view.lanes), "devicePixelRatioF", lambda self: ratio)
    view.lanes.refresh()
    picture = pixels(view.lanes, ratio)
    here, truth = view.lanes.theme, view.lanes.scene.truth
    assert view.lanes._picture.width() == view.lanes.width() * ratio
    for bar in range(len(truth)):
        box = view.lanes.box(TRUTH, bar)
        hue = here.shown(view.lanes.scene.hues[truth.hue[bar]])
        fill = mixed(hue, QColor(here.band), 0.92)
        line = near(picture, fill, 4)[round((box.bottom() - 2) * ratio)]
        columns = np.flatnonzero(line)
        columns = columns[
            (columns >= box.left() * ratio - 3) & (columns <= box.right() * ratio + 3)
        ]
        assert columns.min() == pytest.approx(box.left() * ratio, abs=1.01)
        assert columns.max() + 1 == pytest.approx(box.right() * ratio, abs=1.01)


def test_moving_the_playhead_paints_no_still_picture_again(view, monkeypatch):
    view.grab()
    painted = count_pictures(monkeypatch)
    curves = view.curves.plot._picture
    for time in np.linspace(1, 50, 20):
        view.set_playhead(float(time))
        QApplication.processEvents()
    view.grab()
    assert painted == []
    assert view.curves.plot._picture is curves


@pytest.mark.parametrize("wiggle", [False, True])
def test_panning_moves_the_curves_and_paints_what_comes_into_view_as_if_it_were_all_new(
    view, wiggle
):
    times = np.arange(0, SECONDS, 0.01)
    noise = 0.3 * wiggle * np.random.default_rng(3).standard_normal((5, len(times)))
    waves = 0.5 + 0.3 * np.sin(times / np.arange(1, 6)[:, None])
    names = tuple(label.name for label in LABELS)
    view.set_evolution(Evolution("1", names, times, np.clip(waves + noise, 0, 1).astype("f4")))
    view.zoom(3, 25.0)
    view.grab()
    picture, plot = view.curves.plot._picture, view.curves.plot
    for pixels_left in (37, -150, 80, 3, -400):
        view.pan(pixels_left / view.axis.scale)
    assert plot._picture is picture  # moved, not painted anew
    panned = pixels(view.curves)
    view.curves.refresh()
    fresh = pixels(view.curves)
    assert plot._picture is not picture
    assert (panned != fresh).any(axis=-1).mean() < 0.002


def test_zooming_and_new_truth_paint_it_once_each(view, monkeypatch):
    view.grab()
    painted = count_pictures(monkeypatch)
    view.zoom(2, 30.0)
    view.grab()
    view.set_truth(view.lanes.truth[1:])
    view.grab()
    assert len(painted) == 2


def test_every_kept_bar_is_painted_in_its_hue(view):
    picture = pixels(view.lanes)
    here = view.lanes.theme
    for lane, bars in enumerate(view.lanes.scene.lanes):
        for bar in np.flatnonzero(bars.reason == Reason.KEPT).tolist():
            box = view.lanes.box(lane, bar)
            hue = here.shown(view.lanes.scene.hues[bars.hue[bar]])
            x, y = round(box.center().x()), round(box.bottom() - 3)
            seen = QColor(*picture[y, x])
            assert abs(seen.hueF() - hue.hueF()) < 0.06 or seen.saturationF() < 0.1


def test_ribbons_run_where_results_meet_their_truth_and_nowhere_else(view):
    view.set_truth(view.lanes.truth[:-3])  # the last detections have no truth any more
    results, bands = view.lanes.scene.lanes[2], view.lanes.bands
    assert (results.match >= 0).any() and (results.match < 0).any()
    covered = np.zeros(view.lanes.width(), bool)
    for bar in np.flatnonzero(results.match >= 0).tolist():
        above, below = view.lanes.box(2, bar), view.lanes.box(TRUTH, int(results.match[bar]))
        left = min(above.left(), below.left())
        covered[int(left) - 1 : int(max(above.right(), below.right())) + 2] = True
    row = round(bands[TRUTH].top) - 3
    empty = near(pixels(view.lanes)[row : row + 1], view.lanes.theme.surface, 3)[0]
    assert empty[GUTTER:][~covered[GUTTER:]].all()
    for bar in np.flatnonzero(results.match >= 0).tolist():
        middle = view.lanes.box(TRUTH, int(results.match[bar])).center()
        assert not empty[round(middle.x())]


def test_a_hidden_detection_takes_its_ribbons_along(view):
    view.set_threshold(99.0)
    picture = pixels(view.lanes)
    bands = view.lanes.bands
    between = picture[round(bands[2].bottom) + 2 : round(bands[3].top) - 2, GUTTER + 1 :]
    assert near(between, view.lanes.theme.surface, 3).all()


def test_marks_are_shapes_and_colours_that_stand_out(view):
    view.resize(1200, 900)
    view.show_all(True)
    scene = view.lanes.scene
    assert (scene.lanes[1].moved == 1).any() and (scene.lanes[1].moved == -1).any()
    view.zoom(3, 30.0)
    picture = pixels(view.lanes)
    band = view.lanes.bands[1]
    strip = picture[round(band.top) : round(band.bottom)]
    for name in ("towards", "away"):
        assert near(strip, getattr(view.lanes.theme, name), 6).any()


def test_a_segment_that_was_begun_reaches_from_its_start_to_the_playhead(view):
    view.set_truth([])
    view.set_playhead(20.0)
    before = pixels(view.lanes)
    view.set_begun([(None, 10.0)])
    band = view.lanes.bands[TRUTH]
    row = round((band.top + band.bottom) / 2)
    changed = np.flatnonzero((pixels(view.lanes) != before).any(axis=2)[row])
    assert changed.min() == pytest.approx(view.axis.x(10.0), abs=2)
    assert changed.max() == pytest.approx(view.axis.x(20.0), abs=2)
    view.set_begun([])
    assert (pixels(view.lanes) == before).all()


def test_labels_that_run_at_once_are_drawn_below_one_another(view):
    view.set_truth([])
    view.set_playhead(20.0)
    first, second = view.lanes.labels[:2]
    before = pixels(view.lanes)
    view.set_begun([(first.id, 10.0), (second.id, 15.0)])
    changed = (pixels(view.lanes) != before).any(axis=2)
    band, middle = view.lanes.bands[TRUTH], round(view.axis.x(12.0))
    upper, lower = round(band.row_top(0) + band.bar / 4), round(band.row_top(0) + band.bar * 3 / 4)
    assert changed[upper, middle] and not changed[lower, middle]
    assert changed[lower, round(view.axis.x(17.0))]


def test_the_chip_of_the_chosen_proposal_lies_within_the_lanes(view):
    before = pixels(view.lanes)
    view.zoom(40, float(view.lanes.scene.lanes[2].start[-1]))
    view.show_proposal("localization", int(view.lanes.scene.lanes[2].row[-1]))
    raised = near(pixels(view.lanes), view.lanes.theme.raised, 2)
    assert raised[:, GUTTER:].sum() > before.shape[1]  # its ground is there, and not cut off
    assert not raised[:, -3:].any()


def test_live_curves_fill_in_piece_by_piece(view):
    view.set_evolution(None)
    empty = pixels(view.curves)
    times = np.arange(0, SECONDS, 0.1)
    scores = np.full((len(times), 3), 0.6, np.float32)
    for piece in (slice(200, 300), slice(0, 200), slice(300, 600)):
        view.append_curves(times[piece], scores[piece], ("x", "y"))
    filled = pixels(view.curves)
    changed = np.flatnonzero((filled != empty).any(axis=(0, 2))) + 0
    inside = changed[changed > GUTTER]
    assert inside.min() <= view.axis.x(0.5) and inside.max() >= view.axis.x(59)
    view.clear_curves()
    assert (pixels(view.curves) == empty).all()


def test_an_empty_timeline_and_a_video_of_one_frame_are_painted(qtbot):
    for cuts in (np.zeros(0), np.array([0.0, 0.04]), np.array([-1.5, -1.46, -1.40])):
        made = TimelineView()
        qtbot.addWidget(made)
        made.resize(700, 320)
        made.set_video(1, cuts)
        made.set_playhead(float(cuts[0]) if len(cuts) else 0.0)
        made.show()
        made.zoom(100, None)
        assert not made.grab().isNull()


def test_the_theme_follows_the_palette(view):
    dark = view.lanes.theme.dark
    view.setPalette(theme("light" if dark else "dark").qpalette())
    assert view.lanes.theme.dark is not dark
    corner = pixels(view.lanes)[2, -3]
    assert QColor(*corner).lightnessF() > 0.5 if dark else QColor(*corner).lightnessF() < 0.5


@pytest.mark.parametrize("name", ["dark", "light"])
def test_texts_of_a_theme_can_be_read(name):
    here = theme(name)
    for ground in (here.window, here.surface, here.raised, here.band):
        assert contrast(QColor(here.text), QColor(ground)) >= 7
        assert contrast(QColor(here.muted), QColor(ground)) >= 4.5
        for mark in (here.towards, here.away, here.playhead, here.accent):
            assert contrast(QColor(mark), QColor(ground)) >= 3
    assert contrast(QColor(here.on_accent), QColor(here.accent)) >= 4.5


def test_a_faded_colour_keeps_its_hue():
    assert faded("#3366cc", 0.5).name() == "#3366cc"
    assert faded("#3366cc", 7.0).alphaF() == 1.0


def test_a_cut_between_two_segments_of_one_label_is_seen_and_a_gap_has_no_line(qtbot):
    view = TimelineView()
    qtbot.addWidget(view)
    view.resize(1200, 520)
    view.set_video(1, cuts_of(SECONDS))
    view.set_labels(LABELS)
    spans = ((5.0, 15.0), (15.0, 30.0))
    view.set_truth(
        [StoredSegment(i + 1, 1, 1, *span, "Ada", "drawn") for i, span in enumerate(spans)]
    )
    view.show()
    lanes, band = view.lanes, view.lanes.bands[TRUTH]
    y = int(band.row_top(0) + band.bar * 0.85)
    row = near(pixels(lanes), lanes.theme.surface, 3)[y]
    at = round(lanes.axis.x(15.0))
    left, right = round(lanes.axis.x(5.0)) + 3, round(lanes.axis.x(30.0)) - 3
    assert np.flatnonzero(row[left:right]).tolist() == [at - 1 - left, at - left]
