"""Interchange formats: what is written is read back, and what is wrong is named and not read."""

import json
import math
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etp_core.annotations import Annotations, Segment, VideoEntry
from etp_core.errors import EtpError, InputError
from etp_core.formats import FORMATS, read, recognise, write
from etp_core.timeline import cut_at

SHARED = Path(os.environ.get("ETP_SHARED", "../shared")) / "data"
needs_data = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the shared data is not here (ETP_SHARED)"
)
GENTLE = settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

# --- Round trips -------------------------------------------------------------------------------

TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
DANGEROUS = st.tuples(st.sampled_from(["=", "+", "-", "@", "\t", "\r", "'=", "''@", "'x"]), TEXT)
ANY_TEXT = st.one_of(TEXT, DANGEROUS.map("".join))
NAME = ANY_TEXT.filter(str.strip)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
INTERVAL = st.tuples(FINITE, FINITE).filter(lambda pair: pair[0] != pair[1]).map(sorted)
FRAME = st.none() | st.integers(-(10**9), 10**9)
KEPT = st.none() | st.booleans() | FINITE | ANY_TEXT | st.lists(st.integers(), max_size=2)
STAGES = ("ground_truth", "actionness", "refinement", "localization")


@st.composite
def any_segment(draw):
    start, end = draw(INTERVAL)
    return Segment(
        video=draw(NAME),
        label=draw(NAME),
        start=start,
        end=end,
        score=draw(st.none() | FINITE),
        stage=draw(st.sampled_from(STAGES)),
        start_frame=draw(FRAME),
        end_frame=draw(FRAME),
        completeness=draw(st.none() | FINITE),
        proposal_id=draw(ANY_TEXT),
        parent_id=draw(ANY_TEXT),
        source=draw(ANY_TEXT),
        reviewer=draw(ANY_TEXT),
        extra=draw(st.just("") | st.dictionaries(ANY_TEXT, KEPT, min_size=1, max_size=3).map(kept)),
    )


def kept(keys):
    return json.dumps(keys, ensure_ascii=False)


@GENTLE
@given(rows=st.lists(any_segment(), max_size=5))
def test_csv_keeps_every_field_of_every_row_to_the_bit(tmp_path, rows):
    path = tmp_path / "a.csv"
    write(Annotations.of(rows), path)
    assert read(path) == Annotations.of(rows)
    assert recognise(path).name == "csv"


@st.composite
def ground_truth(draw):
    found = Annotations()
    for name in draw(st.lists(NAME, max_size=4, unique=True)):
        seconds = st.floats(0, 1e6).map(abs)  # no -0.0, which JSON readers may lose
        pairs = st.tuples(seconds, seconds).filter(lambda pair: pair[0] != pair[1])
        intervals = [tuple(sorted(pair)) for pair in draw(st.lists(pairs, max_size=4))]
        found.videos[name] = VideoEntry(
            subset=draw(st.none() | NAME),
            duration=draw(st.none() | st.floats(1e6, 1e9)),
            fps=draw(st.none() | st.floats(1.0, 240.0)),
            frames=draw(st.none() | st.integers(1, 10**9)),
            ambiguous=draw(st.lists(pairs.map(sorted).map(tuple), max_size=2)),
        )
        found.segments += [Segment(name, draw(NAME), *interval) for interval in intervals]
    return found


@GENTLE
@given(annotations=ground_truth())
def test_activitynet_keeps_videos_subsets_and_segments(tmp_path, annotations):
    path = tmp_path / "a.json"
    write(annotations, path, "activitynet")
    assert replace(read(path), extra="") == annotations
    assert recognise(path).name == "activitynet"


@GENTLE
@given(rows=st.lists(st.tuples(NAME, NAME, INTERVAL, FINITE), min_size=1, max_size=6))
def test_activitynet_results_keep_detections_by_video(tmp_path, rows):
    path = tmp_path / "a.json"
    detections = [
        Segment(video, label, *interval, score, stage="localization")
        for video, label, interval, score in rows
    ]
    annotations = Annotations.of(detections)
    write(annotations, path)
    back = read(path)
    assert back.by_video() == annotations.by_video()
    assert list(back.videos) == list(annotations.videos)
    assert recognise(path).name == "activitynet-results"


