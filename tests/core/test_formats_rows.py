"""Rows that the readers reject, by file and place, and the freedoms that they allow."""

import json

import pytest

from etp_core.annotations import Annotations, Segment
from etp_core.errors import InputError
from etp_core.formats import read, write
from etp_core.formats.etp_csv import COLUMNS, escape, unescape


def refuse(path, format, words):
    with pytest.raises(InputError, match=words) as caught:
        read(path, format)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


# --- ETP CSV -----------------------------------------------------------------------------------

HEADER = "video,label,stage,start_s,end_s,start_frame,score"
CSV = {
    "column missing": ("video,label,start_s\n", "line 1: the column 'end_s' is missing"),
    "column unknown": (f"{HEADER},end_s,scor\n".replace("end_s,s", "s", 1), "'scor' is not known"),
    "column without a name": (",video,label,start_s,end_s\n", "line 1: column 1 has no name"),
    "column twice": ("video,label,start_s,end_s,label\n", "'label' occurs twice"),
    "short row": (f"{HEADER}\nv,wave,,1,2,\n", "line 2: has 6 cells, the header has 7"),
    "no number": (f"{HEADER}\nv,wave,,1,2,,\nv,wave,,1,x,,\n", "line 3: end_s: must be a number"),
    "no start": (f"{HEADER}\nv,wave,,,2,,\n", "line 2: start_s: is empty"),
    "NaN": (f"{HEADER}\nv,wave,,nan,2,,\n", "line 2: start_s: must be a finite number"),
    "NaN score": (f"{HEADER}\nv,wave,,1,2,,nan\n", "line 2: score: must be a finite number"),
    "underscore": (f"{HEADER}\nv,wave,,1_0,20,,\n", "line 2: start_s: must be a number"),
    "infinite": (f"{HEADER}\nv,wave,,1,inf,,\n", "line 2: end_s: must be a finite number"),
    "reversed": (f"{HEADER}\nv,wave,,3,2,,\n", r"line 2: the segment \[3, 2\) s is reversed"),
    "empty segment": (f"{HEADER}\nv,wave,,2,2,,\n", "line 2: .* is empty"),
    "no video": (f"{HEADER}\n,wave,,1,2,,\n", "line 2: video: must be a name"),
    "no label": (f"{HEADER}\nv,,,1,2,,\n", "line 2: label: must be a name"),
    "stage": (f"{HEADER}\nv,wave,guess,1,2,,\n", "line 2: stage: must be one of ground_truth"),
    "half a frame": (f"{HEADER}\nv,wave,,1,2,1.5,\n", "line 2: start_frame: must be a whole"),
    "no JSON": (
        f"{HEADER},extra\nv,w,,1,2,,,{{a\n",
        "line 2: extra: line 1, column 2: is not JSON",
    ),
    "no object": (f"{HEADER},extra\nv,w,,1,2,,,[]\n", r"line 2: extra: must be an object"),
    "key twice": (
        f'{HEADER},extra\nv,w,,1,2,,,"{{""a"":1,""a"":2}}"\n',
        "line 2: extra: the key 'a' occurs twice",
    ),
    "deep": (f"{HEADER},extra\nv,w,,1,2,,,{{{'[' * 90}\n", "line 2: extra: .* is not JSON"),
    "open quote": (f'{HEADER}\n"v,wave,,1,2,,\n', "is not CSV"),
    "line after a long cell": (f'{HEADER}\n"v\nw",a,,1,2,,\nv,a,,2,1,,\n', "line 4: .* reversed"),
}


@pytest.mark.parametrize(("text", "words"), CSV.values(), ids=CSV)
def test_csv_names_the_line_that_it_rejects(tmp_path, text, words):
    path = tmp_path / "a.csv"
    path.write_text(text, newline="")
    refuse(path, "csv", words)


