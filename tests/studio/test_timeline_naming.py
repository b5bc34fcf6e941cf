"""Names on the timeline: in the bar, beside it where there is more room, or the label's digit."""

import pytest
from PySide6.QtGui import QFont, QFontMetricsF

from etp_core.project import Label, StoredSegment
from etp_studio.timeline import naming
from etp_studio.timeline.letters import growth, letters
from etp_studio.timeline.overlay import broken
from etp_studio.timeline.scene import TRUTH
from etp_studio.timeline.view import TimelineView

LONG = "coughs into the elbow"


class Pen:
    """Stands for a painter; keeps what is written, and where."""

    def __init__(self):
        self.written = []

    def setFont(self, font):
        pass

    def setPen(self, color):
        pass

    def drawText(self, box, flags, text):
        self.written.append((text, box.left()))


@pytest.fixture
def written(qtbot):
    """A function: the texts of segments (start, end, label id), and the ends of their bars."""
    view = TimelineView()
    qtbot.addWidget(view)
    view.resize(1000, 600)
    view.show()

    def write(*segments):
        view.set_video(1, [k / 10 for k in range(1001)])
        view.set_labels(
            [
                Label(1, LONG, "#0072b2"),
                Label(2, "sit", "#e69f00"),
                Label(3, "WWWWW", "#009e73"),
            ]
        )
        view.set_truth(
            [
                StoredSegment(k, 1, label, a, b, "Ada", "drawn")
                for k, (a, b, label) in enumerate(segments)
            ]
        )
        picture = view.lanes.picture()
        pen = Pen()
        naming.paint(pen, picture, TRUTH, picture.visible[TRUTH])
        _, right = picture.xs(picture.scene.truth, picture.visible[TRUTH])
        return pen.written, right.tolist()

    return write


def test_a_name_that_fits_stands_in_its_bar(written):
    ((text, x),), (right,) = written((10.0, 60.0, 1))
    assert text == LONG and x < right


def test_a_name_that_is_too_long_for_its_bar_stands_beside_it(written):
    ((text, x),), (right,) = written((10.0, 12.0, 1))
    assert text == LONG and x >= right


def test_a_name_beside_a_bar_ends_before_the_next(written):
    texts, _ = written((10.0, 12.0, 1), (22.0, 24.0, 2))
    (first, _), (second, _) = texts
    assert first.startswith("cou") and first.endswith("…") and second == "sit"


def test_where_no_name_fits_the_digit_of_the_label_stands(written):
    texts, _ = written((10.0, 12.0, 1), (12.2, 14.2, 2), (14.4, 60.0, 1))
    assert [text for text, _ in texts] == ["1", "2", LONG]


def test_a_digit_stands_in_its_bar_though_there_is_more_room_beside(written):
    texts, (right, _) = written((10.0, 12.0, 3), (17.8, 67.0, 1))
    assert [text for text, _ in texts] == ["3", LONG] and texts[0][1] < right - 10


def test_a_name_of_which_too_little_would_be_left_is_not_cut(qapp):
    metrics = QFontMetricsF(QFont())
    assert naming.shortened("sit", metrics, metrics.horizontalAdvance("sit") + 1) == "sit"
    assert naming.shortened(LONG, metrics, metrics.horizontalAdvance("co…") + 1) == ""
    assert naming.shortened(LONG, metrics, metrics.horizontalAdvance("coug…") + 1) == "coug…"


@pytest.mark.parametrize(("points", "grown"), [(9, 1.0), (12, 16 / 13), (30, 1.3)])
def test_letters_of_the_timeline_grow_with_those_of_the_window_as_far_as_names_fit(
    qapp, points, grown
):
    font = QFont(qapp.font())
    font.setPixelSize(round(points * 4 / 3))
    assert growth(font) == pytest.approx(grown)
    assert letters(font, 10).pixelSize() == round(10 * grown)


def test_a_chip_that_is_too_wide_is_broken_between_its_parts(qapp):
    metrics = QFontMetricsF(QFont())
    text = "drink · start −12f → +3f · end −1f → +1f · tIoU .63 → .89"
    assert broken(text, metrics, 10_000) == [text]
    lines = broken(text, metrics, metrics.horizontalAdvance("drink · start −12f → +3f") + 1)
    assert lines == ["drink · start −12f → +3f", "end −1f → +1f", "tIoU .63 → .89"]
    assert broken(text, metrics, 0) == text.split(" · ")