def _cuts():
    varying = np.cumsum(np.random.default_rng(0).choice([1 / 30, 1 / 24, 1 / 7], 3001))
    rates = {"25": 25.0, "29.97": 30000 / 1001, "120": 120.0}
    return {name: np.arange(3001) / rate for name, rate in rates.items()} | {"vfr": varying}


@pytest.mark.parametrize("cuts", _cuts().values(), ids=_cuts())
@pytest.mark.parametrize("name", ["csv", "activitynet", "activitynet-results"])
def test_no_boundary_leaves_its_frame_at_any_frame_rate(tmp_path, cuts, name):
    stage = "localization" if name == "activitynet-results" else "ground_truth"
    rows = [
        Segment("v", "wave", float(cuts[i]), float(cuts[i + 1]), score=0.5, stage=stage)
        for i in range(3000)
    ]
    write(Annotations.of(rows), tmp_path / "first", name)
    write(read(tmp_path / "first"), tmp_path / "second", name)
    back = read(tmp_path / "second").segments
    assert [row.start for row in back] == list(cuts[:-1])
    assert [cut_at(cuts, row.end) for row in back] == list(range(1, 3001))


# --- The registry ------------------------------------------------------------------------------


def test_every_format_says_what_it_is():
    for name, format in FORMATS.items():
        assert format.name == name
        assert format.title
        assert all(suffix.startswith(".") for suffix in format.suffixes)
        assert format.read or format.write


def test_json_is_written_as_what_it_holds(tmp_path):
    truth = Segment("v", "wave", 1.0, 2.0)
    detection = Segment("v", "wave", 1.0, 2.0, score=0.5, stage="localization")
    write(Annotations.of([truth]), tmp_path / "a.json")
    write(Annotations.of([detection]), tmp_path / "b.json")
    assert recognise(tmp_path / "a.json").name == "activitynet"
    assert recognise(tmp_path / "b.json").name == "activitynet-results"
    with pytest.raises(InputError, match="no ground truth to write"):
        write(Annotations.of([detection]), tmp_path / "c.json", "activitynet")
    with pytest.raises(InputError, match="no detections"):
        write(Annotations.of([truth]), tmp_path / "c.json", "activitynet-results")
    assert not (tmp_path / "c.json").exists()


def test_what_cannot_be_written_leaves_the_file_before_as_it_was(tmp_path):
    path = tmp_path / "a.json"
    good = Annotations({"v": VideoEntry(duration=10.0)}, [Segment("v", "wave", 1.0, 2.0)])
    write(good, path)
    before = path.read_bytes()
    late = Annotations({"v": VideoEntry(duration=10.0)}, [Segment("v", "wave", 1.0, 20.0)])
    no_number = Annotations.of([Segment("v", "wave", 1.0, math.inf)])
    unscored = Annotations.of([Segment("v", "wave", 1.0, 2.0, stage="localization")])
    surrogate = Annotations.of([Segment("v", "\udc80", 1.0, 2.0)])
    for annotations, format in (
        (late, "activitynet"),
        (no_number, "activitynet"),
        (unscored, "activitynet-results"),
        (surrogate, "csv"),
        (good, "thumos14"),
    ):
        with pytest.raises(InputError, match=str(path)):
            write(annotations, path, format)
    assert path.read_bytes() == before
    with pytest.raises(EtpError, match="cannot be written"):
        write(good, path / "below" / "a.csv")
    assert [file.name for file in tmp_path.iterdir()] == ["a.json"]


UNKNOWN = {
    "missing": (None, "there is no such file"),
    "empty": (b"", "is empty"),
    "blank": (b" \n\n", "is empty"),
    "prose": (b"Once upon a time\n", "is in no format that is known"),
    "binary": (bytes(range(256)) * 20, "is in no format that is known"),
    "other JSON": (b'{"a": 1}', "is in no format that is known"),
    "broken JSON": (b'{"database": {\n  "v": }}', "line 2, column 8: is not JSON"),
    "cut JSON": (b'{"results": {"v": [', "line 1, column 20: is not JSON"),
    "deep JSON": (b"[" * 100_000, "is nested too deeply"),
}


