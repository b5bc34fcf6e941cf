"""Generated videos of drawn people doing actions, with boundaries known to the frame.

For demonstrations, tests and checking a whole training without any data of one's own.
"""

from etp_core.synth.actions import ACTIONS
from etp_core.synth.writing import generate

__all__ = ["ACTIONS", "generate"]