def test_csv_in_another_encoding_names_the_line(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(f"{HEADER}\nv,wave,,1,2,,\nv,größe,,1,2,,\n".encode("latin-1"))
    refuse(path, None, "line 3: is not UTF-8 text")


def test_csv_has_exactly_the_columns_of_the_contract_and_escapes_formulas(tmp_path):
    path = tmp_path / "a.csv"
    row = Segment("v", "=1+1", 0.1, 2.0, 0.5, "localization", 3, 60, 1.5, "d0", "r0", "+x", "@me")
    write(Annotations.of([row]), path)
    assert path.read_bytes().decode() == (
        "video,label,stage,start_s,end_s,start_frame,end_frame,score,completeness,proposal_id,"
        "parent_id,source,reviewer\n"
        "v,'=1+1,localization,0.1,2.0,3,60,0.5,1.5,d0,r0,'+x,'@me\n"
    )
    assert read(path).segments == [row]


def test_csv_has_a_column_for_what_else_is_known_where_something_is(tmp_path):
    path = tmp_path / "a.csv"
    rows = [Segment("v", "wave", 1.0, 2.0, extra='{"unsure": true}'), Segment("v", "run", 3.0, 4.0)]
    write(Annotations.of(rows), path)
    head, first, second = path.read_text().splitlines()
    assert head.endswith(",reviewer,extra")
    assert first == 'v,wave,ground_truth,1.0,2.0,,,,,,,,,"{""unsure"": true}"'
    assert second == "v,run,ground_truth,3.0,4.0,,,,,,,,,"
    assert read(path).segments == rows
    huge = Segment("v", "wave", 1.0, 2.0, extra=json.dumps({"note": "x" * 200_000}))
    with pytest.raises(InputError, match="beside a segment of v, more than the 100000"):
        write(Annotations.of([huge]), path)
    assert read(path).segments == rows


def test_escaping_is_undone_exactly():
    for text in ("=a", "+", "-1", "@x", "\tx", "\rx", "'=x", "''-", "'x", "'", "", "x=1", "a'b"):
        assert unescape(escape(text)) == text
        assert escape(text)[:1] not in ("=", "+", "-", "@", "\t", "\r")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_csv_of_spreadsheets_is_understood(tmp_path, mark, end):
    path = tmp_path / "a.csv"
    for text in (
        f"{mark}label,video,end_s,start_s{end}wave,v,2.5,1.25{end}{end},,,{end}",
        f"{mark}label;video;end_s;start_s{end}wave;v;2,5;1,25{end}",
        f"{mark}label\tvideo\tend_s\tstart_s{end}wave\tv\t2.5\t1.25{end}",
        f'{mark}"label","video","end_s","start_s"{end}"wave","v","2.5","1.25"',
        f"{mark}sep=;{end}label;video;end_s;start_s{end}wave;v;2,5;1,25{end}",
        f"{mark}Label;Video;End_s;Start_s;;{end}wave;v;2,5;1,25;;{end};;;;;{end}  {end}",
    ):
        for encoding in ("utf-8", "utf-16-le", "utf-16-be") if mark else ("utf-8",):
            path.write_bytes(text.encode(encoding))
            assert read(path).segments == [Segment("v", "wave", 1.25, 2.5)]


def test_csv_of_spreadsheets_names_the_line_that_it_rejects(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("sep=;\nvideo;label;start_s;end_s;\nv;wave;1;2;\nv;wave;1;2;3\n")
    refuse(path, None, "line 4: has 5 cells, the header has 4")
    path.write_bytes("\ufeffvideo;label;start_s;end_s\nv;wave;1;2".encode("utf-16-le") + b"\0")
    refuse(path, None, "is not UTF-8 text")


def test_csv_without_rows_is_no_error(tmp_path):
    (tmp_path / "a.csv").write_text(",".join(COLUMNS) + "\n")
    assert read(tmp_path / "a.csv") == Annotations()


# --- ActivityNet -------------------------------------------------------------------------------


def database(*rows, **entry):
    return {"database": {"v": {"duration": 10.0, "annotations": list(rows), **entry}}}


def row(*segment, label="wave"):
    return {"segment": list(segment), "label": label}


ACTIVITYNET = {
    "reversed": (database(row(1, 2), row(3, 2)), r"video 'v', row 2: .* is reversed"),
    "empty": (database(row(2, 2)), r"video 'v', row 1: .* is empty"),
    "negative": (database(row(-1, 2)), r"video 'v', row 1: .* begins before 0"),
    "beyond": (database(row(1, 10.2)), r"row 1: .* ends after the video, which lasts 10 s"),
    "beyond, slow": (database(row(1, 10.6), fps=2), r"row 1: .* ends after the video"),
    "one number": (database(row(1)), r"row 1: 'segment' must be \[start, end\]"),
    "a text": (database(row("1", 2)), "row 1: segment: must be a number, not '1'"),
    "a truth": (database(row(False, 2)), "row 1: segment: must be a number, not False"),
    "huge": (database(row(1, 10**400)), "row 1: segment: must be a finite number"),
    "no label": (database({"segment": [1, 2]}), "row 1: label: must be a name, not None"),
    "number label": (database(row(1, 2, label=3)), "row 1: label: must be a name, not 3"),
    "no row": (database(3), "row 1: must be an object"),
    "no list": ({"database": {"v": {"annotations": {}}}}, "annotations: must be a list"),
    "no video": ({"database": {"v": 3}}, "video 'v': must be an object"),
    "no database": ({"version": "1"}, "has no key 'database'"),
    "duration": (database(duration=0), "duration: must be greater than 0"),
    "frames": (database(frames="503"), "frames: must be a number"),
    "ambiguous": (database(ambiguous=[{"segment": [5, 3]}]), "ambiguous row 1: .* reversed"),
}


@pytest.mark.parametrize(("document", "words"), ACTIVITYNET.values(), ids=ACTIVITYNET)
def test_activitynet_names_the_video_and_the_row_that_it_rejects(tmp_path, document, words):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(document))
    refuse(path, "activitynet", words)


def test_activitynet_forgives_a_tenth_of_a_second_or_a_frame_at_the_end(tmp_path):
    path = tmp_path / "a.json"
    for document in (database(row(1, 10.1)), database(row(1, 10.5), fps=2), database(row(0, 10))):
        path.write_text(json.dumps(document))
        assert len(read(path).segments) == 1


def test_activitynet_reads_the_keys_of_others(tmp_path):
    path = tmp_path / "a.json"
    segment = {"segment": [1, 2], "label": "wave", "unsure": True, "label_id": 3}
    entry = {"frame": 300, "fps": 30, "url": "http://x", "ambiguous": [[4, 5], {"segment": [6, 7]}]}
    path.write_text(json.dumps(database(segment, **entry)))
    found = read(path)
    (kept,) = found.segments
    assert (kept.label, kept.start, kept.end) == ("wave", 1.0, 2.0)
    assert json.loads(kept.extra) == {"unsure": True, "label_id": 3}
    assert json.loads(found.videos["v"].extra) == {"url": "http://x"}
    assert (found.videos["v"].frames, found.videos["v"].fps) == (300, 30.0)
    assert found.videos["v"].ambiguous == [(4.0, 5.0), (6.0, 7.0)]


def test_a_bare_database_is_read_and_its_made_up_durations_are_not_trusted(tmp_path):
    path = tmp_path / "a.json"
    made_up = {"duration": 10.0, "frames": 300, "annotations": [row(1, 11.5)]}
    path.write_text(json.dumps({"v": made_up}))
    assert read(path).videos["v"].duration is None
    path.write_text(json.dumps({"v": {**made_up, "fps": 30}}))
    refuse(path, None, "ends after the video")
    path.write_text(json.dumps({"database": {"v": made_up}}))
    refuse(path, None, "ends after the video")


RESULTS = {
    "reversed": ({"results": {"v": [{**row(3, 2), "score": 1}]}}, "row 1: .* is reversed"),
    "no score": ({"results": {"v": [row(1, 2)]}}, "row 1: score: must be a number, not None"),
    "no list": ({"results": {"v": {}}}, "video 'v': must be a list"),
    "no results": ({"database": {}}, "has no key 'results'"),
}


@pytest.mark.parametrize(("document", "words"), RESULTS.values(), ids=RESULTS)
def test_activitynet_results_name_the_video_and_the_row_that_they_reject(tmp_path, document, words):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(document))
    refuse(path, "activitynet-results", words)


