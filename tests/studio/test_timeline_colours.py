"""Class hues can be told from each other by everybody, and from the ground they lie on."""

import itertools

import numpy as np
import pytest
from evolving import LABELS
from hand import timeline
from PySide6.QtGui import QColor

from etp_core.evolution import Evolution, ProposalList
from etp_core.project.perform import PALETTE
from etp_studio.hues import class_colors
from etp_studio.theme import class_hue, class_hues, contrast, ink, theme

# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB.
EYES = {
    "usual": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def lab(color, eye):
    """CIELAB of a colour as that eye sees it."""
    rgb = np.array(color.getRgbF()[:3])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.asarray(EYES[eye]) @ linear, 0, 1)
    t = XYZ @ seen / XYZ.sum(axis=1)
    f = np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("name", ["dark", "light"])
def test_every_two_hues_differ_for_every_eye_on_both_themes(eye, name):
    seen = [lab(theme(name).shown(hue), eye) for hue in class_hues()]
    apart = min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2))
    assert apart >= 20


@pytest.mark.parametrize("name", ["dark", "light"])
@pytest.mark.parametrize("hue", ["#000000", "#ffffff", "#332288", "#f0e442", "#0072b2", "nonsense"])
def test_any_class_colour_stands_out_from_the_surface(name, hue):
    here = theme(name)
    assert contrast(here.shown(hue), QColor(here.surface)) >= 1.9


def test_a_colour_that_stands_out_is_shown_as_it_is():
    assert theme("dark").shown("#e69f00").name() == "#e69f00"


def test_hues_repeat_after_the_last():
    assert class_hue(len(class_hues())) == class_hue(0)


def labels_of(count):
    """So many labels in the colours that a project gives them."""
    return tuple((f"label {k}", PALETTE[k].lower()) for k in range(count))


def least_apart(colors, others=()):
    """The distance of the two that are most alike to the eye and in the theme that tell worst."""
    pairs = itertools.product(colors, others) if others else itertools.combinations(colors, 2)
    return min(
        np.linalg.norm(lab(theme(name).shown(a), eye) - lab(theme(name).shown(b), eye))
        for a, b in pairs
        for eye in EYES
        for name in ("dark", "light")
    )


@pytest.mark.parametrize(("labels", "apart"), [(0, 20), (2, 14), (4, 12), (8, 10)])
def test_classes_that_are_no_labels_look_like_no_label_and_unlike_each_other(labels, apart):
    owned = labels_of(labels)
    colors = class_colors(tuple("abcdefgh"), owned)
    foreign = [colors[name] for name in "abcdefgh"]
    assert least_apart(foreign) >= apart
    if owned:
        assert least_apart(foreign, [color for _, color in owned]) >= apart


def test_a_class_that_is_a_label_has_its_colour_and_others_have_their_places():
    colors = class_colors(("wave", "jump", "run"), (("jump", "#f0e442"),))
    assert colors["jump"] == "#f0e442"
    assert colors["wave"] == class_hue(0).lower() and colors["run"] == class_hue(2).lower()


def test_no_two_of_many_classes_are_alike_before_all_colours_are_given():
    names = tuple(f"class {k}" for k in range(200))
    colors = class_colors(names, labels_of(8))
    assert len({colors[name] for name in names[:70]}) == 70
    assert not {colors[name] for name in names} & {color for _, color in labels_of(8)}


def test_curves_and_bars_of_a_foreign_class_have_one_colour_that_no_label_has(qtbot):
    view = timeline(qtbot)
    stage = ProposalList.of(np.array([(1.0, 4.0)]), np.array([0.9]), np.array([0]))
    curves = np.full((3, 2), 0.5, np.float32)
    view.set_evolution(Evolution("1", ("sneeze", "jump"), np.array([0.0, 1.0]), curves, stage))
    scene = view.lanes.scene
    foreign = scene.hues[scene.names.index("sneeze")]
    assert view.curves.hue(0) == theme("light").shown(foreign)
    assert least_apart([foreign], [label.color for label in LABELS]) >= 12
    assert view.curves.hue(1) == theme("light").shown(LABELS[0].color)


@pytest.mark.parametrize("hue", [*class_hues(), "#000000", "#ffffff"])
def test_names_on_bars_can_be_read(hue):
    assert contrast(ink(QColor(hue)), QColor(hue)) >= 4.5
