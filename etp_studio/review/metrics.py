"""The metrics pane: how well detections meet the ground truth, live, and where they do not."""

from collections.abc import Callable

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QSignalBlocker, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from etp_core.evaluation import Case
from etp_studio.actions import Action, way_to
from etp_studio.background import Background
from etp_studio.playback.position import clock_text
from etp_studio.plots import StillPlot
from etp_studio.qactions import OWN_ROWS
from etp_studio.review.agreeing import AgreementTable, number, percent
from etp_studio.review.measuring import Measured, Question, class_rows, measure
from etp_studio.review.segments import SegmentTable
from etp_studio.review.tables import Column, Row
from etp_studio.session import Session
from etp_studio.texts import capital, later, tr
from etp_studio.theme import faded, of_palette
from etp_studio.timeline.describe import NAMES

_SOON = 150  # milliseconds that edits may follow one another before anything is measured
_TIOUS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_NO_TRUTH = later(
    "Metrics compare detections with ground truth: {} and {} set where an action begins and ends."
)
_NO_DETECTIONS = later("Metrics compare detections with ground truth: {} detects actions.")


def _count(number: int) -> str:
    return str(number) if number >= 0 else ""


_CLASSES = (
    Column(later("Class"), later("A class is picked to see its curve"), str),
    Column(later("Truths"), later("Segments of ground truth"), str, "Truths"),
    Column(later("Found"), later("Detections"), str, "Found "),
    Column(later("AP"), later("Average precision in percent"), percent, "100.0"),
)
_STAGES = (
    Column(later("Stage"), later("Of the proposals that went on from each stage"), str),
    Column(
        later("Recall"),
        later("Ground truths that a proposal reaches, in percent"),
        percent,
        "Recall",
    ),
    Column(later("Start"), later("Mean absolute error of starts, in seconds"), number, "Start "),
    Column(later("End"), later("Mean absolute error of ends, in seconds"), number, "End  "),
    Column("▲", later("Boundaries nearer to the ground truth than a stage before"), _count, "99"),
    Column("▼", later("Boundaries farther from it than a stage before"), _count, "99"),
)
_CASES = (
    Column(later("Case"), later("What went wrong, and with what class"), str),
    Column(later("At"), later("When it begins, and in which video"), clock_text, "00:00.0000"),
    Column(
        later("Score"),
        later("Score of the detection"),
        lambda s: "–" if s < 0 else f"{s:.2f}",
        "Score ",
    ),
)


