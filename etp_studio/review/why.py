"""The pane that says why: what each stage did with the proposal that was picked, and from what."""

from html import escape
from math import exp, log

from PySide6.QtCore import QEvent, QRectF, Qt, QUrl
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QPen, QTextOption
from PySide6.QtWidgets import QTextBrowser, QVBoxLayout, QWidget

from etp_core.evolution import STAGES, Reason
from etp_studio.review.explanation import Explanation, Step, explain, tally
from etp_studio.session import Session
from etp_studio.texts import later, tr
from etp_studio.theme import of_palette
from etp_studio.timeline.describe import NAMES, dropped, short
from etp_studio.timeline.ticks import clock
from etp_studio.timeline.view import TimelineView

_CLASSES = 6  # of the probabilities; the background is always among them
_LOSERS = 6
_BLOCKS = 12  # of a probability of one
_LINE = "white-space: nowrap"
_ALL = "all"  # the scheme of the link that lists all it suppressed
_EMPTY = later(
    "Click a bar of Actionness, Refinement or Localization in the timeline, or a row of the "
    "detections: here is why its boundaries lie where they do."
)
_COUNTS = {  # what became of proposals of a stage, behind their number
    Reason.KEPT: later("went on"),
    Reason.LENGTH: later("shorter or longer than allowed"),
    Reason.NMS: later("overlapped a better one"),
    Reason.BACKGROUND: later("called background by the Localization Network"),
    Reason.COMPLETENESS: later("not a complete action"),
    Reason.EMPTY: later("nothing left after regression"),
}
_RESULTS = later("results")
_PARTS = (later("start"), later("course"), later("end"))  # of a proposal, as stage 3 looks at it


