"""BORIS's project: JSON (also gzipped), milliseconds in seconds from 0, half-open.

`observations[id].events` are [time, subject, code, modifier, comment, frame]: a state behaviour is
the time between an event and the next of its subject, code and modifier. An observation holds one
video and one annotator (the independent variable 'annotator'); what overlaps with its like goes on
to an observation `… (2)`, because BORIS pairs events in the order of their times.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from etp_core.annotations import Annotations, Segment, VideoEntry
from etp_core.errors import InputError
from etp_core.formats import checks, texts
from etp_core.formats.base import Format, Source
from etp_core.formats.clock import Clock, span_ms
from etp_core.words import counted

VERSION = "7.0"
ANNOTATOR = "annotator"
KEYS = ("subject", "modifier", "comment")  # of a segment's `extra`
_PLAYERS = [str(i) for i in range(1, 9)]


def read(source: Source, clock: Clock) -> Annotations:
    """Read the state behaviours of all observations of a video.

    With the cuts of the video each boundary is put on the nearest. Point behaviours and
    observations without a video are left out, with a note; subject, modifier and comment are kept
    as keys. Raises InputError naming observation and event, also of a behaviour without an end.
    """
    path = source.path
    document = checks.mapping(source.document, str(path))
    behaviours = checks.mapping(document.get("behaviors_conf"), f"{path}: behaviors_conf")
    states = _states(behaviours, str(path))
    found = Annotations()
    left: Counter[tuple[str, str]] = Counter()
    observations = checks.mapping(document.get("observations"), f"{path}: observations")
    for key, value in observations.items():
        place = f"{path}: observation {key!r}"
        observation = checks.mapping(value, place)
        video = _media(observation, place)
        if video is None:
            left["observation", " without a video"] += 1
            continue
        name = checks.stem(video, f"{place}: file")
        entry = found.videos.setdefault(name, VideoEntry())
        _describe(entry, observation, video)
        variables = observation.get("independent_variables")
        who = variables.get(ANNOTATOR) if isinstance(variables, dict) else None
        reviewer = who.strip() if isinstance(who, str) else ""
        for at, start, end, event in _pairs(observation, states, left, place):
            start, end = clock.snapped(name, *checks.interval(start, end, at))
            kept = {k: event[i] for k, i in zip(KEYS, (1, 3, 4), strict=True) if event[i]}
            extra = checks.others(kept, set(), at)
            row = Segment(name, event[2], start, end, reviewer=reviewer, extra=extra)
            found.segments.append(row)
    found.notes += [
        f"{path}: left out: {counted(count, what)}{which}" for (what, which), count in left.items()
    ]
    return found


def _states(behaviours: dict[str, Any], path: str) -> dict[str, bool]:
    found = {}
    for key, value in behaviours.items():
        place = f"{path}: behaviors_conf {key!r}"
        value = checks.mapping(value, place)
        code = checks.name(value.get("code"), f"{place}: code")
        found[code] = str(value.get("type", "")).lower().startswith("state")
    return found


def _media(observation: dict[str, Any], place: str) -> str | None:
    if observation.get("type") != "MEDIA":
        return None
    players = checks.mapping(observation.get("file"), f"{place}: file")
    for player in _PLAYERS:
        files = checks.array(players.get(player, []), f"{place}: file {player}")
        if len(files) > 1:
            raise InputError(f"{place}: plays {len(files)} videos in turn; only one is understood")
        if files:
            return checks.name(files[0], f"{place}: file {player}")
    return None


def _describe(entry: VideoEntry, observation: dict[str, Any], video: str) -> None:
    info = observation.get("media_info")
    if not isinstance(info, dict):
        return
    for key, field in (("length", "duration"), ("fps", "fps")):
        values = info.get(key)
        value = values.get(video) if isinstance(values, dict) else None
        if isinstance(value, int | float) and 0 < value < 1e9:
            setattr(entry, field, float(value))


def _pairs(
    observation: dict[str, Any], states: dict[str, bool], left: Counter[tuple[str, str]], place: str
) -> Iterator[tuple[str, float, float, list[Any]]]:
    """Place, start, end and first event of each state behaviour, by the time of its end."""
    offset = checks.number(observation.get("time offset") or 0, f"{place}: time offset")
    events = checks.array(observation.get("events"), f"{place}: events")
    checked = [_event(event, f"{place}, event {i}") for i, event in enumerate(events, 1)]
    begun: dict[tuple[str, str, str], tuple[str, list[Any]]] = {}
    for number, event in sorted(enumerate(checked, 1), key=lambda pair: pair[1][0]):
        at = f"{place}, event {number}"
        code = event[2]
        if code not in states:
            raise InputError(f"{at}: the behaviour {code!r} is not in behaviors_conf")
        if not states[code]:
            left["point behaviour", ""] += 1
            continue
        key = (event[1], code, event[3])
        if key in begun:
            where, first = begun.pop(key)
            yield where, first[0] - offset, event[0] - offset, first
        else:
            begun[key] = at, event
    for at, event in begun.values():
        raise InputError(f"{at}: the behaviour {event[2]!r} does not end")


def _event(value: Any, place: str) -> list[Any]:
    event = checks.array(value, place)
    if not 3 <= len(event) <= 8:
        raise InputError(f"{place}: must be [time, subject, behaviour, modifier, comment, frame]")
    cells = [*event, "", ""][:5]
    texts = [cell if isinstance(cell, str) else "" for cell in cells]
    code = checks.name(cells[2], f"{place}: behaviour")
    return [checks.number(cells[0], f"{place}: time"), texts[1], code, texts[3], texts[4]]


def write(annotations: Annotations, path: Path, clock: Clock) -> None:
    """Write ground truth, or else the detections, as state behaviours; scores have no place.

    Times are rounded to milliseconds, half to even. An event has its frame, 0-based, where that is
    known (the frame of an end is the first one out), or else 'NA'.
    """
    videos = checks.chosen(annotations, path)
    labels = sorted({row.label for rows in videos.values() for row in rows})
    observations: dict[str, Any] = {}
    for video, rows in videos.items():
        groups: dict[str, list[Segment]] = {}
        for row in rows:
            groups.setdefault(row.reviewer.strip(), []).append(row)
        for reviewer, group in groups.items() or [("", [])]:
            base = f"{video} {reviewer}" if len(groups) > 1 and reviewer else video
            for layer in _layers(group):
                key, number = base, 1
                while key in observations:
                    number += 1
                    key = f"{base} ({number})"
                entry = annotations.videos.get(video, VideoEntry())
                place = f"{path}: video {video!r}"
                events = _events(layer, entry, clock, place)
                observations[key] = _observation(video, entry, reviewer, events)
    subjects = {checks.text_of(row.extra, "subject") for rows in videos.values() for row in rows}
    document = {
        "time_format": "hh:mm:ss",
        "project_date": "",
        "project_name": path.stem,
        "project_description": "",
        "project_format_version": VERSION,
        "subjects_conf": {
            str(i): {"key": "", "name": name, "description": ""}
            for i, name in enumerate(sorted(subjects - {""}))
        },
        "behaviors_conf": {str(i): _behaviour(label) for i, label in enumerate(labels)},
        "observations": observations,
        "behavioral_categories": [],
        "independent_variables": {
            "0": {
                "label": ANNOTATOR,
                "description": "",
                "type": "text",
                "default value": "",
                "possible values": "",
            }
        },
        "coding_map": {},
        "behaviors_coding_map": [],
        "converters": {},
    }
    texts.write_json(document, path)


def _layers(rows: list[Segment]) -> list[list[Segment]]:
    """The rows dealt to as few layers as it takes for none to overlap with its like."""
    alike: dict[tuple[str, ...], list[Segment]] = {}
    for row in rows:
        alike.setdefault(_like(row), []).append(row)
    found: list[list[Segment]] = [[]]
    for group in alike.values():
        for i, layer in enumerate(checks.layers(group)):
            found += [[] for _ in range(i + 1 - len(found))]
            found[i] += layer
    return found


def _like(row: Segment) -> tuple[str, str, str]:
    return row.label, checks.text_of(row.extra, "subject"), checks.text_of(row.extra, "modifier")


def _events(rows: list[Segment], entry: VideoEntry, clock: Clock, place: str) -> list[list[Any]]:
    events: list[tuple[int, int, list[Any]]] = []
    for row in rows:
        times = span_ms(row.start, row.end, place)
        frames: tuple[int | str, int | str] = ("NA", "NA")
        if clock.cuts(row.video) is not None or row.start_frame is not None:
            frames = clock.frames(row, place, entry.fps)
        code, subject, modifier = _like(row)
        comment = checks.text_of(row.extra, "comment")
        # At one time an end comes before the next start.
        for stops, (time, frame) in enumerate(zip(times, frames, strict=True)):
            event = [time / 1000, subject, code, modifier, "" if stops else comment, frame]
            events.append((time, 1 - stops, event))
    return [event for _, _, event in sorted(events, key=lambda one: one[:2])]


def _behaviour(label: str) -> dict[str, Any]:
    return {
        "type": "State event",
        "key": "",
        "code": label,
        "description": "",
        "color": "",
        "category": "",
        "modifiers": {},
        "excluded": "",
        "coding map": "",
    }


def _observation(
    video: str, entry: VideoEntry, reviewer: str, events: list[list[Any]]
) -> dict[str, Any]:
    file = checks.file_of(video, entry)
    latest = events[-1][0] if events else 0.0
    return {
        "file": {player: [file] if player == "1" else [] for player in _PLAYERS},
        "type": "MEDIA",
        "date": "1970-01-01T00:00:00",
        "description": "",
        "time offset": 0.0,
        "events": events,
        "observation time interval": [0, 0],
        "independent_variables": {ANNOTATOR: reviewer},
        "visualize_spectrogram": False,
        "visualize_waveform": False,
        "close_behaviors_between_videos": False,
        "media_info": {
            "length": {file: entry.duration or latest},
            "fps": {file: entry.fps or 0.0},
            "hasVideo": {file: True},
            "hasAudio": {file: False},
            "offset": dict.fromkeys(_PLAYERS, 0.0),
        },
    }


def recognise(source: Source) -> bool:
    """Whether it is JSON with observations and behaviours."""
    document = source.json
    return isinstance(document, dict) and {"observations", "behaviors_conf"} <= document.keys()


FORMAT = Format("boris", "BORIS project", (".boris",), read, write, recognise, checks.any_rows)
