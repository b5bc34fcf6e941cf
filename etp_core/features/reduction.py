"""Principal components of the backbone's features: what the three networks really read.

Cached features are wide (thousands of columns) and few (tens of thousands of rows): a fixed
orthogonal projection, fitted on the training videos, makes every network small and quick.
"""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Reduction:
    """x -> (x - mean) @ basis; mean (D,), basis (D, d), scaled to unit mean variance."""

    mean: Tensor
    basis: Tensor

    @classmethod
    def fit(cls, rows: list[Tensor], components: int) -> "Reduction":
        """Fit on the rows (T_v, D) of the training videos; d = min(components, D, rows)."""
        count = sum(len(part) for part in rows)
        mean = torch.stack([part.double().sum(0) for part in rows]).sum(0) / count
        scatter = torch.zeros(len(mean), len(mean), dtype=torch.float64)
        for part in rows:
            centred = (part.double() - mean).float()
            scatter += (centred.T @ centred).double()
        values, vectors = torch.linalg.eigh((scatter / count).float())
        keep = min(components, count)
        values, vectors = values[-keep:].flip(0), vectors[:, -keep:].flip(1)
        # eigenvectors are defined up to their sign: fix it, so that equal data gives equal models
        vectors *= torch.where(vectors.sum(0) < 0, -1.0, 1.0)
        scale = values.clamp(min=0).mean().sqrt().clamp(min=1e-6)
        return cls(mean.float(), (vectors / scale).contiguous())

    def __call__(self, rows: Tensor) -> Tensor:
        """(T, D) features of any floating type -> (T, d) float32."""
        return (rows.float() - self.mean) @ self.basis
