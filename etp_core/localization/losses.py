"""Classification and completeness losses of stage 3 (Eqs. 6 to 8)."""

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


def classification_loss(logits: Tensor, labels: Tensor, smoothing: float = 0.0) -> Tensor:
    """Eq. 6: cross entropy over K + 1 classes, logits (N, K + 1), labels (N,).

    All classes together get the share `smoothing` of every label.
    """
    return nn.functional.cross_entropy(logits, labels, label_smoothing=smoothing)
