"""Where the parts of the timeline stand, and which seconds all of them show.

A new lane is a `Part` in a module of its own, made and placed here.
"""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from etp_studio.background import Background
from etp_studio.giving_way import staying
from etp_studio.texts import tr
from etp_studio.timeline.annotators import AnnotatorLanes
from etp_studio.timeline.axis import GUTTER, Axis, SharedAxis
from etp_studio.timeline.curves import Curves
from etp_studio.timeline.errors import ErrorLane
from etp_studio.timeline.evolve import EvolveBar
from etp_studio.timeline.lanes import Lanes
from etp_studio.timeline.live import Live
from etp_studio.timeline.media import Media
from etp_studio.timeline.overview import Overview
from etp_studio.timeline.parts import Part
from etp_studio.timeline.proposals_lane import ProposalsLane
from etp_studio.timeline.ruler import Ruler

_HANDLE = 3  # pixels between curves and lanes
TURN = 0.9  # fraction of the view at which `follow` turns the page


class Arrangement(QWidget):
    """The parts, one below the other, on one axis; zoom, pan and follow."""

    range_changed = Signal(float, float)  # visible seconds [start, end)

    def __init__(self, parent: QWidget | None, background: Background | None) -> None:
        super().__init__(parent)
        self.follow = True
        self._axis = SharedAxis(self)
        self.ruler = Ruler(self._axis)
        self.overview = Overview(self._axis)
        self.media = Media(self._axis, self)
        self.curves = Curves(self._axis)
        self.live = Live(background, self)
        self.proposals = ProposalsLane(self._axis, self.live, self.curves)
        self.lanes = Lanes(self._axis)
        self.errors = ErrorLane(self._axis)
        self.annotators = AnnotatorLanes(self._axis)
        self.evolve = EvolveBar()
        self._parts = (
            self.ruler,
            self.overview,
            self.media.thumbnails,
            self.media.waveform,
            self.curves,
            self.proposals,
            self.lanes,
            self.errors,
            self.annotators,
        )
        self.figure_parts: tuple[Part, ...] = (  # of a picture of the timeline
            self.ruler,
            self.media.waveform,
            self.curves,
            self.proposals,
            self.lanes,
            self.errors,
            self.annotators,
        )
        self._bands: dict[str, Part] = {  # which can be hidden; the first are the first to give way
            "proposals_lane": self.proposals,
            "thumbnails": self.media.thumbnails,
            "error_lane": self.errors,
            "annotator_lanes": self.annotators,
            "waveform": self.media.waveform,
        }
        self._room = 10_000  # pixels that the parts may take
        for band in self._bands.values():
            band.needed.connect(self._fit_bands)
        self.setAccessibleName(tr("Timeline"))
        self._axis.changed.connect(self._tell_range)
        self._lay_out()

    def _lay_out(self) -> None:
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(_HANDLE)
        splitter.addWidget(_stacked(self.curves, self.proposals))
        splitter.addWidget(_stacked(self.lanes, self.errors, self.annotators, self.evolve))
        splitter.setStretchFactor(0, 3)
        splitter.setStretchFactor(1, 5)
        splitter.setSizes([260, 440])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.ruler)
        layout.addWidget(self.overview)
        layout.addWidget(self.media.thumbnails)
        layout.addWidget(self.media.waveform)
        layout.addWidget(splitter, 1)

    def want(self, name: str, wanted: bool) -> None:
        """Whether the person wants to see the band of that name, where it has something to show.

        "thumbnails", "waveform", "proposals_lane", "error_lane" or "annotator_lanes".
        """
        self._bands[name].want(wanted)

    def has_place(self, name: str) -> bool:
        """Whether the band of that name would be seen, were there something to show."""
        return self._bands[name].fits

    @property
    def least(self) -> int:
        """Pixels of height that it needs at least, without any band."""
        always = (self.ruler, self.overview, self.curves, self.lanes, self.evolve)
        return _HANDLE + sum(part.minimumHeight() for part in always)

    def fit_into(self, room: int) -> None:
        """Leave out bands for which there is no place in a height of `room` pixels."""
        if room != self._room:
            self._room = room
            self._fit_bands()

    def _fit_bands(self) -> None:
        bands = self._bands.values()
        sizes = [band.minimumHeight() if band.wanted else 0 for band in bands]
        for band, fits in zip(bands, staying(sizes, self._room - self.least), strict=True):
            band.give_place(fits)

    @property
    def axis(self) -> Axis:
        """Which seconds are on screen, and at which pixels."""
        return self._axis.value

    @Slot(float)
    def set_playhead(self, seconds: float) -> None:
        """Move the playhead; with `follow` the page is turned when it leaves the view."""
        for part in self._parts:
            part.set_playhead(seconds)
        axis = self.axis
        if self.follow and self.lanes.gesture is None:
            place = (seconds - axis.start) / axis.span
            if not 0 <= place <= TURN and axis.low <= seconds <= axis.high:
                self._axis.set(axis.pan((place - (1 - TURN)) * axis.span))

    # which seconds are on screen

    @Slot()
    def fit(self) -> None:
        """Show the whole video."""
        self._axis.set(self.axis.fit())

    def zoom(self, factor: float, at: float | None = None) -> None:
        """`factor` times closer, keeping the moment `at` (seconds, default the middle) in place."""
        self._axis.set(self.axis.zoom(factor, at))

    @Slot(float)
    def pan(self, seconds: float) -> None:
        """Show what is later by `seconds`, to the nearest pixel."""
        self._axis.set(self.axis.slide(seconds))

    def show_range(self, start: float, end: float) -> None:
        """Show [start, end) seconds, with a little around them."""
        around = 0.15 * (end - start)
        self._axis.set(self.axis.show(start - around, end + around))

    def show_exactly(self, start: float, end: float) -> None:
        """Show [start, end) seconds and nothing around them."""
        self._axis.set(self.axis.show(start, end))

    @Slot(float)
    def ensure_visible(self, time: float) -> None:
        """Pan, if need be, so that `time` is on screen."""
        self._axis.set(self.axis.reveal(time))

    def _tell_range(self) -> None:
        self.range_changed.emit(self.axis.start, self.axis.end)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._axis.set(self.axis.resized(self.width() - GUTTER))


def _stacked(*widgets: QWidget) -> QWidget:
    """Widgets one below the other, the first with all the room that is left."""
    whole = QWidget()
    column = QVBoxLayout(whole)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    for widget in widgets:
        column.addWidget(widget, 0 if column.count() else 1)
    return whole