@pytest.mark.parametrize(("data", "words"), UNKNOWN.values(), ids=UNKNOWN)
def test_a_file_of_no_format_is_refused_in_one_line(tmp_path, data, words):
    path = tmp_path / "x"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(InputError, match=words) as caught:
        read(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_a_csv_with_columns_of_its_own_is_told_the_columns_it_needs(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("video,start,end,label\nv,1,2,wave\n")
    with pytest.raises(InputError, match=r"mine\.csv: .* columns video, label, start_s, end_s"):
        read(path)


def test_a_spreadsheet_is_named_as_one(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(b"PK\3\4 and more")
    with pytest.raises(InputError, match=r"a\.xlsx: is a spreadsheet; save it as CSV"):
        read(tmp_path / "a.xlsx")


def test_a_folder_of_nothing_and_a_format_of_no_name_are_refused(tmp_path):
    with pytest.raises(InputError, match="holds no files of a format"):
        read(tmp_path)
    with pytest.raises(InputError, match=r"no format 'xml' .*activitynet-results"):
        read(tmp_path, "xml")
    for name in FORMATS:
        with pytest.raises(InputError, match=str(tmp_path)):
            read(tmp_path, name)


@GENTLE
@given(data=st.binary(max_size=200) | TEXT.map(str.encode))
def test_no_file_whatever_raises_anything_but_a_readable_error(tmp_path, data):
    path = tmp_path / "x.txt"
    path.write_bytes(data)
    for format in (None, *FORMATS):
        try:
            read(path, format)
        except InputError as error:
            assert str(error).startswith(str(path))
            assert "\n" not in str(error)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["segment", "label", "score", "annotations", "duration", "ambiguous"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@GENTLE
@given(value=JSON, key=st.sampled_from(["database", "results"]))
def test_no_json_whatever_raises_anything_but_a_readable_error(tmp_path, value, key):
    path = tmp_path / "x.json"
    path.write_text(json.dumps({key: {"v": value}}))
    for format in (None, "activitynet", "activitynet-results"):
        try:
            read(path, format)
        except InputError as error:
            assert str(error).startswith(str(path))
            assert "\n" not in str(error)


# --- The data that is published ----------------------------------------------------------------


@needs_data
def test_the_recordings_of_biisc_read_with_their_subsets_and_ambiguous_segments():
    found = read(SHARED / "biisc" / "annotations.json")
    assert (len(found.videos), len(found.segments), len(found.labels)) == (96, 767, 8)
    assert len(found.subset("test").videos) == 18
    assert sum(len(entry.ambiguous) for entry in found.videos.values()) == 3
    assert all(entry.fps == 10 for entry in found.videos.values())


@needs_data
def test_thumos14_reads_from_its_text_files_and_from_the_json_of_actionformer():
    folder = SHARED / "thumos14"
    texts = read(folder / "annotation")
    assert recognise(folder / "annotation").name == "thumos14"
    test = texts.subset("test")
    assert (len(test.videos), len(test.segments)) == (213, 3358)
    assert sum(len(entry.ambiguous) for entry in test.videos.values()) == 99
    validation = texts.subset("validation")
    assert (len(validation.videos), len(validation.segments)) == (200, 3007)
    assert sum(len(entry.ambiguous) for entry in validation.videos.values()) == 89
    assert len(texts.labels) == 20

    bare = read(folder / "thumos14_activitynet_style.json")

    def key(row):
        return row.video, row.label, row.start, row.end

    assert sorted(map(key, bare.segments)) == sorted(map(key, texts.segments))


@needs_data
def test_published_detections_of_thumos14_read_with_their_class_names_and_in_order():
    folder = SHARED / "thumos14" / "detections"
    labels = set(read(SHARED / "thumos14" / "annotation").labels)
    files = sorted(folder.glob("*.txt"))
    assert len(files) == 16
    for file in files:
        found = read(file)
        assert recognise(file).name == "thumos14"
        assert len(found.segments) == len(file.read_text().splitlines())
        assert set(found.labels) <= labels
        assert all(row.start < row.end and row.stage == "localization" for row in found.segments)
    first = read(folder / "cbr_nms0.5.txt").segments[0]
    assert first == Segment(
        "video_test_0000896",
        "BaseballPitch",
        103.794262695,
        108.036751302,
        0.200168,
        "localization",
    )
