"""Many segments at once: their checks and their rows, column by column."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from etp_core.errors import ProjectError
from etp_core.project import edits
from etp_core.project.checks import check_times, json_object, one_line, reach
from etp_core.project.context import Context, now


def _nameless(row: int) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class NewSegments:
    """Segments to be added, a column for each field of edits.AddSegment.

    place(i): the words that name row i in an error, or "". by_time: whether their ids follow video
    and start, not the order of the rows. Tables and indexes are then written from end to end, which
    takes a third of the time, and what is shown together lies together.
    """

    videos: Sequence[int]
    labels: Sequence[int]
    starts: Sequence[float]
    ends: Sequence[float]
    sources: Sequence[str]
    annotators: Sequence[str | None]
    unsure: Sequence[bool]
    extras: Sequence[str]
    place: Callable[[int], str] = _nameless
    by_time: bool = False

    @classmethod
    def of(cls, rows: Sequence[edits.AddSegment], ids: Mapping[str, int]) -> "NewSegments":
        """The edits as columns; ids: of the labels that they give by name."""
        return cls(
            videos=[row.video_id for row in rows],
            labels=[
                ids[row.label_id] if isinstance(row.label_id, str) else int(row.label_id)
                for row in rows
            ],
            starts=[row.start for row in rows],
            ends=[row.end for row in rows],
            sources=[row.source for row in rows],
            annotators=[row.annotator for row in rows],
            unsure=[row.unsure for row in rows],
            extras=[row.extra for row in rows],
        )


def check(new: NewSegments, context: Context) -> None:
    """Raise ProjectError about the first segment that is not possible."""
    if not new.videos:
        return
    videos = {key: context.one("videos", "video", key) for key in set(new.videos)}
    for key in set(new.labels):
        context.one("labels", "label", key)
    starts, ends = np.array(new.starts, np.float64), np.array(new.ends, np.float64)
    ids, which = np.unique(np.array(new.videos, np.int64), return_inverse=True)
    least, most = np.array([reach(videos[key]) for key in ids.tolist()]).reshape(-1, 2)[which].T
    for i in np.flatnonzero(~((starts < ends) & (starts >= least) & (ends <= most))).tolist():
        try:
            check_times(new.starts[i], new.ends[i], videos[new.videos[i]])
        except ProjectError as error:
            place = new.place(i)
            raise ProjectError(f"{place}: {error}" if place else str(error)) from None
    for name in set(new.annotators):
        one_line("annotator", (name or context.author).strip())
    for source in set(new.sources):
        one_line("source", source)
    for extra in set(new.extras):
        json_object(extra)


def add(new: NewSegments, context: Context) -> None:
    """Add the segments. Raises ProjectError as `check` does, with nothing added."""
    if not new.videos:
        return
    check(new, context)
    names = dict.fromkeys(new.annotators)
    ids = {name: context.annotator(name or context.author) for name in names}
    time = now()
    columns: dict[str, Sequence[Any]] = {
        "video": new.videos,
        "label": new.labels,
        "annotator": [ids[name] for name in new.annotators],
        "start_s": np.array(new.starts, np.float64).tolist(),
        "end_s": np.array(new.ends, np.float64).tolist(),
        "source": new.sources,
        "unsure": [int(unsure) for unsure in new.unsure],
        "extra": new.extras,
    }
    if new.by_time:
        order = np.lexsort((new.ends, new.starts, new.videos)).tolist()
        columns = {name: [values[i] for i in order] for name, values in columns.items()}
    context.recorder.insert_segments(
        columns, created=time, modified=time, editor=context.annotator(context.author)
    )
