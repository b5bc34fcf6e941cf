"""Training of the three stages on annotated videos, from feature caches."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from etp_core.actionness.initial import initial_proposals
from etp_core.actionness.network import ActionnessNetwork, row_targets, train_actionness
from etp_core.config import Config
from etp_core.dataset import Recording
from etp_core.errors import EtpError
from etp_core.features.pyramid import FeatureTable
from etp_core.features.reduction import Reduction
from etp_core.localization.training import train_localization
from etp_core.model import Model, stage_missing
from etp_core.progress import Reporter
from etp_core.refinement.training import train_refinement
from etp_core.sampling import Matched, Truth, clip, jitter, match, windows

_JITTERED = 20  # proposals made around each ground-truth instance
_WINDOWS = 30  # random windows per video


class Trainer:
    """Trains a model stage by stage; every stage starts from what the ones before it left."""

    def __init__(
        self,
        recordings: Sequence[Recording],
        classes: Sequence[str],
        config: Config,
        reporter: Reporter,
    ) -> None:
        """Raises EtpError if there is nothing to learn from."""
        if not any(len(recording.segments) for recording in recordings):
            raise EtpError("the training videos have no ground-truth segment")
        self.recordings = recordings
        self.classes = tuple(classes)
        self.config = config
        self.reporter = reporter
        self._lengths = torch.tensor([len(r.features.rows) for r in recordings])
        self._initial: tuple[Tensor, Tensor] | None = None

    def new_model(self) -> Model:
        """An untrained model: the projection of the features and the lengths of actions."""
        spans = np.concatenate([np.diff(r.segments, axis=1)[:, 0] for r in self.recordings])
        own = self.config.actionness
        return Model(
            config=self.config,
            classes=self.classes,
            min_length=float(spans.min()) / 2 if own.min_length is None else own.min_length,
            max_length=float(spans.max()) * 1.5 if own.max_length is None else own.max_length,
            reduction=Reduction.fit(
                [r.features.tensor() for r in self.recordings],
                self.config.features.components,
                self.config.features.standardise,
            ),
            trained_on={"videos": len(self.recordings), "instances": len(spans)},
        )

    def train(self, model: Model, stage: str) -> None:
        """Train a stage in place; raises ModelError if one before it is missing."""
        rows = [model.reduction(r.features.tensor()) for r in self.recordings]
        if stage == "actionness":
            model.actionness = self._fit_actionness(rows, range(len(rows)), "actionness")
            return
        if model.actionness is None:
            raise stage_missing("training", "actionness")
        truth, table = self._truth(), FeatureTable(rows)
        seed = self.config.seed
        around = jitter(truth, self._lengths, _JITTERED, seed)
        found = self._initial_proposals(model, rows)
        if stage == "refinement":
            model.refinement = train_refinement(
                table,
                _matched([found, around], truth),
                truth,
                model.unit_rows,
                self.config.refinement,
                seed,
                self.reporter,
            )
            return
        groups = [(truth.video, truth.segments), found, around]
        groups.append(windows(self._lengths, truth, _WINDOWS, seed))
        if self.config.refinement.enabled:
            if model.refinement is None:
                raise stage_missing("training", "refinement")
            video, segments = found
            moved = model.refinement.refine(table, segments, video)
            moved, enough = clip(moved, self._lengths[video], 1.0)
            groups.append((video[enough], moved[enough]))
        model.localization = train_localization(
            table,
            _matched(groups, truth),
            truth,
            len(self.classes),
            self.config.localization,
            seed,
            self.reporter,
        )

    def _fit_actionness(
        self, rows: list[Tensor], chosen: Sequence[int], task: str
    ) -> ActionnessNetwork:
        targets = [
            row_targets(
                torch.from_numpy(recording.features.times),
                torch.from_numpy(recording.segments),
                recording.labels,
                len(self.classes),
            )
            for recording in (self.recordings[i] for i in chosen)
        ]
        used = torch.cat([use for _, use in targets])
        return train_actionness(
            torch.cat([rows[i] for i in chosen])[used],
            torch.cat([target for target, _ in targets])[used],
            len(self.classes),
            self.config.actionness,
            self.config.seed,
            self.reporter,
            task,
        )

    def _initial_proposals(self, model: Model, rows: list[Tensor]) -> tuple[Tensor, Tensor]:
        """Kept proposals of stage 1 on the training videos: video (N,), segments (N, 2) in rows.

        A network knows the videos it was trained on too well; the later stages would learn from
        proposals better than they will meet. So each fold of the videos (neighbours in the list,
        often the same scene or person) is proposed by a network that was trained without it.
        """
        if self._initial is not None:
            return self._initial
        own = self.config.actionness
        count = len(self.recordings)
        folds = min(own.folds, count)
        fold_of = np.arange(count) * folds // count
        video, segments = [], []
        for fold in range(folds):
            network = model.actionness
            assert network is not None
            if folds > 1:
                others = np.flatnonzero(fold_of != fold).tolist()
                if not any(len(self.recordings[i].segments) for i in others):
                    continue
                task = f"actionness fold {fold + 1}/{folds}"
                network = self._fit_actionness(rows, others, task)
            for i in np.flatnonzero(fold_of == fold).tolist():
                features = self.recordings[i].features
                proposals = initial_proposals(
                    features.times,
                    network.curves(rows[i], own.average),
                    features.cuts,
                    own,
                    model.min_length,
                    model.max_length,
                )
                kept = features.clock.rows(proposals.segments[proposals.kept])
                segments.append(torch.from_numpy(kept))
                video.append(torch.full((len(kept),), i))
        self._initial = torch.cat(video), torch.cat(segments)
        return self._initial

    def _truth(self) -> Truth:
        rows = [r.features.clock.rows(r.segments) for r in self.recordings]
        counts = torch.tensor([len(r) for r in rows])
        return Truth(
            torch.arange(len(rows)).repeat_interleave(counts),
            torch.from_numpy(np.concatenate(rows)),
            torch.cat([r.labels for r in self.recordings]),
        )


def _matched(groups: list[tuple[Tensor, Tensor]], truth: Truth) -> Matched:
    video, segments = (torch.cat(part) for part in zip(*groups, strict=True))
    # a proposal of a video's edge can be emptied by rounding; it teaches nothing
    sound = segments[:, 1] > segments[:, 0]
    return match(video[sound], segments[sound], truth)
