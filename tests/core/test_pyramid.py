"""Non-local pyramid features: snippets, Eq. 5 and structured pooling."""

import pytest
import torch

from etp_core.config import PyramidConfig
from etp_core.features.pyramid import FeatureTable, NonLocalBlock, NonLocalPyramid, stage_edges


@pytest.fixture
def table() -> FeatureTable:
    torch.manual_seed(0)
    return FeatureTable([torch.randn(20, 3), torch.randn(35, 3)])


def naive_mean(rows: torch.Tensor, start: float, end: float) -> torch.Tensor:
    """Mean of a step function over [start, end), by fine sampling of each row's share."""
    total, width = torch.zeros(rows.shape[1], dtype=torch.float64), 0.0
    for i, row in enumerate(rows):
        share = max(0.0, min(end, i + 1) - max(start, i))
        total, width = total + share * row.double(), width + share
    return total / width


def test_a_snippet_is_the_exact_mean_of_the_rows_it_covers() -> None:
    torch.manual_seed(1)
    rows = [torch.randn(20, 3), torch.randn(35, 3)]
    edges = torch.tensor([[2.0, 3.0, 4.5, 9.25]], dtype=torch.float64)
    for video in (0, 1):
        means, inside = FeatureTable(rows).snippets(edges, torch.tensor([video]))
        assert torch.equal(inside, torch.ones(1, 3))
        for k, (a, b) in enumerate([(2.0, 3.0), (3.0, 4.5), (4.5, 9.25)]):
            torch.testing.assert_close(means[0, k].double(), naive_mean(rows[video], a, b))


def test_a_snippet_beyond_the_video_counts_by_the_fraction_inside(table: FeatureTable) -> None:
    edges = torch.tensor([[-4.0, -2.0, 2.0, 4.0]], dtype=torch.float64)
    means, inside = table.snippets(edges, torch.tensor([1]))
    assert inside.tolist() == [[0.0, 0.5, 1.0]]
    assert means[0, 0].abs().sum() == 0
    end = torch.tensor([[33.0, 37.0, 39.0]], dtype=torch.float64)
    assert table.snippets(end, torch.tensor([1]))[1].tolist() == [[0.5, 0.0]]


def test_videos_in_one_table_do_not_leak_into_each_other() -> None:
    first, second = torch.randn(10, 4), torch.randn(12, 4)
    edges = torch.tensor([[-3.0, 1.0, 6.0, 14.0]], dtype=torch.float64)
    alone = FeatureTable([second]).snippets(edges, torch.tensor([0]))
    together = FeatureTable([first, second]).snippets(edges, torch.tensor([1]))
    torch.testing.assert_close(alone[0], together[0])
    assert torch.equal(alone[1], together[1])


def test_the_stages_extend_a_proposal_by_half_its_length_on_both_sides() -> None:
    edges = stage_edges(torch.tensor([[10.0, 18.0]]), (2, 4, 2))[0]
    assert edges.tolist() == [6, 8, 10, 12, 14, 16, 18, 20, 22]


def test_the_non_local_block_starts_as_the_identity() -> None:
    x = torch.randn(2, 7, 8)
    assert torch.equal(NonLocalBlock(8)(x, torch.ones(2, 7)), x)


def test_the_non_local_block_computes_equation_5_literally() -> None:
    torch.manual_seed(2)
    block = NonLocalBlock(6)
    torch.nn.init.normal_(block.out.weight)
    x = torch.randn(3, 5, 6)
    theta, phi, g = block.theta(x), block.phi(x), block.g(x)
    expected = torch.zeros_like(g)
    for n in range(3):
        for i in range(5):
            for j in range(5):
                expected[n, i] += (theta[n, i] @ phi[n, j]) * g[n, j] / 5
    torch.testing.assert_close(block(x, torch.ones(3, 5)), x + block.out(expected))


