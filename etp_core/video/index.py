"""Which frames a video has, when each is shown, and where decoding can start.

One pass over the packets, without decoding, gives the table for healthy files; the ends are then
decoded, because files are cut there. Where packets and frames cannot be trusted to agree, one
decoding pass gives the table instead.
"""

import itertools
import operator
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream

from etp_core.errors import VideoError
from etp_core.timeline import Floats, Ints
from etp_core.video.missing import missing
from etp_core.video.stream import decoded, open_stream, packets
from etp_core.video.tail import Tail, last_frames

NO_LABEL = -(1 << 62)
_FACTS = operator.attrgetter("pts", "dts", "is_keyframe", "is_discard", "duration", "is_corrupt")
_Row = tuple[int | None, int | None, bool, bool, int | None, bool]
_FRAMED = {"h264", "hevc", "libdav1d", "av1"}  # one packet is one frame in MP4
_JUMP = 2.0  # s; a time stamp that falls back further than this starts a new recording


@dataclass(frozen=True, slots=True)
class Index:
    """The frames of one video, in order of display; times in ticks of `time_base` seconds.

    labels   (n,) time stamp that each decoded frame carries: how a frame is recognised; NO_LABEL
             if it has none
    ticks    (n,) strictly increasing time at which it is shown; equal to labels in sane files
    end      end of the last frame
    entries  (k, 3) places where decoding can start, in order: index of the first frame decoded
             there, and the presentation and decoding time stamps to seek to
    counted  labels are missing or repeat: frames are recognised by counting from an entry
    repaired what is wrong with the file and how it was met, a readable half sentence; "" if nothing
    """

    labels: Ints
    ticks: Ints
    end: int
    entries: Ints
    time_base: Fraction
    counted: bool = False
    repaired: str = ""

    def cuts(self) -> Floats:
        """(n + 1,) seconds: when each frame is shown, and the end of the last one."""
        ticks = np.append(self.ticks, self.end)
        return ticks * self.time_base.numerator / self.time_base.denominator


@dataclass(slots=True)
class _Packets:
    """What the packets say: (m,) each, in file order."""

    pts: Ints
    dts: Ints
    key: np.ndarray
    discard: np.ndarray
    duration: Ints
    time_base: Fraction
    step: int  # ticks between frames by the declared rate
    hidden: bool  # the codec may hide packets without saying so
    sane: bool
    encrypted: bool
    missing: str  # what the file has lost at its end, half a sentence


def build_index(path: Path) -> Index:
    """The index of the first real video stream of `path`.

    Raises VideoError naming the file where it cannot be opened or no frame can be decoded.
    """
    container, stream = open_stream(path)
    tail = None
    if _tells_all(container, stream):
        container.close()
        container, stream = open_stream(path, parse=False)
        tail = Tail(path)
    try:
        with container:
            found = _read_packets(path, container, stream)
        index = _from_packets(path, found, tail) if found.sane else None
    finally:
        if tail:
            tail.stop()
    index = index or _from_frames(path, found)
    return replace(index, repaired="; ".join(filter(None, (found.missing, index.repaired))))


def _tells_all(container: InputContainer, stream: VideoStream) -> bool:
    """Whether the container alone says all about a packet: looking into each doubles the time."""
    return container.format.name.startswith("mov,") and stream.codec_context.name in _FRAMED


def _read_packets(path: Path, container: InputContainer, stream: VideoStream) -> _Packets:
    rows: list[_Row] = []
    append, encrypted = rows.append, False
    for packet in packets(container, stream):
        if packet is None:
            break
        append(row := _FACTS(packet))
        if row[2] and packet.has_sidedata("encryption_info"):
            encrypted = True
    stamped = [row for row in rows if row[0] is not None]
    try:
        table = _table(stamped)
        decoding = table[:, 1]
    except TypeError:  # Matroska has no decoding time for the first packets
        table = _table(
            [(p, p if d is None else d, k, x, n or 0, c) for p, d, k, x, n, c in stamped]
        )
        decoding = np.array([row[1] for row in stamped if row[1] is not None], dtype=np.int64)
    complete = len(stamped) == len(rows) and not table[:, 5].any()
    key, discard = table[:, 2] > 0, table[:, 3] > 0
    shown = np.sort(table[~discard, 0])
    sane = bool(
        complete
        and not encrypted
        and len(shown)
        and key[~discard].any()
        and (np.diff(shown) > 0).all()
        and (np.diff(decoding) >= 0).all()
        # edit lists may hide packets at the ends; anything more intricate is decoded
        and np.count_nonzero(np.diff(discard.astype(np.int8))) <= 2
        and not (discard.any() and not (discard[0] or discard[-1]))
    )
    time_base = stream.time_base or Fraction(1, 1000)
    rate = stream.average_rate or stream.guessed_rate or 25
    end = float((table[:, 0] + table[:, 4]).max(initial=0) * time_base)
    return _Packets(
        pts=table[:, 0],
        dts=table[:, 1],
        key=key,
        discard=discard,
        duration=table[:, 4],
        time_base=time_base,
        step=max(1, round(1 / (rate * time_base))),
        hidden=stream.codec_context.name.startswith(("vp8", "vp9", "libvpx")),
        sane=sane,
        encrypted=encrypted,
        missing=missing(path, container, stream, len(rows), end),
    )


def _table(rows: list[_Row]) -> Ints:
    """(m, 6); TypeError where something is None."""
    numbers = itertools.chain.from_iterable(rows)
    return np.fromiter(numbers, dtype=np.int64, count=6 * len(rows)).reshape(-1, 6)


