"""Principal components of the backbone's features: what the three networks really read.

Cached features are wide (thousands of columns) and few (tens of thousands of rows): a fixed
orthogonal projection, fitted on the training videos, makes every network small and quick.
"""

from contextlib import suppress
from dataclasses import dataclass

import torch
from torch import Tensor

_CHUNK = 4096  # rows at a time: hours of video are wider than memory in double precision
_WIDE = 4096  # columns from which on the covariance is never written down
_SPARE, _ROUNDS = 32, 4  # further directions and passes that make the leading ones right
_STILL = 0.1  # added to deviations: a column that hardly moves says little, and is not blown up


class Moments:
    """Mean and deviation of each column of a video, as far as its rows have been added."""

    def __init__(self, rows: Tensor | None = None) -> None:
        self._count = 0
        self._sum: Tensor | float = 0.0
        self._squares: Tensor | float = 0.0
        if rows is not None:
            self.add(rows)

    def add(self, rows: Tensor) -> None:
        """Take in further rows (T, D)."""
        for part in rows.split(_CHUNK):
            part = part.double()
            self._count += len(part)
            self._sum = self._sum + part.sum(0)
            self._squares = self._squares + part.square().sum(0)

    def standardise(self, rows: Tensor) -> Tensor:
        """Rows (T, D) less the mean of their video, over its deviation.

        What stays the same all through a video, the place, the clothes, the camera, is gone.
        """
        mean = torch.as_tensor(self._sum / self._count)
        variance = torch.as_tensor(self._squares / self._count) - mean.square()
        deviation = variance.clamp(min=0).sqrt() + _STILL
        return (rows.float() - mean.float()) / deviation.float()


def _eigen(covariance: Tensor) -> tuple[Tensor, Tensor]:
    """Eigenvalues, ascending, and vectors of a symmetric matrix (D, D), single precision."""
    with suppress(torch.linalg.LinAlgError):
        values, vectors = torch.linalg.eigh(covariance.float())
        if values.isfinite().all() and vectors.isfinite().all():
            return values, vectors
    # many columns that never move can defeat single precision, with an error or with NaN
    values, vectors = torch.linalg.eigh(covariance)
    return values.float(), vectors.float()


def _leading(
    rows: list[Tensor], mean: Tensor, keep: int, device: torch.device | str
) -> tuple[Tensor, Tensor]:
    """The largest eigenvalues of the covariance and their vectors (D, keep), without the matrix.

    Subspace iteration from a random start (Halko et al. 2011), the same one every time.
    """
    count = sum(len(part) for part in rows)
    start = torch.Generator().manual_seed(0)
    width = min(keep + _SPARE, count, len(mean))
    basis = torch.randn(len(mean), width, generator=start).to(device)
    mean = mean.to(device)
    for _ in range(_ROUNDS):
        basis = torch.linalg.qr(basis).Q
        image = torch.zeros_like(basis)
        for part in rows:
            centred = part.to(device).float() - mean
            image += centred.T @ (centred @ basis)
        last, basis = basis, image
    small = (last.T @ image).cpu().double() / count
    values, turn = torch.linalg.eigh((small + small.T) / 2)
    vectors = last.cpu() @ turn.float()
    return values[-keep:].flip(0).float(), vectors[:, -keep:].flip(1)


@dataclass(frozen=True)
class Reduction:
    """x -> (x - mean) @ basis; mean (D,), basis (D, d), scaled to unit mean variance.

    With `per_video` rows are standardised within their video first.
    """

    mean: Tensor
    basis: Tensor
    per_video: bool

    @classmethod
    def fit(
        cls,
        rows: list[Tensor],
        components: int,
        per_video: bool,
        device: torch.device | str = "cpu",
    ) -> "Reduction":
        """Fit on the rows (T_v, D) of the training videos; d = min(components, D, rows)."""
        if per_video:
            rows = [Moments(part).standardise(part) for part in rows]
        count = sum(len(part) for part in rows)
        mean = torch.stack([part.double().sum(0) for part in rows]).sum(0) / count
        keep = min(components, count, len(mean))
        if len(mean) > _WIDE:
            values, vectors = _leading(rows, mean.float(), keep, device)
        else:
            scatter = torch.zeros(len(mean), len(mean), dtype=torch.float64, device=device)
            for part in rows:
                centred = (part.double() - mean).float().to(device)
                scatter += (centred.T @ centred).double()
            values, vectors = _eigen((scatter / count).cpu())
            values, vectors = values[-keep:].flip(0), vectors[:, -keep:].flip(1)
        # eigenvectors are defined up to their sign: fix it, so that equal data gives equal models
        vectors *= torch.where(vectors.sum(0) < 0, -1.0, 1.0)
        scale = values.clamp(min=0).mean().sqrt().clamp(min=1e-6)
        return cls(mean.float(), (vectors / scale).contiguous(), per_video)

    def to(self, device: torch.device) -> "Reduction":
        """The same where the rows are."""
        return Reduction(self.mean.to(device), self.basis.to(device), self.per_video)

    def __call__(self, rows: Tensor, moments: Moments | None = None) -> Tensor:
        """(T, D) features of any floating type -> (T, d) float32.

        Pass all rows of a video, or some and the moments of what is known of it so far.
        """
        if not self.per_video:
            moments = None
        elif moments is None:
            moments = Moments(rows)
        parts = []
        for part in rows.split(_CHUNK):
            prepared = part.float() if moments is None else moments.standardise(part)
            parts.append((prepared - self.mean) @ self.basis)
        return torch.cat(parts)
