"""What an empty list says instead of nothing."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QAbstractItemView

from etp_studio.theme import of_palette


def paint_hint(view: QAbstractItemView, text: str) -> None:
    """Write `text` faintly into the view if it has no rows; to be called after its painting."""
    model = view.model()
    if model is not None and model.rowCount():
        return
    painter = QPainter(view.viewport())
    painter.setPen(of_palette(view.palette()).color("muted"))
    flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
    painter.drawText(view.viewport().rect().adjusted(20, 24, -20, -8), flags, text)
    painter.end()
