"""Every decision of the engine as a named value with its default; a model stores the whole set.

Presets: `compact` (minutes on two CPU cores, heads on cached features), `ssn` (the same with the
sampling and pyramid of structured segment networks), `person` (one person before a still camera: a
window follows them, the backbone is fine-tuned, histograms of flow) and `paper` (section 4.2: a
fine-tuned ResNet-34, RGB and flow, its widths, units and schedules). Times are in seconds.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from etp_core.errors import InputError

Modality = Literal["rgb", "rgbdiff", "flow", "rgb+flow", "rgbdiff+flow"]
Crop = Literal["none", "person", "upper body"]
Average = Literal["mean", "max", "sum"]
Semantics = Literal["move", "copy"]
Extent = Literal["tight", "dilated"]
Level = int | tuple[int, ...]
"""One pyramid level: n parts, or several levels together, (1, 2) = the whole and its halves."""
Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, le=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Schedule(_Strict):
    """How one network is optimised."""

    optimizer: Literal["adamw", "sgd"] = "adamw"
    iterations: int = Field(1000, ge=1)
    batch: int = Field(128, ge=1)
    learning_rate: float = Field(1e-3, gt=0)
    weight_decay: float = Field(0.01, ge=0)
    momentum: float = Field(0.9, ge=0, lt=1)  # of sgd
    clip: float = Field(5.0, gt=0)  # the gradient's norm is cut down to this
    decay_every: int | None = Field(None, ge=1)  # iterations; None: one cosine over the whole run
    decay: float = Field(0.1, gt=0, le=1)
    floor: float = Field(0.0, ge=0)  # the learning rate never falls below this


class FlowConfig(_Strict):
    """Optical flow and how a network is shown it (`etp_core.features.pictures`)."""

    method: Literal["dis", "tvl1"] = "dis"
    finest: int = Field(0, ge=0, le=3)  # dis: halvings of the picture at which it stops
    limit: float = Field(20.0, gt=0)  # pixels a frame, at the size of the backbone's input
    picture: Literal["uvm", "stack"] = "uvm"
    stack: int = Field(5, ge=1, le=32)  # frames
    describe: Literal["network", "histogram"] = "network"  # what makes features of a picture


class FinetuneConfig(_Strict):
    """End-to-end training of the backbone, before features are extracted.

    It learns what stage 1 classifies, single snippets, or what stage 3 does, the course of
    proposals, pooled as in `localization.pyramid`.
    """

    enabled: bool = False
    stage: Literal["actionness", "localization"] = "actionness"
    snippets: int = Field(8, ge=1)  # localization: pictures of a proposal
    flip: bool = True  # half of the pictures are mirrored
    crop: float = Field(0.75, gt=0, le=1)  # least share of each side that a random crop keeps
    light: float = Field(0.0, ge=0, le=1)  # spread of random contrast and brightness
    smoothing: float = Field(0.0, ge=0, lt=1)  # share of a label that all classes get
    frozen: float = Field(0.0, ge=0, lt=1)  # share of the convolutions that stay as they were
    dropout: float = Field(0.5, ge=0, lt=1)
    head: float = Field(10.0, gt=0)  # the new classifier learns this many times faster
    shuffle: int = Field(512, ge=1)  # pictures among which the next one is drawn
    schedule: Schedule = Schedule(iterations=2000, batch=32, learning_rate=1e-4)


class FeatureConfig(_Strict):
    """What is cached of a video: one row of features per snippet and stream."""

    modality: Modality = "rgbdiff"
    backbone: Literal["efficientnet-lite0", "resnet34", "inception-v3"] = "efficientnet-lite0"
    weights: str | None = None  # file of the backbone's weights; None: those that are installed
    flow: FlowConfig = FlowConfig()
    finetune: FinetuneConfig = FinetuneConfig()
    # a window that follows what moves: all of it, or where head and arms of an upright person are
    crop: Crop = "none"
    side: int = Field(224, ge=64, le=512)  # input area as the side of a square, pixels
    grid: tuple[int, int] | None = None  # rows and columns that are pooled beside the whole
    step: float = Field(0.1, gt=0, le=10)  # seconds between snippets
    mirror: bool = False  # training videos are learnt from as a mirror shows them, too
    fusion: tuple[float, ...] = ()  # weight of each stream's raw outputs; none: all equal
    standardise: bool = True  # each column within its video, before the components
    components: int = Field(256, ge=8)  # principal components that the networks see

    @property
    def streams(self) -> tuple[str, ...]:
        """The modalities that are extracted; several are fused late."""
        return tuple(self.modality.split("+"))

    @property
    def networks(self) -> tuple[str, ...]:
        """The streams whose features a backbone makes, which has weights."""
        described = self.flow.describe == "histogram"
        return tuple(s for s in self.streams if not (s == "flow" and described))

    @model_validator(mode="after")
    def _a_grid_has_cells(self) -> Self:
        if self.grid is not None and not 0 < min(self.grid) <= max(self.grid) <= 8:
            raise ValueError("grid needs 1 to 8 rows and columns")
        return self

    @model_validator(mode="after")
    def _histograms_are_of_one_field(self) -> Self:
        if self.flow.describe == "histogram" and self.flow.picture != "uvm":
            raise ValueError('flow.describe = "histogram" needs flow.picture = "uvm"')
        return self

    @model_validator(mode="after")
    def _a_weight_for_each_stream(self) -> Self:
        if self.fusion and (len(self.fusion) != len(self.streams) or min(self.fusion) <= 0):
            raise ValueError(f"fusion needs a positive weight for each of {self.modality}")
        return self


class ActionnessConfig(_Strict):
    """Stage 1: the frame classifier and Algorithm 1."""

    width: int = Field(256, ge=0)  # hidden units; 0: a linear classifier
    dropout: float = Field(0.5, ge=0, lt=1)
    background: bool = True
    average: Average = "sum"
    thresholds: tuple[Share, ...] = Field(
        (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9), min_length=1
    )
    sigma: float = Field(3.0, ge=0)  # snippets
    semantics: Semantics = "move"
    extent: Extent = "tight"
    nms: float = Field(0.9, gt=0, le=1)
    # seconds; None: half the shortest training instance, 1.5 times the longest
    min_length: float | None = Field(None, ge=0)
    max_length: float | None = Field(None, gt=0, allow_inf_nan=True)
    folds: int = Field(3, ge=1)  # training proposals come from networks that did not see the video
    schedule: Schedule = Schedule(iterations=600, batch=512)

    @model_validator(mode="after")
    def _a_length_between_least_and_most(self) -> Self:
        least, most = self.min_length, self.max_length
        if least is not None and most is not None and least >= most:
            raise ValueError(f"no length is between min_length, {least}, and max_length, {most}")
        return self

    @model_validator(mode="after")
    def _an_average_that_says_something(self) -> Self:
        if not self.background and self.average != "max":
            raise ValueError(
                "without a background class the scores of a snippet add up to 1, so that their "
                'mean and their sum are the same everywhere; set average = "max"'
            )
        return self


class PyramidConfig(_Strict):
    """The structured temporal pyramid with or without the non-local block (Eq. 5)."""

    features: Literal["nlpf", "stpf"] = "nlpf"
    pyramid: tuple[Level, Level, Level] = (1, (1, 2), 1)
    snippets: tuple[int, int, int] = (4, 16, 4)  # sampled in starting, course, ending
    width: int = Field(256, ge=1)
    dropout: float = Field(0.5, ge=0, lt=1)

    @model_validator(mode="after")
    def _enough_snippets(self) -> Self:
        """Every pooled part needs a snippet."""
        for count, level in zip(self.snippets, self.pyramid, strict=True):
            parts = (level,) if isinstance(level, int) else level
            if not parts or min(parts) < 1 or max(parts) > count:
                raise ValueError(f"{count} snippets cannot be pooled in {level} parts")
        return self


class RefinementConfig(_Strict):
    """Stage 2: units, BiGRU, and the regression of centre and span."""

    enabled: bool = True
    unit: float = Field(1.6, gt=0)  # seconds
    unit_frames: int | None = Field(None, ge=1)  # frames of the training videos, in place of it
    snap: bool = False  # fit proposals and targets to the unit stride first
    hidden: int = Field(128, ge=1)  # per direction
    layers: int = Field(2, ge=1)
    incomplete: float = Field(0.3, ge=0, le=1)  # the least tIoU of a training proposal
    beta: float = Field(0.1, gt=0)  # offset from which on the smooth-L1 loss is linear
    most: float = Field(1.0, gt=0)  # a length changes at most e^most-fold
    pyramid: PyramidConfig = PyramidConfig(snippets=(4, 8, 4), width=128)
    schedule: Schedule = Schedule(iterations=600, batch=128)


class LocalizationConfig(_Strict):
    """Stage 3: class, completeness and boundary regression of each refined proposal."""

    completeness: Literal["classwise", "agnostic"] = "classwise"
    sampling: Literal["paper", "ssn"] = "paper"
    positive: float = Field(0.7, ge=0, lt=1)  # tIoU above
    incomplete: float = Field(0.3, ge=0, le=1)  # tIoU from here up to positive
    background: float = Field(0.1, ge=0, le=1)  # tIoU below
    inside: float = Field(0.01, ge=0, le=1)  # ssn: least share of an incomplete one in it
    smoothing: float = Field(0.2, ge=0, lt=1)  # share of a label that all classes get
    shares: tuple[Count, Count, Count] = (1, 1, 4)  # positive : background : incomplete in a batch
    hardest: float = Field(0.25, gt=0, le=1)  # share of the incomplete that are learnt from
    beta: float = Field(1.0, gt=0)  # normalised offset from which on the smooth-L1 loss is linear
    most: float = Field(1.0, gt=0)  # a length changes at most e^most-fold
    completeness_weight: float = Field(0.1, ge=0)  # alpha of Eq. 9
    regression_weight: float = Field(0.1, ge=0)  # beta of Eq. 9
    nms: float = Field(0.36, gt=0, le=1)
    min_score: float = 0.01  # detections below are dropped
    jittered: int = Field(20, ge=0)  # training proposals around each instance, also for refinement
    windows: int = Field(30, ge=0)  # random training proposals per video
    # the order of movements is in the quarters of the course
    pyramid: PyramidConfig = PyramidConfig(pyramid=(1, (1, 4), 1), snippets=(2, 16, 2), dropout=0.6)
    schedule: Schedule = Schedule(iterations=1200, batch=192)

    @model_validator(mode="after")
    def _no_positive_is_of_another_kind(self) -> Self:
        for name in ("incomplete", "background"):
            if getattr(self, name) > self.positive:
                raise ValueError(f"{name} must not be more than positive, {self.positive}")
        return self


class Config(_Strict):
    """The whole engine."""

    features: FeatureConfig = FeatureConfig()
    actionness: ActionnessConfig = ActionnessConfig()
    refinement: RefinementConfig = RefinementConfig()
    localization: LocalizationConfig = LocalizationConfig()
    seed: int = Field(0, ge=0, lt=2**63)
    mixed_precision: bool = True  # bfloat16 in training, on a GPU

    @model_validator(mode="after")
    def _pictures_for_every_part(self) -> Self:
        course, own = self.localization.pyramid.pyramid[1], self.features.finetune
        parts = course if isinstance(course, int) else max(course)
        if own.stage == "localization" and own.snippets < parts:
            raise ValueError(
                f"finetune.snippets: {own.snippets} cannot be pooled in {course} parts"
            )
        return self


# section 4.2 names no weight decay: this is that of structured segment networks, its own model
_SGD: dict[str, Any] = {"optimizer": "sgd", "weight_decay": 5e-4}
# with a momentum of 0.9 and the rate 0.1, steps of longer gradients make the third stage diverge
_HEADS: dict[str, Any] = {**_SGD, "clip": 0.3}
_PAPER: dict[str, Any] = {
    "features": {
        "modality": "rgb+flow",
        "backbone": "resnet34",
        "standardise": False,
        "components": 512,
        "flow": {"picture": "stack"},
        "finetune": {
            "enabled": True,
            "schedule": {**_SGD, "iterations": 20_000, "learning_rate": 0.001},
        },
    },
    "actionness": {"average": "mean", "thresholds": (0.5,)},
    "refinement": {
        "unit": 64 / 30,
        "snap": True,
        "hidden": 512,
        "beta": 1.0,
        "pyramid": {"width": 512},
        "schedule": {
            **_HEADS,
            "iterations": 20_000,
            "batch": 128,
            "learning_rate": 0.1,
            "decay_every": 5_000,
        },
    },
    "localization": {
        "smoothing": 0.0,
        "pyramid": {
            "width": 512,
            "pyramid": (1, (1, 2), 1),
            "snippets": (4, 16, 4),
            "dropout": 0.5,
        },
        "schedule": {
            **_HEADS,
            "iterations": 90_000,
            "batch": 192,
            "learning_rate": 0.1,
            "decay_every": 5_000,
            "floor": 1e-5,
        },
    },
}
_SSN: dict[str, Any] = {
    "localization": {
        "sampling": "ssn",
        "incomplete": 0.3,
        "background": 0.01,
        "pyramid": {"pyramid": (1, 1, 1)},
    }
}
# one upright person before a still camera: what the arms do, seen from near, learnt end to end
_PERSON: dict[str, Any] = {
    "features": {
        "modality": "rgbdiff+flow",
        "crop": "upper body",
        "side": 144,
        "grid": (3, 2),
        "mirror": True,
        "fusion": (1.0, 0.7),
        "flow": {"describe": "histogram"},
        "finetune": {
            "enabled": True,
            "light": 0.2,
            "smoothing": 0.1,
            "frozen": 0.3,
            "head": 5.0,
            "schedule": {"iterations": 1000, "learning_rate": 3e-4, "weight_decay": 0.05},
        },
    },
    "localization": {"schedule": {"iterations": 600}},
}
PRESETS: dict[str, dict[str, Any]] = {
    "compact": {},
    "person": _PERSON,
    "paper": _PAPER,
    "ssn": _SSN,
}


def merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Nested settings, those of `over` in place of those of `base`."""
    result = dict(base)
    for key, value in over.items():
        old = result.get(key)
        both = isinstance(old, dict) and isinstance(value, dict)
        result[key] = merged(old, value) if both else value  # type: ignore[arg-type]
    return result