@pytest.mark.parametrize("name", ["NaN", "Infinity", "-Infinity"])
def test_json_with_what_is_no_number_is_refused(tmp_path, name):
    path = tmp_path / "a.json"
    row = f'{{"segment": [1, 2], "label": "a", "score": {name}}}'
    path.write_text(f'{{"results": {{"v": [{row}]}}}}')
    refuse(path, None, f"holds {name}, which is no number")


def test_a_video_that_stands_twice_in_json_is_not_lost_in_silence(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"results": {"v": [], "v": []}}')
    refuse(path, None, "the key 'v' occurs twice")


# --- THUMOS14 ----------------------------------------------------------------------------------


def folder(path, **files):
    for name, text in files.items():
        (path / f"{name}.txt").write_text(text)
    return path


def test_thumos14_ground_truth_is_read_class_by_class_with_ambiguous_apart(tmp_path):
    folder(
        tmp_path,
        Diving_test="v1  1.0 2.0\n\nv2.mp4 3 4\n",
        Ambiguous_test="v1  5.0 6.0\nv3 1 2\n",
        Billiards_val="w1  1.0 2.0\n",
        classes="1 Diving\n",
    )
    found = read(tmp_path)
    assert found.segments == [
        Segment("w1", "Billiards", 1.0, 2.0),
        Segment("v1", "Diving", 1.0, 2.0),
        Segment("v2", "Diving", 3.0, 4.0),
    ]
    assert {name: entry.subset for name, entry in found.videos.items()} == {
        "v1": "test",
        "v3": "test",
        "w1": "validation",
        "v2": "test",
    }
    assert found.videos["v1"].ambiguous == [(5.0, 6.0)]
    alone = read(tmp_path / "Diving_test.txt")
    assert [row.label for row in alone.segments] == ["Diving", "Diving"]


