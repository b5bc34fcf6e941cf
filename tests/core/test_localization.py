"""Stage 3: losses by hand, the heads, and learning on a tiny dataset."""

import math

import pytest
import torch

from etp_core.config import LocalizationConfig, PyramidConfig, Schedule, load_config
from etp_core.errors import EtpError
from etp_core.features.pyramid import FeatureTable
from etp_core.fusion import Fused
from etp_core.localization import training
from etp_core.localization.losses import classification_loss, completeness_loss
from etp_core.localization.network import LocalizationNetwork, localize
from etp_core.localization.training import kinds, train_localization
from etp_core.offsets import regression_loss
from etp_core.optimisation import Session
from etp_core.progress import Reporter
from etp_core.sampling import Truth, jitter, match, windows

SMALL = LocalizationConfig(
    pyramid=PyramidConfig(width=12, snippets=(2, 4, 2), dropout=0.0),
    schedule=Schedule(iterations=200, batch=48, learning_rate=5e-3),
)


def test_classification_is_cross_entropy_over_the_classes_and_the_background() -> None:
    logits = torch.tensor([[2.0, 0.0, 0.0]])
    expected = -math.log(math.exp(2) / (math.exp(2) + 2))
    assert classification_loss(logits, torch.tensor([0])).item() == pytest.approx(expected)


def test_smoothing_gives_a_share_of_each_label_to_all_classes() -> None:
    logits = torch.tensor([[2.0, 0.0, 0.0]])
    right, wrong = 2 - math.log(math.exp(2) + 2), -math.log(math.exp(2) + 2)
    expected = -(0.7 * right + 0.3 * (right + 2 * wrong) / 3)
    smoothed = classification_loss(logits, torch.tensor([0]), smoothing=0.3)
    assert smoothed.item() == pytest.approx(expected)


def test_completeness_is_a_hinge_on_both_sides() -> None:
    score = torch.tensor([0.25, 3.0, -0.5, 0.5])
    complete = torch.tensor([True, True, False, False])
    # (1 - 0.25) + 0 + (1 - 0.5) + (1 + 0.5), over four
    assert completeness_loss(score, complete, keep=1.0).item() == pytest.approx(2.75 / 4)


def test_completeness_keeps_only_the_hardest_quarter_of_the_incomplete() -> None:
    score = torch.tensor([2.0, -2.0, -1.0, 0.0, 1.0])
    complete = torch.tensor([True, False, False, False, False])
    assert completeness_loss(score, complete).item() == pytest.approx((0 + 2) / 2)
    assert completeness_loss(score[[0, 4]], complete[[0, 4]]).item() == pytest.approx((0 + 2) / 2)


def test_regression_is_smooth_l1_summed_over_centre_and_span() -> None:
    predicted, target = torch.tensor([[0.5, 3.0]]), torch.tensor([[0.0, 0.0]])
    assert regression_loss(predicted, target).item() == pytest.approx(0.125 + 2.5)
    assert regression_loss(predicted, target, beta=0.2).item() == pytest.approx(0.4 + 2.9)
    assert regression_loss(predicted[:0], target[:0]).item() == 0


def test_the_class_head_sees_the_course_only() -> None:
    torch.manual_seed(0)
    network = LocalizationNetwork(3, 2, SMALL.model_copy(update={"pyramid": stpf()})).eval()
    inside = torch.randn(40, 3)
    other = inside.clone()
    other[:10], other[20:] = torch.randn(10, 3), torch.randn(20, 3)
    proposal, video = torch.tensor([[10.0, 20.0]]), torch.tensor([0])
    first = network(FeatureTable([inside]), proposal, video)
    second = network(FeatureTable([other]), proposal, video)
    torch.testing.assert_close(first[0], second[0])
    assert not torch.allclose(first[1], second[1])
    assert not torch.allclose(first[2], second[2])


def stpf() -> PyramidConfig:
    return PyramidConfig(features="stpf", width=12, snippets=(2, 4, 2))


def test_gradients_reach_every_parameter() -> None:
    torch.manual_seed(0)
    network = LocalizationNetwork(3, 2, SMALL)
    torch.nn.init.normal_(network.pyramid.block.out.weight)
    table = FeatureTable([torch.randn(30, 3)])
    outputs = network(table, torch.tensor([[4.0, 14.0]]), torch.tensor([0]))
    assert [tuple(o.shape) for o in outputs] == [(1, 3), (1, 2), (1, 2, 2)]
    sum(output.square().sum() for output in outputs).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().sum() > 0, name


def of(
    network: LocalizationNetwork, table: FeatureTable
) -> tuple[Fused[LocalizationNetwork], dict[str, FeatureTable]]:
    """One stream's network and what it reads, as inference takes them."""
    return Fused({"rgb": network}), {"rgb": table}


