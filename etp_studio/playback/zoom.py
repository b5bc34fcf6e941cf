"""Looking closer: which part of the picture fills the view.

A scale is screen pixels per pixel of the video (of its height, where pixels are not square).
"""

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt

STEP = 1.25  # of one notch of the wheel, one press of a key
CRISP = 3.0  # scale from which on pixels are drawn as the squares that they are
_MOST = 32.0  # scale
_KEEP = Qt.AspectRatioMode.KeepAspectRatio


class Zoom:
    """`factor` times the size at which the whole picture fits; 1.0: all of it is seen."""

    def __init__(self) -> None:
        self.factor = 1.0
        self._centre = QPointF(0.5, 0.5)  # of what is seen, as shares of the picture

    @property
    def on(self) -> bool:
        """Whether less than the whole picture is seen."""
        return self.factor > 1.0

    def reset(self) -> None:
        """Show the whole picture."""
        self.factor, self._centre = 1.0, QPointF(0.5, 0.5)

    def place(self, picture: QSizeF, view: QSizeF) -> QRectF:
        """Where a picture of that shape lies in a view; the view is filled where it can be."""
        size = picture.scaled(view, _KEEP) * self.factor
        corner = QPointF(
            _corner(self._centre.x(), size.width(), view.width()),
            _corner(self._centre.y(), size.height(), view.height()),
        )
        return QRectF(corner, size)

    def change(self, by: float, at: QPointF, picture: QSizeF, view: QSizeF) -> None:
        """Make it `by` times as large; what is at the point `at` of the view stays there."""
        fitting = picture.scaled(view, _KEEP)
        if fitting.isEmpty():
            return
        before = self.place(picture, view)
        most = max(_MOST * picture.height() / fitting.height(), 1.0)
        self.factor = min(max(self.factor * by, 1.0), most)
        if self.factor < 1.001:
            self.reset()
            return
        share = QPointF(
            (at.x() - before.left()) / before.width(), (at.y() - before.top()) / before.height()
        )
        size = fitting * self.factor
        self._look_at(
            share.x() + (view.width() / 2 - at.x()) / size.width(),
            share.y() + (view.height() / 2 - at.y()) / size.height(),
            size,
            view,
        )

    def pan(self, by: QPointF, picture: QSizeF, view: QSizeF) -> None:
        """Move the picture by so many pixels of the view, as far as there is more of it."""
        size = picture.scaled(view, _KEEP) * self.factor
        if not size.isEmpty():
            x = self._centre.x() - by.x() / size.width()
            y = self._centre.y() - by.y() / size.height()
            self._look_at(x, y, size, view)

    def _look_at(self, x: float, y: float, size: QSizeF, view: QSizeF) -> None:
        self._centre = QPointF(
            _inside(x, view.width() / size.width()), _inside(y, view.height() / size.height())
        )


def _inside(centre: float, seen: float) -> float:
    """The centre, so that what is seen (a share of the picture) does not reach beyond it."""
    return min(max(centre, seen / 2), 1 - seen / 2) if seen < 1 else 0.5


def _corner(centre: float, size: float, view: float) -> float:
    return view / 2 - _inside(centre, view / size if size else 1.0) * size