class WhyPane(QWidget):
    """Explains one proposal of the current run; its links lead to other proposals."""

    def __init__(
        self, session: Session, timeline: TimelineView, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._timeline = session, timeline
        self.explanation: Explanation | None = None
        self._everything = False  # of what a proposal suppressed
        self._hidden = False  # whether it is a result that scores too little to be shown
        self.diagram = Diagram()
        self.text = QTextBrowser()
        self.text.setOpenLinks(False)
        self.text.setFrameShape(QTextBrowser.Shape.NoFrame)
        self.text.document().setDocumentMargin(10)
        self.text.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.text.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.text.setAccessibleName(tr("Why the proposal is there"))
        self.text.anchorClicked.connect(self._follow)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.diagram)
        layout.addWidget(self.text, 1)
        timeline.proposal_selected.connect(self.show_proposal)
        session.detection_changed.connect(self._detection_changed)
        session.evolution_changed.connect(lambda: self.show_proposal("", -1))
        session.threshold_changed.connect(self._threshold_changed)
        self.show_proposal("", -1)

    def show_proposal(self, stage: str, row: int) -> None:
        """Explain a proposal of a stage's list (row -1: none)."""
        evolution = self._session.evolution
        self.explanation, self._everything = None, False
        if evolution is not None and row >= 0:
            self.explanation = explain(evolution, stage, row)
        self._write()

    def _detection_changed(self, row: int | None) -> None:
        shown = self.explanation.step if self.explanation else None
        if row is not None:
            self.show_proposal(STAGES[-1], row)
        elif shown is not None and shown.stage == STAGES[-1]:
            self.show_proposal("", -1)

    def _threshold_changed(self) -> None:
        if self._scores_less() != self._hidden:
            self._write()

    def _scores_less(self) -> bool:
        step = self.explanation.step if self.explanation else None
        if step is None or step.stage != STAGES[-1] or step.reason is not Reason.KEPT:
            return False
        return step.score < self._session.threshold

    def _follow(self, link: QUrl) -> None:
        if link.scheme() == _ALL:
            self._everything = True
            self._write()
            return
        stage, row = link.path().split("/")
        kept = {found.row for found in self._session.detections}
        if stage == STAGES[-1] and int(row) in kept:
            self._session.select_detection(int(row))
        else:
            self._timeline.show_proposal(stage, int(row))
        self.show_proposal(stage, int(row))
        if self.explanation is not None:
            self._timeline.ensure_visible(self.explanation.step.span[0])

    def _write(self) -> None:
        found = self.explanation
        self._hidden = self._scores_less()
        self.diagram.show_explanation(found)
        muted = of_palette(self.palette()).muted
        if found is None or self._session.evolution is None:
            hint = f'<p style="color:{muted}">{tr(_EMPTY)}</p>'
            evolution = self._session.evolution
            self.text.setHtml(hint if evolution is None else hint + _summary(tally(evolution)))
            return
        self.text.setHtml(self._html(found, muted))

    def _html(self, found: Explanation, muted: str) -> str:
        evolution, step = self._session.evolution, found.step
        assert evolution is not None
        state = tr("It went on.") if step.stage != STAGES[-1] else tr("It is a result.")
        if step.reason is not Reason.KEPT:
            why = dropped(evolution, step.stage, step.row)
            state = tr("Dropped: {}.").format(escape(why))
        elif self._hidden:
            state = tr("It is a result, and hidden: it scores less than {}.")
            state = state.format(short(self._session.threshold))
        title = f"{tr(NAMES[step.stage])}: {escape(step.label) or tr('any action')}"
        parts = [f"<h3>{title}, {short(step.score)}</h3>", f"<p>{state}"]
        if found.suppressed_by is not None:
            parts += [" ", _link(*found.suppressed_by, tr("Show what suppressed it"))]
        parts += ["</p>", _heading(tr("Stages")), "<table cellpadding='3'>"]
        for other in found.steps:
            gone = other.reason is not Reason.KEPT and other != step
            why = dropped(evolution, other.stage, other.row) if gone else ""
            parts.append(_row(other, other == step, muted, why))
        parts.append("</table>")
        if found.units:
            first, last = found.units[0], found.units[-1]
            text = tr("%n unit(s) of {:.2f} s, from {} to {}", "", len(found.units))
            text = text.format(found.unit, clock(first[0]), clock(last[1]))
            parts += [_heading(tr("Units read by the Refinement Network")), f"<p>{text}</p>"]
        if found.looked_at is not None:
            cells = "".join(
                f"<tr><td>{tr(name)}</td><td>{_span(at)}</td></tr>"
                for name, at in zip(_PARTS, found.looked_at, strict=True)
            )
            heading = _heading(tr("Seen by the Localization Network"))
            parts.append(f"{heading}<table cellpadding='3'>{cells}</table>")
        if found.probabilities:
            parts += [_heading(tr("Class probabilities")), "<table cellpadding='2'>"]
            parts += [_bar(*pair) for pair in _worth_showing(found)]
            parts.append("</table>")
        if found.completeness is not None:
            parts.append(_score(found))
        if found.suppressed:
            most = len(found.suppressed) if self._everything else _LOSERS
            links = [
                _link(stage, row, _span(tuple(evolution.stage(stage).segments[row].tolist())))
                for stage, row in found.suppressed[:most]
            ]
            more = len(found.suppressed) - len(links)
            if more:
                words = tr("%n more", "", more)
                links.append(f'<a href="{_ALL}:">{words}</a>')
            parts += [_heading(tr("It suppressed")), f"<p>{', '.join(links)}</p>"]
        if not found.complete:
            text = tr(
                "This run was stored without class probabilities, offsets and units. "
                "Detect again to see them."
            )
            parts.append(f'<p style="color:{muted}">{text}</p>')
        return "".join(parts)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "text"):
            self._write()
        super().changeEvent(event)


def _link(stage: str, row: int, text: str) -> str:
    return f'<a href="proposal:{stage}/{row}">{escape(text)}</a>'


def _span(span: tuple[float, float]) -> str:
    return f"{clock(max(span[0], 0.0))}–{clock(span[1])}"


def _heading(text: str) -> str:
    return f"<h4>{text}</h4>"


def _summary(counts: dict[str, dict[Reason, int]]) -> str:
    """What became of the proposals of each stage, for a whole video."""
    title = tr("All proposals of this video")
    parts = [f"<h3>{title}</h3>"]
    for stage, reasons in counts.items():
        total = sum(reasons.values())
        parts.append(f"{_heading(f'{tr(NAMES[stage])}: {total}')}<table cellpadding='2'>")
        for reason, count in reasons.items():
            last = stage == STAGES[-1] and reason is Reason.KEPT
            words = tr(_RESULTS) if last else tr(_COUNTS[reason])
            bar = "▇" * max(round(_BLOCKS * count / total), 1)
            cells = (f"<td align='right'>{count}</td>", f"<td style='{_LINE}'>{bar}</td>")
            parts.append(f"<tr>{cells[0]}{cells[1]}<td>{words}</td></tr>")
        parts.append("</table>")
    return "".join(parts)