class MetricsPane(QWidget):
    """mAP, per class, a precision-recall curve, improvement by stage, the worst cases, and how far
    annotators agree.

    It measures what the session shows, in the background, whenever that changes and the pane is to
    be seen. `case_chosen(video_id, Case)` when a person picks a case; `measured` after each answer.
    """

    case_chosen = Signal(int, object)
    measured = Signal(object)  # Measured

    def __init__(self, session: Session, background: Background) -> None:
        super().__init__()
        self._session, self._background = session, background
        self._seen = False
        self._stale = True
        self._asked: object = None  # what is being measured
        self._then: list[Callable[[], object]] = []  # what waits for the answer
        self.answer: Measured | None = None
        self._soon = QTimer(self, singleShot=True, interval=_SOON)
        self._soon.timeout.connect(self._measure)
        self._make_widgets()
        session.project_changed.connect(lambda: self.annotator.setCurrentIndex(0))
        for signal in (
            session.project_changed,
            session.video_changed,
            session.segments_changed,
            session.labels_changed,
            session.detections_changed,
            session.videos_changed,
        ):
            signal.connect(lambda *_: self._changed())

    def _make_widgets(self) -> None:
        self.scope = QComboBox()
        self.scope.setAccessibleName(tr("What is measured"))
        self.scope.setToolTip(tr("Measure the video shown, or all of the project"))
        self.scope.addItem(tr("This video"), False)
        self.scope.addItem(tr("All videos"), True)
        self.tiou = QComboBox()
        self.tiou.setAccessibleName(tr("tIoU"))
        self.tiou.setToolTip(tr("The tIoU that a detection must exceed to count"))
        for level in _TIOUS:
            self.tiou.addItem(tr("tIoU {:g}").format(level), level)
        self.tiou.setCurrentIndex(_TIOUS.index(0.5))
        self.annotator = QComboBox()
        self.annotator.setAccessibleName(tr("Annotator"))
        self.annotator.setToolTip(tr("Compare with the ground truth of this annotator"))
        self.annotator.addItem(tr("Everybody's"), None)
        self.annotator.hide()
        for box in (self.scope, self.annotator):
            box.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            box.setMinimumContentsLength(6)
        for box in (self.scope, self.annotator, self.tiou):
            box.currentIndexChanged.connect(lambda _: self._changed())
        self.headline = QLabel()
        self.headline.setTextFormat(Qt.TextFormat.PlainText)
        self.headline.setWordWrap(True)
        self.headline.setAccessibleName(tr("Metrics"))
        font = self.headline.font()
        font.setPointSizeF(1.35 * font.pointSizeF())
        font.setBold(True)
        self.headline.setFont(font)
        self.detail = QLabel()
        self.detail.setObjectName("muted")
        self.detail.setTextFormat(Qt.TextFormat.PlainText)
        self.detail.setWordWrap(True)
        self.plot = StillPlot(tr("Precision over recall"), "precision and recall")
        self.plot.setRange(xRange=(0, 1.06), yRange=(0, 1.02), padding=0)
        self.plot.setFixedHeight(170)
        self._curve = self.plot.plot()
        self.classes = SegmentTable(tr("Average precision by class"), _CLASSES, "")
        self.stages = SegmentTable(
            tr("Stages"), _STAGES, tr("The detections have no earlier stages.")
        )
        self.cases = SegmentTable(
            tr("Worst cases"), _CASES, tr("Detections and ground truth agree.")
        )
        self.cases.use_two_lines()
        self.agreement = AgreementTable()
        self.classes.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        for table in (self.stages, self.cases):
            table.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        for table in (self.classes, self.stages, self.cases):
            table.setProperty(OWN_ROWS, True)
        header = self.cases.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        for table, name in (
            (self.classes, tr("Classes")),
            (self.stages, tr("Stages")),
            (self.cases, tr("Worst cases")),
            (self.agreement, tr("Agreement")),
        ):  # fmt: skip
            self.tabs.addTab(table, name)
        self._tab = 0  # the one that the person chose
        self.tabs.currentChanged.connect(self._tab_chosen)
        self.tabs.tabBar().setAccessibleName(tr("Tables of the metrics"))
        for box in (self.scope, self.annotator, self.tiou):
            box.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys to the window
        self.classes.chosen.connect(lambda _: self._draw())
        self.cases.chosen.connect(self._chosen)
        top = QHBoxLayout()
        top.addWidget(self.scope, 1)
        top.addWidget(self.annotator, 1)
        top.addWidget(self.tiou)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addLayout(top)
        layout.addWidget(self.headline)
        layout.addWidget(self.detail)
        layout.addWidget(self.plot)
        layout.addWidget(self.tabs, 1)
        self._colour()

    def sizeHint(self) -> QSize:
        return QSize(380, 600)

    # When to measure

    def set_seen(self, seen: bool) -> None:
        """Whether the pane is to be seen (a dock behind another counts as visible in Qt)."""
        self._seen = seen
        if not seen:
            self._soon.stop()
            self._then.clear()
        elif self._stale:
            self._soon.start()

    def _changed(self) -> None:
        self._stale = True
        self._asked = None
        if self._seen:
            self._soon.start()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange and hasattr(self, "tabs"):
            self._colour()
        super().changeEvent(event)

    def _measure(self) -> None:
        session = self._session
        project = session.project
        self._stale = False
        if project is None or session.video is None:
            self._show(Measured(Question((), self.tiou.currentData(), 0.0)))
            self._done()
            return
        everything = self.scope.currentData()
        videos = session.videos if everything else [session.video]
        question = Question(
            tuple(video.id for video in videos),
            self.tiou.currentData(),
            session.threshold,
            self.annotator.currentData(),
        )
        token = self._asked = object()

        def show(answer: Measured) -> None:
            if self._asked is token and session.project is project:
                self._show(answer)
                self._done()

        def fail(line: str) -> None:
            if self._asked is token:
                self._show(Measured(question))
                self.detail.setText(line)
                self._done()

        self._background.run(
            lambda: measure(project, question, lambda: self._asked is token),
            show, fail, key="metrics",
        )  # fmt: skip

    def when_measured(self, do: Callable[[], object]) -> None:
        """Call `do` once the pane, which is to be seen, shows what it was last asked for."""
        if self._stale or self._soon.isActive() or self._asked is not None:
            self._then.append(do)
        else:
            do()

    def _done(self) -> None:
        self._asked = None
        waiting, self._then = self._then, []
        for do in waiting:
            do()

    # What was measured

    def _show(self, answer: Measured) -> None:
        self.answer = answer
        result = answer.result
        self._show_annotators(answer)
        for widget in (self.headline, self.plot):
            widget.setVisible(result is not None)
        self._show_tabs(result is not None, bool(answer.agreements))
        if result is None:
            self.headline.setText("")
            if answer.truths:
                line = tr(_NO_DETECTIONS).format(way_to(Action.detect))
            else:
                line = tr(_NO_TRUTH).format(way_to(Action.set_start), way_to(Action.set_end))
            self.detail.setText(line)
            self.measured.emit(answer)
            return
        self.headline.setText(
            tr("mAP {}    recall {}").format(
                percent(float(result.mean_average_precision[0])), percent(float(result.recall[0]))
            )
        )
        parts = [
            tr("{} of {}").format(
                tr("%n detection(s)", "", answer.found), tr("%n segment(s)", "", answer.truths)
            )
        ]
        off = result.boundaries
        if off.count:
            parts.append(tr("starts {:.2f} s off, ends {:.2f} s").format(off.start, off.end))
        parts += [note for note in result.notes if "left out" in note]
        if answer.mixed:
            parts.append(tr("segments of several annotators count together: choose one above"))
        self.detail.setText("  ·  ".join(parts))
        self._show_classes()
        assert answer.stages is not None
        self.stages.set_rows(
            [
                Row(
                    i,
                    (
                        tr(NAMES[stage.name]), float(stage.recall[0]), stage.start, stage.end,
                        stage.improved if i else -1, stage.worsened if i else -1,
                    ),
                )
                for i, stage in enumerate(answer.stages.stages)
            ],
            None,
        )  # fmt: skip
        self.cases.set_rows([self._case_row(i, case) for i, case in enumerate(answer.cases)], None)
        self._draw()
        self.measured.emit(answer)

    def _show_tabs(self, measured: bool, agreed: bool) -> None:
        """Show the tabs that have something to say, in front the one that the person chose."""
        with QSignalBlocker(self.tabs):
            for place in range(self.tabs.count()):
                shown = agreed if self.tabs.widget(place) is self.agreement else measured
                self.tabs.setTabVisible(place, shown)
            if self.tabs.isTabVisible(self._tab):
                self.tabs.setCurrentIndex(self._tab)
        self.tabs.setVisible(measured or agreed)

    def _tab_chosen(self, place: int) -> None:
        self._tab = place

    def _show_annotators(self, answer: Measured) -> None:
        """Who can be chosen, and how far every two of them agree."""
        chosen = answer.question.annotator
        names = sorted({*answer.annotators, *([] if chosen is None else [chosen])})
        with QSignalBlocker(self.annotator):
            while self.annotator.count() > 1:
                self.annotator.removeItem(1)
            for name in names:
                self.annotator.addItem(name, name)
            self.annotator.setCurrentIndex(self.annotator.findData(chosen))
        self.annotator.setVisible(len(names) > 1)
        self.agreement.show_agreements(answer.agreements)

    def _show_classes(self) -> None:
        assert self.answer is not None and self.answer.result is not None
        result = self.answer.result
        before = self._picked_class
        colors = {label.name: label.color for label in self._session.labels}
        rows = [Row(i, row, colors.get(row[0], "")) for i, row in enumerate(class_rows(result))]
        self._classes = result.classes
        key = result.classes.index(before) if before in result.classes else None
        self.classes.set_rows(rows, key)

    def _case_row(self, key: int, case: Case) -> Row:
        score = -1.0 if case.score is None else case.score
        tip = f"{case.video}, {case.label}, {clock_text(case.start)} – {clock_text(case.end)}"
        label = self._session.label_named(case.label)
        return Row(
            key,
            (tr("{}: {}").format(capital(tr(case.kind)), case.label), case.start, score),
            label.color if label else "",
            f"{tip}\n{capital(case.text)}",
            (capital(case.text), case.video),
        )

    _classes: tuple[str, ...] = ()

    @property
    def _picked_class(self) -> str | None:
        picked = self.classes.selectionModel().selectedRows()
        if not picked or picked[0].row() >= len(self.classes.rows.keys):
            return None
        key = self.classes.rows.keys[picked[0].row()]
        return self._classes[key] if key < len(self._classes) else None

    def _draw(self) -> None:
        """The curve of the class that is picked, or of all detections together."""
        if self.answer is None or self.answer.result is None:
            return
        name = self._picked_class
        curve = self.answer.result.curve(self.answer.question.tiou, name)
        self._curve.setData(
            np.append(0.0, curve.recall), np.append(curve.precision[:1], curve.precision)
            if len(curve.precision) else np.zeros(1),
        )  # fmt: skip
        theme = of_palette(self.palette())
        label = self._session.label_named(name) if name else None
        color = theme.shown(label.color) if label else theme.color("accent")
        self._curve.setPen(pg.mkPen(color, width=2))
        self._curve.setFillLevel(0.0)
        self._curve.setBrush(faded(color, 0.18))
        self.plot.setTitle(name or tr("All classes"), color=theme.text, size="9pt")

    def _colour(self) -> None:
        theme = of_palette(self.palette())
        self.plot.setBackground(theme.surface)
        height = QFontMetrics(self.font()).height()
        for side, text in (("bottom", tr("recall")), ("left", tr("precision"))):
            axis = self.plot.getAxis(side)
            axis.setPen(theme.line)
            axis.setTextPen(theme.muted)
            axis.setLabel(text, color=theme.muted)
        self.plot.getAxis("left").setWidth(3 * height)
        self._draw()

    def _chosen(self, key: int) -> None:
        answer = self.answer
        if answer is None or answer.ids is None:
            return
        case = answer.cases[key]
        video = answer.ids.get(case.video)
        if video is not None:
            self.case_chosen.emit(video, case)
