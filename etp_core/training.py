"""Training of the three stages on annotated videos, from feature caches."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from etp_core.actionness.initial import initial_proposals
from etp_core.actionness.network import (
    ActionnessNetwork,
    curves,
    row_targets,
    train_actionness,
)
from etp_core.config import Config
from etp_core.dataset import Recording
from etp_core.errors import EtpError
from etp_core.features.pyramid import FeatureTable
from etp_core.features.reduction import Reduction
from etp_core.fusion import Fused
from etp_core.localization.network import LocalizationNetwork
from etp_core.localization.training import train_localization
from etp_core.localizer import Rows, Tables, reduced
from etp_core.model import Model, stage_missing
from etp_core.optimisation import Measure, Session
from etp_core.refinement.network import RefinementNetwork, refine
from etp_core.refinement.training import train_refinement
from etp_core.sampling import Matched, Truth, clip, jitter, match, windows

MeasureModel = Callable[[Model], dict[str, float]]
Proposals = tuple[Tensor, Tensor]  # video (N,), segments (N, 2) in rows


class Trainer:
    """Trains a model stage by stage; every stage starts from what the ones before it left.

    measure  what is found of a model on held-out videos, asked while a network is trained
    initial  the proposals of stage 1 on the training videos, once they are known; who trains
             several models with the same first stage hands them on
    clips    trimmed clips from which the first stage learns the actions, in place of the segments
             of the recordings; these show it the background only
    """

    def __init__(
        self,
        recordings: Sequence[Recording],
        classes: Sequence[str],
        config: Config,
        session: Session,
        measure: MeasureModel | None = None,
        initial: Proposals | None = None,
        clips: Sequence[Recording] = (),
    ) -> None:
        """Raises EtpError if there is nothing to learn from."""
        if not any(len(recording.segments) for recording in recordings):
            raise EtpError("the training videos have no ground-truth segment")
        if len(classes) == 1 and not config.actionness.background:
            raise EtpError(
                "one class and no background class: stage 1 has nothing to tell apart; "
                "set actionness.background = true"
            )
        self.recordings = recordings
        self.classes = tuple(classes)
        self.config = config
        self.initial = initial
        self.clips = clips
        self._measure = measure
        # a checkpoint is of one configuration and of one set of data
        key = hashlib.sha256(f"{session.key} {config.model_dump_json()}".encode()).hexdigest()
        self.session = replace(session, key=key, mixed=config.mixed_precision)
        self._lengths = torch.tensor([len(r.features) for r in recordings])

    def new_model(self, reductions: dict[str, Reduction] | None = None) -> Model:
        """An untrained model: projections of the features, the lengths of actions and the unit.

        reductions: those of another model of the same features and videos, to save time.
        """
        spans = np.concatenate([np.diff(r.segments, axis=1)[:, 0] for r in self.recordings])
        own, unit = self.config.actionness, self.config.refinement.unit
        if self.config.refinement.unit_frames is not None:
            frames = [np.diff(r.features.cuts).mean() for r in self.recordings]
            unit = self.config.refinement.unit_frames * float(np.median(frames))
        features = self.config.features
        return Model(
            config=self.config,
            classes=self.classes,
            min_length=float(spans.min()) / 2 if own.min_length is None else own.min_length,
            max_length=float(spans.max()) * 1.5 if own.max_length is None else own.max_length,
            unit=unit,
            reductions=reductions
            or {
                stream: Reduction.fit(
                    [r.features.tensor(stream) for r in self.recordings],
                    features.components,
                    features.standardise,
                    self.session.device,
                )
                for stream in features.streams
            },
            trained_on={
                "videos": sum(not r.mirrored for r in self.recordings),
                "instances": sum(len(r.segments) for r in self.recordings if not r.mirrored),
            },
        )

    def train(self, model: Model, stage: str) -> None:
        """Train a stage in place; raises ModelError if one before it is missing."""
        model.to(self.session.device)
        rows = [reduced(model, r.features) for r in self.recordings]
        if stage == "actionness":
            model.actionness = self._fit_actionness(model, rows, range(len(rows)), "actionness")
            return
        if model.actionness is None:
            raise stage_missing("training", "actionness")
        truth = self._truth()
        tables = {s: FeatureTable([of_video[s] for of_video in rows]) for s in model.streams}
        around = jitter(truth, self._lengths, self.config.localization.jittered, self.config.seed)
        if self.initial is None:
            self.initial = self._initial_proposals(model, rows)
        if stage == "refinement":
            proposals = _matched([self.initial, around], truth)
            model.refinement = self._fit_refinement(model, tables, proposals, truth)
            return
        groups = [(truth.video, truth.segments), self.initial, around]
        count = self.config.localization.windows
        groups.append(windows(self._lengths, truth, count, self.config.seed))
        if self.config.refinement.enabled:
            if model.refinement is None:
                raise stage_missing("training", "refinement")
            video, segments = self.initial
            moved = refine(model.refinement, tables, segments, video)
            moved, enough = clip(moved, self._lengths[video], 1.0)
            groups.append((video[enough], moved[enough]))
        model.localization = self._fit_localization(model, tables, _matched(groups, truth), truth)

    def _fit_actionness(
        self, model: Model, rows: list[Rows], chosen: Sequence[int], task: str, watch: bool = True
    ) -> Fused[ActionnessNetwork]:
        seen = [(self.recordings[i], rows[i]) for i in chosen]
        targets, uses = [], []
        for recording, _ in seen:
            target, use = self._targets(recording)
            targets.append(target)
            uses.append(use & (target == len(self.classes)) if self.clips else use)
        for recording in self.clips:
            seen.append((recording, reduced(model, recording.features)))
            target, use = self._targets(recording)
            targets.append(target)
            uses.append(use)
        used = torch.cat(uses)
        wanted = torch.cat(targets)[used]
        networks = {
            stream: train_actionness(
                torch.cat([own[stream] for _, own in seen])[used.to(model.device)],
                wanted,
                len(self.classes),
                self.config.actionness,
                self.config.seed,
                self.session,
                _named(task, stream, model),
                self._watch(model, stream, "actionness") if watch else None,
            )
            for stream in model.streams
        }
        return Fused(networks, self.config.features.fusion)

    def _targets(self, recording: Recording) -> tuple[Tensor, Tensor]:
        return row_targets(
            torch.from_numpy(recording.features.times),
            torch.from_numpy(recording.segments),
            recording.labels,
            len(self.classes),
        )

    def _fit_refinement(
        self, model: Model, tables: Tables, proposals: Matched, truth: Truth
    ) -> Fused[RefinementNetwork]:
        networks = {
            stream: train_refinement(
                tables[stream],
                proposals,
                truth,
                model.unit_rows,
                self.config.refinement,
                self.config.seed,
                self.session,
                _named("refinement", stream, model),
                self._watch(model, stream, "refinement"),
            )
            for stream in model.streams
        }
        return Fused(networks, self.config.features.fusion)

    def _fit_localization(
        self, model: Model, tables: Tables, proposals: Matched, truth: Truth
    ) -> Fused[LocalizationNetwork]:
        networks = {
            stream: train_localization(
                tables[stream],
                proposals,
                truth,
                len(self.classes),
                self.config.localization,
                self.config.seed,
                self.session,
                _named("localization", stream, model),
                self._watch(model, stream, "localization"),
            )
            for stream in model.streams
        }
        return Fused(networks, self.config.features.fusion)

    def _watch(self, model: Model, stream: str, stage: str) -> Measure | None:
        """Measures one stream's model with the network that is being trained in its place."""
        measure = self._measure
        if measure is None:
            return None

        def watch(network: nn.Module) -> dict[str, float]:
            # only what is known by now: stages behind this one are of an earlier training
            behind = {"actionness": ("refinement", "localization"), "refinement": ("localization",)}
            changes: dict[str, Any] = dict.fromkeys(behind.get(stage, ()))
            own = replace(model.only(stream), **changes)
            setattr(own, stage, Fused({stream: network}))
            with torch.inference_mode():
                return measure(own)

        return watch

    def _initial_proposals(self, model: Model, rows: list[Rows]) -> Proposals:
        """Kept proposals of stage 1 on the training videos.

        A network knows the videos it was trained on too well; the later stages would learn from
        proposals better than they will meet. So each fold of the videos (neighbours in the list,
        often the same scene or person) is proposed by a network that was trained without it.
        """
        own = self.config.actionness
        # a mirror image is of the fold of its recording
        order = np.cumsum([not r.mirrored for r in self.recordings]) - 1
        count = int(order[-1]) + 1
        folds = min(own.folds, count)
        fold_of = order * folds // count
        video, segments = [], []
        for fold in range(folds):
            stage = model.actionness
            assert stage is not None
            if folds > 1:
                others = np.flatnonzero(fold_of != fold).tolist()
                if not any(len(self.recordings[i].segments) for i in others):
                    continue
                task = f"actionness fold {fold + 1}/{folds}"
                stage = self._fit_actionness(model, rows, others, task, watch=False)
            for i in np.flatnonzero(fold_of == fold).tolist():
                features = self.recordings[i].features
                proposals = initial_proposals(
                    features.times,
                    curves(stage, rows[i], own.average),
                    features.cuts,
                    own,
                    model.min_length,
                    model.max_length,
                )
                kept = features.clock.rows(proposals.segments[proposals.kept])
                segments.append(torch.from_numpy(kept))
                video.append(torch.full((len(kept),), i))
        return torch.cat(video), torch.cat(segments)

    def _truth(self) -> Truth:
        rows = [r.features.clock.rows(r.segments) for r in self.recordings]
        counts = torch.tensor([len(r) for r in rows])
        return Truth(
            torch.arange(len(rows)).repeat_interleave(counts),
            torch.from_numpy(np.concatenate(rows)),
            torch.cat([r.labels for r in self.recordings]),
        )


def _named(task: str, stream: str, model: Model) -> str:
    return task if len(model.streams) == 1 else f"{task} {stream}"


def _matched(groups: list[Proposals], truth: Truth) -> Matched:
    video, segments = (torch.cat(part) for part in zip(*groups, strict=True))
    # a proposal of a video's edge can be emptied by rounding; it teaches nothing
    sound = segments[:, 1] > segments[:, 0]
    return match(video[sound], segments[sound], truth)