@pytest.mark.parametrize("place", ["detections", ".", "annotation"])
def test_thumos14_detections_find_their_class_names_nearby(tmp_path, place):
    for name in ("detections", "annotation"):
        (tmp_path / name).mkdir(exist_ok=True)
    (tmp_path / place / "classes.txt").write_text("7 Diving\n")
    path = tmp_path / "detections" / "d.txt"
    path.write_text("v1.mp4 2.5 1.5 7 0.5\nv1\t-0.5\t1\t8\t1e-3\n")
    assert read(path).segments == [
        Segment("v1", "Diving", 1.5, 2.5, 0.5, "localization"),
        Segment("v1", "class_8", -0.5, 1.0, 0.001, "localization"),
    ]


THUMOS = {
    "columns": ("v 1 2 7 0.5\nv 1 2 7\n", "line 2: must be 'video start end class_id score'"),
    "no number": ("v 1 2 7 0.5\nv x 2 7 0.5\n", "line 2: must be a number, not 'x'"),
    "NaN": ("v 1 2 7 nan\n", "line 1: must be a finite number"),
    "empty": ("v 1 2 7 0.5\n\nv 2 2 7 0.5\n", "line 3: .* is empty"),
    "class": ("v 1 2 7 0.5\nv 1 2 Diving 0.5\n", "line 2: the class id must be a whole number"),
}


@pytest.mark.parametrize(("text", "words"), THUMOS.values(), ids=THUMOS)
def test_thumos14_detections_name_the_line_that_they_reject(tmp_path, text, words):
    path = tmp_path / "d.txt"
    path.write_text(text)
    refuse(path, None, words)


def test_thumos14_ground_truth_names_file_and_line(tmp_path):
    folder(tmp_path, Diving_test="v1 1 2\nv1 2 1\n")
    with pytest.raises(InputError, match=r"Diving_test\.txt: line 2: .* is reversed"):
        read(tmp_path)
    folder(tmp_path, Diving_test="v1 1 2\n", Diving_val="v1 1 2\n")
    with pytest.raises(InputError, match=r"Diving_val\.txt: line 1: .* subset test too"):
        read(tmp_path)
