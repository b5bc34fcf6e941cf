"""What an import will do is told before it is done, and what a file says beside is given back."""

import json
from dataclasses import replace

import pytest

from etp_core.annotations import Annotations, Segment, VideoEntry
from etp_core.errors import ProjectError
from etp_core.formats import FORMATS, Clock, read, write
from etp_core.project import AddLabel, AddSegment, AddVideo, Project, interchange


@pytest.fixture
def project(tmp_path):
    """Video a with wave [1, 2.5) of ann, and an empty video b."""
    with Project.create(tmp_path / "p.etp", author="ann") as opened:
        for name in ("a", "b"):
            opened.apply(AddVideo(tmp_path / f"{name}.mp4", "", 100, 10.0, 10.0, 32, 24))
        opened.apply(AddLabel("wave"))
        opened.apply(AddLabel("run"))
        opened.apply(AddSegment(1, 1, 1.0, 2.5))
        yield opened


def row(start, end, label="wave", video="a", **fields):
    return Segment(video, label, start, end, **fields)


def spans(project):
    names = {label.id: label.name for label in project.labels()}
    return [(names[s.label_id], s.start, s.end) for s in project.segments()]


KINDS = {
    "new": row(5.0, 6.0),
    "present": row(1.0004, 2.5),
    "changed": row(1.2, 2.5),
    "conflicting": row(1.2, 2.5, "run"),
    "unknown": row(1.0, 2.0, video="x"),
}


@pytest.mark.parametrize(("kind", "one"), KINDS.items(), ids=KINDS)
def test_the_plan_says_what_each_row_meets(project, kind, one):
    before = project.history()
    plan = project.plan_import(Annotations.of([one]), "file.csv")
    assert [planned.kind for planned in plan.rows] == [kind]
    meets = 1 if kind in ("present", "changed", "conflicting") else None
    assert plan.rows[0].meets == meets
    assert project.history() == before


def test_what_another_annotator_drew_is_no_conflict(project):
    other = [row(1.2, 2.5, "run", reviewer="bob"), row(1.0, 2.5, reviewer="bob")]
    plan = project.plan_import(Annotations.of(other), "file.csv")
    assert [planned.kind for planned in plan.rows] == ["new", "new"]


def test_a_segment_is_met_by_one_row_at_most(project):
    plan = project.plan_import(Annotations.of([row(1.0, 2.5), row(1.0, 2.5)]), "file.csv")
    assert [planned.kind for planned in plan.rows] == ["present", "new"]


def test_the_plan_reads_as_lines(project):
    project.apply(AddSegment(1, 1, 7.0, 8.0))
    rows = [
        *(KINDS[kind] for kind in ("new", "conflicting", "unknown")),
        row(3.0, 4.0, "sit"),
        row(7.0, 8.2),
        row(0.0, 1.0, stage="localization"),
    ]
    plan = project.plan_import(Annotations.of(rows), "file.csv")
    assert plan.lines("file") == [
        "2 segments new",
        "1 segment with other boundaries than in the project: each takes its place",
        "1 segment with another label than in the project: each takes its place",
        "1 segment of detections or proposals, left out",
        "1 new label: sit",
        "1 segment of 1 video that is not in the project: x",
    ]
    assert plan.lines("file", skip_unknown=True)[-1].endswith("in the project, left out: x")


def test_the_plan_tells_rows_that_the_file_repeats(project):
    rows = [row(3.0, 4.0)] * 3 + [row(1.0, 2.5)] * 2
    plan = project.plan_import(Annotations.of(rows), "file.csv")
    assert plan.lines() == [
        "4 segments new",
        "1 segment in the project already, left out",
        "2 of these repeat another row of the file; all are added",
    ]


def test_the_plan_names_no_label_that_only_rows_left_out_have(project):
    plan = project.plan_import(Annotations.of([row(1.2, 2.5, "sit")]), "file.csv")
    assert plan.lines("file")[1:] == ["1 new label: sit"]
    assert plan.lines("project")[1:] == []


