"""ELAN's .eaf: XML, whole milliseconds from 0, half-open; one video a file.

A tier holds the segments of one stage and annotator; what overlaps there goes on to tiers `… (2)`,
because annotations of one ELAN tier must not. The linguistic type of a tier is its stage, its
ANNOTATOR the reviewer. Scores have no place.
"""

import mimetypes
import re
from pathlib import Path
from xml.etree import ElementTree

from etp_core.annotations import Annotations, Segment, VideoEntry
from etp_core.errors import InputError
from etp_core.formats import checks, texts
from etp_core.formats.base import EVERY_STAGE, Format, Source
from etp_core.formats.clock import Clock, span_ms
from etp_core.formats.one_video import reading, recognising, writing
from etp_core.words import counted

_SUFFIXES = (".eaf",)
_DECLARES = re.compile(r"<!(DOCTYPE|ENTITY)")
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def read(source: Source, clock: Clock) -> Annotations:
    """Read the time-aligned annotations of all tiers, by tier.

    With the cuts of the video each boundary is put on the nearest. Annotations that refer to others
    are left out, with a note. A tier that this program has not written is kept as the key 'tier'.
    Raises InputError naming the tier and the annotation; a file that declares entities is refused.
    """
    path = source.path
    root = _root(source)
    media = root.find("HEADER/MEDIA_DESCRIPTOR")
    video = checks.stem(path.name.removesuffix(path.suffix), str(path))
    if media is not None and media.get("MEDIA_URL"):
        video = checks.stem(media.get("MEDIA_URL"), f"{path}: MEDIA_URL")
    found = Annotations({video: VideoEntry()})
    slots = _slots(root, path)
    left = 0
    for tier in root.iter("TIER"):
        name = checks.name(tier.get("TIER_ID"), f"{path}: TIER_ID")
        kind = tier.get("LINGUISTIC_TYPE_REF", "")
        ours = kind in EVERY_STAGE
        left += sum(1 for _ in tier.iter("REF_ANNOTATION"))
        for annotation in tier.iter("ALIGNABLE_ANNOTATION"):
            key = annotation.get("ANNOTATION_ID", "?")
            place = f"{path}: tier {name!r}, annotation {key}"
            times = [_time(annotation.get(ref), slots, place) for ref in _REFS]
            start, end = checks.interval(times[0] / 1000, times[1] / 1000, place)
            label = (annotation.findtext("ANNOTATION_VALUE") or "").strip()
            if not label:
                raise InputError(f"{place}: has no value")
            start, end = clock.snapped(video, start, end)
            found.segments.append(
                Segment(
                    video,
                    label,
                    start,
                    end,
                    stage=kind if ours else "ground_truth",
                    reviewer=tier.get("ANNOTATOR", ""),
                    extra="" if ours else checks.others({"tier": name}, set(), place),
                )
            )
    if left:
        found.notes.append(
            f"{path}: left out: {counted(left, 'annotation')} with reference to others"
        )
    return found


_REFS = ("TIME_SLOT_REF1", "TIME_SLOT_REF2")


def _root(source: Source) -> ElementTree.Element:
    if _DECLARES.search(source.text):
        raise InputError(f"{source.path}: declares a document type or entities; ELAN does not")
    try:
        root = ElementTree.fromstring(source.text)
    except ElementTree.ParseError as error:
        line, column = error.position
        raise InputError(f"{source.path}: line {line}, column {column}: is not XML") from error
    except ValueError as error:
        raise InputError(f"{source.path}: is not XML ({error})") from error
    if root.tag != "ANNOTATION_DOCUMENT":
        raise InputError(f"{source.path}: is no ELAN document")
    return root


def _slots(root: ElementTree.Element, path: Path) -> dict[str, int | None]:
    found: dict[str, int | None] = {}
    for slot in root.iterfind("TIME_ORDER/TIME_SLOT"):
        key, value = slot.get("TIME_SLOT_ID", ""), slot.get("TIME_VALUE")
        if value is not None and not re.fullmatch(r"\d{1,12}", value):
            raise InputError(f"{path}: time slot {key!r}: must be milliseconds, not {value[:60]!r}")
        if key in found:
            raise InputError(f"{path}: the time slot {key!r} occurs twice")
        found[key] = None if value is None else int(value)
    return found


def _time(reference: str | None, slots: dict[str, int | None], place: str) -> int:
    if reference not in slots:
        raise InputError(f"{place}: refers to the time slot {reference!r}, which is not there")
    found = slots[reference]
    if found is None:
        raise InputError(f"{place}: has no time; align it in ELAN first")
    return found


def write(rows: list[Segment], entry: VideoEntry, video: str, path: Path, clock: Clock) -> None:
    """Write the segments of all stages; times are rounded half to even, 1 ms long at least."""
    from pympi.Elan import Eaf, to_string

    document = Eaf(author="ETP Studio")
    document.remove_tier("default")
    file = _text(checks.file_of(video, entry), path)
    kind = mimetypes.guess_type(file)[0] or "video/mp4"
    document.add_linked_file(file, f"./{file}", kind)
    groups: dict[tuple[str, str], list[Segment]] = {}
    for row in rows:
        groups.setdefault((row.stage, row.reviewer.strip()), []).append(row)
    place = f"{path}: video {video!r}"
    for (stage, reviewer), group in groups.items():
        if stage not in document.linguistic_types:
            document.add_linguistic_type(stage)
        base = _text(reviewer if stage == "ground_truth" and reviewer else stage, path)
        for layer in checks.layers(group):
            tier, number = base, 1
            while tier in document.tiers:
                number += 1
                tier = f"{base} ({number})"
            document.add_tier(tier, stage, ann=reviewer or None)
            for row in layer:
                start, end = span_ms(row.start, row.end, place)
                document.add_annotation(tier, start, end, _text(row.label, path))
    text = to_string(document)
    texts.write_text(f'<?xml version="1.0" encoding="UTF-8"?>\n{text}', path)


def _text(text: str, path: Path) -> str:
    if _NO_XML.search(text):
        raise InputError(f"{path}: the text {text[:60]!r} has a character that XML cannot hold")
    return text


def choose(annotations: Annotations, path: Path) -> dict[str, list[Segment]]:
    """All rows of all stages, by video."""
    return annotations.by_video()


def recognise(source: Source) -> bool:
    """Whether it is XML of the type ANNOTATION_DOCUMENT."""
    return source.head.lstrip().startswith("<") and "<ANNOTATION_DOCUMENT" in source.head


FORMAT = Format(
    "eaf",
    "ELAN",
    _SUFFIXES,
    reading(_SUFFIXES, read),
    writing(_SUFFIXES, write, choose),
    recognising(_SUFFIXES, recognise),
    lambda annotations: bool(annotations.videos or annotations.segments),
    stages=EVERY_STAGE,
    folder="several",
)