def _from_packets(path: Path, found: _Packets, tail: Tail | None) -> Index | None:
    """The index as the packets have it, its ends checked; None if the frames disagree."""
    labels = np.sort(found.pts[~found.discard])
    declared, repaired = len(labels), []
    keys = found.pts[found.key]
    first = int(keys[0])
    if not found.key[0] or found.discard[0] or labels[0] < first or found.hidden:
        # something before the first key frame: see which frames come out until the second one
        until = int(keys[1]) if len(keys) > 1 else int(labels[-1]) + 1
        come = _first_labels(path, until)
        expected = labels[labels < until]
        if not len(come) or not np.array_equal(come, expected[len(expected) - len(come) :]):
            return None
        labels = labels[labels >= come[0]]
        if len(labels) < declared:
            repaired.append(f"the first {_frames(declared - len(labels))} cannot be decoded")
    index = _assemble(labels, labels, found)
    last = int(index.entries[-1, 0])
    come_last = tail.last_frames(index) if tail else last_frames(path, index)
    if not come_last or come_last != list(range(last, last + len(come_last))):
        return None
    if (lost := len(labels) - last - len(come_last)) > 0:  # the tail cannot be decoded: it is cut
        repaired.append(f"the last {_frames(lost)} cannot be decoded")
        labels = labels[: last + len(come_last)]
        index = _assemble(labels, labels, found)
    return replace(index, repaired="; ".join(repaired))


def _frames(count: int) -> str:
    return "frame" if count == 1 else f"{count} frames"


def _first_labels(path: Path, until: int) -> Ints:
    """Labels of the frames that really come out at the start, before the one labelled `until`."""
    container, stream = open_stream(path)
    with container:
        frames = itertools.takewhile(
            lambda frame: frame.pts is not None and frame.pts < until, decoded(container, stream)
        )
        return np.array([frame.pts for frame in frames], dtype=np.int64)


def _from_frames(path: Path, found: _Packets) -> Index:
    """The index as one decoding pass finds it."""
    container, stream = open_stream(path)
    labels: list[int | None] = []
    keys: set[int] = set()
    with container:
        for frame in decoded(container, stream):
            labels.append(frame.pts)
            if frame.key_frame and frame.pts is not None:
                keys.add(frame.pts)
    if not labels:
        why = " (it is encrypted)" if found.encrypted else ""
        raise VideoError(f"{path}: not one frame of it can be decoded{why}")
    often = Counter(labels)
    counted = often[None] > 0 or len(often) < len(labels)
    raw = np.array([NO_LABEL if label is None else label for label in labels], dtype=np.int64)
    ticks = _unrolled(_filled(labels, found.step), found)
    index = _assemble(raw, ticks, found, {key for key in keys if often[key] == 1})
    return replace(index, counted=counted, repaired=_repaired(labels, counted, found))


def _repaired(labels: Sequence[int | None], counted: bool, found: _Packets) -> str:
    """What one decoding pass met that a sound file does not have."""
    if counted:
        return "time stamps are missing or repeated"
    if any(a > b for a, b in itertools.pairwise(label for label in labels if label is not None)):
        return "time stamps are out of order"
    lost = int(np.count_nonzero(~found.discard)) - len(labels)
    return "" if lost <= 0 or found.hidden else f"{_frames(lost)} cannot be decoded"


def _filled(labels: Sequence[int | None], step: int) -> Ints:
    """Time stamps; the missing ones lie evenly between the known ones, or a frame apart."""
    places = [i for i, label in enumerate(labels) if label is not None]
    if not places:
        return np.arange(len(labels), dtype=np.int64) * step
    known = np.array([labels[i] for i in places], dtype=np.float64)
    every = np.arange(len(labels))
    ticks = np.interp(every, places, known)
    ticks += step * (np.minimum(every - places[0], 0) + np.maximum(every - places[-1], 0))
    return np.round(ticks).astype(np.int64)


def _unrolled(labels: Ints, found: _Packets) -> Ints:
    """Strictly increasing times: swapped ones sorted, a fresh start continued, repeats spread."""
    gaps = np.diff(labels)
    back = gaps * float(found.time_base) < -_JUMP
    ticks = labels + np.concatenate([[0], np.cumsum(np.where(back, found.step - gaps, 0))])
    ticks = np.sort(ticks)
    count = np.arange(len(ticks))
    return np.maximum.accumulate(ticks - count) + count  # at least one tick apart


def _assemble(labels: Ints, ticks: Ints, found: _Packets, keys: set[int] | None = None) -> Index:
    """Join frames and packets. `keys`: labels of the key frames, where decoding told them."""
    starts: list[tuple[int, int, int]] = []
    wanted = found.pts[found.key].tolist() if keys is None else sorted(keys)
    is_wanted = found.key if keys is None else np.isin(found.pts, wanted)
    dts = dict(zip(found.pts[is_wanted].tolist(), found.dts[is_wanted].tolist(), strict=True))
    places = np.flatnonzero(np.isin(labels, wanted))
    position = dict(zip(labels[places].tolist(), places.tolist(), strict=True))
    for key in wanted:
        if (i := position.get(key)) is not None:
            starts.append((i, key, dts.get(key, key)))
    starts.sort()
    if not starts or starts[0][0] > 0:  # the first frames come from the very start of the file
        low = int(min(found.pts.min(initial=ticks[0]), found.dts.min(initial=ticks[0])))
        starts.insert(0, (0, low, low))
    usual = int(np.median(np.diff(ticks))) if len(ticks) > 1 else found.step
    of_last = found.duration[found.pts == labels[-1]]
    last = int(of_last[-1]) if len(of_last) else 0
    if 2 * last < usual:  # containers often give the last frame next to nothing
        last = usual
    entries = np.array(starts, dtype=np.int64)
    return Index(labels, ticks, int(ticks[-1]) + last, entries, found.time_base)
