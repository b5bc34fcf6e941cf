"""Non-local pyramid features (section 3.3): snippets of a proposal, Eq. 5, structured pooling.

A proposal [s, e) of duration D has three stages: starting [s - D/2, s), course [s, e) and ending
[e, e + D/2). Each is sampled as a fixed number of snippets, every one the exact mean of the
feature rows in its share of the interval; a snippet that reaches beyond the video counts by the
fraction that lies inside.
"""

import torch
from torch import Tensor, nn

from etp_core.config import Level, PyramidConfig


class FeatureTable:
    """The feature rows of one or several videos, ready for exact means over any interval.

    Positions are in rows: row i covers [i, i + 1). Videos lie one behind the other; a proposal
    never reads beyond `bounds` of its own video.
    """

    def __init__(self, videos: list[Tensor]) -> None:
        rows = torch.cat([video.double() for video in videos])
        self.cumulative = torch.cat([rows.new_zeros(1, rows.shape[1]), rows.cumsum(0)])
        lengths = torch.tensor([0, *(len(video) for video in videos)], device=rows.device)
        edges = lengths.cumsum(0)
        self.bounds = torch.stack([edges[:-1], edges[1:]], dim=1)  # (V, 2) rows

    @property
    def device(self) -> torch.device:
        """Where the rows are."""
        return self.cumulative.device

    @property
    def dim(self) -> int:
        """Number of feature columns d."""
        return int(self.cumulative.shape[1])

    def snippets(self, edges: Tensor, video: Tensor) -> tuple[Tensor, Tensor]:
        """Means between consecutive edges: (N, S + 1) rows of video (N,) -> (N, S, d), (N, S).

        Edges are relative to the video's first row. The second result is the fraction of each
        snippet that lies inside the video; where it is 0 the mean is 0.
        """
        low = self.bounds[video, 0].double()[:, None]
        high = self.bounds[video, 1].double()[:, None]
        wanted = edges.double() + low
        inside = torch.minimum(torch.maximum(wanted, low), high)
        whole = inside.floor().long().clamp(max=len(self.cumulative) - 2)
        part = (inside - whole).unsqueeze(-1)
        at = torch.lerp(self.cumulative[whole], self.cumulative[whole + 1], part)
        width = inside.diff(dim=1)
        asked = wanted.diff(dim=1).clamp(min=1e-9)
        means = at.diff(dim=1) / width.clamp(min=1e-9).unsqueeze(-1)
        return means.float(), (width / asked).float()


def stage_edges(segments: Tensor, snippets: tuple[int, int, int]) -> Tensor:
    """Edges of the snippets of the three stages: (N, 2) rows -> (N, sum(snippets) + 1) rows."""
    start, end = segments[:, :1], segments[:, 1:]
    half = (end - start) / 2
    fractions = [
        torch.arange(n, dtype=segments.dtype, device=segments.device) / n for n in snippets
    ]
    return torch.cat(
        [
            start - half + half * fractions[0],
            start + 2 * half * fractions[1],
            end + half * fractions[2],
            end + half,
        ],
        dim=1,
    )


class NonLocalBlock(nn.Module):
    """Eq. 5 over the snippets of a proposal, with the residual connection around it.

    y_i = 1/N sum_j (theta(x_i)^T phi(x_j)) g(x_j); the output projection starts at zero, so that a
    new block is the identity.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        inner = max(1, width // 2)
        self.theta = nn.Linear(width, inner)
        self.phi = nn.Linear(width, inner)
        self.g = nn.Linear(width, inner)
        self.out = nn.Linear(inner, width)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x: Tensor, weight: Tensor) -> Tensor:
        """x (N, S, width), weight (N, S) in [0, 1] of each snippet -> (N, S, width)."""
        weighted = weight.unsqueeze(-1)
        # the sum over j is taken first: theta(x_i)^T [sum_j phi(x_j) g(x_j)^T], linear in S
        context = (self.phi(x) * weighted).transpose(1, 2) @ self.g(x)
        positions = weight.sum(1).clamp(min=1.0)[:, None, None]
        y: Tensor = x + self.out(self.theta(x) @ (context / positions))
        return y


def _parts(level: Level) -> list[tuple[int, int]]:
    """(k, n) for each pooled part: the k-th of n equal parts of the stage."""
    counts = (level,) if isinstance(level, int) else level
    return [(k, n) for n in counts for k in range(n)]


def pooling(level: Level, count: int) -> Tensor:
    """Matrix (parts, count) that averages the snippets of each part of one stage."""
    rows = torch.zeros(len(_parts(level)), count)
    for row, (k, n) in zip(rows, _parts(level), strict=True):
        a, b = round(k * count / n), round((k + 1) * count / n)
        row[a:b] = 1 / (b - a)
    return rows


class NonLocalPyramid(nn.Module):
    """Snippets of a proposal -> pooled pyramid features.

    `course_dim` columns describe the course alone, `dim` the whole pyramid.
    """

    def __init__(self, inputs: int, config: PyramidConfig) -> None:
        super().__init__()
        self.config = config
        # a column is dropped from all snippets of a proposal at once: neighbours are so alike
        # that the others would give it away
        self.columns = nn.Dropout(config.dropout / 2)
        self.embed = nn.Sequential(nn.Linear(inputs, config.width), nn.ReLU())
        self.block = NonLocalBlock(config.width) if config.features == "nlpf" else None
        self.dropout = nn.Dropout(config.dropout)
        pooling, course = self._pooling()
        self.register_buffer("pooling", pooling, persistent=False)
        self.dim = config.width * len(pooling)
        self.course = slice(course[0] * config.width, course[1] * config.width)
        self.course_dim = self.course.stop - self.course.start

    def _pooling(self) -> tuple[Tensor, tuple[int, int]]:
        """Matrix (parts, S) that averages the snippets of each part; parts of the course."""
        stages = [
            pooling(level, count)
            for count, level in zip(self.config.snippets, self.config.pyramid, strict=True)
        ]
        first = len(stages[0])
        return torch.block_diag(*stages), (first, first + len(stages[1]))

    def forward(self, snippets: Tensor, inside: Tensor) -> Tensor:
        """snippets (N, S, inputs), inside (N, S) fractions -> (N, dim)."""
        if self.training:
            snippets = snippets * self.columns(torch.ones_like(snippets[:, :1]))
        x = self.embed(snippets)
        if self.block is not None:
            x = self.block(x, inside)
        pooled = torch.einsum("ps,nsw->npw", self.pooling, x * inside.unsqueeze(-1))
        dropped: Tensor = self.dropout(pooled.flatten(1))
        return dropped
