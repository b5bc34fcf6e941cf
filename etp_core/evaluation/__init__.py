"""How good detections are: average precision by two protocols, recall and boundary errors."""

from etp_core.evaluation.matching import PROTOCOLS, Protocol
from etp_core.evaluation.precision import Curve, average_precision
from etp_core.evaluation.recall import (
    RECALL_COUNTS,
    RECALL_TIOUS,
    BoundaryError,
    average_recall,
    average_recall_area,
    recall,
)
from etp_core.evaluation.result import Evaluation
from etp_core.evaluation.scoring import DEFAULT_TIOUS, evaluate

__all__ = [
    "DEFAULT_TIOUS",
    "PROTOCOLS",
    "RECALL_COUNTS",
    "RECALL_TIOUS",
    "BoundaryError",
    "Curve",
    "Evaluation",
    "Protocol",
    "average_precision",
    "average_recall",
    "average_recall_area",
    "evaluate",
    "recall",
]
