"""Pictures for papers and talks: the timeline and the plots as PNG or SVG, saved or copied.

What is drawn is what is on screen, without playhead, pointer and selection. An SVG holds lines,
areas and text; only a frame of the video is an image in it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyqtgraph as pg
from PySide6.QtCore import QBuffer, QIODevice, QObject, QPoint, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import QFont, QFontMetricsF, QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QMenu

from etp_core.errors import EtpError, InputError
from etp_core.files import atomic
from etp_studio import dialogs
from etp_studio.background import Background
from etp_studio.legend import Legend
from etp_studio.plots import StillPlot
from etp_studio.texts import tr
from etp_studio.theme import on_paper
from etp_studio.timeline import TimelineView
from etp_studio.timeline.axis import GUTTER

SCALE = 2  # pixels of a PNG per pixel of the window
DPI = 96  # of the numbers in an SVG
_TALLEST = 300  # pixels of a frame
_CENTRE = Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True)
class Drawing:
    """Something of `width` × `height` pixels that can be painted anywhere."""

    width: int
    height: int
    paint: Callable[[QPainter], object]
    title: str = ""

    def image(self, scale: float = SCALE) -> QImage:
        """As pixels, `scale` for each of its own."""
        image = QImage(
            round(self.width * scale), round(self.height * scale), QImage.Format.Format_RGB32
        )
        image.setDevicePixelRatio(scale)
        image.fill(Qt.GlobalColor.white)
        painter = QPainter(image)
        self.paint(painter)
        painter.end()
        return image

    def svg(self) -> bytes:
        """As an SVG 1.1 document."""
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        generator = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)
        generator.setOutputDevice(buffer)
        generator.setResolution(DPI)
        generator.setTitle(self.title)
        generator.setViewBox(QRectF(0, 0, self.width, self.height))
        painter = QPainter(generator)
        self.paint(painter)
        painter.end()
        return bytes(buffer.data().data())


@dataclass(frozen=True)
class Still:
    """A frame of the video with square pixels, and what stands beside it."""

    image: QImage
    text: str


def figure(
    timeline: TimelineView, title: str, still: Still | None = None, light: bool = False
) -> Drawing:
    """The timeline with its curves, stages and ground truth, and the names of their colours.

    Below a frame if one is given; in the light theme, or else as on screen.
    """
    parts = [part for part in timeline.figure_parts if not part.isHidden()]
    width, above = timeline.width(), 0.0
    with on_paper(light):
        legend = Legend(timeline, width)
    if still is not None:
        size = QSizeF(still.image.size()).scaled(
            width - GUTTER, _TALLEST, Qt.AspectRatioMode.KeepAspectRatio
        )
        above = size.height() + 8

    def paint(painter: QPainter) -> None:
        with on_paper(light):
            paint_parts(painter)
        if light:
            timeline.curves.refresh()  # they keep the colours that they were painted in last

    def paint_parts(painter: QPainter) -> None:
        theme = timeline.ruler.theme
        painter.fillRect(QRectF(0, 0, width, above), theme.color("window"))
        font = QFont(timeline.font())
        font.setPixelSize(11)
        if still is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(QRectF(GUTTER, 4, size.width(), size.height()), still.image)
            painter.setFont(font)
            painter.setPen(theme.color("muted"))
            wrapped = Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
            painter.drawText(QRectF(10, 4, GUTTER - 16, above - 8), wrapped, still.text)
        painter.translate(0, above)
        for part in parts:
            painter.save()
            painter.setClipRect(QRectF(0, 0, part.width(), part.height()))
            part.paint_still(painter)
            painter.restore()
            if part is timeline.ruler:
                painter.setFont(font)
                painter.setPen(theme.color("text"))
                elided = QFontMetricsF(font).elidedText(
                    title, Qt.TextElideMode.ElideMiddle, GUTTER - 16
                )
                painter.drawText(QRectF(10, 0, GUTTER - 12, part.height()), _CENTRE, elided)
            painter.translate(0, part.height())
        legend.paint(painter)

    height = round(above + sum(part.height() for part in parts) + legend.height)
    return Drawing(width, height, paint, title)


def plot_drawing(plot: pg.PlotWidget, title: str) -> Drawing:
    """A plot as it stands."""
    area = plot.viewport().rect()

    def paint(painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        plot.render(painter, QRectF(area), area)

    return Drawing(area.width(), area.height(), paint, title)


def encoded(drawing: Drawing, path: Path) -> Callable[[], None]:
    """Paint in the format that the name ends in; what is returned writes it, in any thread.

    Raises InputError for other endings; writing raises EtpError, `path` is whole or untouched.
    """
    suffix = path.suffix.lower()
    if suffix == ".svg":
        data = drawing.svg()

        def write_svg() -> None:
            with atomic(path) as temporary:
                temporary.write_bytes(data)

        return write_svg
    if suffix != ".png":
        raise InputError(
            tr("{}: give the picture a name that ends in .png or .svg").format(path.name)
        )
    image = drawing.image()

    def write_png() -> None:
        with atomic(path) as temporary:
            if not image.save(str(temporary), "PNG"):
                raise EtpError(tr("{}: cannot be written (is the disk full?)").format(path))

    return write_png


class Pictures(QObject):
    """Saves and copies drawings; `done(line)` or `failed(line)` says how it went."""

    done = Signal(str)
    failed = Signal(str)

    def __init__(self, parent: QObject, background: Background) -> None:
        super().__init__(parent)
        self._background = background

    def save(self, drawing: Drawing, path: Path) -> None:
        """Write a drawing to `path`, replacing it: PNG or SVG by the name's ending."""
        try:
            write = encoded(drawing, path)
        except InputError as error:
            self.failed.emit(str(error))
            return
        said = tr("The picture is in {}").format(path)
        self._background.run(write, lambda _: self.done.emit(said), self.failed.emit)

    def copy(self, drawing: Drawing) -> None:
        """Put a drawing on the clipboard, as pixels."""
        image = drawing.image()
        QGuiApplication.clipboard().setImage(image)
        self.done.emit(
            tr("The picture is on the clipboard ({}×{})").format(image.width(), image.height())
        )

    def ask(self, plot: StillPlot) -> None:
        """Ask for a file and save a plot in it, as it is now."""
        drawing = plot_drawing(plot, plot.file_name)
        dialogs.save_picture(plot, plot.file_name, lambda path: self.save(drawing, path))

    def offer(self, plot: StillPlot) -> None:
        """Let a plot be copied and saved from its context menu."""
        plot.setToolTip(tr("Right-click, or the menu key: copy or save the picture"))
        plot.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)

        def ask(at: QPoint) -> None:
            menu = QMenu(plot)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            drawing = plot_drawing(plot, plot.file_name)
            menu.addAction(tr("Copy picture"), lambda: self.copy(drawing))
            menu.addAction(tr("Save picture…"), lambda: self.ask(plot))
            menu.popup(plot.viewport().mapToGlobal(at))

        plot.customContextMenuRequested.connect(ask)