def tiny_dataset() -> tuple[FeatureTable, Truth, torch.Tensor]:
    """Two videos; class 0 shows in column 0 and class 1 in column 1, the background in neither."""
    torch.manual_seed(5)
    video = torch.tensor([0, 0, 1, 1])
    segments = torch.tensor([[5, 15], [30, 42], [8, 20], [33, 41]], dtype=torch.float64)
    labels = torch.tensor([0, 1, 1, 0])
    rows = [0.05 * torch.randn(50, 3) for _ in range(2)]
    for v, (start, end), label in zip(video, segments.long(), labels, strict=True):
        rows[v][start:end, label] += 1.0
    return FeatureTable(rows), Truth(video, segments, labels), torch.tensor([50, 50])


def test_a_tiny_dataset_is_learnt_classes_completeness_and_boundaries() -> None:
    table, truth, lengths = tiny_dataset()
    groups = [
        (truth.video, truth.segments),
        jitter(truth, lengths, 30, 0),
        windows(lengths, truth, 30, 0),
    ]
    video, segments = (torch.cat(part) for part in zip(*groups, strict=True))
    proposals = match(video, segments, truth)
    network = train_localization(table, proposals, truth, 2, SMALL, 0, Session())
    probability, completeness, moved = localize(*of(network, table), truth.segments, truth.video)
    rows = torch.arange(4)
    assert torch.equal(probability.argmax(1), truth.labels)
    half = truth.segments.clone()
    half[:, 1] = truth.segments.mean(1)
    _, of_halves, _ = localize(*of(network, table), half, truth.video)
    more = completeness[rows, truth.labels] - of_halves[rows, truth.labels]
    assert (more > 0.5).all()  # the hinges are 2 apart
    late = truth.segments + 1.5
    _, _, moved = localize(*of(network, table), late, truth.video)
    error = (moved[rows, truth.labels] - truth.segments).abs().mean()
    assert error < 0.9
    background = torch.tensor([[18.0, 28.0]])
    assert localize(*of(network, table), background, torch.tensor([0]))[0].argmax() == 2


def test_with_the_schedule_of_the_paper_the_loss_does_not_explode() -> None:
    table, truth, lengths = tiny_dataset()
    groups = [jitter(truth, lengths, 30, 0), windows(lengths, truth, 30, 0)]
    video, segments = (torch.cat(part) for part in zip(*groups, strict=True))
    paper = load_config("paper").localization
    short = paper.schedule.model_copy(update={"iterations": 40, "batch": 48})
    config = paper.model_copy(update={"schedule": short})
    losses = Losses()
    train_localization(table, match(video, segments, truth), truth, 2, config, 0, Session(losses))
    assert max(losses.seen) < 2


class Losses(Reporter):
    """The losses that are reported."""

    def __init__(self) -> None:
        self.seen: list[float] = []

    def emit(self, event: str, **data: object) -> None:
        if event == "step":
            self.seen.append(float(str(data["loss"])))


