"""How good detections are, why they are wrong, what each stage did, and how annotators agree."""

from etp_core.evaluation.agreement import Agreement, agreement, by_annotator
from etp_core.evaluation.cases import Case, worst_cases
from etp_core.evaluation.diagnosis import Diagnosis, confusion, diagnose
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
from etp_core.evaluation.stages import StageReport, evolution_metrics, stage_metrics

__all__ = [
    "DEFAULT_TIOUS",
    "PROTOCOLS",
    "RECALL_COUNTS",
    "RECALL_TIOUS",
    "Agreement",
    "BoundaryError",
    "Case",
    "Curve",
    "Diagnosis",
    "Evaluation",
    "Protocol",
    "StageReport",
    "agreement",
    "average_precision",
    "average_recall",
    "average_recall_area",
    "by_annotator",
    "confusion",
    "diagnose",
    "evaluate",
    "evolution_metrics",
    "recall",
    "stage_metrics",
    "worst_cases",
]
