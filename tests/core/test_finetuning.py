"""Fine-tuning a backbone: what it is shown, that it learns, and that it can be interrupted."""

from pathlib import Path

import av
import barcode
import numpy as np
import pytest
import torch

from etp_core.config import Config, FeatureConfig, FinetuneConfig, Schedule, parse_config
from etp_core.errors import EtpError, InputError
from etp_core.features.backbones import metadata, weights_hash
from etp_core.features.extraction import Extractor
from etp_core.finetuning import augment, finetune, provide_backbones
from etp_core.labelled import Labelled, PictureSource, trimmed_clips
from etp_core.model import backbone_file
from etp_core.optimisation import Session
from etp_core.progress import Reporter

CONFIG = Config(
    features=FeatureConfig(
        side=64,
        modality="rgb",
        finetune=FinetuneConfig(
            enabled=True,
            shuffle=8,
            dropout=0.0,
            schedule=Schedule(iterations=40, batch=4, learning_rate=1e-4, weight_decay=0.0),
        ),
    )
)


def write(path: Path, segment: tuple[float, float], colour: tuple[int, int, int]) -> None:
    """Six seconds of grey, with a coloured patch in the segment."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for i in range(60):
            picture = np.full((64, 96, 3), 90, np.uint8)
            if segment[0] <= i / 10 < segment[1]:
                picture[16:48, 24:72] = colour
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> list[Labelled]:
    folder = tmp_path_factory.mktemp("videos")
    labelled = []
    looks = (("red", (1.0, 3.0), (220, 30, 30)), ("blue", (4.0, 6.0), (30, 30, 220)))
    for name, segment, colour in looks:
        path = folder / f"{name}.mp4"
        write(path, segment, colour)
        labelled.append(Labelled(path, np.array([segment]), torch.tensor([len(labelled)])))
    return labelled


def source(videos: list[Labelled], seed: int = 0) -> PictureSource:
    return PictureSource(videos, 2, CONFIG.features, "rgb", seed)


def test_every_class_is_shown_and_the_background_as_often_as_all_of_them(
    videos: list[Labelled],
) -> None:
    pictures, labels = source(videos).draw(80)  # two passes: 20 and 20 and 20, of 120 snippets
    assert pictures.shape == (80, 3, 48, 80)
    counts = torch.bincount(labels, minlength=3)
    assert (counts > 15).all()


def test_of_the_background_there_are_half_as_many_snippets_as_of_all_classes_together(
    videos: list[Labelled],
) -> None:
    shown = PictureSource(videos, 4, CONFIG.features, "rgb", 0)  # two of the four do not occur
    chosen = shown._snippets(np.random.default_rng(0))
    labels = [one.label for of_video in chosen for one in of_video]
    assert np.bincount(labels, minlength=5).tolist() == [20, 20, 0, 0, 40]


def test_the_same_seed_shows_the_same_and_another_another(videos: list[Labelled]) -> None:
    first, second, other = (source(videos, seed).draw(30) for seed in (1, 1, 2))
    assert np.array_equal(first[0], second[0]) and torch.equal(first[1], second[1])
    assert not torch.equal(first[1], other[1]) or not np.array_equal(first[0], other[0])


def test_what_was_drawn_is_passed_over_when_it_goes_on(videos: list[Labelled]) -> None:
    whole = source(videos)
    whole.draw(24)
    state = whole.get_state()
    resumed = source(videos)
    resumed.set_state(state)
    assert np.array_equal(whole.draw(8)[0], resumed.draw(8)[0])


def by_course(videos: list[Labelled], seed: int = 0) -> PictureSource:
    own = CONFIG.features.finetune.model_copy(update={"stage": "localization", "snippets": 4})
    features = CONFIG.features.model_copy(update={"finetune": own})
    return PictureSource(videos, 2, features, "rgb", seed)


def test_courses_are_of_one_segment_each_or_of_the_background(videos: list[Labelled]) -> None:
    shown = by_course(videos)
    pictures, labels = shown.draw(30)
    assert pictures.shape == (120, 3, 48, 80)
    patch = pictures.reshape(30, 4, 3, 48, 80)[..., 24, 40]  # what is in the middle
    red, blue = patch[:, :, 0] > 1, patch[:, :, 2] > 1
    assert red[labels == 0].mean() > 0.85 and blue[labels == 1].mean() > 0.85
    assert not (red | blue)[labels == 2].mean() > 0.15
    assert set(labels.tolist()) == {0, 1, 2}
    state = shown.get_state()
    resumed = by_course(videos)
    resumed.set_state(state)
    assert np.array_equal(shown.draw(4)[0], resumed.draw(4)[0])


def test_the_pictures_of_a_proposal_are_mirrored_and_cropped_alike() -> None:
    ramp = np.tile(np.linspace(0, 1, 32, dtype=np.float32), (8, 3, 32, 1))
    shown = augment(ramp, "rgb", CONFIG.features, torch.Generator().manual_seed(0), together=4)
    assert torch.equal(shown[0], shown[3]) and torch.equal(shown[4], shown[7])
    assert not torch.equal(shown[3], shown[4])


def test_the_backbone_learns_from_the_courses_of_proposals(
    videos: list[Labelled], tmp_path: Path
) -> None:
    values = CONFIG.model_dump()
    values["features"]["finetune"] |= {"stage": "localization", "snippets": 4}
    values["features"]["finetune"]["schedule"] |= {"iterations": 60, "learning_rate": 3e-4}
    report = Losses()
    provide_backbones(tmp_path, parse_config(values, "test"), 2, lambda: videos, Session(report))
    assert report.losses[-1] < 0.7 * np.log(3)  # a guess among three
    assert backbone_file(tmp_path, "rgb").is_file()
    values["features"]["finetune"]["snippets"] = 1
    with pytest.raises(InputError, match="cannot be pooled"):
        parse_config(values, "test")


def test_pictures_are_mirrored_and_cropped_at_random() -> None:
    ramp = np.tile(np.linspace(0, 1, 32, dtype=np.float32), (64, 3, 32, 1))
    random = torch.Generator().manual_seed(0)
    shown = augment(ramp.copy(), "rgb", CONFIG.features, random)
    assert shown.shape == (64, 3, 32, 32)
    slopes = shown[:, 0, 16, -1] - shown[:, 0, 16, 0]
    assert 15 < (slopes < 0).sum() < 50
    middles = (shown[:, 0, 16, -1] + shown[:, 0, 16, 0]) / 2
    assert middles.std() > 0.02  # they lie anywhere in the picture
    assert slopes.abs().min() > 0.7 and slopes.abs().max() <= 1.01  # crops keep 0.75 or more


def test_the_backbone_learns_and_extraction_uses_what_it_learnt(
    videos: list[Labelled], tmp_path: Path
) -> None:
    report = Losses()
    provide_backbones(tmp_path / "m", CONFIG, 2, lambda: videos, Session(report))
    assert report.losses[-1] < 0.5 * np.log(3)  # half of what a guess among three costs
    tuned = backbone_file(tmp_path / "m", "rgb")
    plain = Extractor(CONFIG.features, tmp_path / "f", "cpu").extract(videos[0].path)
    own = Extractor(CONFIG.features, tmp_path / "f", "cpu", {"rgb": tuned}).extract(videos[0].path)
    assert not np.array_equal(plain.streams["rgb"], own.streams["rgb"])
    assert len(list((tmp_path / "f").glob("*.npy"))) == 2
    # it is kept for the same data and settings, and for no others
    before = weights_hash(tuned)
    provide_backbones(tmp_path / "m", CONFIG, 2, lambda: videos, Session())
    assert weights_hash(tuned) == before and "finetuned" in metadata(tuned)
    provide_backbones(tmp_path / "m", Config(), 2, lambda: videos, Session())
    assert not tuned.exists()


@pytest.mark.parametrize(("stage", "times"), [("actionness", 1), ("localization", 2)])
def test_a_backbone_is_fine_tuned_anew_where_what_it_learnt_from_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str, times: int
) -> None:
    tuned: list[Config] = []

    def one(videos, classes, config, stream, session):  # type: ignore[no-untyped-def]
        tuned.append(config)
        return {"w": torch.ones(1)}

    monkeypatch.setattr("etp_core.finetuning.finetune", one)
    for course in ((1, 4), (1, 2)):
        values = CONFIG.model_dump()
        values["features"]["finetune"]["stage"] = stage
        values["features"]["components"] = 8 * course[1]  # comes after the backbone
        values["localization"]["pyramid"]["pyramid"] = (1, course, 1)
        provide_backbones(tmp_path, parse_config(values, "test"), 2, list, Session())
    assert len(tuned) == times
    values["seed"] = 1
    provide_backbones(tmp_path, parse_config(values, "test"), 2, list, Session())
    assert len(tuned) == times + 1


def test_what_is_set_of_fine_tuning_is_what_is_done(
    videos: list[Labelled], monkeypatch: pytest.MonkeyPatch
) -> None:
    more = {"frozen": 0.5, "head": 7.0, "smoothing": 0.3}
    own = CONFIG.features.finetune.model_copy(update=more)
    config = CONFIG.model_copy(
        update={"features": CONFIG.features.model_copy(update={"finetune": own})}
    )
    smoothed: list[float] = []
    entropy = torch.nn.functional.cross_entropy

    def watched(logits: torch.Tensor, labels: torch.Tensor, label_smoothing: float) -> torch.Tensor:
        smoothed.append(label_smoothing)
        return entropy(logits, labels)

    def once(network, schedule, loss_of, task, session, drawn, measure, optimizer, half):  # type: ignore[no-untyped-def]
        network.train()
        loss_of()["loss"].backward()
        norms = [m for m in network.modules() if isinstance(m, torch.nn.BatchNorm2d)]
        assert norms and not any(m.training for m in norms)
        assert [group["factor"] for group in optimizer.param_groups] == [1.0, 7.0]
        learnt = [p.grad is not None for p in network.backbone.trunk.parameters()]
        assert 0.3 < np.mean(learnt) < 0.9 and not learnt[0] and learnt[-1]
        network.eval()

    monkeypatch.setattr("etp_core.finetuning.optimise", once)
    monkeypatch.setattr(torch.nn.functional, "cross_entropy", watched)
    finetune(videos, 2, config, "rgb", Session())
    assert smoothed == [0.3]


def test_a_backbone_that_sees_nothing_any_more_is_refused(
    videos: list[Labelled], monkeypatch: pytest.MonkeyPatch
) -> None:
    def ruin(network, *given, **named):  # type: ignore[no-untyped-def]
        for parameter in network.backbone.parameters():
            parameter.data.zero_()
        network.eval()

    monkeypatch.setattr("etp_core.finetuning.optimise", ruin)
    with pytest.raises(
        EtpError, match=r"finetune rgb: 0% of the features .* lower .*learning_rate"
    ):
        finetune(videos, 2, CONFIG, "rgb", Session())


def test_an_interrupted_fine_tuning_ends_like_an_uninterrupted_one(
    videos: list[Labelled], tmp_path: Path
) -> None:
    own = CONFIG.features.finetune
    short = own.schedule.model_copy(update={"iterations": 24})
    features = CONFIG.features.model_copy(
        update={"finetune": own.model_copy(update={"schedule": short})}
    )
    config = CONFIG.model_copy(update={"features": features})

    def run(folder: Path, session: Session) -> None:
        provide_backbones(folder, config, 2, lambda: videos, session)

    run(tmp_path / "whole", Session())
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "m", Session(Losses(stop=20), checkpoints=tmp_path / "c"))
    run(tmp_path / "m", Session(checkpoints=tmp_path / "c"))
    whole, resumed = (backbone_file(tmp_path / name, "rgb") for name in ("whole", "m"))
    assert weights_hash(whole) == weights_hash(resumed)


class Losses(Reporter):
    """Keeps the losses, and interrupts the training after some iterations."""

    def __init__(self, stop: int = -1) -> None:
        self.losses: list[float] = []
        self.stop = stop

    def emit(self, event: str, **data: object) -> None:
        if event == "step":
            self.losses.append(float(str(data["loss"])))
            if data["done"] == self.stop:
                raise KeyboardInterrupt


def test_clips_lie_in_one_folder_per_class(tmp_path: Path) -> None:
    for name in ("run", "jump", "other"):
        (tmp_path / name).mkdir()
    barcode.write(tmp_path / "run" / "v_run_g01.avi", np.arange(5) / 10)
    (tmp_path / "run" / "notes.txt").touch()
    with pytest.raises(InputError, match="no clip of the class 'jump'"):
        trimmed_clips(tmp_path, ["run", "jump"])
    barcode.write(tmp_path / "jump" / "v_jump_g01.avi", np.arange(5) / 10)
    clips = trimmed_clips(tmp_path, ["jump", "run"])
    assert [(c.path.parent.name, c.labels.tolist()) for c in clips] == [("jump", [0]), ("run", [1])]
    shown = PictureSource(clips, 2, CONFIG.features, "rgb", 0)
    assert not shown.has_background
    assert shown.draw(10)[1].float().mean() == pytest.approx(0.5, abs=0.3)
