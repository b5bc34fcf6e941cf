"""The review pane: what is left to decide in the project, filtered, with keys and progress."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QLabel,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from etp_core.evolution import STAGES
from etp_studio.actions import Action
from etp_studio.number import Number
from etp_studio.playback.position import clock_text
from etp_studio.qactions import OWN_ROWS
from etp_studio.review.board import Filter
from etp_studio.review.button_rows import ButtonRows
from etp_studio.review.issues import Issue, Kind
from etp_studio.review.segments import SegmentTable
from etp_studio.review.tables import NAME, Column, Kept, Row
from etp_studio.texts import capital, later, tr

_COLUMNS = (
    Column(
        later("Label"), later("Label of the segment, or of the detection where there is none"), str
    ),
    Column(later("Time"), later("Where it begins, and in which video"), clock_text, "00:00.0000"),
    Column(
        later("Error"),
        later("The larger error of both boundaries, in frames"),
        lambda frames: str(frames) if frames >= 0 else "",
        "Error",
        falling=True,
    ),
    Column(
        later("Score"),
        later("Score of the detection"),
        lambda score: f"{score:.2f}" if score >= 0 else "",
        "00.00",
        falling=True,
        less=NAME,
    ),
)
_NONE = later(
    "Nothing to decide. Detections ({}) are compared with the ground truth of every video, and "
    "segments that somebody is unsure of ({}) are listed."
)


class ReviewPane(QWidget):
    """Shows issues, asks for another filter, says which one a person picks."""

    filter_changed = Signal(object)  # Filter
    chosen = Signal(object)  # Issue

    def __init__(self, decisions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        """decisions: the actions that decide an issue, as buttons with short texts."""
        super().__init__(parent)
        self._issues: dict[int, Issue] = {}  # by the key of its row
        self._rows: Kept[Issue] = Kept(_rows)
        self.progress = QLabel()
        self.progress.setWordWrap(True)
        self.people = QLabel()
        self.people.setObjectName("muted")
        self.people.setWordWrap(True)
        self.table = SegmentTable(
            tr("Left to review"), _COLUMNS, tr(_NONE), (Action.detect, Action.unsure)
        )
        self.table.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self.table.use_two_lines()
        self.table.setProperty(OWN_ROWS, True)
        self.table.chosen.connect(lambda key: self.chosen.emit(self._issues[key]))
        self.label = _combo(tr("Class"), tr("Only issues of this class"))
        self.kind = _combo(tr("Kind of issue"), tr("Only issues of this kind"))
        self.kind.addItem(tr("All kinds"), None)
        for kind in Kind:
            self.kind.addItem(capital(tr(kind.value)), kind)
        self.stage = _combo(tr("Stage"), tr("Compare the boundaries after this stage"))
        for stage in reversed(STAGES):
            self.stage.addItem(tr("After {}").format(tr(stage)), stage)
        self.annotator = _combo(
            tr("Annotator"), tr("Compare with the ground truth of this annotator")
        )
        self.score = Number()
        self.score.setMaximum(999.0)
        self.score.setSingleStep(0.05)
        self.score.setPrefix(tr("score ≥ "))
        self.score.setAccessibleName(tr("Least score of a detection"))
        self.score.setToolTip(tr("Only detections that score as much"))
        self.error = QSpinBox(maximum=100_000)
        self.error.setPrefix(tr("error ≥ "))
        self.error.setSuffix(tr(" f"))
        self.error.setAccessibleName(tr("Least boundary error, in frames"))
        self.error.setToolTip(tr("Only boundaries that are so many frames off"))
        for box in (self.label, self.kind, self.stage, self.annotator):
            box.currentIndexChanged.connect(self._tell)
        for spin in (self.score, self.error):
            spin.setKeyboardTracking(False)
            spin.setMinimumHeight(self.label.sizeHint().height())
            spin.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            spin.valueChanged.connect(self._tell)
        grid = QGridLayout()
        for place, box in enumerate(
            (self.label, self.kind, self.stage, self.annotator, self.score, self.error)
        ):
            grid.addWidget(box, place // 2, place % 2)
        for text, action in decisions.items():
            action.setIconText(text)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addWidget(self.progress)
        layout.addLayout(grid)
        layout.addWidget(self.table, 1)
        layout.addWidget(ButtonRows(decisions.values()))
        layout.addWidget(self.people)
        self.set_choices([], [])

    def set_choices(self, labels: Sequence[str], annotators: Sequence[str]) -> None:
        """What can be filtered for; what was chosen stays chosen if it is still there."""
        _fill(self.label, tr("All classes"), labels)
        _fill(self.annotator, tr("Everybody's"), annotators)

    def set_issues(
        self, issues: list[Issue], names: Mapping[int, str], colors: Mapping[str, str]
    ) -> None:
        """Show issues; names of videos by id, colours of labels by name."""
        self._issues = dict(zip(map(id, issues), issues, strict=True))
        self.table.set_rows(self._rows.of(issues, names, colors), None)

    def show_current(self, issue: Issue | None) -> None:
        """Mark the issue that the keys decide."""
        wanted = None if issue is None else issue.key
        found = (key for key, other in self._issues.items() if other.key == wanted)
        self.table.show_selected(None if wanted is None else next(found, None))

    def set_progress(self, line: str, people: str) -> None:
        """What is done and left, and who has done it."""
        self.progress.setText(line)
        self.people.setText(people)

    def sizeHint(self) -> QSize:
        return QSize(380, 420)

    def _tell(self) -> None:
        self.filter_changed.emit(
            Filter(
                label=self.label.currentData(),
                kind=self.kind.currentData(),
                score=self.score.value(),
                error=self.error.value(),
                annotator=self.annotator.currentData(),
                stage=self.stage.currentData(),
            )
        )


def _rows(
    issues: Sequence[Issue], names: Mapping[int, str], colors: Mapping[str, str]
) -> list[Row]:
    kinds = {kind: tr(kind.value) for kind in Kind}
    stems = {
        key: Path(names[key]).stem for key in {issue.video_id for issue in issues} & names.keys()
    }
    return [
        Row(
            id(issue),
            (
                issue.label,
                issue.time,
                -1 if issue.error is None else issue.error,
                issue.found.score if issue.found else -1.0,
            ),
            colors.get(issue.label, ""),
            (_tip, names.get(issue.video_id, ""), issue.text),
            (kinds[issue.kind], stems.get(issue.video_id, "")),
        )
        for issue in issues
    ]


def _tip(video: str, text: str) -> str:
    return f"{video}\n{text}"


def _combo(name: str, tip: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setToolTip(tip)
    box.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys to the window
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(8)
    return box


def _fill(box: QComboBox, everything: str, names: Sequence[str]) -> None:
    chosen = box.currentData()
    with QSignalBlocker(box):
        box.clear()
        box.addItem(everything, None)
        for name in names:
            box.addItem(name, name)
        box.setCurrentIndex(max(0, box.findData(chosen)))
