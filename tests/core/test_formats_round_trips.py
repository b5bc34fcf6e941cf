"""Every format that goes both ways gives back what it was given, to the frame at every rate."""

import os
import tempfile
import unicodedata
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etp_core.annotations import Annotations, Segment, VideoEntry
from etp_core.errors import InputError
from etp_core.formats import FORMATS, Clock, read, recognise, write
from etp_core.formats.clock import milliseconds

FEW = settings(
    max_examples=int(os.environ.get("ETP_EXAMPLES", "15")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
BOTH_WAYS = [name for name, format in FORMATS.items() if format.read and format.write]
REVIEWED = ("csv", "eaf", "boris", "boris-csv", "label-studio")
SEVERAL = ("csv", "activitynet", "via", "boris", "boris-csv", "label-studio", "ssn", "thumos14")


def cuts_of(rate):
    """The cuts of 12,000 frames at a constant rate, or at a variable one."""
    if rate == "vfr":
        steps = np.random.default_rng(0).choice([1 / 120, 1 / 60, 1 / 24, 1 / 7], 12_000)
        return np.concatenate([[0.0], np.cumsum(steps)])
    return np.arange(12_001) / {"25": 25.0, "29.97": 30000 / 1001, "120": 120.0}[rate]


RATES = ("25", "29.97", "120", "vfr")
CUTS = {rate: cuts_of(rate) for rate in RATES}
CLOCKS = {rate: Clock(lambda video, cuts=cuts: cuts) for rate, cuts in CUTS.items()}
TEXT = (
    st.text(
        st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp", "Cs")),
        min_size=1,
        max_size=12,
    )
    .map(str.strip)
    .filter(lambda text: text and not {"\ufffe", "\uffff"} & set(text))
)
PLAIN = TEXT.map(lambda text: unicodedata.normalize("NFC", text)).filter(
    lambda text: (
        text == text.strip(" .")
        and not set('<>:"/\\|?*') & set(text)
        and text.upper()[:3] not in ("CON", "PRN", "AUX", "NUL", "COM", "LPT")
    )
)
NAMES = PLAIN.filter(lambda t: not any(c.isspace() for c in t) and not t.lower().endswith(".mp4"))


def suffix(name):
    """What the file of a format is called in these tests."""
    return "" if name == "thumos14" else FORMATS[name].suffixes[0]


def stage_of(name):
    return "localization" if name == "activitynet-results" else "ground_truth"


@st.composite
def annotations_for(draw, name, rate):
    """Segments between any two cuts, overlapping or not, of one or several videos."""
    cuts = CUTS[rate]
    label = PLAIN if name == "thumos14" else TEXT
    videos = draw(st.lists(NAMES, min_size=1, max_size=3 if name in SEVERAL else 1, unique=True))
    labels = draw(st.lists(label, min_size=1, max_size=3, unique_by=str.casefold))
    found = Annotations({video: VideoEntry() for video in videos})
    for _ in range(draw(st.integers(0, 8))):
        first = draw(st.integers(0, 11_998))
        last = draw(st.integers(first + 1, min(first + 40, 12_000)))
        found.segments.append(
            Segment(
                draw(st.sampled_from(videos)),
                draw(st.sampled_from(labels)),
                float(cuts[first]),
                float(cuts[last]),
                score=0.5 if name == "activitynet-results" else None,
                stage=stage_of(name),
                reviewer=draw(st.sampled_from(["", "ann", "Ünï"])) if name in REVIEWED else "",
            )
        )
    return found


def keys(annotations):
    return Counter(
        (s.video, s.label, s.start, s.end, s.stage, s.reviewer) for s in annotations.segments
    )


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("name", BOTH_WAYS)
@FEW
@given(data=st.data())
def test_what_is_exported_is_imported_again_exactly(tmp_path, name, rate, data):
    annotations = data.draw(annotations_for(name, rate))
    if name == "thumos14" and not annotations.segments:
        return
    folder = Path(tempfile.mkdtemp(dir=tmp_path))
    path = folder / f"{next(iter(annotations.videos))}{suffix(name)}"
    write(annotations, path, name, CLOCKS[rate])
    back = read(path, name, CLOCKS[rate])
    assert keys(back) == keys(annotations)
    if name not in ("thumos14", "boris-csv", "csv"):
        assert set(back.videos) == set(annotations.videos)
    if annotations.segments or name in ("csv", "boris-csv", "activitynet", "webvtt", "eaf", "via"):
        assert recognise(path).name == name
    again = folder / "again" / path.name
    write(back, again, name, CLOCKS[rate])
    assert keys(read(again, name, CLOCKS[rate])) == keys(annotations)


@pytest.mark.parametrize("name", BOTH_WAYS)
@pytest.mark.parametrize("count", [1, 10_000])
def test_one_segment_and_ten_thousand_come_back(tmp_path, name, count):
    cuts = CUTS["120"]
    rows = [
        Segment(
            "clip",
            f"größe {i % 7}",
            float(cuts[i]),
            float(cuts[i + 1 + i % 3]),
            score=i / 10_000 if name == "activitynet-results" else None,
            stage=stage_of(name),
        )
        for i in range(count)
    ]
    path = tmp_path / f"clip{suffix(name)}"
    write(Annotations.of(rows), path, name, CLOCKS["120"])
    assert keys(read(path, None, CLOCKS["120"])) == keys(Annotations.of(rows))


@pytest.mark.parametrize("name", [n for n in BOTH_WAYS if n not in ("thumos14",)])
def test_a_video_without_a_segment_is_written_and_read(tmp_path, name):
    path = tmp_path / f"clip{suffix(name)}"
    write(Annotations({"clip": VideoEntry()}), path, name)
    assert read(path, name).segments == []


@pytest.mark.parametrize("name", [n for n, f in FORMATS.items() if f.folder and f.read])
def test_several_videos_are_a_folder_of_files_named_after_them(tmp_path, name):
    rows = [Segment(video, "wave", 1.0, 2.0) for video in ("one", "two.3")]
    write(Annotations.of(rows), tmp_path / "out", name)
    back = read(tmp_path / "out")
    assert recognise(tmp_path / "out").name == name
    assert keys(back) == keys(Annotations.of(rows))
    if name != "thumos14":
        end = FORMATS[name].suffixes[0]
        assert sorted(f.name for f in (tmp_path / "out").iterdir()) == [f"one{end}", f"two.3{end}"]


def test_a_folder_with_classes_of_another_export_is_not_added_to(tmp_path):
    write(Annotations.of([Segment("v", "wave", 1.0, 2.0)]), tmp_path / "out", "thumos14")
    other = Annotations.of([Segment("v", "jump", 1.0, 2.0)])
    with pytest.raises(InputError, match=r"wave_test\.txt"):
        write(other, tmp_path / "out", "thumos14")
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["wave_test.txt"]


# --- Milliseconds ------------------------------------------------------------------------------

MILLISECONDS = ("eaf", "webvtt", "srt", "boris", "boris-csv")


def test_milliseconds_are_rounded_half_to_even_by_their_decimal_digits():
    cases = {0.0005: 0, 0.0015: 2, 0.0025: 2, 1.0005: 1000, 1.0015: 1002, 2.0004999: 2000}
    cases |= {8.0085: 8008, 0.0004: 0, 0.00051: 1, 1001 / 30000: 33, 7.25: 7250}
    assert {seconds: milliseconds(seconds) for seconds in cases} == cases


@pytest.mark.parametrize("name", MILLISECONDS)
def test_without_the_video_times_are_within_half_a_millisecond(tmp_path, name):
    cuts = CUTS["29.97"]
    rows = [Segment("clip", "wave", float(cuts[i]), float(cuts[i + 1])) for i in range(0, 1000, 3)]
    path = tmp_path / f"clip{suffix(name)}"
    write(Annotations.of(rows), path, name)
    for row, was in zip(read(path).segments, rows, strict=True):
        assert abs(row.start - was.start) <= 0.5e-3 + 1e-9
        assert abs(row.end - was.end) <= 0.5e-3 + 1e-9


@pytest.mark.parametrize("name", MILLISECONDS)
@pytest.mark.parametrize("rate", RATES)
def test_every_boundary_at_every_frame_rate_comes_back_on_its_frame(tmp_path, name, rate):
    cuts = CUTS[rate]
    rows = [Segment("clip", "wave", float(cuts[i]), float(cuts[i + 1])) for i in range(3000)]
    path = tmp_path / f"clip{suffix(name)}"
    write(Annotations.of(rows), path, name)  # the writer need not know the video
    back = sorted(read(path, None, CLOCKS[rate]).segments, key=lambda row: row.start)
    assert [(row.start, row.end) for row in back] == [(row.start, row.end) for row in rows]


def test_a_boundary_is_moved_to_its_cut_by_half_a_frame_at_most(tmp_path):
    clock = Clock(lambda video: np.array([0.0, 0.1, 0.2, 0.3]))
    assert clock.snapped("v", 0.06, 0.24) == (0.1, 0.2)
    assert clock.snapped("v", 0.12, 0.36) == (0.1, 0.36)  # the video has ended by then
    assert clock.snapped("v", 0.09, 0.11) == (0.09, 0.11)  # both would fall on one cut


# --- Frames ------------------------------------------------------------------------------------

FRAMES = ("label-studio", "ssn", "fiftyone")


@pytest.mark.parametrize("name", FRAMES)
def test_formats_of_frames_say_what_they_need(tmp_path, name):
    rows = Annotations.of([Segment("clip", "wave", 1.0, 2.0)])
    path = tmp_path / "x.json"
    with pytest.raises(InputError, match="give the videos, or their frame rate"):
        write(rows, path, name)
    write(rows, path, name, Clock(frame_rate=25.0))
    if FORMATS[name].read:
        with pytest.raises(InputError, match=f"{path.name}: .*give the videos"):
            read(path, name)
        assert keys(read(path, name, Clock(frame_rate=25.0))) == keys(rows)
