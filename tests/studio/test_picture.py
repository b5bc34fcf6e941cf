"""Pictures of the timeline and of plots: pixels of the right colours, vectors that stay vectors."""

import os
import xml.etree.ElementTree as ET

import numpy as np
import pyqtgraph as pg
import pytest
from evolving import LABELS, cuts_of, evolution_of, truth_of
from pictures import number_in, pixels
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu

from etp_studio.actions import Action
from etp_studio.background import Background
from etp_studio.picture import SCALE, Pictures, Still, figure, plot_drawing
from etp_studio.picture_dialog import PictureDialog
from etp_studio.theme import theme
from etp_studio.timeline import TimelineView
from etp_studio.timeline.axis import GUTTER

SECONDS = 60.0
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def view(qtbot):
    made = TimelineView()
    qtbot.addWidget(made)
    made.setPalette(theme("light").qpalette())
    made.resize(1200, 520)
    truth = truth_of(SECONDS, 9, seed=2)
    made.set_video(1, cuts_of(SECONDS))
    made.set_labels(LABELS)
    made.set_truth(truth)
    made.set_evolution(evolution_of(SECONDS, truth))
    made.show()
    return made


@pytest.fixture
def saver(qtbot):
    background = Background()
    made = Pictures(background, background)
    yield made
    background.close()
    background.deleteLater()


def tags(svg: bytes) -> list[str]:
    return [element.tag.removeprefix(SVG) for element in ET.fromstring(svg).iter()]


def test_every_bar_of_the_ground_truth_has_its_colour_at_twice_the_size(view):
    drawing = figure(view, "film.mp4")
    image = drawing.image()
    assert image.width() == SCALE * view.width()
    picture = pixels(image)
    parts = [part for part in view.figure_parts if not part.isHidden()]
    above = sum(part.height() for part in parts[: parts.index(view.lanes)])
    for segment in view.lanes.truth:
        box = view.lanes.box(3, view.lanes.bar_of(segment.id))
        x = round(SCALE * (box.left() + 3))
        y = round(SCALE * (above + box.center().y()))
        color = QColor(LABELS[segment.label_id - 1].color).getRgb()[:3]
        assert np.abs(picture[y, x].astype(int) - color).max() < 40


def test_an_svg_holds_vectors_and_text_and_no_image(view):
    found = tags(figure(view, "film.mp4").svg())
    assert "image" not in found
    assert found.count("path") >= 4 and found.count("rect") > 20
    words = " ".join(ET.fromstring(figure(view, "film.mp4").svg()).itertext())
    for word in ("film.mp4", "Actionness", "Refinement", "Localization", "Ground truth", "0:10"):
        assert word in words


def test_every_colour_has_its_name_below_the_picture(view):
    for width in (1200, 500):
        view.resize(width, 520)
        root = ET.fromstring(figure(view, "film.mp4").svg())
        words = [element.text for element in root.iter(f"{SVG}text")]
        assert {label.name for label in LABELS} <= set(words)
        image = figure(view, "film.mp4").image()
        parts = [part for part in view.figure_parts if not part.isHidden()]
        below = pixels(image)[SCALE * sum(part.height() for part in parts) :].astype(int)
        for label in {segment.label_id for segment in view.lanes.truth}:
            ink = view.ruler.theme.shown(LABELS[label - 1].color).getRgb()[:3]
            assert (np.abs(below - ink).max(axis=2) < 3).sum() >= 100  # a swatch


def test_a_crowd_stays_vectors(view):
    truth = truth_of(SECONDS, 400, seed=3)
    view.set_truth(truth)
    view.set_evolution(evolution_of(SECONDS, truth))
    found = tags(figure(view, "").svg())
    assert "image" not in found and found.count("rect") > 400


def test_only_a_frame_of_the_video_is_an_image(view):
    frame = QImage(64, 36, QImage.Format.Format_RGB32)
    frame.fill(Qt.GlobalColor.magenta)
    drawing = figure(view, "film.mp4", Still(frame, "frame 7"))
    assert tags(drawing.svg()).count("image") == 1
    assert drawing.height > figure(view, "film.mp4").height
    assert (pixels(drawing.image())[60, 700] == (255, 0, 255)).all()


def test_playhead_and_selection_are_not_in_the_picture(view):
    before = figure(view, "").image()
    view.set_playhead(20.0)
    view.select(view.lanes.truth[2].id)
    view.show_proposal("localization", int(view.lanes.scene.lanes[2].row[0]))
    assert view.lanes.chain is not None
    assert figure(view, "").image() == before


