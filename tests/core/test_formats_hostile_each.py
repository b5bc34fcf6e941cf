"""The same hostile numbers, encodings, depths and keys in a good file of every format."""

import re

import pytest
from hostile import CLOCK, JSON, READ, good, read_or_refuse, refused

from etp_core.formats import FORMATS, read, recognise, write


def written(tmp_path, name):
    """A good file of the format (of THUMOS14 its detections), and its text."""
    path = tmp_path / f"clip{FORMATS[name].suffixes[0] if FORMATS[name].suffixes else '.txt'}"
    if name == "thumos14":
        path.write_text("clip 1.0 2.0 7 0.5\nclip 1.4 8.0 8 0.25\n")
    else:
        write(good(name), path, name, CLOCK)
    return path, path.read_text()


@pytest.mark.parametrize("name", READ)
def test_a_number_that_is_none_is_refused_or_read_as_a_sound_one_wherever_it_stands(tmp_path, name):
    path, text = written(tmp_path, name)
    read(path, name, CLOCK)
    places = [match.span() for match in re.finditer(r"-?[0-9]+(\.[0-9]+)?", text)]
    for first, last in places[:60]:
        for number in ("NaN", "-inf", "1e999", "9" * 400, "-1e308", "0x10", "１", "1_0", ""):
            path.write_text(text[:first] + number + text[last:])
            read_or_refuse(path, name)


@pytest.mark.parametrize("encoding", ["utf-32", "latin-1"])
@pytest.mark.parametrize("name", READ)
def test_a_file_in_another_encoding_is_refused_by_its_line(tmp_path, name, encoding):
    path, text = written(tmp_path, name)
    path.write_bytes(text.replace("wave", "größe").replace("clip", "Übung", 1).encode(encoding))
    refused(path, name, "line [0-9]+: is not UTF-8 text; save the file as UTF-8")
    read_or_refuse(path, None)


@pytest.mark.parametrize("name", READ)
def test_a_file_in_utf_16_with_its_mark_says_the_same(tmp_path, name):
    path, text = written(tmp_path, name)
    text = text.replace("wave", "größe")
    path.write_text(text, "utf-8", newline="")
    expected = read(path, name, CLOCK)
    path.write_bytes(text.encode("utf-16"))
    assert read(path, name, CLOCK) == expected
    assert recognise(path).name == name


@pytest.mark.parametrize("name", JSON)
@pytest.mark.parametrize("deep", ["[" * 100_000, '{"a":' * 100_000, "[" * 900 + "]" * 900])
def test_json_nested_without_end_is_refused_wherever_it_stands(tmp_path, name, deep):
    path, text = written(tmp_path, name)
    for at in {text.index(":") + 1, text.rindex(":") + 1}:
        end = min(text.index(c, at) for c in ",}\n" if c in text[at:])
        path.write_text(text[:at] + deep + text[end:])
        for format in (name, None):
            read_or_refuse(path, format)


@pytest.mark.parametrize("name", JSON)
def test_a_key_that_occurs_twice_is_refused_wherever_it_stands(tmp_path, name):
    path, text = written(tmp_path, name)
    keys = list(re.finditer(r'("[^"]+"):', text))
    for key in keys[:40]:
        path.write_text(f"{text[: key.start()]}{key[1]}: 1, {text[key.start() :]}")
        refused(path, name, "occurs twice in one object")


def test_xml_nested_without_end_is_refused_in_bounded_memory(tmp_path):
    path = tmp_path / "deep.eaf"
    path.write_text("<ANNOTATION_DOCUMENT>" + "<a>" * 100_000)
    refused(path, "eaf")
    path.write_text("<ANNOTATION_DOCUMENT>" + "<a>" * 50_000 + "</a>" * 50_000)
    read_or_refuse(path, "eaf")


@pytest.mark.parametrize("name", [n for n, f in FORMATS.items() if not f.read])
def test_a_format_that_is_only_written_says_so(tmp_path, name):
    path = tmp_path / f"clip{FORMATS[name].suffixes[0]}"
    write(good(name), path, name, CLOCK)
    refused(path, name, "can be written, not read")
    read_or_refuse(path, None)