def test_a_snippet_outside_the_video_does_not_speak_in_the_non_local_block() -> None:
    torch.manual_seed(3)
    block = NonLocalBlock(4)
    torch.nn.init.normal_(block.out.weight)
    x = torch.randn(1, 4, 4)
    weight = torch.tensor([[1.0, 1.0, 1.0, 0.0]])
    other = x.clone()
    other[0, 3] = 100.0
    torch.testing.assert_close(block(x, weight)[:, :3], block(other, weight)[:, :3])


def test_the_non_local_block_divides_by_the_positions_that_lie_inside_the_video() -> None:
    torch.manual_seed(3)
    block = NonLocalBlock(4)
    torch.nn.init.normal_(block.out.weight)
    x = torch.randn(1, 6, 4)
    weight = torch.tensor([[1.0, 1.0, 1.0, 0.0, 0.0, 0.0]])
    torch.testing.assert_close(block(x, weight)[:, :3], block(x[:, :3], weight[:, :3]))


def test_dropout_takes_a_column_from_all_snippets_of_a_proposal() -> None:
    torch.manual_seed(0)
    pyramid = NonLocalPyramid(50, PyramidConfig(features="stpf", width=50, snippets=(2, 4, 2)))
    seen: list[torch.Tensor] = []
    pyramid.embed.register_forward_hook(lambda module, given, out: seen.append(given[0]))
    pyramid.train()(torch.ones(2, 8, 50), torch.ones(2, 8))
    assert torch.equal(seen[0], seen[0][:, :1].expand(-1, 8, -1))
    assert not torch.equal(seen[0][0], seen[0][1]) and (seen[0] == 0).any()
    pyramid.eval()(torch.ones(2, 8, 50), torch.ones(2, 8))
    assert (seen[1] == 1).all()


def test_pooled_parts_are_means_of_their_snippets_and_the_course_is_marked() -> None:
    config = PyramidConfig(
        features="stpf", pyramid=(1, (1, 2), 1), snippets=(2, 4, 2), width=3, dropout=0.0
    )
    pyramid = NonLocalPyramid(3, config).eval()
    torch.nn.init.eye_(pyramid.embed[0].weight)
    torch.nn.init.zeros_(pyramid.embed[0].bias)
    x = torch.rand(1, 8, 3)
    pooled = pyramid(x, torch.ones(1, 8)).reshape(5, 3)
    parts = [x[0, :2], x[0, 2:6], x[0, 2:4], x[0, 4:6], x[0, 6:]]
    torch.testing.assert_close(pooled, torch.stack([part.mean(0) for part in parts]))
    assert (pyramid.course.start, pyramid.course.stop) == (3, 12)


def test_a_clipped_stage_is_scaled_by_the_fraction_that_lies_inside() -> None:
    config = PyramidConfig(features="stpf", pyramid=(1, 1, 1), snippets=(2, 2, 2), width=2)
    pyramid = NonLocalPyramid(2, config).eval()
    table = FeatureTable([torch.ones(10, 2)])
    torch.nn.init.eye_(pyramid.embed[0].weight)
    torch.nn.init.constant_(pyramid.embed[0].bias, 0.5)
    edges = stage_edges(torch.tensor([[1.0, 5.0]]), (2, 2, 2))  # starting is [-1, 1)
    pooled = pyramid(*table.snippets(edges, torch.tensor([0]))).reshape(3, 2)
    torch.testing.assert_close(pooled[:, 0], torch.tensor([0.75, 1.5, 1.5]))


def test_pooled_features_in_training_equal_those_in_inference() -> None:
    torch.manual_seed(4)
    pyramid = NonLocalPyramid(3, PyramidConfig(width=4, dropout=0.0))
    table = FeatureTable([torch.randn(40, 3)])
    edges = stage_edges(torch.tensor([[3.0, 9.5], [20.0, 38.0]]), pyramid.config.snippets)
    snippets = table.snippets(edges, torch.tensor([0, 0]))
    trained = pyramid.train()(*snippets)
    torch.testing.assert_close(trained, pyramid.eval()(*snippets))
    one_by_one = [pyramid(s[None], w[None])[0] for s, w in zip(*snippets, strict=True)]
    torch.testing.assert_close(trained, torch.stack(one_by_one))
