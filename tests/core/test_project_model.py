"""A random walk of edits, undo, redo and reopening, held against a model of plain Python values."""

import copy
import itertools
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from etp_core.project import (
    AddLabel,
    AddSegment,
    AddVideo,
    Batch,
    DeleteLabel,
    DeleteSegment,
    MoveSegment,
    Project,
    RelabelSegment,
    RemoveVideo,
    RenameLabel,
)

TIMES = st.tuples(st.integers(0, 99), st.integers(1, 50)).map(
    lambda pair: (pair[0] / 10, min((pair[0] + pair[1]) / 10, 10.0))
)
PICK = st.integers(0, 10**6)


class Model:
    """Videos {id: name}, labels {id: name}, segments {id: (video, label, start, end)}."""

    def __init__(self):
        self.videos, self.labels, self.segments = {}, {}, {}

    def apply(self, edit, ids):
        """The edit on plain dictionaries; `ids` are the next ids of the three, never given back."""
        match edit:
            case AddVideo(path=path):
                self.videos[next(ids["videos"])] = path
            case RemoveVideo(video_id=key):
                del self.videos[key]
                self.segments = {k: s for k, s in self.segments.items() if s[0] != key}
            case AddLabel(name=name):
                self.labels[next(ids["labels"])] = name
            case RenameLabel(label_id=key, name=name):
                self.labels[key] = name
            case DeleteLabel(label_id=key):
                del self.labels[key]
            case AddSegment(video_id=video, label_id=label, start=start, end=end):
                self.segments[next(ids["segments"])] = (video, label, start, end)
            case MoveSegment(segment_id=key, start=start, end=end):
                self.segments[key] = (*self.segments[key][:2], start, end)
            case RelabelSegment(segment_id=key, label_id=label):
                video, _, start, end = self.segments[key]
                self.segments[key] = (video, label, start, end)
            case DeleteSegment(segment_id=key):
                del self.segments[key]
            case Batch(edits=edits):
                for part in edits:
                    self.apply(part, ids)


class Walk(RuleBasedStateMachine):
    """The project and the model take the same steps; they must show the same at each of them."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name).resolve() / "p.etp"
        self.project = Project.create(self.path)
        self.model = Model()
        self.ids = {name: itertools.count(1) for name in ("videos", "labels", "segments")}
        self.fresh = itertools.count(1)
        self.done, self.undone = [], []

    def teardown(self):
        self.project.close()
        self.folder.cleanup()

    def step(self, edit):
        before = copy.deepcopy(self.model)
        self.model.apply(edit, self.ids)
        self.project.apply(edit)
        if vars(before) != vars(self.model):
            self.done.append(before)
            self.undone.clear()

    def one(self, table, pick):
        keys = sorted(getattr(self.model, table))
        return keys[pick % len(keys)]

    def has(*tables):
        return precondition(lambda self: all(getattr(self.model, table) for table in tables))

    @rule()
    def add_video(self):
        path = str(self.path.with_name(f"{next(self.fresh)}.mp4"))
        self.step(AddVideo(path, "print", 100, 10.0, 10.0, 32, 24))

    @rule()
    def add_label(self):
        self.step(AddLabel(f"label {next(self.fresh)}"))

    @has("videos")
    @rule(pick=PICK)
    def remove_video(self, pick):
        self.step(RemoveVideo(self.one("videos", pick)))

    @has("labels")
    @rule(pick=PICK)
    def rename_label(self, pick):
        self.step(RenameLabel(self.one("labels", pick), f"label {next(self.fresh)}"))

    @has("labels")
    @rule(pick=PICK)
    def delete_label(self, pick):
        key = self.one("labels", pick)
        if all(segment[1] != key for segment in self.model.segments.values()):
            self.step(DeleteLabel(key))

    @has("videos", "labels")
    @rule(video=PICK, label=PICK, times=TIMES)
    def add_segment(self, video, label, times):
        self.step(AddSegment(self.one("videos", video), self.one("labels", label), *times))

    @has("segments")
    @rule(pick=PICK, times=TIMES)
    def move_segment(self, pick, times):
        self.step(MoveSegment(self.one("segments", pick), *times))

    @has("segments")
    @rule(pick=PICK, label=PICK)
    def relabel_segment(self, pick, label):
        self.step(RelabelSegment(self.one("segments", pick), self.one("labels", label)))

    @has("segments")
    @rule(pick=PICK)
    def delete_segment(self, pick):
        self.step(DeleteSegment(self.one("segments", pick)))

    @has("segments")
    @rule(pick=PICK)
    def split_segment(self, pick):
        key = self.one("segments", pick)
        video, label, start, end = self.model.segments[key]
        middle = (start + end) / 2
        if start < middle < end:
            parts = MoveSegment(key, start, middle), AddSegment(video, label, middle, end)
            self.step(Batch(parts, "Split"))

    @rule()
    def undo(self):
        assert (self.project.undo() is not None) == bool(self.done)
        if self.done:
            self.undone.append(self.model)
            self.model = self.done.pop()

    @rule()
    def redo(self):
        assert (self.project.redo() is not None) == bool(self.undone)
        if self.undone:
            self.done.append(self.model)
            self.model = self.undone.pop()

    @rule()
    def reopen(self):
        self.project.close()
        self.project = Project.open(self.path)

    @invariant()
    def shows_the_same(self):
        assert {v.id: str(v.path) for v in self.project.videos()} == self.model.videos
        assert {label.id: label.name for label in self.project.labels()} == self.model.labels
        assert {
            s.id: (s.video_id, s.label_id, s.start, s.end) for s in self.project.segments()
        } == self.model.segments
        assert (self.project.undo_title is None) == (not self.done)
        assert (self.project.redo_title is None) == (not self.undone)


TestWalk = Walk.TestCase
TestWalk.settings = settings(max_examples=20, stateful_step_count=40, deadline=None)
