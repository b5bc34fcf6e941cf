"""Stage 1: frame-level actionness and the proposals that Algorithm 1 makes of it."""

from etp_core.actionness.proposals import Proposals, propose

__all__ = ["Proposals", "propose"]
