"""VIA 3 (VGG Image Annotator): JSON, seconds from 0, half-open.

`metadata[id] = {"vid", "z": [start, end], "xy": [], "av": {attribute: value}}`; `view[vid]` names
the file. The label is the value of the first attribute of time segments that has one.
"""

from pathlib import Path
from typing import Any

from etp_core.annotations import Annotations, Segment, VideoEntry
from etp_core.errors import InputError
from etp_core.formats import checks, texts
from etp_core.formats.base import Format, Source
from etp_core.formats.clock import Clock
from etp_core.words import counted

_SEGMENT = "FILE1_Z2_XY0"  # the attribute belongs to a time segment of one file
_SELECT, _VIDEO_FILE, _LOCAL = 4, 4, 1
_SECTIONS = ("project", "attribute", "file", "metadata", "view")


def read(source: Source, clock: Clock) -> Annotations:
    """Read the time segments; regions in the picture are left out, with a note.

    Values of other attributes are kept as the key 'attributes', by their names. Raises InputError
    naming the key.
    """
    path = source.path
    document = checks.mapping(source.document, str(path))
    sections = {key: checks.mapping(document.get(key), f"{path}: {key}") for key in _SECTIONS[1:]}
    videos = _videos(sections, str(path))
    attributes = {
        key: checks.mapping(value, f"{path}: attribute {key!r}")
        for key, value in sections["attribute"].items()
    }
    found = Annotations({name: VideoEntry() for name in videos.values()})
    left = 0
    for key, value in sections["metadata"].items():
        place = f"{path}: metadata {key!r}"
        value = checks.mapping(value, place)
        times = checks.array(value.get("z", []), f"{place}: z")
        if len(times) != 2 or value.get("xy"):
            left += 1
            continue
        video = str(value.get("vid"))
        if video not in videos:
            raise InputError(f"{place}: vid: there is no view {video!r}")
        start, end = (checks.number(time, f"{place}: z") for time in times)
        start, end = checks.interval(start, end, place)
        checks.within(start, end, None, None, place)
        label, extra = _label(value, attributes, place)
        found.segments.append(Segment(videos[video], label, start, end, extra=extra))
    if left:
        found.notes.append(f"{path}: left out: {counted(left, 'region')} in pictures, not in time")
    return found


def _videos(sections: dict[str, dict[str, Any]], path: str) -> dict[str, str]:
    """The name of the video of each view that shows one file."""
    found: dict[str, str] = {}
    for key, value in sections["view"].items():
        place = f"{path}: view {key!r}"
        files = checks.array(checks.mapping(value, place).get("fid_list"), f"{place}: fid_list")
        if len(files) != 1:
            continue
        file = checks.mapping(sections["file"].get(str(files[0])), f"{path}: file {files[0]!r}")
        found[key] = checks.stem(file.get("fname"), f"{path}: file {files[0]!r}: fname")
    return found


def _label(
    value: dict[str, Any], attributes: dict[str, dict[str, Any]], place: str
) -> tuple[str, str]:
    values = checks.mapping(value.get("av", {}), f"{place}: av")
    label, rest = "", {}
    for key, attribute in attributes.items():
        text = values.get(key)
        if attribute.get("anchor_id", _SEGMENT) != _SEGMENT or text in (None, ""):
            continue
        options = attribute.get("options")
        if isinstance(options, dict) and str(text) in options:
            text = options[str(text)]
        if not label:
            label = checks.name(text, f"{place}: av {key!r}").strip()
        else:
            rest[str(attribute.get("aname", key))] = text
    if not label:
        raise InputError(f"{place}: av: has no label")
    return label, checks.others({"attributes": rest} if rest else {}, set(), place)


def write(annotations: Annotations, path: Path, clock: Clock) -> None:
    """Write ground truth, or else the detections, with all digits of their times.

    Where the names of the files are not known, they are `VIDEO.mp4`; VIA asks for them.
    """
    videos = checks.chosen(annotations, path)
    for video, rows in videos.items():
        checks.not_before_0(rows, f"{path}: video {video!r}")
    labels = sorted({row.label for rows in videos.values() for row in rows})
    option = {label: str(i) for i, label in enumerate(labels)}
    ids = {video: str(i) for i, video in enumerate(videos, 1)}
    metadata = {
        f"{ids[video]}_{i}": {
            "vid": ids[video],
            "flg": 0,
            "z": [row.start, row.end],
            "xy": [],
            "av": {"1": option[row.label]},
        }
        for video, rows in videos.items()
        for i, row in enumerate(rows)
    }
    document = {
        "project": {
            "pid": "__VIA_PROJECT_ID__",
            "rev": "__VIA_PROJECT_REV_ID__",
            "rev_timestamp": "__VIA_PROJECT_REV_TIMESTAMP__",
            "pname": path.stem,
            "creator": "ETP Studio",
            "created": 0,
            "data_format_version": "3.1.1",
            "vid_list": list(ids.values()),
        },
        "config": {
            "file": {"loc_prefix": {"1": "", "2": "", "3": "", "4": ""}},
            "ui": {
                "file_content_align": "center",
                "file_metadata_editor_visible": True,
                "spatial_metadata_editor_visible": True,
                "temporal_segment_metadata_editor_visible": True,
                "spatial_region_label_attribute_id": "",
                "gtimeline_visible_row_count": "4",
            },
        },
        "attribute": {
            "1": {
                "aname": "label",
                "anchor_id": _SEGMENT,
                "type": _SELECT,
                "desc": "",
                "options": {key: label for label, key in option.items()},
                "default_option_id": "",
            }
        },
        "file": {
            key: {
                "fid": key,
                "fname": checks.file_of(video, annotations.videos.get(video, VideoEntry())),
                "type": _VIDEO_FILE,
                "loc": _LOCAL,
                "src": "",
            }
            for video, key in ids.items()
        },
        "metadata": metadata,
        "view": {key: {"fid_list": [key]} for key in ids.values()},
    }
    texts.write_json(document, path)


def recognise(source: Source) -> bool:
    """Whether it is JSON with the sections of VIA 3."""
    document = source.json
    return isinstance(document, dict) and document.keys() >= set(_SECTIONS)


FORMAT = Format("via", "VIA 3", (".json",), read, write, recognise, checks.any_rows)