def test_the_plan_names_what_becomes_known_of_videos_and_of_the_project(project):
    entry = VideoEntry(subset="test", ambiguous=[(1.0, 2.0)], extra='{"url": "http://a"}')
    rows = Annotations({"a": entry, "b": VideoEntry()}, [row(1.0, 2.5)], '{"version": 1}')
    plan = project.plan_import(rows, "file.json")
    assert plan.lines() == [
        "1 segment in the project already, left out",
        "more is known of 1 video: subset, ambiguous, url, version",
    ]
    project.import_annotations(rows, "file.json")
    assert project.plan_import(rows, "file.json").lines()[1:] == []


@pytest.mark.parametrize(
    ("differing", "expected"),
    [
        ("both", [("wave", 1.0, 2.5), ("run", 1.2, 2.5)]),
        ("file", [("run", 1.2, 2.5)]),
        ("project", [("wave", 1.0, 2.5)]),
    ],
)
def test_where_file_and_project_differ_the_caller_says_who_is_right(project, differing, expected):
    rows = Annotations.of([row(1.2, 2.5, "run")])
    project.import_annotations(rows, "file.csv", differing)
    assert spans(project) == expected
    if differing != "project":
        project.undo()
    assert spans(project) == [("wave", 1.0, 2.5)]


def test_unknown_videos_are_refused_or_skipped(project):
    rows = Annotations.of([row(5.0, 6.0), row(1.0, 2.0, "sit", "x")])
    with pytest.raises(ProjectError, match="a video is not in the project: x"):
        project.import_annotations(rows, "file.csv")
    project.import_annotations(rows, "file.csv", skip_unknown=True)
    assert spans(project)[1:] == [("wave", 5.0, 6.0)]
    assert [label.name for label in project.labels()] == ["wave", "run"]


def test_a_plan_refuses_what_the_import_would(project):
    rows = Annotations.of([row(3.0, 4.0), row(9.0, 11.0, "sit")])
    before = project.segments(), project.labels(), project.history()
    with pytest.raises(ProjectError, match=r"^file.csv: segment 2 .* not within the video"):
        project.plan_import(rows, "file.csv")
    assert project.plan_import(Annotations.of(rows.segments[:1]), "file.csv").count("new") == 1
    assert (project.segments(), project.labels(), project.history()) == before


def test_ids_follow_video_and_start_and_an_error_the_order_of_the_file(project):
    rows = [row(4.0, 5.0, video="b"), row(5.0, 6.0), row(3.0, 4.0), row(3.0, 3.5)]
    created = project.import_annotations(Annotations.of(rows), "file.csv").created
    assert created == (2, 3, 4, 5)
    assert [(s.video_id, s.start, s.end) for s in project.segments() if s.id > 1] == [
        (1, 3.0, 3.5), (1, 3.0, 4.0), (1, 5.0, 6.0), (2, 4.0, 5.0),
    ]  # fmt: skip
    assert sorted(s.id for s in project.segments()) == [s.id for s in project.segments()]
    rows = [row(4.0, 11.0, video="b"), row(3.0, 12.0)]
    with pytest.raises(ProjectError, match=r"^file.csv: segment 1 \(video b, .* not within"):
        project.import_annotations(Annotations.of(rows), "file.csv")


def test_a_csv_keeps_who_is_unsure_and_the_keys_of_others(project, tmp_path):
    extra = '{"unsure": true, "label_id": 3}'
    rows = Annotations.of([row(5.0, 6.0, extra=extra), row(7.0, 8.0)])
    project.import_annotations(rows, "file.csv")
    assert [(s.unsure, s.extra) for s in project.segments()[1:]] == [
        (True, '{"label_id": 3}'),
        (False, ""),
    ]
    write(project.annotations(), tmp_path / "out.csv")
    found = [json.loads(s.extra) if s.extra else {} for s in read(tmp_path / "out.csv").segments]
    assert found == [{}, {"unsure": True, "label_id": 3}, {}]