def test_the_screen_is_as_it_was_after_a_picture(view):
    view.select(view.lanes.truth[2].id)
    before = view.grab().toImage()
    figure(view, "").svg()
    assert view.grab().toImage() == before


def test_a_picture_for_paper_is_light_whatever_the_window_is(view):
    light = figure(view, "film.mp4").image()
    view.setPalette(theme("dark").qpalette())
    dark = view.grab().toImage()
    assert figure(view, "film.mp4").image() != light
    assert figure(view, "film.mp4", light=True).image() == light
    assert view.grab().toImage() == dark


def test_a_plot_is_drawn_as_vectors(qtbot):
    plot = pg.PlotWidget()
    qtbot.addWidget(plot)
    plot.resize(300, 200)
    plot.plot([0, 1, 2], [0, 2, 1], pen="r")
    plot.setLabel("left", "loss")
    plot.show()
    svg = plot_drawing(plot, "loss").svg()
    assert "image" not in tags(svg)
    assert "loss" in " ".join(ET.fromstring(svg).itertext())


@pytest.mark.parametrize("name", ["a.png", "a.svg"])
def test_a_picture_is_saved_whole(qtbot, view, saver, tmp_path, name):
    path = tmp_path / name
    with qtbot.waitSignal(saver.done):
        saver.save(figure(view, "film"), path)
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == [name]
    if name.endswith("svg"):
        assert "rect" in tags(path.read_bytes())
    else:
        assert QImage(str(path)).width() == SCALE * view.width()


def test_another_ending_is_refused_and_the_file_stays(view, saver, qtbot, tmp_path):
    path = tmp_path / "a.jpg"
    path.write_text("mine")
    with qtbot.waitSignal(saver.failed) as told:
        saver.save(figure(view, ""), path)
    assert told.args == ["a.jpg: give the picture a name that ends in .png or .svg"]
    assert path.read_text() == "mine"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_told(view, saver, qtbot, tmp_path):
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o500)
    with qtbot.waitSignal(saver.failed) as told:
        saver.save(figure(view, ""), folder / "a.svg")
    assert "cannot be written" in told.args[0]


def test_a_file_in_the_place_of_the_folder_is_told(view, saver, qtbot, tmp_path):
    (tmp_path / "file").write_text("")
    with qtbot.waitSignal(saver.failed) as told:
        saver.save(figure(view, ""), tmp_path / "file" / "a.png")
    assert "cannot be written" in told.args[0] and "\n" not in told.args[0]


def test_the_window_copies_its_timeline(qtbot, opened):
    opened.actions_by_name[Action.copy_picture].trigger()
    image = QGuiApplication.clipboard().image()
    assert image.width() == SCALE * opened.timeline.width()
    QGuiApplication.clipboard().clear()


def test_the_dialog_shows_and_saves_the_picture_with_the_frame(qtbot, opened, tmp_path):
    opened.player.go(37)
    qtbot.waitUntil(lambda: opened.video.on_screen and opened.video.picture.index == 37)
    opened.actions_by_name[Action.export_picture].trigger()
    (dialog,) = opened.findChildren(PictureDialog)
    low = dialog.drawing.height
    dialog.frame.click()
    high = dialog.drawing.height
    assert high > low and not dialog.preview.pixmap().isNull()
    qtbot.mouseClick(dialog.save, Qt.MouseButton.LeftButton)
    (files,) = opened.findChildren(QFileDialog)
    files.close()
    with qtbot.waitSignal(opened.pictures.done):
        files.fileSelected.emit(str(tmp_path / "view.png"))
    saved = QImage(str(tmp_path / "view.png"))
    assert saved.height() == SCALE * high
    frame = opened.video.image()
    tall = high - low - 8
    wide = tall * frame.width() / frame.height()
    shown = saved.copy(SCALE * GUTTER, SCALE * 4, round(SCALE * wide), SCALE * tall)
    assert number_in(shown.scaled(frame.size())) == 37


def test_a_plot_offers_its_picture_in_a_context_menu(qtbot, opened):
    plot = opened.training.loss
    opened.training.bring()
    plot.customContextMenuRequested.emit(QPoint(5, 5))
    (menu,) = plot.findChildren(QMenu)
    assert [action.text() for action in menu.actions()] == ["Copy picture", "Save picture…"]
    menu.actions()[0].trigger()
    assert not QApplication.clipboard().image().isNull()
    QApplication.clipboard().clear()
    menu.close()
