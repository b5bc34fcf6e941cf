"""The dialog that exports a picture of the timeline: what it will look like, saved or copied."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap, QResizeEvent
from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from etp_studio import dialogs
from etp_studio.giving_way import open_at
from etp_studio.picture import Drawing, Still, figure
from etp_studio.playback.position import clock_text
from etp_studio.texts import tr
from etp_studio.theme import of_palette

if TYPE_CHECKING:
    from etp_studio.window import MainWindow


def figure_of(window: "MainWindow", with_frame: bool = False, light: bool = False) -> Drawing:
    """What the timeline of a window shows, with the frame on screen and on white if wanted."""
    video, picture = window.session.video, window.video.picture
    image = window.video.image() if with_frame else None
    still = None
    if image is not None and picture is not None:
        still = Still(image, tr("frame {}").format(picture.index) + f"\n{clock_text(picture.time)}")
    return figure(window.timeline, video.name if video else "", still, light)


class PictureDialog(QDialog):
    """Shows the picture of the timeline as it is now; it does not change behind the dialog."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self.setWindowTitle(tr("Export picture"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        open_at(self, 900, 620)
        self._window = window
        self._whole = QPixmap()
        self.preview = QLabel()
        self.preview.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.preview.setMinimumSize(320, 180)
        self.preview.setAccessibleName(tr("Preview of the picture"))
        self.frame = QCheckBox(tr("With the frame on screen"))
        self.frame.setEnabled(window.video.image() is not None)
        self.frame.toggled.connect(self._draw)
        self.light = QCheckBox(tr("On white, for paper"))
        self.light.setVisible(of_palette(self.palette()).dark)
        self.light.toggled.connect(self._draw)
        self.copy = QPushButton(tr("Copy"))
        self.copy.setToolTip(tr("As pixels, twice as fine as the screen"))
        self.copy.setAutoDefault(False)
        self.copy.clicked.connect(self._copy)
        self.save = QPushButton(tr("Save…"))
        self.save.setToolTip(
            tr("As PNG, or as SVG for papers: lines and text stay sharp at any size")
        )
        self.save.setDefault(True)
        self.save.clicked.connect(self._save)
        row = QHBoxLayout()
        row.addWidget(self.frame)
        row.addWidget(self.light)
        row.addStretch(1)
        row.addWidget(self.copy)
        row.addWidget(self.save)
        layout = QVBoxLayout(self)
        layout.addWidget(self.preview, 1)
        layout.addLayout(row)
        self._draw()

    @property
    def drawing(self) -> Drawing:
        """The picture with what is ticked."""
        return figure_of(self._window, self.frame.isChecked(), self.light.isChecked())

    def _draw(self) -> None:
        self._whole = QPixmap.fromImage(self.drawing.image())
        self._fit()

    def _fit(self) -> None:
        if self._whole.isNull():
            return
        ratio = self.devicePixelRatioF()
        shown = self._whole.scaled(
            self.preview.size() * ratio,
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        shown.setDevicePixelRatio(ratio)
        self.preview.setPixmap(shown)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _copy(self) -> None:
        self._window.pictures.copy(self.drawing)
        self.close()

    def _save(self) -> None:
        drawing, window = self.drawing, self._window
        name = drawing.title.rsplit(".", 1)[0] or "timeline"
        dialogs.save_picture(window, name, lambda path: window.pictures.save(drawing, path))
        self.close()
