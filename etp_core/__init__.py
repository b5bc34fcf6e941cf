"""The engine of ETP Studio: Evolving Temporal Proposals (Qiu et al. 2018), without a screen.

Data flows one way: video → features → actionness → refinement → localization → evolution.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from etp_core.localizer import Localizer as Localizer

__version__ = "0.1.0"
__all__ = ["Localizer"]


def __getattr__(name: str) -> Any:
    """Import torch only for those who ask for the detector (annotating never does)."""
    if name == "Localizer":
        from etp_core.localizer import Localizer

        return Localizer
    raise AttributeError(f"module 'etp_core' has no attribute {name!r}")
