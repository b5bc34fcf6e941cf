"""The multi-task loss of stage 3 (Eqs. 6 to 9)."""

from torch import Tensor, nn


def completeness_loss(score: Tensor, complete: Tensor, keep: float = 0.25) -> Tensor:
    """Hinge loss of Eq. 8 with online hard example mining.

    score (N,) of each proposal's own class, complete (N,) bool. All complete proposals count and
    of the incomplete ones the share `keep` with the largest loss.
    """
    positive = (1 - score[complete]).clamp(min=0)
    incomplete = (1 + score[~complete]).clamp(min=0)
    hardest = (
        incomplete.topk(max(1, round(keep * len(incomplete)))).values
        if len(incomplete)
        else incomplete
    )
    total = len(positive) + len(hardest)
    return (positive.sum() + hardest.sum()) / max(1, total)


def regression_loss(predicted: Tensor, target: Tensor) -> Tensor:
    """Eq. 4 on normalised offsets (N, 2): smooth-L1, summed over (c, s), mean over proposals."""
    if len(predicted) == 0:
        return predicted.sum()
    return 2 * nn.functional.smooth_l1_loss(predicted, target)


def classification_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Eq. 6: cross entropy over K + 1 classes, logits (N, K + 1), labels (N,)."""
    return nn.functional.cross_entropy(logits, labels)
