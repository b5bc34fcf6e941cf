"""The jobs: a line each with progress, time left and cancel; the command and the log below."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFontDatabase, QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from etp_studio.elided import ElidedLine
from etp_studio.icons import icon
from etp_studio.jobs.process import Job, Outcome
from etp_studio.jobs.queue import JobQueue
from etp_studio.texts import tr


def time_left_text(seconds: float | None) -> str:
    """An estimate as people say it: "about 40 s left"."""
    if seconds is None:
        return ""
    if seconds < 90:
        return tr("about {} s left").format(max(1, round(seconds)))
    if seconds < 5400:
        return tr("about {} min left").format(round(seconds / 60))
    return tr("about {:.1f} h left").format(seconds / 3600)


def state_text(job: Job) -> str:
    """What a job does just now and how long that will take, or how it ended."""
    if job.outcome is not None:
        return tr(job.outcome.value)
    if not job.running:
        return tr("waiting")
    left = time_left_text(job.seconds_left) if job.total > 0 else ""
    return ", ".join(filter(None, (tr(job.task), left))) or tr("starting")


_STATE = 70  # pixels that the state of a job keeps


class JobRow(QFrame):
    """One job; `details_requested` when its log is to be shown.

    `cancel_requested` when it is to end, or to go from the list once it has ended.
    """

    details_requested = Signal(object)
    cancel_requested = Signal(object)

    def __init__(self, job: Job) -> None:
        super().__init__()
        self.job = job
        self._why = ""  # how it ended
        self.title = ElidedLine(job.title)
        self.title.setMinimumWidth(90)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(8)
        self.bar.setMinimumWidth(40)
        self.bar.setAccessibleName(tr("Progress of {}").format(job.title))
        self.state = ElidedLine()
        self.state.setObjectName("muted")
        self.details = QToolButton()
        self.details.setIcon(icon("info"))
        self.details.setToolTip(tr("Show the command and the log"))
        self.details.setAccessibleName(tr("Details of {}").format(job.title))
        self.details.setAutoRaise(True)
        self.details.clicked.connect(lambda: self.details_requested.emit(job))
        self.cancel = QToolButton()
        self.cancel.setIcon(icon("cancel"))
        self.cancel.setToolTip(tr("Cancel"))
        self.cancel.setAccessibleName(tr("Cancel {}").format(job.title))
        self.cancel.setAutoRaise(True)
        self.cancel.clicked.connect(lambda: self.cancel_requested.emit(job))
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 2, 6, 2)
        row.setSpacing(10)
        row.addWidget(self.title)
        row.addWidget(self.bar, 1)
        row.addWidget(self.state)
        row.addWidget(self.details)
        row.addWidget(self.cancel)
        job.progressed.connect(self.refresh)
        job.ended.connect(self._ended)
        self.refresh()

    def refresh(self) -> None:
        """Show the job as it is now."""
        job = self.job
        if job.outcome is not None:
            self.bar.setRange(0, 1)
            self.bar.setValue(int(job.outcome is Outcome.done))
        elif not job.running:
            self.bar.setRange(0, 1)
            self.bar.setValue(0)
        elif job.total > 0:
            self.bar.setRange(0, 1000)
            self.bar.setValue(round(1000 * min(job.done / job.total, 1.0)))
        else:
            self.bar.setRange(0, 0)
        self.state.set_line(state_text(job), self._why)
        self.cancel.setToolTip(tr("Cancel") if job.outcome is None else tr("Remove from this list"))

    def minimumSizeHint(self) -> QSize:
        least = super().minimumSizeHint()
        return least - QSize(max(self.state.minimumWidth() - _STATE, 0), 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        usual = f"{tr('refinement')}, {time_left_text(40)}"
        wide = self.fontMetrics().horizontalAdvance(usual) + 2
        self.state.setFixedWidth(min(wide, self.width() // 3))  # the bar stays where it is

    def _ended(self, outcome: Outcome, line: str) -> None:
        self._why = line
        self.refresh()


class JobsPane(QWidget):
    """Shows a JobQueue; `resized` when another height would suit it."""

    resized = Signal()

    def __init__(self, queue: JobQueue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self.rows: list[JobRow] = []
        self._shown: Job | None = None
        self._list = QVBoxLayout()
        self._list.setContentsMargins(0, 4, 0, 4)
        self._list.setSpacing(0)
        self._list.addStretch(1)
        inner = QWidget()
        inner.setLayout(self._list)
        scroll = QScrollArea()
        scroll.setWidget(inner)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setMinimumHeight(self._row + 12)

        self.command = QLineEdit()
        self.command.setReadOnly(True)
        self.command.setAccessibleName(tr("Command line of the job"))
        self.command.setToolTip(tr("The command that does this work without the window"))
        copy = QToolButton()
        copy.setIcon(icon("copy"))
        copy.setToolTip(tr("Copy the command line"))
        copy.setAccessibleName(tr("Copy the command line"))
        copy.setAutoRaise(True)
        copy.clicked.connect(self.copy_command)
        self.log = QPlainTextEdit()
        self.log.setReadOnly(True)
        self.log.setMaximumBlockCount(2000)
        self.log.setAccessibleName(tr("Log of the job"))
        digits = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        for widget in (self.command, self.log):
            digits.setPointSizeF(widget.font().pointSizeF())
            widget.setFont(digits)
        line = QHBoxLayout()
        line.addWidget(self.command)
        line.addWidget(copy)
        self._details = QWidget()
        column = QVBoxLayout(self._details)
        column.setContentsMargins(10, 0, 6, 6)
        column.addLayout(line)
        column.addWidget(self.log)
        self._details.hide()

        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)
        layout.addWidget(self._details)
        queue.added.connect(self._add)
        queue.changed.connect(self._refresh)

    @property
    def shown(self) -> Job | None:
        """The job whose log is open."""
        return self._shown

    def show_details(self, job: Job) -> None:
        """Show the command and the log of a job; asked again for the same one, hide them."""
        if self._shown is not None:
            self._shown.logged.disconnect(self.log.appendPlainText)
        if self._shown is job:
            self._shown = None
            self._details.hide()
            self.resized.emit()
            return
        self._shown = job
        self.command.setText(job.command_line)
        self.command.setCursorPosition(0)
        self.log.setPlainText("\n".join(job.log))
        job.logged.connect(self.log.appendPlainText)
        self._details.show()
        self.resized.emit()

    def cancel_or_remove(self, job: Job) -> None:
        """End a job; one that has ended goes from the list, with its log."""
        if job.outcome is None:
            job.cancel()
            return
        if job is self._shown:
            self.show_details(job)
        self._queue.remove(job)
        self.resized.emit()

    def copy_command(self) -> None:
        """Put the command line of the job shown on the clipboard."""
        QGuiApplication.clipboard().setText(self.command.text())

    @property
    def height_wanted(self) -> int:
        """Pixels for up to three jobs, and the log where it is open."""
        log = 9 * self._row if self._shown else 0
        return min(max(len(self.rows), 1), 3) * self._row + 12 + log

    @property
    def _row(self) -> int:
        return self.fontMetrics().height() + 14

    def sizeHint(self) -> QSize:
        return QSize(600, self.height_wanted)

    def _add(self, job: Job) -> None:
        row = JobRow(job)
        row.details_requested.connect(self.show_details)
        row.cancel_requested.connect(self.cancel_or_remove)
        self.rows.append(row)
        self._put(row, len(self.rows) - 1)

    def _put(self, row: JobRow, place: int) -> None:
        self._list.insertWidget(place, row, alignment=Qt.AlignmentFlag.AlignTop)

    def _refresh(self) -> None:
        """Show what runs on top, below it what waits for it, and then what has ended."""
        there = set(self._queue.jobs)
        for row in self.rows:
            if row.job not in there:
                row.deleteLater()
        left = [row for row in self.rows if row.job in there]
        self.rows = sorted(left, key=lambda row: row.job.outcome is not None)
        for place, row in enumerate(self.rows):
            if self._list.itemAt(place).widget() is not row:
                self._put(row, place)
            row.refresh()
