"""The trainer on synthetic features: three stages, two streams, clips, and what is handed on."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from etp_core.config import Config, parse_config
from etp_core.dataset import Recording
from etp_core.detections import detections_of, proposals_as_detections
from etp_core.errors import EtpError
from etp_core.evolution import STAGES, Reason
from etp_core.features.cache import Features
from etp_core.localizer import evolve
from etp_core.model import Model
from etp_core.optimisation import Session
from etp_core.sampling import Matched
from etp_core.timeline import tiou
from etp_core.training import Trainer

CLASSES = ("a", "b")


def config(modality: str = "rgb", **sections: dict[str, object]) -> Config:
    pyramid = {"width": 16, "snippets": (2, 4, 2), "dropout": 0.0}
    values = {
        "features": {"modality": modality, "components": 8, "standardise": False},
        "actionness": {
            "width": 16,
            "dropout": 0.0,
            "folds": 2,
            "sigma": 1.0,
            "schedule": {"iterations": 150, "batch": 64, "learning_rate": 1e-2},
        },
        "refinement": {
            "hidden": 8,
            "unit": 0.8,
            "pyramid": pyramid,
            "schedule": {"iterations": 120, "batch": 32, "learning_rate": 3e-3},
        },
        "localization": {
            "pyramid": pyramid,
            "schedule": {"iterations": 200, "batch": 48, "learning_rate": 5e-3},
        },
    }
    for name, section in sections.items():
        values[name] = {**values.get(name, {}), **section}
    return parse_config(values, "test")


def recording(number: int, streams: tuple[str, ...]) -> Recording:
    """Ten seconds at 10 frames/s; each class shows in a column of its own, in every stream."""
    random = np.random.default_rng(number)
    segments = np.array([[1.0, 3.0], [5.0, 6.5]]) + 0.1 * random.integers(0, 20, (2, 1))
    labels = torch.tensor([number % 2, 1 - number % 2])
    cuts = np.arange(101) / 10
    rows = {}
    for stream in streams:
        own = 0.05 * random.standard_normal((100, 8)).astype(np.float16)
        for (start, end), label in zip(segments, labels.tolist(), strict=True):
            own[(cuts[:-1] >= start - 1e-6) & (cuts[:-1] < end - 1e-6), label] += 1
        rows[stream] = own
    return Recording(Features(Path(f"{number}.mp4"), cuts[:-1], cuts, rows), segments, labels)


def recordings(streams: tuple[str, ...] = ("rgb",)) -> list[Recording]:
    return [recording(number, streams) for number in range(4)]


def trained(settings: Config, session: Session | None = None) -> tuple[Trainer, Model]:
    trainer = Trainer(
        recordings(settings.features.streams), CLASSES, settings, session or Session()
    )
    model = trainer.new_model()
    for stage in ("actionness", "refinement", "localization"):
        trainer.train(model, stage)
    return trainer, model


@pytest.mark.parametrize("modality", ["rgb", "rgb+flow"])
def test_a_tiny_dataset_is_overfitted_by_the_whole(modality: str) -> None:
    trainer, model = trained(config(modality))
    for own in trainer.recordings:
        evolution = evolve(model, own.features)
        best = detections_of(evolution).segments[:2]
        for (start, end), label in zip(own.segments, own.labels.tolist(), strict=True):
            mine = [s for s in best if s.label == CLASSES[label]]
            assert mine and tiou([[start, end]], [[mine[0].start, mine[0].end]])[0, 0] > 0.8


def test_what_explains_a_proposal_agrees_with_where_it_went() -> None:
    trainer, model = trained(config())
    evolution = evolve(model, trainer.recordings[0].features)
    initial, refined, found = (evolution.stage(name) for name in STAGES)
    before = initial.segments[refined.parents]
    length = before[:, 1] - before[:, 0]
    shift = (refined.segments.sum(1) - before.sum(1)) / 2 / length
    inside = (refined.reasons == Reason.KEPT) & (refined.segments[:, 0] > 0)
    inside &= refined.segments[:, 1] < evolution.times[-1]
    assert inside.any() and refined.offsets[inside, 0] == pytest.approx(shift[inside], abs=1e-3)
    assert refined.units[:, 3].min() >= 1
    first, last = refined.units[:, 0], refined.units[:, 1]
    many = refined.units[:, 3] > 1  # a proposal shorter than a unit gives one around it
    assert first[many] == pytest.approx(before[many, 0], abs=1e-3)
    assert last[many] == pytest.approx(before[many, 1], abs=1e-3)
    asked = refined.probabilities[found.parents]
    assert asked.sum(1) == pytest.approx(1, abs=1e-5)
    chosen = asked[np.arange(len(found)), found.labels]
    assert found.scores == pytest.approx(chosen * np.exp(found.completeness), rel=1e-5)
    assert np.isfinite(found.offsets).all()
    assert evolution.recipe["max_length"] == model.max_length


def test_each_stage_by_itself_has_found_the_actions_of_a_tiny_dataset() -> None:
    trainer, model = trained(config())
    own = trainer.recordings[0]
    evolution = evolve(model, own.features)
    for stage in ("actionness", "refinement"):
        found = proposals_as_detections(evolution, stage, 0.36).segments
        for (start, end), label in zip(own.segments, own.labels.tolist(), strict=True):
            overlap = [
                tiou([[start, end]], [[s.start, s.end]])[0, 0]
                for s in found
                if s.label == CLASSES[label]
            ]
            assert max(overlap) > 0.7, stage


def test_a_model_may_lack_the_later_stages() -> None:
    _, model = trained(config())
    features = recording(0, ("rgb",)).features
    first = evolve(replace(model, refinement=None, localization=None), features)
    assert len(first.actionness) and not len(first.refinement) and not len(first.localization)
    second = evolve(replace(model, localization=None), features)
    assert len(second.refinement.kept) and not len(second.localization)


def test_the_model_of_one_stream_is_half_of_the_fused_one() -> None:
    _, model = trained(config("rgb+flow"))
    half = model.only("flow")
    assert half.streams == ("flow",)
    evolution = evolve(half, recording(1, ("rgb", "flow")).features)
    assert len(evolution.localization.kept)


def test_training_is_the_same_again_and_reuses_the_proposals_it_is_given() -> None:
    trainer, model = trained(config())
    again = Trainer(trainer.recordings, CLASSES, config(), Session(), initial=trainer.initial)
    other = again.new_model()
    other.actionness = model.actionness
    other.refinement = model.refinement
    again.train(other, "localization")
    assert other.localization is not None and model.localization is not None
    for key, value in model.localization.state_dict().items():
        assert torch.equal(value, other.localization.state_dict()[key])


def test_measurements_on_the_way_are_of_the_stage_that_is_trained() -> None:
    seen: list[tuple[bool, bool, bool]] = []

    def measure(model: Model) -> dict[str, float]:
        seen.append((model.actionness is not None, model.refinement is not None,
                     model.localization is not None))  # fmt: skip
        return {"mAP@0.5": 1.0}

    trainer = Trainer(recordings(), CLASSES, config(), Session(), measure)
    model = trainer.new_model()
    for stage in ("actionness", "refinement", "localization"):
        trainer.train(model, stage)
    assert seen == [(True, False, False)] * 4 + [(True, True, False)] * 4 + [(True, True, True)] * 4


def test_the_first_stage_learns_actions_from_trimmed_clips() -> None:
    """What the recordings call an action the clips call another: the clips are believed."""
    clips = []
    for label in (0, 1):
        rows = 0.05 * np.random.default_rng(label).standard_normal((20, 8)).astype(np.float16)
        rows[:, 1 - label] += 1
        cuts = np.arange(21) / 10
        features = Features(Path(f"clip{label}.mp4"), cuts[:-1], cuts, {"rgb": rows})
        clips.append(Recording(features, cuts[[0, -1]][None], torch.tensor([label])))
    trainer = Trainer(recordings(), CLASSES, config(), Session(), clips=clips)
    model = trainer.new_model()
    trainer.train(model, "actionness")
    own = trainer.recordings[0]
    evolution = evolve(model, own.features)
    for (start, end), label in zip(own.segments, own.labels.tolist(), strict=True):
        inside = (evolution.times >= start) & (evolution.times < end)
        assert evolution.curves[:2, inside].mean(axis=1).argmax() == 1 - label
    outside = evolution.curves[-1, :8].mean()
    assert outside < 0.3


class Half(Session):
    """Computes losses as on a GPU, in half precision."""

    def autocast(self, anywhere: bool = False) -> torch.autocast:
        return super().autocast(anywhere=True)


def test_half_precision_learns_the_same_tiny_dataset() -> None:
    trainer, model = trained(config(), Half())
    assert isinstance(trainer.session, Half) and trainer.session.mixed
    own = trainer.recordings[0]
    best = detections_of(evolve(model, own.features)).segments[:2]
    for (start, end), label in zip(own.segments, own.labels.tolist(), strict=True):
        mine = [s for s in best if s.label == CLASSES[label]]
        assert mine and tiou([[start, end]], [[mine[0].start, mine[0].end]])[0, 0] > 0.7


def test_a_unit_may_be_given_in_frames_of_the_training_videos() -> None:
    settings = config(refinement={"unit_frames": 16})
    model = Trainer(recordings(), CLASSES, settings, Session()).new_model()
    assert model.unit == pytest.approx(1.6)
    assert model.unit_rows == pytest.approx(16)


def test_lengths_that_are_not_set_are_those_of_the_training_instances() -> None:
    spans = np.concatenate([np.diff(seen.segments)[:, 0] for seen in recordings()])
    model = Trainer(recordings(), CLASSES, config(), Session()).new_model()
    assert (model.min_length, model.max_length) == (spans.min() / 2, spans.max() * 1.5)
    given = config(actionness={"min_length": 0.7, "max_length": 8.0})
    model = Trainer(recordings(), CLASSES, given, Session()).new_model()
    assert (model.min_length, model.max_length) == (0.7, 8.0)


def test_the_last_stage_learns_from_the_ground_truth_and_from_proposals_of_both_stages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    initial = (torch.tensor([0, 1]), torch.tensor([[3.0, 20.0], [41.0, 66.0]]).double())
    trainer = Trainer(recordings(), CLASSES, config(), Session(), initial=initial)
    model = trainer.new_model()
    model.actionness = model.new_actionness()
    model.refinement = model.new_refinement()
    monkeypatch.setattr("etp_core.training.refine", lambda *given: initial[1] + 1.25)
    seen: list[Matched] = []
    monkeypatch.setattr(trainer, "_fit_localization", lambda m, t, given, truth: seen.append(given))
    trainer.train(model, "localization")
    rows = {(int(v), *s) for v, s in zip(seen[0].video, seen[0].segments.tolist(), strict=True)}
    for number, recording in enumerate(trainer.recordings):
        for row in recording.features.clock.rows(recording.segments).tolist():
            assert (number, *row) in rows
    assert {(0, 3.0, 20.0), (1, 41.0, 66.0), (0, 4.25, 21.25), (1, 42.25, 67.25)} <= rows


def test_without_ground_truth_there_is_nothing_to_learn() -> None:
    empty = replace(recording(0, ("rgb",)), segments=np.zeros((0, 2)), labels=torch.zeros(0))
    with pytest.raises(EtpError, match="no ground-truth segment"):
        Trainer([empty], CLASSES, config(), Session())


def test_one_class_without_a_background_is_refused() -> None:
    only = replace(recording(0, ("rgb",)), labels=torch.zeros(2, dtype=torch.long))
    settings = config(actionness={"background": False, "average": "max"})
    with pytest.raises(EtpError, match="one class and no background class"):
        Trainer([only], ("a",), settings, Session())


def test_a_mirror_image_stays_with_its_recording_and_is_no_video_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    both = [
        replace(seen, mirrored=mirrored)
        for seen in [recording(number, ("rgb",)) for number in range(3)]
        for mirrored in (False, True)
    ]
    trainer = Trainer(both, CLASSES, config(actionness={"folds": 3}), Session())
    model = trainer.new_model()
    assert (model.trained_on["videos"], model.trained_on["instances"]) == (3, 6)
    trainer.train(model, "actionness")
    fit, seen = trainer._fit_actionness, []

    def watched(model, rows, chosen, task, watch=True):  # type: ignore[no-untyped-def]
        seen.append(list(chosen))
        return fit(model, rows, chosen, task, watch)

    monkeypatch.setattr(trainer, "_fit_actionness", watched)
    trainer.train(model, "refinement")
    assert seen == [[2, 3, 4, 5], [0, 1, 4, 5], [0, 1, 2, 3]]
