"""A model on held-out videos: which stage is measured, and that each video keeps its own."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_model import new_model

from etp_core.annotations import Annotations, Segment
from etp_core.evolution import Evolution, ProposalList
from etp_core.features.cache import Features
from etp_core.progress import Reporter
from etp_core.validation import Validator

CUTS = np.arange(101) / 10


class Extracted:
    """Features that say nothing but of which video they are."""

    def extract_all(self, paths: list[Path], reporter: Reporter) -> list[Features]:
        return [Features(path, CUTS[:-1], CUTS, {}) for path in paths]


@pytest.fixture
def validator(tmp_path: Path) -> Validator:
    truth = Annotations.of([Segment("one", "a", 1, 3), Segment("two", "b", 4, 7)])
    for name, entry in truth.videos.items():
        entry.subset = "held"
        (tmp_path / f"{name}.mp4").touch()
    return Validator(truth, "held", tmp_path, Extracted(), Reporter())  # type: ignore[arg-type]


def answer(model: object, features: Features) -> Evolution:
    """The first stage finds the action of its video, the second nothing, the third too much."""
    first = features.video.stem == "one"
    span = np.array([[1.0, 3.0]] if first else [[4.0, 7.0]])
    curves = np.zeros((3, 100), np.float32)
    curves[[0 if first else 1, 2]] = (CUTS[:-1] >= span[0, 0]) & (CUTS[:-1] < span[0, 1])
    far = ProposalList.of(np.array([[8.0, 9.0]]), np.ones(1), np.zeros(1, np.int64))
    return Evolution(
        str(features.video), ("a", "b"), CUTS[:-1], curves,
        ProposalList.of(span, np.ones(1)), far, ProposalList.of(span + 0.5, np.ones(1), far.labels),
    )  # fmt: skip


def test_the_last_stage_that_a_model_has_is_measured(
    validator: Validator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("etp_core.validation.evolve", answer)
    whole = new_model()
    first = replace(whole, refinement=None, localization=None)
    assert validator.measure(first) == {"mAP@0.3": 100.0, "mAP@0.5": 100.0, "mAP@0.7": 100.0}
    assert validator.measure(replace(whole, localization=None))["mAP@0.3"] == 0
    # half a second late: tIoU 0.6 of the one that is named right
    assert validator.measure(whole) == {"mAP@0.3": 50.0, "mAP@0.5": 50.0, "mAP@0.7": 0.0}
