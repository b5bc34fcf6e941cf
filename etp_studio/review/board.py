"""What is left to review in the whole project, worked out video by video in the background."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from etp_core.evolution import STAGES
from etp_core.project import StoredSegment, Video
from etp_core.video import VideoReader
from etp_studio.background import Background
from etp_studio.review.issues import Issue, Kind, at_stage, doubts, find_issues
from etp_studio.session import Session

_SETTLE = 60  # milliseconds without a change before the lists are read again


@dataclass(frozen=True)
class Filter:
    """What of it is shown; None: whatever.

    score: the least of what has a detection; error: the least boundary error, in frames.
    """

    label: str | None = None
    kind: Kind | None = None
    score: float = 0.0
    error: int = 0
    annotator: str | None = None  # whose ground truth is compared
    stage: str = STAGES[-1]  # the boundaries after which stage are compared

    def shows(self, issue: Issue) -> bool:
        """Whether an issue is shown; stage and annotator decide earlier, what is compared."""
        return (
            (self.label is None or issue.label == self.label)
            and (self.kind is None or issue.kind == self.kind)
            and (issue.found is None or issue.found.score >= self.score)
            and (issue.error or 0) >= self.error
        )


class ReviewBoard(QObject):
    """The issues of every video that was detected in or somebody is unsure of, the current first.

    `changed` when there are others, `counted` when people's contributions are. A video's cuts are
    read from its file once and kept.
    """

    changed = Signal()
    counted = Signal(list)  # of Contribution

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._background = Background(self, threads=1)
        self.filter = Filter()
        self._issues: dict[int, list[Issue]] = {}
        self._worst: dict[int, int] = {}
        self._shown: dict[int, list[Issue]] = {}  # of them, what passes the filter
        self._cuts: dict[int, NDArray[np.float64]] = {}
        self._stale: dict[int, None] = {}  # video ids, in the order in which to look at them
        self._at: int | None = None  # the video that is looked at just now
        self._settle = QTimer(self, singleShot=True)
        self._settle.timeout.connect(self._next)
        session.project_changed.connect(self._forget)
        session.threshold_changed.connect(self._compare_again)
        session.labels_changed.connect(self._all_again)
        session.edited.connect(self._look_again)
        session.history_changed.connect(self._count)

    @property
    def issues(self) -> list[Issue]:
        """What is left to review and passes the filter, by video and time."""
        return [issue for video in self._session.videos for issue in self.shown_of(video.id)]

    def shown_of(self, video_id: int) -> list[Issue]:
        """What is left to review in one video and passes the filter, by time."""
        if video_id not in self._shown:
            found = self._issues.get(video_id, ())
            self._shown[video_id] = [issue for issue in found if self.filter.shows(issue)]
        return self._shown[video_id]

    @property
    def left(self) -> int:
        """How many videos are still to be looked at."""
        return len(self._stale) + (self._at is not None)

    def knows(self, video_id: int) -> bool:
        """Whether what is listed of a video is how it is now."""
        return video_id not in self._stale and self._at != video_id

    def of_video(self, video_id: int) -> list[Issue] | None:
        """What is left to review in a video whatever the filter; None: not known (yet)."""
        return self._issues.get(video_id)

    def worst(self, video_id: int) -> int:
        """The largest boundary error that is left to review in a video, in frames."""
        return self._worst.get(video_id, 0)

    def set_filter(self, chosen: Filter) -> None:
        """Show other issues; where stage or annotator differ, compare again."""
        before, self.filter = self.filter, chosen
        self._shown.clear()
        if (before.stage, before.annotator) != (chosen.stage, chosen.annotator):
            self._all_again()
        self.changed.emit()

    def close(self) -> None:
        """Work no more."""
        self._settle.stop()
        self._stale.clear()
        self._background.close()

    def _count(self) -> None:
        project = self._session.project
        if project is None:
            self.counted.emit([])
            return
        self._background.run(
            project.contributions, self.counted.emit, lambda _: None, key="contributions"
        )

    def _forget(self) -> None:
        self._issues.clear()
        self._worst.clear()
        self._shown.clear()
        self._cuts.clear()
        self._all_again()
        self.changed.emit()

    def _compare_again(self) -> None:
        """Look again at what was detected; what people are unsure of is what it was."""
        self._stale = dict.fromkeys([*self._session.runs, *self._stale])
        self._settle.start(_SETTLE)

    def _all_again(self) -> None:
        self._stale.clear()
        self._compare_again()
        project = self._session.project
        if project is None:
            return

        def add(videos: list[int]) -> None:
            if self._session.project is project:
                self._look_again(frozenset(videos) - frozenset(self._session.runs))

        self._background.run(project.unsure_videos, add, lambda _: None, key="unsure")

    def _look_again(self, video_ids: frozenset[int]) -> None:
        self._stale = dict.fromkeys([*video_ids, *self._stale])
        self._settle.start(0)

    def _next(self) -> None:
        """Look at the next video: the current one before the others."""
        session = self._session
        project = session.project
        if self._at is not None or project is None or not self._stale:
            return
        current = session.video.id if session.video else None
        video_id = current if current in self._stale else next(iter(self._stale))
        del self._stale[video_id]
        video, run = session.video_with(video_id), session.runs.get(video_id)
        if video is None or video_id in session.errors:
            self._found(video_id, [])
            return
        labels, threshold, chosen = session.labels, session.threshold, self.filter
        cuts, before = self._cuts.get(video_id), self._issues.get(video_id, [])

        def work() -> tuple[NDArray[np.float64] | None, list[Issue]]:
            if run is None or not run.detects:
                segments = _of(chosen.annotator, project.segments(video.id, unsure=True))
                return cuts, _as_before(before, doubts(segments, labels))
            there = _cuts_of(video) if cuts is None else cuts
            segments = _of(chosen.annotator, project.segments(video.id))
            found = at_stage(project.detections(run.id, threshold), chosen.stage)
            verdicts = project.verdicts(video.id)
            issues = find_issues(video.id, found, segments, labels, there, verdicts)
            return there, _as_before(before, issues)

        def done(found: tuple[NDArray[np.float64] | None, list[Issue]]) -> None:
            self._at = None
            if session.project is project:
                if found[0] is not None:
                    self._cuts[video_id] = found[0]
                self._found(video_id, found[1])

        def failed(_: str) -> None:  # its row in the queue says what is wrong with a video
            self._at = None
            self._found(video_id, [])

        self._at = video_id
        self._background.run(work, done, failed)

    def _found(self, video_id: int, issues: list[Issue]) -> None:
        self._issues[video_id] = issues
        self._worst[video_id] = max((issue.error or 0 for issue in issues), default=0)
        self._shown.pop(video_id, None)
        self._settle.start(0)
        self.changed.emit()


def _as_before(before: list[Issue], issues: list[Issue]) -> list[Issue]:
    """The issues; of those that are as they were, the very objects, whose rows are made already."""
    known = {issue.key: issue for issue in before}
    pairs = ((known.get(issue.key), issue) for issue in issues)
    return [old if old == new else new for old, new in pairs]


def _cuts_of(video: Video) -> NDArray[np.float64]:
    with VideoReader(video.path) as reader:
        return reader.cuts


def _of(annotator: str | None, segments: list[StoredSegment]) -> list[StoredSegment]:
    return segments if annotator is None else [s for s in segments if s.annotator == annotator]
