"""Who listens to whom: session and player tell, views show, gestures ask the session."""

import numpy as np
from PySide6.QtCore import QObject, QPoint, QTimer

from etp_core.evolution import STAGES
from etp_core.project import RemoveVideo, StoredSegment, Video
from etp_studio.actions import Action, way_to
from etp_studio.editor import Editor
from etp_studio.jobs.detection import Detections, Piece
from etp_studio.messages import MessageBar
from etp_studio.playback.decoder import Clip
from etp_studio.playback.onion import Edge
from etp_studio.playback.player import Player
from etp_studio.playback.position import clock_text
from etp_studio.playback.transport import TransportBar
from etp_studio.playback.video_view import VideoView
from etp_studio.review.board import ReviewBoard
from etp_studio.review.issues import Issue
from etp_studio.review.labels import LabelPane
from etp_studio.review.queue import Entry, QueueView
from etp_studio.review.reviewer import Reviewer
from etp_studio.review.segments import SegmentPane
from etp_studio.review.tables import Kept, detection_rows, truth_rows
from etp_studio.session import Session
from etp_studio.texts import tr
from etp_studio.threshold import ThresholdControl
from etp_studio.timeline.view import TimelineView

_QUEUE_EVERY = 500  # milliseconds between two looks at what is left to review
_QUEUE_NEXT = 25  # milliseconds after an edit or another video: not in the turn that paints it


