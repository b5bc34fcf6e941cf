"""What the keys do to the ground truth: one edit from selection and playhead."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QWidget

from etp_core.project import AddSegment, Batch, StoredSegment
from etp_core.timeline import cut_at
from etp_studio.actions import Action, way_to
from etp_studio.editing import clipboard, commands
from etp_studio.editing.commands import Outcome
from etp_studio.editing.draft import last_cut_before
from etp_studio.icons import swatch
from etp_studio.playback.player import Player
from etp_studio.session import Session
from etp_studio.texts import tr


class Editor(QObject):
    """Turns keys into edits of the session's current video; `hint` says why a key did nothing.

    `marked` is the start (seconds) of a segment that was begun with I, or None; I and O are about
    that one until it has its end, or Esc gives it up.
    """

    hint = Signal(str)
    begun_changed = Signal()

    def __init__(self, session: Session, player: Player) -> None:
        super().__init__(session)
        self._session, self._player = session, player
        self.marked: float | None = None
        self.live: dict[int, float] = {}  # label id -> seconds since when it is labelled
        session.video_changed.connect(lambda _: self.drop_begun())
        session.labels_changed.connect(self._drop_gone)

    @property
    def _cuts(self) -> NDArray[np.float64] | None:
        return self._player.clip.cuts if self._player.clip else None

    def set_start(self) -> None:
        """I: the frame on screen is the first inside.

        A segment begins where none is selected, or behind the end of the one that is: whoever
        presses I, O, I, O on the way through a video draws one segment after the other.
        """
        cuts, segment, time = self._cuts, self._session.selected_segment, self._player.playhead
        if cuts is None:
            return
        behind = segment is not None and cut_at(cuts, time) > last_cut_before(cuts, segment.end)
        if segment is None or behind or self.marked is not None:
            self._session.select(None)
            self._mark(time)
        else:
            self._move(lambda segment, cuts: commands.set_start(segment, time, cuts))

    def set_end(self) -> None:
        """O: the frame on screen is the first outside; ends the segment that I began.

        On the last frame the segment takes that frame in: there is no later one to stand on.
        """
        cuts = self._cuts
        if cuts is None:
            return
        last = self._player.index == len(cuts) - 2
        time = float(cuts[-1]) if last else self._player.playhead
        if self._session.selected_segment is not None and self.marked is None:
            self._move(lambda segment, cuts: commands.set_end(segment, time, cuts))
        else:
            self._finish_segment(time)

    def _move(self, build: Callable[[StoredSegment, NDArray[np.float64]], Outcome]) -> None:
        """Move a boundary of the selected segment; say so where another one may have been meant."""
        before = self._session.selected_segment
        self._edit(build)
        now = self._session.selected_segment
        if before is None or now is None:
            return
        was, length = before.end - before.start, now.end - now.start
        if not was / 2 <= length <= 2 * was:
            line = tr(
                "{} was {:.2f} s long and is {:.2f} s now: {} takes it back. "
                "{}, then {} begins another segment."
            )
            label = self._session.label(now.label_id)
            name = label.name if label else ""
            keys = map(way_to, (Action.undo, Action.deselect, Action.set_start))
            self.hint.emit(line.format(name, was, length, *keys))

    def nudge(self, edge: commands.Edge, frames: int) -> None:
        """Q W E R: move a boundary of the selected segment and show the frame there."""
        self._edit(lambda segment, cuts: commands.nudge(segment, edge, frames, cuts))
        segment = self._session.selected_segment
        if segment is not None:
            self._player.pause()
            self._player.seek(segment.start if edge == "start" else segment.end, edge)

    def split(self) -> None:
        """B: cut the segment under the playhead in two."""
        time = self._player.playhead
        self._edit(lambda segment, cuts: commands.split(segment, time, cuts), self._under_playhead)

    def merge(self) -> None:
        """M: join the selected segment with the next of its label."""
        segments = self._session.segments
        self._edit(lambda segment, cuts: commands.merge(segment, segments))

    def toggle_unsure(self) -> None:
        """U: note that somebody is unsure of the segment, or no longer is."""
        self._edit_all(commands.toggle_unsure, "Mark")

    def duplicate(self) -> None:
        """Draw the selected segment once more behind itself."""
        self._edit(commands.duplicate)

    def copy(self) -> None:
        """Ctrl+C: put the selected segments on the clipboard."""
        session = self._session
        segments = session.selected_segments
        if not segments or session.video is None:
            self.hint.emit(tr("Select a segment first."))
            return
        names = {label.id: label.name for label in session.labels}
        QGuiApplication.clipboard().setText(clipboard.copy(segments, names, session.video.start))
        line = tr("Copied %n segment(s): {} pastes at the playhead.", "", len(segments))
        self.hint.emit(line.format(way_to(Action.paste)))

    def paste(self) -> None:
        """Ctrl+V: put copied segments into this video, the first at the playhead."""
        self._paste(self._player.playhead)

    def paste_same(self) -> None:
        """Ctrl+Shift+V: put copied segments into this video at the times that they had."""
        self._paste(None)

    def _paste(self, at: float | None) -> None:
        session, cuts = self._session, self._cuts
        found = clipboard.copied(QGuiApplication.clipboard().text())
        if not found:
            self.hint.emit(tr("Copy segments first ({}).").format(way_to(Action.copy)))
        if not found or cuts is None or session.video is None:
            return
        edits = clipboard.paste(found, session.video.id, cuts, at)
        if not edits:
            self.hint.emit(tr("The copied segments do not lie within this video."))
            return
        changes = session.apply(Batch(tuple(edits), f"Paste {_several(len(edits))}"))
        if changes:
            session.select_several(sorted(changes.segments))
            left = len(found) - len(edits)
            if left:
                self.hint.emit(tr("%n segment(s) beyond the video's ends left out.", "", left))

    def select_all(self) -> None:
        """Ctrl+A: select all segments of the video."""
        self._session.select_several([segment.id for segment in self._session.segments])

    def delete(self) -> None:
        """Delete the selected segments; the next one is selected."""
        session = self._session
        gone = {segment.id for segment in session.selected_segments}
        if not gone:
            self.hint.emit(tr("Select a segment first."))
            return
        ids = [segment.id for segment in session.segments]
        last = max(i for i, key in enumerate(ids) if key in gone)
        left = [key for key in ids if key not in gone]
        rest = [key for key in ids[last:] if key not in gone] or left[-1:]
        self._edit_all(commands.delete, "Delete")
        if rest and session.selected is None:
            session.select(rest[0])

    def label_at(self, position: int) -> None:
        """The digits: the label at `position` of the list."""
        labels = self._session.labels
        if position < len(labels):
            self.label(labels[position].id)
        else:
            self.hint.emit(tr("There is no label {} yet.").format(position + 1))

    def label(self, label_id: int) -> None:
        """Give the selected segments a label; with none selected it becomes the current label.

        While playing with none selected, the label begins at the playhead and the next time ends.
        """
        if self._session.selected_segments:
            self._edit_all(lambda segment: commands.relabel(segment, label_id), "Relabel")
        elif self._player.playing:
            self._label_live(label_id)
        else:
            self._session.set_current_label(label_id)

    def label_named(self, name: str) -> None:
        """As `label`, by name; a label that is not there yet is added."""
        label = self._session.label_for(name)
        if label is not None:
            self.label(label.id)

    def _label_live(self, label_id: int) -> None:
        session, now = self._session, self._player.playhead
        start = self.live.pop(label_id, None)
        if start is None:
            self.live[label_id] = now
        elif start != now and session.video is not None:
            edit = AddSegment(session.video.id, label_id, min(start, now), max(start, now))
            session.apply(edit)
            session.select(None)  # so that the next digit labels, and does not relabel this one
        self.begun_changed.emit()

    def drop_begun(self) -> None:
        """Esc: forget the segment that was begun, and the labels that were while playing."""
        self.live.clear()
        self._mark(None)

    def _drop_gone(self) -> None:
        there = {label.id for label in self._session.labels}
        self.live = {key: start for key, start in self.live.items() if key in there}
        self.begun_changed.emit()

    def relabel_menu(self, segment_id: int, position: QPoint, parent: QWidget) -> QMenu:
        """A menu of the labels for one segment, at a global position."""
        self._session.select(segment_id)
        menu = QMenu(parent)
        for label in self._session.labels:
            menu.addAction(
                swatch(label.color), label.name, lambda label_id=label.id: self.label(label_id)
            )
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(position)
        return menu

    def step_segment(self, direction: int) -> None:
        """Up and Down: the segment before or after the selected one, or the playhead."""
        session = self._session
        segments = session.segments
        if not segments:
            line = tr("There are no segments yet: {} and {} make one.")
            self.hint.emit(line.format(way_to(Action.set_start), way_to(Action.set_end)))
            return
        ids = [segment.id for segment in segments]
        if session.selected in ids:
            position = ids.index(session.selected) + direction
        else:
            starts = [segment.start for segment in segments]
            right = int(np.searchsorted(starts, self._player.playhead + 1e-6))
            position = right if direction > 0 else right - 1
        if 0 <= position < len(ids):
            session.select(ids[position])
            self._player.seek(segments[position].start)

    def to_edge(self, edge: commands.Edge) -> None:
        """Home and End: to the boundaries of the selected segment, else the ends of the video."""
        segment, clip = self._session.selected_segment, self._player.clip
        if clip is None:
            return
        if segment is None:
            self._player.go(0 if edge == "start" else len(clip) - 1)
        else:
            self._player.seek(segment.start if edge == "start" else segment.end, edge)

    def undo(self) -> None:
        """Take the last edit back and say what it was."""
        project = self._session.project
        title = project.undo_title if project else None
        if self._session.undo() is not None:
            self.hint.emit(tr("Undone: {}").format(title))

    def redo(self) -> None:
        """Do again what was taken back last and say what it was."""
        project = self._session.project
        title = project.redo_title if project else None
        if self._session.redo() is not None:
            self.hint.emit(tr("Done again: {}").format(title))

    def step_video(self, direction: int) -> None:
        """Show the next video of the project, or the one before."""
        session = self._session
        ids = [video.id for video in session.videos]
        if session.video is not None and session.video.id in ids:
            position = ids.index(session.video.id) + direction
            if 0 <= position < len(ids):
                session.set_video(session.videos[position])

    def loop(self) -> None:
        """P: play the selected segment over and over."""
        segment = self._session.selected_segment
        if segment is None:
            self.hint.emit(tr("Select a segment to loop it."))
        elif self._player.loop:
            self._player.pause()
        else:
            self._player.play_loop(segment.start, segment.end)

    def _finish_segment(self, end: float) -> None:
        session = self._session
        if self.marked is None or session.video is None:
            line = tr("Press {} where the segment starts, then {} where it ends.")
            self.hint.emit(line.format(way_to(Action.set_start), way_to(Action.set_end)))
        elif end <= self.marked:
            line = tr("The end must lie after the start that {} has set.")
            self.hint.emit(line.format(way_to(Action.set_start)))
        elif session.current_label is None:
            line = tr("Add a label first ({}): the segment needs one.")
            self.hint.emit(line.format(way_to(Action.new_label)))
        else:
            label, start = session.current_label, self.marked
            if session.apply(AddSegment(session.video.id, label, start, end)):
                self._mark(None)

    def _mark(self, time: float | None) -> None:
        self.marked = time
        self.begun_changed.emit()

    def _under_playhead(self) -> StoredSegment | None:
        selected = self._session.selected_segment
        if selected is not None:
            return selected
        now = self._player.playhead
        return next((s for s in self._session.segments if s.start < now < s.end), None)

    def _edit_all(self, build: Callable[[StoredSegment], Outcome], what: str) -> None:
        """One edit of all selected segments; what: the verb of its title."""
        segments = self._session.selected_segments
        outcomes = [build(segment) for segment in segments]
        edits = tuple(outcome.edit for outcome in outcomes if outcome.edit is not None)
        if not segments:
            self.hint.emit(tr("Select a segment first."))
        elif not edits:
            self.hint.emit(tr(outcomes[0].reason))
        elif len(edits) == 1:
            self._session.apply(edits[0])
        else:
            self._session.apply(Batch(edits, f"{what} {_several(len(edits))}"))

    def _edit(
        self,
        build: Callable[[StoredSegment, NDArray[np.float64]], Outcome],
        which: Callable[[], StoredSegment | None] | None = None,
    ) -> None:
        cuts = self._cuts
        segment = which() if which else self._session.selected_segment
        if cuts is None or segment is None:
            self.hint.emit(tr("Select a segment first."))
            return
        outcome = build(segment, cuts)
        if outcome.edit is None:
            self.hint.emit(tr(outcome.reason))
        else:
            self._session.apply(outcome.edit)


def _several(count: int) -> str:
    return f"{count} segment{'' if count == 1 else 's'}"
