"""Deciding what the board lists, one after the other: accept, keep, reject, and on to the next."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from etp_core.project import (
    AddSegment,
    Batch,
    Detection,
    Edit,
    Judge,
    MarkUnsure,
    MoveSegment,
    RelabelSegment,
)
from etp_studio.actions import Action, way_to
from etp_studio.playback.player import Player
from etp_studio.review.board import ReviewBoard
from etp_studio.review.issues import SAME, Issue, Kind
from etp_studio.review.tables import best_overlaps
from etp_studio.session import Session, all_on_cuts, on_cuts
from etp_studio.texts import later, tr

_NOTHING = later("There is nothing to compare yet: {} looks for actions.")


class Reviewer(QObject):
    """Walks through the issues of a board; `current` is the one that the keys decide, or None.

    Each decision is one edit. `hint` says in words what is asked, or why a key did nothing.
    """

    hint = Signal(str)
    current_changed = Signal(object)  # Issue, or None

    def __init__(self, session: Session, player: Player, board: ReviewBoard) -> None:
        super().__init__(session)
        self._session, self._player, self._board = session, player, board
        self.current: Issue | None = None
        self._waiting: tuple[Issue | None] | None = None  # go on behind it, once known
        self._going: Issue | None = None  # shown as soon as its video and detections are there
        session.selection_changed.connect(lambda _: self._leave())
        session.detection_changed.connect(lambda _: self._leave())
        session.video_changed.connect(lambda _: self._leave())
        session.detections_changed.connect(self._arrive)
        player.clip_changed.connect(lambda _: self._arrive())
        board.changed.connect(self._go_on)

    # Going through them

    def next(self) -> None:
        """N: the next issue in the list, in this video or a later one; then from the beginning."""
        session = self._session
        if session.video is None:
            return
        if not session.runs and not self._board.issues:
            self.hint.emit(tr(_NOTHING).format(way_to(Action.detect)))
            return
        self._go_behind(self.current)

    def _go_behind(self, issue: Issue | None) -> None:
        """Go to what follows this issue (None: the playhead), once the board is true."""
        video = self._session.video
        if video is not None and not self._board.knows(video.id):
            self._waiting = (issue,)
            return
        self._waiting = None
        following = self._behind(issue)
        if following is not None:
            self.go(following)
        else:
            self.hint.emit(tr("Detections and ground truth agree."))

    def _behind(self, issue: Issue | None) -> Issue | None:
        """The issue behind this one (None: behind the playhead), else the first; None: no issue.

        Several may begin at one time, so their place in the list decides where it is known.
        """
        issues = self._board.issues
        keys = [other.key for other in issues]
        if issue is not None and issue.key in keys:
            later = issues[keys.index(issue.key) + 1 :]
        else:
            videos = {video.id: place for place, video in enumerate(self._session.videos)}
            here = self._session.video.id if self._session.video else -1
            where = (videos.get(here, -1), self._player.playhead)
            if issue is not None:
                where = (videos.get(issue.video_id, -1), issue.time)
            later = [i for i in issues if (videos[i.video_id], i.time - 1e-6) > where]
        return next(iter(later or issues), None)

    def go(self, issue: Issue) -> None:
        """Show an issue, in whatever video it is."""
        session = self._session
        self._going = issue
        if session.video is None or session.video.id != issue.video_id:
            session.set_video(session.video_with(issue.video_id))
            self._going = issue
        self._arrive()

    def _arrive(self) -> None:
        issue, session = self._going, self._session
        if issue is None or session.video is None or self._player.clip is None:
            return
        detected = session.video.id not in session.runs or session.evolution is not None
        if session.video.id != issue.video_id or not detected:
            return
        self._going = None
        if issue.segment is not None:
            session.select(issue.segment)
        elif issue.found is not None:
            session.select_detection(issue.found.row)
        self._player.pause()
        self._player.seek(issue.time)
        self.current = issue
        self.current_changed.emit(issue)
        self.hint.emit(issue.text)

    def _leave(self) -> None:
        if self.current is not None:
            self.current = None
            self.current_changed.emit(None)

    def _go_on(self) -> None:
        if self._waiting is not None:
            self._go_behind(self._waiting[0])

    # Deciding

    def accept(self) -> None:
        """Enter: take over what the issue or the selected detection says, and move on."""
        issue, row = self.current, self._session.selected_detection
        if issue is None and row is not None:
            self.accept_detection(row)
        elif issue is None:
            self.hint.emit(tr("Select a detection first, or go to the next disagreement (N)."))
        elif issue.kind is Kind.missed:
            self.hint.emit(
                tr("There is nothing to take over: Y keeps the segment, Del deletes it.")
            )
        elif issue.kind is Kind.stages:
            self.keep()
        else:
            self._decide(issue, self._accepting(issue))

    def accept_boundary(self) -> None:
        """Shift+Enter: give the segment the boundaries that were detected, not the label."""
        issue, cuts = self.current, self._cuts
        if issue is None or issue.segment is None or issue.found is None or cuts is None:
            self.hint.emit(tr("Only a segment that was detected as well can take boundaries."))
        else:
            self._decide(issue, MoveSegment(issue.segment, *on_cuts(issue.found, cuts)))

    def keep(self) -> None:
        """Y: the ground truth is right as it is; it is not asked for again."""
        if self.current is None:
            self.hint.emit(tr("Go to the next disagreement first (N)."))
        else:
            self._decide(self.current, self._keeping(self.current))

    def reject(self) -> None:
        """X: what was detected is wrong; it is not asked for again."""
        row, video = self._session.selected_detection, self._session.video
        if self.current is not None and self.current.kind is Kind.unsure:
            line = tr("Nothing detected is asked about: {} makes the segment sure, {} deletes it.")
            self.hint.emit(line.format(way_to(Action.accept), way_to(Action.delete)))
        elif self.current is not None:
            self._decide(self.current, self._keeping(self.current))
        elif row is not None and video is not None:
            found = self._detection(row)
            self._session.apply(Judge(video.id, "rejected", found.label, found.start, found.end))
        else:
            self.hint.emit(tr("Select a detection first, or go to the next disagreement (N)."))

    def accept_detection(self, row: int) -> None:
        """Make a detection of the current video ground truth."""
        edit = next(iter(self._adding([self._detection(row)])), None)
        if edit is not None:
            self._session.apply(edit)

    def accept_all(self) -> None:
        """Make all detections shown ground truth, but for those that have their segment already."""
        session = self._session
        overlaps = best_overlaps(session.detections, session.segments, session.labels)
        new = [session.detections[at] for at in np.flatnonzero(overlaps < SAME)]
        edits = self._adding(new)
        if not edits:
            self.hint.emit(tr("Every detection shown has its segment already."))
            return
        what = f"{len(edits)} detection{'s' if len(edits) > 1 else ''}"
        if session.apply(Batch(tuple(edits), f"Accept {what}")):
            line = tr("Accepted %n detection(s). {} takes that back.", "", len(edits))
            self.hint.emit(line.format(way_to(Action.undo)))

    def _decide(self, issue: Issue, edit: Edit | None) -> None:
        if edit is not None and self._session.apply(edit):
            self._go_behind(issue)

    def _accepting(self, issue: Issue) -> Edit | None:
        if issue.kind is Kind.unsure:
            return MarkUnsure(_id(issue), False)
        assert issue.found is not None
        if issue.kind is Kind.unmatched:
            return next(iter(self._adding([issue.found])), None)
        if issue.kind is Kind.label:
            return RelabelSegment(_id(issue), issue.found.label)
        cuts = self._cuts
        return MoveSegment(_id(issue), *on_cuts(issue.found, cuts)) if cuts is not None else None

    def _keeping(self, issue: Issue) -> Edit | None:
        if issue.kind is Kind.unsure:
            return MarkUnsure(_id(issue), False)
        if issue.segment is None:
            assert issue.found is not None
            found = issue.found
            return Judge(issue.video_id, "rejected", found.label, found.start, found.end)
        segment = self._session.selected_segment
        if segment is None or segment.id != issue.segment:
            return None
        return Judge(issue.video_id, "kept", issue.label, segment.start, segment.end)

    def _adding(self, found: Sequence[Detection]) -> list[Edit]:
        """Edits that make detections ground truth; none without a video."""
        session, cuts = self._session, self._cuts
        if cuts is None or session.video is None:
            return []
        video, source = session.video.id, f"accepted:run {session.runs[session.video.id].id}"
        pairs = zip(found, all_on_cuts(found, cuts), strict=True)
        return [AddSegment(video, one.label, start, end, source) for one, (start, end) in pairs]

    def _detection(self, row: int) -> Detection:
        return next(found for found in self._session.detections if found.row == row)

    @property
    def _cuts(self) -> NDArray[np.float64] | None:
        return self._player.clip.cuts if self._player.clip else None


def _id(issue: Issue) -> int:
    assert issue.segment is not None
    return issue.segment
