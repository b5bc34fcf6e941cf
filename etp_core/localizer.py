"""The detector for users of the library: a video in, its Evolution out."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from etp_core.actionness.initial import Recipe, initial_proposals
from etp_core.actionness.network import curves
from etp_core.evolution import Evolution, ProposalList, Reason
from etp_core.features.cache import Features, default_cache
from etp_core.features.extraction import Extractor
from etp_core.features.pyramid import FeatureTable
from etp_core.features.reduction import Moments
from etp_core.localization.network import localize
from etp_core.model import Model, stage_missing
from etp_core.offsets import encode
from etp_core.progress import Reporter
from etp_core.refinement.network import refine
from etp_core.refinement.units import unit_starts
from etp_core.sampling import clip
from etp_core.timeline import suppress

Rows = dict[str, torch.Tensor]  # of each stream
Tables = dict[str, FeatureTable]

_ROUND = 4  # decimals of a score that is reported while the video is still being read


class Localizer:
    """Runs the three stages of a trained model on videos."""

    def __init__(
        self, model: Model, name: str, features: Path | None = None, device: str = "auto"
    ) -> None:
        """name: how results call the model; features: folder of the caches (default: the user's).

        Raises ModelError if a stage is not trained.
        """
        if model.missing:
            raise stage_missing(name, model.missing[0])
        self.model = model
        self.name = name
        self.extractor = Extractor(
            model.config.features, features or default_cache(), device, model.weights
        )
        model.to(self.extractor.device)

    @classmethod
    def load(
        cls, folder: Path | str, features: Path | None = None, device: str = "auto"
    ) -> "Localizer":
        """Open a model directory, by whose name results call the model.

        Raises ModelError if it is missing, damaged or incomplete.
        """
        return cls(Model.load(Path(folder)), Path(folder).resolve().name, features, device)

    def detect(
        self, video: Path | str, reporter: Reporter | None = None, start: float = -math.inf
    ) -> Evolution:
        """The three stages of a video; actionness is reported while the video is being read.

        It is read from about `start` seconds to its end and then up to there, so that curves are
        known first where somebody looks; the result is the same. Until all of a video is known its
        rows are standardised by what has been read, so that the reported curves are a preview of
        those in the result.

        Raises VideoError if the video cannot be read.
        """
        reporter = reporter or Reporter()
        moments = {stream: Moments() for stream in self.model.streams}

        def preview(times: NDArray[np.float64], pieces: dict[str, NDArray[np.float16]]) -> None:
            reduced = {}
            for stream, reduction in self.model.reductions.items():
                new = torch.from_numpy(np.array(pieces[stream])).to(self.model.device)
                moments[stream].add(new)
                reduced[stream] = reduction(new, moments[stream])
            piece = _curves(self.model, reduced)
            reporter.emit(
                "curves",
                video=str(video),
                classes=list(self.model.classes),
                sigma=self.model.config.actionness.sigma,
                times=times.tolist(),
                scores=piece.T.round(_ROUND).tolist(),
            )

        features = self.extractor.extract(Path(video), reporter, preview, start)
        return evolve(self.model, features, self.name)


def evolve(model: Model, features: Features, name: str = "") -> Evolution:
    """The stages that a model has, on the features of one video.

    A stage that is missing leaves its list empty (the second one, if it is switched off, hands on
    what the first one kept).
    """
    rows = reduced(model, features)
    scores = _curves(model, rows)
    initial = initial_proposals(
        features.times,
        scores,
        features.cuts,
        model.config.actionness,
        model.min_length,
        model.max_length,
    )
    tables = {stream: FeatureTable([own]) for stream, own in rows.items()}
    refined, detections = ProposalList.empty(), ProposalList.empty()
    if model.refinement is not None or model.localization is not None:
        refined = _refine(model, features, tables, initial)
    if model.localization is not None:
        refined, detections = _localize(model, features, tables, refined)
    recipe = Recipe.of(model.config.actionness, model.min_length, model.max_length)
    return Evolution(
        video=str(features.video),
        classes=model.classes,
        times=features.times,
        curves=scores,
        actionness=initial,
        refinement=refined,
        localization=detections,
        model=name,
        recipe=recipe.model_dump(),
    )


def reduced(model: Model, features: Features) -> Rows:
    """What the networks of each stream read of a video: rows (T, d), on the model's device."""
    return {
        stream: reduction(features.tensor(stream).to(model.device))
        for stream, reduction in model.reductions.items()
    }


def _curves(model: Model, rows: Rows) -> NDArray[np.float32]:
    """Stage 1's curves (K + 1, T) of reduced feature rows (T, d)."""
    assert model.actionness is not None
    return curves(model.actionness, rows, model.config.actionness.average)


def _refine(
    model: Model, features: Features, tables: Tables, initial: ProposalList
) -> ProposalList:
    """Stage 2 on the proposals that stage 1 kept."""
    parents = initial.kept
    segments = initial.segments[parents]
    reasons = np.zeros(len(parents), np.int8)
    offsets = units = None
    if model.refinement is not None and len(parents):
        rows = torch.from_numpy(features.clock.rows(segments))
        network = next(iter(model.refinement.networks.values()))
        fitted = network.fit_to_units(rows)
        moved = refine(model.refinement, tables, rows, _first(rows))
        offsets = encode(fitted, moved).double().numpy()
        units = _units(features, fitted, network.unit_rows)
        moved, enough = _inside(moved, features)
        # a proposal that has vanished keeps the place it vanished from, to be shown there
        moved_seconds = features.clock.seconds(moved.numpy())
        segments = np.where(enough.numpy()[:, None], moved_seconds, segments)
        reasons = np.where(enough.numpy(), Reason.KEPT, Reason.EMPTY).astype(np.int8)
    return ProposalList.of(
        segments,
        initial.scores[parents],
        labels=initial.labels[parents],
        parents=parents,
        reasons=reasons,
        offsets=offsets,
        units=units,
    )


def _units(features: Features, fitted: torch.Tensor, length: float) -> NDArray[np.float64]:
    """The units of proposals (N, 2) in rows, as `ProposalList.units` describes them."""
    starts, counts = unit_starts(fitted, length)
    last = starts.gather(1, (counts - 1)[:, None])[:, 0]
    first = features.clock.seconds(starts[:, 0].double().numpy())
    end = features.clock.seconds((last + length).double().numpy())
    step = (features.times[-1] - features.times[0]) / max(len(features.times) - 1, 1)
    return np.stack([first, end, np.full(len(first), length * step), counts.numpy()], axis=1)


def _localize(
    model: Model, features: Features, tables: Tables, refined: ProposalList
) -> tuple[ProposalList, ProposalList]:
    """Stage 3 on the refined proposals; also returns them with the reasons of the dropped ones."""
    assert model.localization is not None
    config = model.config.localization
    count = len(model.classes)
    source = refined.kept
    if len(source) == 0:
        return refined, ProposalList.empty()
    rows = torch.from_numpy(features.clock.rows(refined.segments[source]))
    probability, completeness, moved = localize(model.localization, tables, rows, _first(rows))
    # the ranking score of section 3.3: s_k = p_k exp(s_comp,k)
    score = (probability[:, :count] * completeness.exp()).numpy().astype(np.float64)
    wanted = score >= config.min_score

    reasons = refined.reasons.copy()
    is_background = (probability.argmax(1) == count).numpy()
    given_up = np.where(is_background, Reason.BACKGROUND, Reason.COMPLETENESS)
    reasons[source] = np.where(wanted.any(axis=1), Reason.KEPT, given_up)

    proposal, label = np.nonzero(wanted)
    segments, enough = _inside(moved[proposal, label], features)
    seconds = features.clock.seconds(segments.numpy())
    seconds = np.where(enough.numpy()[:, None], seconds, refined.segments[source[proposal]])
    scores = score[proposal, label]
    detection_reasons = np.where(enough.numpy(), Reason.KEPT, Reason.EMPTY).astype(np.int8)
    suppressed_by = np.full(len(scores), -1, np.int64)
    for k in range(count):
        here = np.flatnonzero((label == k) & (detection_reasons == Reason.KEPT))
        _, by = suppress(seconds[here], scores[here], config.nms)
        lost = by >= 0
        suppressed_by[here[lost]] = here[by[lost]]
        detection_reasons[here[lost]] = Reason.NMS
    probabilities = np.full((len(refined), count + 1), np.nan, np.float32)
    probabilities[source] = probability.numpy()
    refined = replace(refined, reasons=reasons, probabilities=probabilities)
    detections = ProposalList.of(
        seconds,
        scores,
        labels=label.astype(np.int64),
        parents=source[proposal],
        reasons=detection_reasons,
        suppressed_by=suppressed_by,
        completeness=completeness.numpy().astype(np.float64)[proposal, label],
        offsets=encode(rows[proposal], moved[proposal, label]).double().numpy(),
    )
    return refined, detections


def _first(rows: torch.Tensor) -> torch.Tensor:
    """The table holds one video only."""
    return torch.zeros(len(rows), dtype=torch.long)


def _inside(segments: torch.Tensor, features: Features) -> tuple[torch.Tensor, torch.Tensor]:
    """Clip (N, 2) rows to the video; which of them are still a frame long."""
    total = torch.full((len(segments),), float(len(features)))
    frame = len(features) / (len(features.cuts) - 1)
    return clip(segments, total, min(1.0, frame))
