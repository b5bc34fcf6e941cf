"""How good a trained model is on videos that it was not trained on."""

from pathlib import Path

from etp_core.annotations import Annotations
from etp_core.dataset import find_video
from etp_core.detections import detections_of
from etp_core.evaluation import evaluate
from etp_core.features.extraction import Extractor
from etp_core.localizer import evolve
from etp_core.model import Model
from etp_core.progress import Reporter

_TIOUS = (0.3, 0.5, 0.7)


def validate(
    model: Model,
    annotations: Annotations,
    subset: str,
    videos: Path,
    extractor: Extractor,
    reporter: Reporter,
) -> dict[str, float]:
    """mAP in percent at several tIoU, protocol thumos14: {"mAP@0.5": 52.6, ...}.

    Raises InputError naming a video that has no file.
    """
    truth = annotations.subset(subset)
    found = Annotations()
    reporter.emit("start", task="validation", video="", total=len(truth.videos))
    for done, name in enumerate(truth.videos, start=1):
        features = extractor.extract(find_video(videos, name), reporter)
        found.segments.extend(detections_of(evolve(model, features), features.cuts).segments)
        found.videos[name] = truth.videos[name]
        reporter.emit("step", task="validation", video="", done=done, total=len(truth.videos))
    result = evaluate(annotations, found, "thumos14", _TIOUS, subset=subset)
    means = (100 * result.mean_average_precision).tolist()
    return {f"mAP@{tiou}": round(mean, 2) for tiou, mean in zip(_TIOUS, means, strict=True)}