def load_config(preset: str = "compact", path: Path | None = None, **sections: Any) -> Config:
    """The preset, overridden by a TOML file and then by keyword sections.

    Raises InputError naming the file and the key that is unknown or out of range.
    """
    values = merged(Config().model_dump(), PRESETS[preset])
    if path is not None:
        try:
            values = merged(values, tomllib.loads(Path(path).read_text("utf-8")))
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror})") from error
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise InputError(f"{path}: not a readable TOML file ({error})") from error
    return parse_config(merged(values, sections), str(path or "configuration"))


def differences(one: Config, other: Config) -> dict[str, tuple[Any, Any]]:
    """The settings in which two configurations differ, by their dotted keys: both values."""
    pairs: dict[str, tuple[Any, Any]] = {}

    def look(a: dict[str, Any], b: dict[str, Any], where: str) -> None:
        for key in a:
            if isinstance(a[key], dict):
                look(a[key], b[key], f"{where}{key}.")
            elif a[key] != b[key]:
                pairs[where + key] = a[key], b[key]

    look(one.model_dump(), other.model_dump(), "")
    return pairs


_PLAINLY = {
    "extra_forbidden": "unknown key",
    "missing": "a value is missing",
    "model_type": "is a table of settings, not a value",
}


def parse_config(values: dict[str, Any], where: str) -> Config:
    """Validate a configuration; raises InputError naming `where` and the first wrong key."""
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        said = first["msg"].removeprefix("Value error, ")
        reason = _PLAINLY.get(first["type"], said)
        raise InputError(f"{where}: {key}: {reason}") from error
