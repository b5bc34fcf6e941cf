"""The middle of the window: the video and its transport bar above the timeline."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from etp_studio.playback.transport import TransportBar
from etp_studio.playback.video_view import VideoView
from etp_studio.timeline.view import TimelineView

_PICTURE = 190  # pixels of height that the picture keeps before bands of the timeline give way


class Work(QSplitter):
    """In a low window the timeline leaves out bands rather than asking for a higher one."""

    def __init__(self, video: VideoView, transport: TransportBar, timeline: TimelineView) -> None:
        super().__init__(Qt.Orientation.Vertical)
        self._transport, self._timeline = transport, timeline
        above = QWidget()
        column = QVBoxLayout(above)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(video, 1)
        column.addWidget(transport)
        self.setHandleWidth(1)
        self.setChildrenCollapsible(False)
        self.addWidget(above)
        self.addWidget(timeline)
        self.setStretchFactor(0, 1)
        self.setStretchFactor(1, 1)
        self.setSizes([400, 500])

    @property
    def _above(self) -> int:
        return _PICTURE + self._transport.minimumSizeHint().height() + self.handleWidth()

    def minimumSizeHint(self) -> QSize:
        above = self.widget(0).minimumSizeHint().height() + self.handleWidth()
        return QSize(super().minimumSizeHint().width(), above + self._timeline.least)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._timeline.fit_into(self.height() - self._above)
        super().resizeEvent(event)
