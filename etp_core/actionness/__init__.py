"""Stage 1: frame-level actionness and the proposals that Algorithm 1 makes of it."""

from etp_core.actionness.proposals import Proposals, Proposer, propose

__all__ = ["Proposals", "Proposer", "propose"]
