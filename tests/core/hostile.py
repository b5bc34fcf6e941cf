"""What tests of hostile files share: good files to be spoiled, and what a refusal looks like."""

import numpy as np
import pytest

from etp_core.annotations import Annotations, Segment, VideoEntry
from etp_core.errors import InputError
from etp_core.formats import FORMATS, Clock, read

CUTS = np.arange(1001) / 25.0
CLOCK = Clock(lambda video: CUTS)
READ = [name for name, format in FORMATS.items() if format.read]
WRITTEN = [name for name in READ if name != "thumos14"]
JSON = [name for name in WRITTEN if FORMATS[name].suffixes[0] in (".json", ".boris")]


def good(name):
    """A good file of the format, as bytes."""
    stage = "localization" if name == "activitynet-results" else "ground_truth"
    score = 0.5 if name == "activitynet-results" else None
    return Annotations(
        {"clip": VideoEntry(duration=40.0, fps=25.0, frames=1000)},
        [
            Segment("clip", "größe", 1.0, 2.0, score=score, stage=stage, reviewer="ann"),
            Segment("clip", "wave", 1.4, 8.0, score=score, stage=stage),
        ],
    )


def refused(path, format, words="."):
    """The line that says why the file is not read; it names the file and is one line."""
    with pytest.raises(InputError, match=words) as caught:
        read(path, format, CLOCK)
    line = str(caught.value)
    assert line.startswith(str(path))
    assert "\n" not in line
    return line


def read_or_refuse(path, format):
    """Whatever the file holds: what it means is sound, or a readable line says why not."""
    try:
        found = read(path, format, CLOCK)
    except InputError as error:
        assert str(error).startswith(str(path)), error
        assert "\n" not in str(error)
        assert len(str(error)) < 2000
        return
    for row in found.segments:
        assert row.start < row.end
        assert np.isfinite([row.start, row.end]).all()
        assert row.label.strip() and row.video.strip()
        row.label.encode()
