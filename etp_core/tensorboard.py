"""Training logs for TensorBoard, an optional package."""

from pathlib import Path
from typing import Any

from etp_core.errors import EtpError, InputError
from etp_core.progress import Reporter


class TensorBoard(Reporter):
    """Writes the figures of every step as curves, and passes everything on to another reporter."""

    def __init__(self, folder: Path, onward: Reporter) -> None:
        """Raises EtpError if the package is missing, InputError if the folder cannot be written."""
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise EtpError(
                "--tensorboard needs the package tensorboard: pip install tensorboard"
            ) from error
        try:
            self._writer = SummaryWriter(str(folder))
        except OSError as error:
            raise InputError(f"{folder}: cannot be written ({error.strerror})") from error
        self._onward = onward

    def emit(self, event: str, **data: Any) -> None:
        self._onward.emit(event, **data)
        if event != "step":
            return
        for name, value in data.items():
            if name not in ("task", "video", "done", "total"):
                self._writer.add_scalar(f"{data['task']}/{name}", value, data["done"])

    def close(self) -> None:
        """Write out what is left; the other reporter is closed by who made it."""
        self._writer.close()
