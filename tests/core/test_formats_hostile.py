"""Broken and hostile files: one line that names the place, within bounded time and memory."""

import gzip
import json
import os
import re
import tracemalloc

import pytest
from hostile import CLOCK, JSON, READ, WRITTEN, good, read_or_refuse, refused
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etp_core.annotations import Annotations, Segment
from etp_core.errors import InputError
from etp_core.formats import FORMATS, Clock, read, recognise, texts, write

GENTLE = settings(
    max_examples=int(os.environ.get("ETP_EXAMPLES", "25")),  # more of them find more
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


JUNK = (
    b"", b"\x00", b"\xff\xfe", b"NaN", b"1e999", b"-", b'"', b"\n", b"\t", b"9" * 400, b"{", b"]",
    b"<!ENTITY x 'y'>", b"&x;", "\u2028".encode(), b"null", b"-->", b",",
)  # fmt: skip


@pytest.mark.parametrize("name", WRITTEN)
@GENTLE
@given(data=st.data())
def test_a_file_that_was_cut_or_overwritten_is_read_or_refused_in_one_line(tmp_path, name, data):
    path = tmp_path / f"clip{FORMATS[name].suffixes[0]}"
    write(good(name), path, name, CLOCK)
    whole = path.read_bytes()
    at = data.draw(st.integers(0, len(whole)))
    junk = data.draw(st.sampled_from(JUNK) | st.binary(max_size=6))
    keep = data.draw(st.integers(0, len(whole) - at)) if data.draw(st.booleans()) else 0
    path.write_bytes(whole[:at] + junk + whole[at + keep :])
    for format in (name, None):
        read_or_refuse(path, format)


VALUE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False)
    | st.sampled_from(["", "wave", "1", "clip.mp4", "../../etc/passwd", "\x00", "\ud800", "State"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["segment", "label", "1", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def places(value, path=()):
    """Every place in a JSON document."""
    yield path
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(item, (*path, key))


@pytest.mark.parametrize("name", JSON)
@GENTLE
@given(data=st.data())
def test_a_value_of_another_type_is_refused_wherever_it_stands(tmp_path, name, data):
    path = tmp_path / "clip.json"
    write(good(name), path, name, CLOCK)
    document = json.loads(path.read_text())
    where = data.draw(st.sampled_from(list(places(document))))
    value = data.draw(VALUE)
    if where:
        inside = document
        for key in where[:-1]:
            inside = inside[key]
        if data.draw(st.booleans()):
            inside[where[-1]] = value
        else:
            del inside[where[-1]]
    else:
        document = value
    path.write_text(json.dumps(document))
    for format in (name, None):
        read_or_refuse(path, format)


ROWS = {
    "srt reversed": ("srt", "1\n00:00:02,000 --> 00:00:01,000\nwave\n", r"line 2: .* reversed"),
    "srt empty text": ("srt", "1\n00:00:01,000 --> 00:00:02,000\n\n", "line 2: text: must be"),
    "srt bad times": ("srt", "1\n00:00:01,000 -> 00:00:02,000\nwave\n", "line 1: must be the"),
    "srt minutes": ("srt", "1\n00:61:01,000 --> 00:62:02,000\nwave\n", "line 2: must be the"),
    "srt hours": ("srt", "1\n99999:00:01,000 --> 99999:00:02,000\nx\n", "line 2: 99999 hours"),
    "vtt header": ("webvtt", "00:01.000 --> 00:02.000\nwave\n", "line 1: must begin with WEBVTT"),
    "vtt cue": ("webvtt", "WEBVTT\n\nNOTE x\n\nid\nwave\n", "line 5: must be the times"),
    "audacity cells": ("audacity", "1\t2\twave\n1\t2\n", "line 2: must be 'start TAB end"),
    "audacity text": ("audacity", "1\tx\twave\n", "line 1: must be a number, not 'x'"),
    "audacity before": ("audacity", "-1\t2\twave\n", "line 1: .* begins before 0"),
    "losslesscut cells": ("losslesscut", "1,2,wave\n1,2\n", "line 2: must be 'start,end,name'"),
    "losslesscut NaN": ("losslesscut", "1,nan,wave\n", "line 1: must be a finite number"),
    "losslesscut name": ("losslesscut", "1,2, \n", "line 1: name: must be a name"),
    "boris-csv column": ("boris-csv", "Behavior,Start (s)\n", r"line 1: the column 'Stop \(s\)'"),
    "boris-csv time": (
        "boris-csv",
        "Source,Behavior,Start (s),Stop (s)\nclip.mp4,wave,1,x\n",
        r"line 2: Stop \(s\): must be a number",
    ),
    "ssn count": ("ssn", "# 1\nclip\n100\n1\nmany\n", "line 5: must be the number of rows"),
    "ssn huge": ("ssn", "# 1\nclip\n100\n1\n99999999\n", "line 5: must be the number of rows"),
    "ssn short": ("ssn", "# 1\nclip\n100\n1\n2\n1 2 3\n", "ends within a video"),
    "ssn columns": ("ssn", "# 1\nclip\n100\n1\n1\n1 2\n0\n", "line 6: must have 3 columns"),
    "ssn frame": ("ssn", "# 1\nclip\n100\n1\n1\n1 2 5000\n0\n", "line 6: frame 5000 is not in"),
    "eaf entity": ("eaf", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "declares a document type"),
    "eaf cut": ("eaf", "<ANNOTATION_DOCUMENT>\n<TIER", "line 2, column 0: is not XML"),
    "eaf other": ("eaf", "<html></html>", "is no ELAN document"),
}


@pytest.mark.parametrize(("format", "text", "words"), ROWS.values(), ids=ROWS)
def test_text_formats_name_the_line_that_they_reject(tmp_path, format, text, words):
    path = tmp_path / "clip.x"
    path.write_text(text)
    refused(path, format, words)


def eaf(slots, annotation):
    return (
        "<ANNOTATION_DOCUMENT><HEADER/><TIME_ORDER>" + slots + '</TIME_ORDER><TIER TIER_ID="t">'
        f"<ANNOTATION>{annotation}</ANNOTATION></TIER></ANNOTATION_DOCUMENT>"
    )


SLOTS = '<TIME_SLOT TIME_SLOT_ID="a" TIME_VALUE="1000"/><TIME_SLOT TIME_SLOT_ID="b"/>'
ALIGNABLE = (
    '<ALIGNABLE_ANNOTATION ANNOTATION_ID="a7" TIME_SLOT_REF1="a" TIME_SLOT_REF2="{}">'
    "<ANNOTATION_VALUE>wave</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION>"
)
ELAN = {
    "no time": (SLOTS, ALIGNABLE.format("b"), "tier 't', annotation a7: has no time"),
    "no slot": (SLOTS, ALIGNABLE.format("c"), "refers to the time slot 'c'"),
    "empty": (SLOTS, ALIGNABLE.format("a"), "annotation a7: .* is empty"),
    "twice": (SLOTS + SLOTS, "", "the time slot 'a' occurs twice"),
    "no number": (SLOTS.replace("1000", "-1"), "", "time slot 'a': must be milliseconds"),
    "huge": (SLOTS.replace("1000", "9" * 5000), "", "time slot 'a': must be milliseconds"),
}


@pytest.mark.parametrize(("slots", "annotation", "words"), ELAN.values(), ids=ELAN)
def test_elan_names_the_annotation_that_it_rejects(tmp_path, slots, annotation, words):
    path = tmp_path / "clip.eaf"
    path.write_text(eaf(slots, annotation))
    refused(path, None, words)


def boris(*events, behaviour="State event", files=("clip.mp4",)):
    return {
        "behaviors_conf": {"0": {"code": "wave", "type": behaviour}},
        "observations": {"o": {"type": "MEDIA", "file": {"1": list(files)}, "events": events}},
    }


BORIS = {
    "open": (
        boris([1.0, "", "wave", "", "", 1]),
        "'o', event 1: the behaviour 'wave' does",
    ),
    "unknown": (boris([1.0, "", "run", "", ""]), "event 1: the behaviour 'run' is not in"),
    "no time": (boris(["x", "", "wave", "", ""]), "event 1: time: must be a number"),
    "short": (boris([1.0]), r"event 1: must be \[time"),
    "empty": (boris([1, "", "wave"], [1, "", "wave"]), "event 1: .* is empty"),
    "two films": (boris(files=("a.mp4", "b.mp4")), "plays 2 videos in turn"),
}


@pytest.mark.parametrize(("document", "words"), BORIS.values(), ids=BORIS)
def test_boris_names_the_observation_and_event_that_it_rejects(tmp_path, document, words):
    path = tmp_path / "p.boris"
    path.write_text(json.dumps(document))
    refused(path, None, words)


def test_boris_leaves_out_what_has_no_length_and_unpacks_gzip(tmp_path):
    document = boris([1, "", "wave", "", ""], behaviour="Point event")
    document["observations"]["live"] = {"type": "LIVE", "events": []}
    path = tmp_path / "p.boris.gz"
    path.write_bytes(gzip.compress(json.dumps(document).encode()))
    found = read(path)
    assert found.segments == []
    assert [note.partition(": ")[2] for note in found.notes] == [
        "left out: 1 point behaviour",
        "left out: 1 observation without a video",
    ]


# --- Bounds ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", READ)
def test_a_line_without_end_is_refused_in_little_memory(tmp_path, name):
    path = tmp_path / "Long_test.txt"
    with path.open("wb") as file:
        file.truncate(1 << 30)  # a sparse file of a gigabyte of zeros
    tracemalloc.start()
    refused(path, name)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 25


@pytest.mark.parametrize("name", ["csv", "srt", "audacity", "losslesscut", "thumos14", "ssn"])
def test_a_long_line_is_named(tmp_path, name):
    path = tmp_path / "Long_test.txt"
    path.write_text("x" * (1 << 21))
    refused(path, name, "line 1: is longer than")


def test_what_is_kept_of_a_file_is_not_nested_without_bound(tmp_path):
    path = tmp_path / "x.json"
    path.write_text('{"database": {}, "x": ' + "[" * 900 + "]" * 900 + "}")
    refused(path, "activitynet", "cannot be kept")


def test_what_is_packed_small_is_not_unpacked_without_bound(tmp_path, monkeypatch):
    monkeypatch.setattr(texts, "MOST_BYTES", 1 << 20)
    path = tmp_path / "bomb.boris.gz"
    path.write_bytes(gzip.compress(b" " * (1 << 24)))
    refused(path, "boris", "is larger than 1 MiB")


def test_nesting_duplicates_and_digits_without_end_are_refused(tmp_path):
    path = tmp_path / "x.json"
    cases = {
        '{"results": ' * 100_000: "nested too deeply",
        '{"results": {' + '"v": [], ' * 200_000 + '"w": []}}': "the key 'v' occurs twice",
        '{"results": {"v": [{"segment": [1, ' + "9" * 5000 + "]}]}}": "is not JSON",
    }
    for text, words in cases.items():
        path.write_text(text)
        refused(path, None, words)


def test_xml_that_grows_by_its_entities_is_refused_before_it_is_parsed(tmp_path):
    path = tmp_path / "bomb.eaf"
    entities = "".join(
        f'<!ENTITY l{i} "{f"&l{i - 1};" * 10 if i else "lol" * 10}">' for i in range(10)
    )
    text = f'<?xml version="1.0"?><!DOCTYPE x [{entities}]><ANNOTATION_DOCUMENT>&l9;'
    path.write_text(text + "</ANNOTATION_DOCUMENT>")
    refused(path, None, "declares a document type or entities")
    path.write_bytes(path.read_text().encode("utf-16"))
    refused(path, "eaf", "declares a document type or entities")


def test_a_pipe_or_a_device_is_no_file(tmp_path):
    if not hasattr(os, "mkfifo"):
        pytest.skip("there are no pipes in the file system")
    os.mkfifo(tmp_path / "pipe.csv")
    for format in (None, *READ):
        refused(tmp_path / "pipe.csv", format)


# --- Names that lead elsewhere, cells that compute ---------------------------------------------

ESCAPES = ["../evil", "/etc/evil", "a/b", "..", "C:evil", "a\\b", "nul", "CON.x", "a\0b", ".", ""]


@pytest.mark.parametrize("name", [n for n, f in FORMATS.items() if f.folder])
@pytest.mark.parametrize("evil", ESCAPES)
def test_no_name_in_a_file_leads_out_of_the_folder(tmp_path, name, evil):
    rows = [Segment(evil, "wave", 1.0, 2.0), Segment("good", "wave", 1.0, 2.0)]
    if name == "thumos14":
        rows = [Segment("good", evil, 1.0, 2.0)]
    with pytest.raises(InputError, match="cannot be the name of a file"):
        write(Annotations.of(rows), tmp_path / "deep" / "out", name)
    assert not [file for file in tmp_path.rglob("*") if file.is_file()]


def test_paths_in_files_are_names_and_nothing_more(tmp_path):
    document = boris([1, "", "wave"], [2, "", "wave"], files=("../../home/x/clip.mp4",))
    (tmp_path / "p.boris").write_text(json.dumps(document))
    assert read(tmp_path / "p.boris").segments[0].video == "clip"
    document = boris([1, "", "wave"], [2, "", "wave"], files=("C:\\films\\clip.v2.mp4",))
    (tmp_path / "p.boris").write_text(json.dumps(document))
    assert read(tmp_path / "p.boris").segments[0].video == "clip.v2"


@pytest.mark.parametrize(
    "address",
    [
        "clip one.mp4",
        "/data/upload/3/0a1b2c3d-clip one.mp4",
        "/data/local-files/?d=films/clip one.mp4",
        "http://localhost:8080/data/local-files/?d=films/clip one.mp4",
        "https://example.org/films/clip%20one.mp4?token=a/b",
    ],
)
def test_a_video_is_found_by_the_end_of_its_address(tmp_path, address):
    task = {"data": {"video": address}, "annotations": []}
    (tmp_path / "a.json").write_text(json.dumps([task]))
    assert list(read(tmp_path / "a.json").videos) == ["clip one"]


@pytest.mark.parametrize("name", ["csv", "boris-csv", "losslesscut"])
@pytest.mark.parametrize("label", ["=1+1", "+1", "-1", "@x", "=cmd|'/C calc'!A0", "'=x", ";;;;"])
def test_no_cell_is_a_formula(tmp_path, name, label):
    path = tmp_path / "clip.csv"
    write(Annotations.of([Segment("clip", label, 1.0, 2.0)]), path, name)
    for cell in re.split("[,\n]", path.read_text()):
        assert not re.match(r'"?[=+@]|"?-[^0-9]', cell)
    assert read(path, name).segments[0].label == label
    assert recognise(path).name == name


@pytest.mark.parametrize(
    ("name", "label"),
    [("srt", "two\nlines"), ("webvtt", "a\u2028b"), ("audacity", "a\tb"), ("eaf", "a\x00b")],
)
def test_a_text_that_a_format_cannot_hold_is_refused_and_nothing_written(tmp_path, name, label):
    path = tmp_path / f"clip{FORMATS[name].suffixes[0]}"
    path.write_text("before")
    with pytest.raises(InputError, match="hold"):
        write(Annotations.of([Segment("clip", label, 1.0, 2.0)]), path, name)
    assert [file.read_text() for file in tmp_path.iterdir()] == ["before"]


@pytest.mark.parametrize("name", [name for name, format in FORMATS.items() if format.write])
@pytest.mark.parametrize(("start", "end"), [(-1.0, 2.0), (1.0, 1e9), (1.0, 1e300)])
def test_what_no_reader_would_take_is_not_written(tmp_path, name, start, end):
    stage = "localization" if name == "activitynet-results" else "ground_truth"
    rows = Annotations.of([Segment("a", "wave", start, end, 0.5, stage)])
    path, clock = tmp_path / f"a{FORMATS[name].suffixes[0]}", Clock(frame_rate=25.0)
    try:
        write(rows, path, name, clock)
    except InputError as error:
        assert "\n" not in str(error)
        assert not path.exists()
    else:
        if FORMATS[name].read:
            assert read(path, name, clock).segments[0].end == pytest.approx(end)
