"""How good a trained model is on videos that it was not trained on."""

from pathlib import Path

import numpy as np

from etp_core.annotations import Annotations
from etp_core.dataset import find_video
from etp_core.detections import detections_of, proposals_as_detections
from etp_core.evaluation import Evaluation, Protocol, evaluate
from etp_core.evolution import STAGES
from etp_core.features.extraction import Extractor
from etp_core.localizer import evolve
from etp_core.model import Model
from etp_core.progress import Reporter

_TIOUS = (0.3, 0.5, 0.7)


class Validator:
    """Runs models on the videos of one subset, whose features it keeps open."""

    def __init__(
        self,
        annotations: Annotations,
        subset: str,
        videos: Path,
        extractor: Extractor,
        reporter: Reporter,
    ) -> None:
        """Raises InputError naming a video that has no file."""
        self._annotations, self._subset = annotations, subset
        truth = annotations.subset(subset)
        self._videos = truth.videos
        paths = [find_video(videos, name) for name in truth.videos]
        reporter.emit("start", task="validation videos", video="", total=len(paths))
        self._features = []
        for done, features in enumerate(extractor.extract_all(paths, reporter), start=1):
            self._features.append(features)
            reporter.emit("step", task="validation videos", video="", done=done, total=len(paths))

    def detections(self, model: Model, stage: str = "localization") -> Annotations:
        """What a model finds; of an earlier stage, its proposals, named and ranked by curves."""
        found = Annotations()
        for name, features in zip(self._videos, self._features, strict=True):
            evolution = evolve(model, features)
            own = (
                detections_of(evolution, features.cuts)
                if stage == "localization"
                else proposals_as_detections(evolution, stage, model.config.localization.nms)
            )
            found.videos[name] = self._videos[name]
            found.segments.extend(own.segments)
        return found

    def evaluate(
        self,
        model: Model,
        stage: str = "localization",
        protocol: Protocol = "thumos14",
        tious: tuple[float, ...] = _TIOUS,
    ) -> Evaluation:
        """A model on these videos, up to one stage."""
        found = self.detections(model, stage)
        return evaluate(self._annotations, found, protocol, tious, subset=self._subset)

    def measure(self, model: Model) -> dict[str, float]:
        """mAP in percent of the last stage that the model has: {"mAP@0.5": 52.6, ...}."""
        last = [stage for stage in STAGES if getattr(model, stage) is not None][-1]
        result = self.evaluate(model, last)
        means = np.round(100 * result.mean_average_precision, 2).tolist()
        return {f"mAP@{tiou}": mean for tiou, mean in zip(_TIOUS, means, strict=True)}
