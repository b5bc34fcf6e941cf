"""Connects the review: the board tells, the pane shows, the reviewer decides."""

from PySide6.QtCore import QObject, QTimer

from etp_core.project import Contribution
from etp_studio.review.board import ReviewBoard
from etp_studio.review.issues import Issue
from etp_studio.review.pane import ReviewPane
from etp_studio.review.reviewer import Reviewer
from etp_studio.session import Session
from etp_studio.texts import tr

_EVERY = 250  # milliseconds between two fillings of the list, while videos are looked at


class ReviewDesk(QObject):
    """Keeps one pane true while it is to be seen.

    A board that changes often fills its list, which may be long, a few times a second at most.
    """

    def __init__(
        self, session: Session, board: ReviewBoard, reviewer: Reviewer, pane: ReviewPane
    ) -> None:
        super().__init__(session)
        self._session, self._board, self._reviewer, self._pane = session, board, reviewer, pane
        self._people = ""
        self._seen, self._stale = False, True
        self._soon = QTimer(self, singleShot=True, interval=_EVERY)
        self._soon.timeout.connect(self._show)
        board.changed.connect(self._later)
        session.video_changed.connect(lambda _: self._later())
        session.labels_changed.connect(self._choices)
        board.counted.connect(self._counted)
        session.project_changed.connect(self._choices)
        pane.filter_changed.connect(self._filter)
        pane.chosen.connect(reviewer.go)
        reviewer.current_changed.connect(self._show_current)

    def close(self) -> None:
        """Show nothing more."""
        self._soon.stop()

    def set_seen(self, seen: bool) -> None:
        """Whether the pane is to be seen (a dock behind another counts as visible in Qt)."""
        self._seen = seen
        if not seen:
            self._soon.stop()
        elif self._stale:
            self._show()

    def _later(self) -> None:
        self._stale = True
        if self._seen and not self._soon.isActive():
            self._soon.start()

    def _filter(self, chosen: object) -> None:
        self._board.set_filter(chosen)
        self._stale = True
        if self._seen:
            self._show()

    def _choices(self) -> None:
        project = self._session.project
        names = [label.name for label in self._session.labels]
        self._pane.set_choices(names, project.annotators() if project else [])
        self._later()

    def _counted(self, people: list[Contribution]) -> None:
        self._people = "\n".join(map(_line, people))
        self._later()

    def _show_current(self, issue: Issue | None) -> None:
        if self._seen:
            self._pane.show_current(issue)
        else:
            self._stale = True

    def _show(self) -> None:
        self._soon.stop()
        self._stale = False
        session, shown = self._session, self._board.shown_of
        by_video = {video.id: shown(video.id) for video in session.videos}
        issues = [issue for some in by_video.values() for issue in some]
        names = {video.id: video.name for video in session.videos}
        colors = {label.name: label.color for label in session.labels}
        self._pane.set_issues(issues, names, colors)
        self._pane.show_current(self._reviewer.current)
        here = len(by_video.get(session.video.id, ())) if session.video else 0
        videos = sum(map(bool, by_video.values()))
        parts = []
        if issues:
            left = tr("%n left to decide", "", len(issues))
            if videos > 1:
                left = tr("{} in %n video(s)", "", videos).format(left)
            parts.append(tr("{}, {} in this video").format(left, here))
        if self._board.left > 1:
            parts.append(tr("comparing %n more video(s)", "", self._board.left))
        self._pane.set_progress(" · ".join(parts), self._people)


def _line(person: Contribution) -> str:
    parts = [tr("%n segment(s)", "", person.segments)]
    if person.unsure:
        parts.append(tr("%n unsure", "", person.unsure))
    if person.verdicts:
        parts.append(tr("%n decided", "", person.verdicts))
    return f"{person.annotator}: {', '.join(parts)}"