def test_labels_of_rows_that_are_left_out_are_not_added(project):
    project.import_annotations(Annotations.of([row(1.2, 2.5, "sit")]), "file.csv", "project")
    assert [label.name for label in project.labels()] == ["wave", "run"]


def test_importing_a_file_twice_adds_nothing_the_second_time(project):
    rows = Annotations.of([row(3.0, 4.0), row(5.0, 6.0, "sit", "b", reviewer="bob")])
    project.import_annotations(rows, "file.csv")
    title, segments = len(project.history()), project.segments()
    assert not project.import_annotations(rows, "file.csv").segments
    assert (len(project.history()), project.segments()) == (title, segments)


# Detections and proposals are no ground truth to import.
TRUTH = [n for n, f in FORMATS.items() if f.read and f.write and n != "activitynet-results"]


@pytest.mark.parametrize("name", TRUTH)
def test_every_format_is_told_by_what_it_holds_before_it_is_imported(tmp_path, name):
    with Project.create(tmp_path / "p.etp", author="ann") as project:
        project.apply(AddVideo(tmp_path / "a.mp4", "", 100, 10.0, 10.0, 32, 24))
        for label in ("wave", "run"):
            project.apply(AddLabel(label))
        for start in (0.0, 3.0, 6.0):
            project.apply(AddSegment(1, 1, start, start + 2))
        rows = [row(0.0, 2.0), row(3.0, 4.5), row(6.0, 8.0, "run"), row(9.0, 9.8)]
        rows = [replace(one, reviewer="ann") for one in rows]
        entry = VideoEntry(duration=10.0, fps=10.0, frames=100, subset="validation")
        format = FORMATS[name]
        path = tmp_path / ("out" if format.folder == "always" else f"a{format.suffixes[0]}")
        write(Annotations({"a": entry}, rows), path, name, Clock(frame_rate=10.0))
        found = interchange.load(project, path, name, frame_rate=10.0)
        plan = project.plan_import(found, str(path))
        kinds = {(one.row.start, one.kind) for one in plan.rows}
        assert kinds == {(0.0, "present"), (3.0, "changed"), (6.0, "conflicting"), (9.0, "new")}


DOCUMENT = {
    "version": "1.3",
    "taxonomy": [{"nodeId": 1, "nodeName": "Ünï"}],
    "licence": {"name": "CC", "years": [2014, None]},
    "database": {
        "a": {
            "subset": "validation",
            "duration": 10.0,
            "fps": 10.0,
            "frames": 100,
            "url": "https://example.org/a?b=1",
            "resolution": "32x24",
            "annotations": [
                {"segment": [3.0, 4.5], "label": "wave", "unsure": True, "label_id": 3},
                {"segment": [5.0, 6.5], "label": "run"},
            ],
            "ambiguous": [{"segment": [7.0, 8.0]}],
        },
        "b": {
            "subset": "train",
            "duration": 10.0,
            "fps": 10.0,
            "frames": 100,
            "annotations": [],
            "note": None,
        },
    },
}


def test_activitynet_goes_through_a_project_without_loss_of_unknown_keys(tmp_path):
    path = tmp_path / "in.json"
    path.write_text(json.dumps(DOCUMENT))
    with Project.create(tmp_path / "q.etp") as project:
        for name in ("a", "b"):
            project.apply(AddVideo(tmp_path / f"{name}.mp4", "", 100, 10.0, 10.0, 32, 24))
        steps = len(project.history())
        project.import_annotations(read(path), str(path))
        assert len(project.history()) == steps + 1
        assert [s.unsure for s in project.segments()] == [True, False]
        write(project.annotations(), tmp_path / "out.json", "activitynet")
        assert json.loads((tmp_path / "out.json").read_text()) == DOCUMENT
        project.undo()
        assert (project.document(), project.videos()[0].about) == ("", "")
        assert project.annotations().videos["a"] == VideoEntry(None, 10.0, 10.0, 100)
        project.redo()
        again = replace(project.annotations())
    assert again.videos["a"].subset == "validation"
    with Project.open(tmp_path / "q.etp") as project:
        assert project.annotations() == again