class Wiring(QObject):
    """Connects one session and one player with the views of one window."""

    def __init__(
        self,
        session: Session,
        player: Player,
        editor: Editor,
        detections: Detections,
        *,
        video: VideoView,
        transport: TransportBar,
        timeline: TimelineView,
        queue: QueueView,
        segments: SegmentPane,
        labels: LabelPane,
        threshold: ThresholdControl,
        messages: MessageBar,
        board: ReviewBoard,
        reviewer: Reviewer,
    ) -> None:
        super().__init__(session)
        self._session, self._player, self._editor = session, player, editor
        self._detections = detections
        self._video, self._transport, self._timeline = video, transport, timeline
        self._queue, self._segments, self._labels = queue, segments, labels
        self._threshold, self._messages = threshold, messages
        self._board, self._reviewer = board, reviewer
        self._queue_soon = QTimer(self, singleShot=True, interval=_QUEUE_EVERY)
        self._queue_soon.timeout.connect(self._show_queue)
        self._queue_next = QTimer(self, singleShot=True, interval=_QUEUE_NEXT)
        self._queue_next.timeout.connect(self._show_queue)
        self._table_soon = QTimer(self, singleShot=True, interval=0)
        self._table_soon.timeout.connect(self._show_table)
        self._table_seen, self._table_stale = False, True
        self._truth_rows: Kept[StoredSegment] = Kept(truth_rows)
        self.positions: dict[int, float] = {}  # video id -> where its playhead was, in seconds
        self._connect_session()
        self._connect_player()
        self._connect_timeline()
        self._connect_lists()
        detections.curves.connect(self._curves)
        detections.progressed.connect(lambda *_: self.show_queue_soon())
        detections.stored.connect(session.run_added)
        detections.ended.connect(self._detection_ended)
        detections.failed.connect(messages.error)

    def _connect_session(self) -> None:
        session = self._session
        session.project_changed.connect(self.positions.clear)
        session.video_changed.connect(self._video_changed)
        session.videos_changed.connect(self._queue_next.start)
        session.labels_changed.connect(self._labels_changed)
        session.segments_changed.connect(self._show_truth)
        session.evolution_changed.connect(self._evolution_changed)
        session.detections_changed.connect(self._show_detections)
        session.selection_changed.connect(self._selected)
        session.detection_changed.connect(self._detection_selected)
        session.current_label_changed.connect(lambda _: self._show_label())
        session.current_label_changed.connect(self._timeline.set_current_label)
        session.refused.connect(self._messages.error)

    def _connect_player(self) -> None:
        player = self._player
        player.clip_changed.connect(self._clip_changed)
        player.picture.connect(self._video.show_picture)
        player.strip.connect(self._video.show_strip)
        player.playhead_moved.connect(self._playhead_moved)
        player.speed_changed.connect(self._transport.set_speed)
        player.failed.connect(self._video_failed)
        player.undecodable.connect(lambda _, line: self._messages.error(line))
        self._video.painted.connect(self._transport.set_picture)
        self._transport.go_requested.connect(player.go)
        self._transport.speed_chosen.connect(player.set_speed)
        self._transport.loudness.changed.connect(player.sound.set_volume)
        self._editor.hint.connect(self._messages.notice)
        self._messages.covers.connect(self._video.keep_below)
        self._editor.begun_changed.connect(self._begun)

    def _connect_timeline(self) -> None:
        timeline, session, player = self._timeline, self._session, self._player
        timeline.seek_requested.connect(player.seek)
        timeline.preview_requested.connect(self._preview)
        timeline.preview_ended.connect(player.end_preview)
        timeline.selection_changed.connect(session.select)
        timeline.selection_toggled.connect(session.toggle)
        timeline.edit_requested.connect(session.apply)
        timeline.relabel_requested.connect(self._relabel)
        timeline.proposal_selected.connect(self._proposal_selected)
        timeline.refused.connect(self._messages.notice)

    def _connect_lists(self) -> None:
        session = self._session
        self._queue.chosen.connect(lambda key: session.set_video(session.video_with(key)))
        self._queue.remove_requested.connect(self._remove)
        self._segments.truth.chosen.connect(self._segment_chosen)
        self._segments.truth.several.connect(session.select_several)
        self._segments.detections.chosen.connect(self._detection_chosen)
        self._segments.detections.activated_row.connect(self._reviewer.accept_detection)
        self._labels.edit_requested.connect(session.apply)
        self._labels.label_chosen.connect(self._editor.label)
        self._threshold.changed.connect(session.set_threshold)

    # The session tells

    def _video_changed(self, video: Video | None) -> None:
        self._queue_next.start()
        if video is None:
            self._player.close()
            line = tr("No videos yet. {} opens some; they can be dropped here, too.")
            empty = self._session.project is not None
            self._video.show_text(line.format(way_to(Action.open_videos)) if empty else "")
            return
        self._video.show_text(tr("Opening {} …").format(video.name))
        self._player.open(video.path, self.positions.get(video.id))

    def _labels_changed(self) -> None:
        session = self._session
        self._labels.set_labels(session.labels, None)
        self._show_label()
        self._timeline.set_labels(session.labels, session.segments if self._player.clip else None)
        self._timeline.set_current_label(session.current_label)
        self._show_truth()
        self._show_detections()

    def _show_truth(self) -> None:
        """Show the ground truth: on the timeline at once, in its table in the next turn."""
        session, clip = self._session, self._player.clip
        self._table_soon.start()
        self._show_label()
        if clip:
            self._timeline.set_truth(session.segments)
            self._timeline.select(session.selected, session.also)

    def set_table_seen(self, seen: bool) -> None:
        """Whether the table is to be seen (a dock behind another counts as visible in Qt)."""
        self._table_seen = seen
        if seen and self._table_stale:
            self._show_table()

    def _show_table(self) -> None:
        self._table_stale = not self._table_seen
        if self._table_stale:
            return
        session, clip = self._session, self._player.clip
        cuts = clip.cuts if clip else None
        several = len({segment.annotator for segment in session.segments}) > 1
        rows = self._truth_rows.of(session.segments, session.labels, cuts, several)
        self._segments.set_truth(rows, session.selected, session.also)
        self._show_found()  # how far it overlaps with the ground truth

    def _show_label(self) -> None:
        """Mark the label of the selected segment; with none selected, that of new segments."""
        segment = self._session.selected_segment
        self._labels.set_current(segment.label_id if segment else self._session.current_label)

    def _evolution_changed(self) -> None:
        evolution = self._session.evolution
        if evolution is not None and len(evolution.localization):
            self._threshold.set_top(float(np.max(evolution.localization.scores)))
        if self._player.clip:
            self._timeline.set_evolution(evolution)

    def _show_detections(self) -> None:
        session = self._session
        self._show_found()
        stage = session.evolution.localization if session.evolution else None
        self._threshold.set_count(len(session.detections), len(stage.kept) if stage else 0)
        self._threshold.set_value(session.threshold)
        self._timeline.set_threshold(session.threshold)

    def _show_found(self) -> None:
        if not self._table_seen:
            self._table_stale = True
            return
        session = self._session
        rows = detection_rows(session.detections, session.segments, session.labels)
        self._segments.set_detections(rows, session.selected_detection)

    def _show_queue(self) -> None:
        session = self._session
        current = session.video.id if session.video else None
        self._queue.set_videos(session.videos, self._entry, current)

    def _entry(self, video: Video) -> Entry:
        return Entry(
            video.id,
            video.name,
            self._state(video),
            self._session.errors.get(video.id, ""),
            self._detections.share(video.id),
            clock_text(video.duration).split(".")[0] if video.duration else "",
            self._board.worst(video.id),
        )

    def show_queue_soon(self) -> None:
        """Show the queue again, not more than a few times a second."""
        if not self._queue_soon.isActive():
            self._queue_soon.start()

    @property
    def table_due(self) -> bool:
        """Whether the table is to show the ground truth in the next turn."""
        return self._table_soon.isActive()

    def close(self) -> None:
        """Show nothing more."""
        self._queue_soon.stop()
        self._queue_next.stop()
        self._table_soon.stop()

    def _state(self, video: Video) -> str:
        counts, known = self._session.counts, self._session.counted
        count = counts.get(video.id, 0)
        parts = []
        run, issues = self._session.runs.get(video.id), self._board.of_video(video.id)
        if self._detections.running(video.id):
            waits = self._detections.waiting(video.id)
            parts.append(tr("waiting") if waits else tr("detecting"))
        elif issues or (run is not None and run.detects):
            parts.append(_left(issues))
        elif run is not None:
            parts.append(tr("proposals by motion"))
        if known or video.id in counts:
            parts.append(tr("%n segment(s)", "", count))
        return "  ·  ".join(parts)

    def _selected(self, segment_id: int | None) -> None:
        session = self._session
        self._segments.truth.show_selected(segment_id, session.also)
        if segment_id is not None:
            self._segments.show_truth()
        self._timeline.select(segment_id, session.also)
        self._show_label()
        segment = session.selected_segment
        if segment is not None:
            self._timeline.ensure_visible(segment.start)

    def _detection_selected(self, row: int | None) -> None:
        self._segments.detections.show_selected(row)
        self._timeline.show_proposal(STAGES[-1], -1 if row is None else row)

    # The player tells

    def _clip_changed(self, clip: Clip | None) -> None:
        self._transport.set_clip(clip)
        session = self._session
        if clip is None:
            self._timeline.set_video(None, np.array([0.0, 1.0]))
            return
        assert session.video is not None
        session.set_error(session.video.id, None)
        self._timeline.set_video(session.video.id, clip.cuts)
        self._timeline.media.load(clip.info.path, clip.track)
        self._timeline.set_read_only(bool(session.project and session.project.read_only))
        reading = self._detections.running(session.video.id)
        self._timeline.set_evolution(None if reading else session.evolution)
        self._timeline.curves.set_reading(reading)
        for piece in self._detections.pieces(session.video.id):
            self._timeline.append_curves(piece.times, piece.scores, piece.classes, piece.sigma)
        self._show_truth()

    def _playhead_moved(self, time: float) -> None:
        self._timeline.set_playhead(time)
        if self._session.video:
            self.positions[self._session.video.id] = time

    def _video_failed(self, line: str) -> None:
        video = self._session.video
        hint = ""
        if video and not video.path.is_file():
            hint = "\n" + tr("{} looks for it elsewhere.").format(way_to(Action.find_videos))
        self._video.show_text(line + hint)
        if self._session.video:
            self._session.set_error(self._session.video.id, line)

    def _begun(self) -> None:
        """What was begun, since when, and which key ends it."""
        marked, live = self._editor.marked, self._editor.live
        begun: list[tuple[int | None, float]] = [*live.items()]
        lines = []
        if marked is not None:
            begun.append((None, marked))
            line = tr("Start {}: {} ends it here")
            lines.append(line.format(clock_text(marked), way_to(Action.set_end)))
        if live:
            names = {label.id: label.name for label in self._session.labels}
            since = [tr("{} since {}").format(names[k], clock_text(t)) for k, t in live.items()]
            lines.append(tr("{}: the same key ends it").format(", ".join(since)))
        self._timeline.set_begun(begun)
        self._video.set_note("  ·  ".join(lines))

    # People ask

    def _preview(self, time: float) -> None:
        """Look at the boundary under the hand."""
        draft = self._timeline.lanes.draft
        if draft is None:
            self._player.preview(time)
        else:
            edge: Edge = "end" if draft.boundary == draft.end else "start"
            self._player.preview(draft.boundary, edge)

    def _remove(self, video_id: int) -> None:
        video = self._session.video_with(video_id)
        if video is not None and self._session.apply(RemoveVideo(video_id)):
            line = tr("{} is no longer in the project; its file stays. {} brings it back.")
            self._messages.notice(line.format(video.name, way_to(Action.undo)))

    def _segment_chosen(self, segment_id: int) -> None:
        self._session.select(segment_id)
        segment = self._session.selected_segment
        if segment is not None:
            self._player.seek(segment.start)

    def _detection_chosen(self, row: int) -> None:
        self._session.select_detection(row)
        found = next((d for d in self._session.detections if d.row == row), None)
        if found is not None:
            self._player.seek(found.start)
            self._timeline.ensure_visible(found.start)

    def _proposal_selected(self, stage: str, row: int) -> None:
        """A proposal of an earlier stage is brought forward by the timeline alone."""
        if stage == STAGES[-1]:
            self._session.select_detection(row)
            self._segments.show_detections()
        elif row < 0:
            self._session.select_detection(None)

    def _relabel(self, segment_id: int, position: QPoint) -> None:
        self._editor.relabel_menu(segment_id, position, self._timeline)

    # Detection tells

    def detection_started(self, video_id: int) -> None:
        """Make room for the curves that are about to come."""
        if self._session.video and self._session.video.id == video_id:
            self._timeline.set_evolution(None)
            self._timeline.clear_curves()
            self._timeline.curves.set_reading(True)
        self._show_queue()

    def _curves(self, video_id: int, piece: Piece) -> None:
        if self._session.video and self._session.video.id == video_id and self._player.clip:
            self._timeline.append_curves(piece.times, piece.scores, piece.classes, piece.sigma)

    def _detection_ended(self, video_id: int) -> None:
        if self._session.video and self._session.video.id == video_id and self._player.clip:
            self._timeline.clear_curves()
            self._timeline.curves.set_reading(False)
            self._timeline.set_evolution(self._session.evolution)
        self._show_queue()


def _left(issues: list[Issue] | None) -> str:
    """How far the review of a video that was detected in has come."""
    if issues is None:
        return tr("detected")
    return tr("%n to review", "", len(issues)) if issues else tr("reviewed")