class Batches(Reporter):
    """What the losses of stage 3 are given in each batch, and what is reported of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.steps: list[dict[str, float]] = []
        self.given: dict[str, list[tuple[object, ...]]] = {}
        for name in ("classification_loss", "completeness_loss", "regression_loss"):
            monkeypatch.setattr(training, name, self.watched(name, getattr(training, name)))

    def watched(self, name: str, loss: object) -> object:
        def call(*given: object) -> object:
            self.given.setdefault(name, []).append(given)
            return loss(*given)

        return call

    def emit(self, event: str, **data: object) -> None:
        if event == "step":
            self.steps.append(data)


def watch(monkeypatch: pytest.MonkeyPatch, **settings: object) -> Batches:
    """A short training on proposals of every kind."""
    table, truth, lengths = tiny_dataset()
    groups = [jitter(truth, lengths, 30, 0), windows(lengths, truth, 30, 0)]
    video, segments = (torch.cat(part) for part in zip(*groups, strict=True))
    short = {"schedule": Schedule(iterations=20, batch=48, learning_rate=1e-5), **settings}
    config = SMALL.model_copy(update=short)
    batches = Batches(monkeypatch)
    proposals = match(video, segments, truth)
    train_localization(table, proposals, truth, 2, config, 0, Session(batches))
    return batches


def test_a_batch_has_the_shares_of_the_paper_and_each_loss_its_own_proposals(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = watch(monkeypatch, smoothing=0.1, hardest=0.5, beta=0.7).given
    logits, labels, smoothing = given["classification_loss"][0]
    assert len(logits) == 8 + 8 and smoothing == 0.1  # of 48: 1 : 1 : 4
    assert (labels[:8] < 2).all() and (labels[8:] == 2).all()
    score, complete, keep = given["completeness_loss"][0]
    assert complete.tolist() == [True] * 8 + [False] * 32 and keep == 0.5
    assert len(score) == 40
    predicted, _, beta = given["regression_loss"][0]
    assert len(predicted) == 8 and beta == 0.7


def test_the_whole_loss_is_equation_9(monkeypatch: pytest.MonkeyPatch) -> None:
    weights = {"completeness_weight": 0.3, "regression_weight": 0.2}
    (step,) = watch(monkeypatch, **weights).steps
    parts = step["classification"] + 0.3 * step["completeness"] + 0.2 * step["regression"]
    assert step["loss"] == pytest.approx(parts, rel=1e-5)
    assert min(step[name] for name in ("classification", "completeness", "regression")) > 0


def test_targets_are_normalised_by_what_the_checkpoint_keeps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = watch(monkeypatch).given["regression_loss"]
    targets = torch.cat([target for _, target, _ in given])
    assert targets.mean(0).abs().max() < 0.3
    assert targets.std(0).sub(1).abs().max() < 0.3
    table, truth, lengths = tiny_dataset()
    proposals = match(*jitter(truth, lengths, 30, 0), truth)
    config = SMALL.model_copy(update={"schedule": Schedule(iterations=1)})
    state = train_localization(table, proposals, truth, 2, config, 0, Session()).state_dict()
    assert (state["offset_std"] < 0.3).all() and (state["offset_std"] > 1e-3).all()


def test_a_length_is_changed_no_more_than_the_configuration_allows() -> None:
    network = LocalizationNetwork(3, 2, SMALL.model_copy(update={"most": 0.5})).eval()
    network.offset_mean.copy_(torch.tensor([0.0, 9.0]))
    table = FeatureTable([torch.randn(30, 3)])
    _, _, moved = localize(*of(network, table), torch.tensor([[4.0, 14.0]]), torch.tensor([0]))
    lengths = moved.diff(dim=2).flatten().tolist()
    assert lengths == pytest.approx([10 * 1.6487212707] * 2, rel=1e-5)


def test_one_completeness_head_may_judge_all_classes() -> None:
    network = LocalizationNetwork(3, 4, SMALL.model_copy(update={"completeness": "agnostic"}))
    _, completeness, _ = network.eval()(
        FeatureTable([torch.randn(30, 3)]), torch.tensor([[4.0, 14.0]]), torch.tensor([0])
    )
    assert network.complete.out_features == 1
    assert completeness.shape == (1, 4) and len(completeness.unique()) == 1


def test_the_same_seed_gives_the_same_network() -> None:
    table, truth, lengths = tiny_dataset()
    video, segments = jitter(truth, lengths, 10, 0)
    proposals = match(video, segments, truth)
    config = SMALL.model_copy(update={"schedule": Schedule(iterations=5, batch=24)})
    first, second = (
        train_localization(table, proposals, truth, 2, config, 7, Session()).state_dict()
        for _ in range(2)
    )
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_training_without_a_positive_proposal_says_so() -> None:
    table, truth, _ = tiny_dataset()
    proposals = match(torch.tensor([0]), torch.tensor([[20.0, 28.0]]), truth)
    with pytest.raises(EtpError, match="no proposal matches"):
        train_localization(table, proposals, truth, 2, SMALL, 0, Session())


@pytest.mark.parametrize(
    ("sampling", "expected"),
    [("paper", ["background", "background", "", "incomplete", "incomplete", "positive"]),
     ("ssn", ["background", "incomplete", "incomplete", "", "", "positive"])],
)  # fmt: skip
def test_proposals_are_sorted_by_the_paper_or_as_in_structured_segment_networks(
    sampling: str, expected: list[str]
) -> None:
    truth = Truth(torch.tensor([0]), torch.tensor([[10.0, 20.0]]).double(), torch.tensor([0]))
    segments = torch.tensor(
        [[30.0, 40.0], [14.0, 14.5], [18.0, 28.0], [10.0, 13.0], [10.0, 16.9], [10.0, 18.0]]
    ).double()  # tIoU 0, 0.05, 0.11, 0.3, 0.69, 0.8; inside 0, 1, 0.2, 1, 1, 1
    proposals = match(torch.zeros(6, dtype=torch.long), segments, truth)
    torch.testing.assert_close(proposals.inside, torch.tensor([0.0, 1, 0.2, 1, 1, 1]))
    config = SMALL.model_copy(update={"sampling": sampling})
    names = ("positive", "background", "incomplete")
    masks = dict(zip(names, kinds(proposals, config), strict=True))
    assert [next((k for k, m in masks.items() if m[i]), "") for i in range(6)] == expected