def _row(step: Step, here: bool, muted: str, why: str) -> str:
    """A stage in the table: where it put the proposal, by what offsets, and why it ended there."""
    name = tr(NAMES[step.stage])
    name = f"<b>{name}</b>" if here else _link(step.stage, step.row, name)
    moved = below = ""
    if step.offset is not None:
        centre, length = step.offset
        moved = tr("centre {:+.0%}").format(centre).replace("-", "−")
        below = tr("length ×{:.2f}").format(exp(length))
    elif step.stage == STAGES[0]:
        moved = tr("Algorithm 1")
    span = f"<span style='color:{muted}'>{_span(step.span)}</span>"
    cells = (f"{name}<br>{span}", short(step.score), f"{moved}<br>{below}")
    row = "<tr>" + "".join(f"<td style='{_LINE}'>{cell}</td>" for cell in cells) + "</tr>"
    if why:
        row += f"<tr><td colspan='3'>✕ {tr('Dropped: {}.').format(escape(why))}</td></tr>"
    return row


def _worth_showing(found: Explanation) -> list[tuple[str, float]]:
    pairs = list(found.probabilities[:_CLASSES])
    background = next(pair for pair in found.probabilities if pair[0] == "")
    return pairs if background in pairs else [*pairs[:-1], background]


def _bar(name: str, share: float) -> str:
    """A probability with a bar of blocks, which needs no colour."""
    background = tr("background")
    text = escape(name) if name else f"<i>{background}</i>"
    bar = f"<td style='{_LINE}'>{'▇' * round(share * _BLOCKS)}</td>"
    return f"<tr><td>{text}</td>{bar}<td>{share:.1%}</td></tr>"


def _score(found: Explanation) -> str:
    """How the score is made of probability and completeness (section 3.3)."""
    step, completeness = found.steps[-1], found.completeness
    assert completeness is not None
    probability = dict(found.probabilities).get(step.label)
    if probability is None:
        probability = exp(log(max(step.score, 1e-12)) - completeness)
    text = tr("completeness {}; score {} = probability {} × {}").format(
        f"{completeness:+.2f}",
        short(step.score),
        short(probability),
        f"e<sup>{completeness:.2f}</sup>",
    )
    text = text.replace("-", "−")
    return _heading(tr("Completeness and score")) + f"<p>{text}</p>"


class Diagram(QWidget):
    """The proposal over time: its stages one below the other, units, and what was seen around."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._found: Explanation | None = None
        self.setAccessibleName(tr("The proposal at each stage"))

    def show_explanation(self, found: Explanation | None) -> None:
        """Draw another proposal, or nothing."""
        self._found = found
        self.setFixedHeight(0 if found is None else 20 * len(found.steps) + 38)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        found = self._found
        if found is None:
            return
        painter, theme = QPainter(self), of_palette(self.palette())
        spans = [step.span for step in found.steps]
        spans += list(found.looked_at or ())
        low, high = min(span[0] for span in spans), max(span[1] for span in spans)
        scale = (self.width() - 20) / max(high - low, 1e-6)

        def box(span: tuple[float, float], top: float, height: float) -> QRectF:
            return QRectF(10 + (span[0] - low) * scale, top, (span[1] - span[0]) * scale, height)

        font = QFont(self.font())
        font.setPixelSize(10)
        painter.setFont(font)
        top = 8.0
        if found.looked_at is not None:
            for part, name in zip(found.looked_at, _PARTS, strict=True):
                area = box(part, 4, self.height() - 8)
                strong = name == _PARTS[1]
                painter.fillRect(area, theme.color("accent", 0.16 if strong else 0.08))
                painter.setPen(theme.color("muted"))
                middle = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
                painter.drawText(area.adjusted(0, 1, 0, 0), middle, tr(name))
            top += 12
        for step in found.steps:
            bar = box(step.span, top, 13)
            here = step == found.step
            painter.fillRect(bar, theme.color("accent", 0.85 if here else 0.45))
            if step.reason is not Reason.KEPT:
                painter.setPen(QPen(theme.color("text"), 1.6))
                mark = QRectF(min(bar.right() + 4, self.width() - 12.0), top + 2, 9, 9)
                painter.drawLine(mark.topLeft(), mark.bottomRight())
                painter.drawLine(mark.bottomLeft(), mark.topRight())
            painter.setPen(theme.color("text"))
            where = bar.adjusted(4, 0, 80, 0)
            painter.drawText(where, Qt.AlignmentFlag.AlignVCenter, tr(step.stage))
            top += 20
        painter.setPen(QPen(theme.color("text", 0.7), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for place, unit in enumerate(found.units):
            painter.drawRect(box(unit, top - 2 + 5 * (place % 2), 4))
