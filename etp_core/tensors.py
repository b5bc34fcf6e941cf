"""Files of named tensors (.safetensors): nothing in them is unpickled."""

from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from etp_core.errors import EtpError
from etp_core.files import atomic


def write_tensors(
    path: Path, tensors: Mapping[str, Tensor], metadata: dict[str, str] | None = None
) -> None:
    """Write a .safetensors file, atomically; raises EtpError where it cannot be written."""
    with atomic(path) as temporary:
        try:
            own = {key: value.detach().cpu().contiguous() for key, value in tensors.items()}
            save_file(own, temporary, metadata)
        except SafetensorError as error:
            raise EtpError(f"{path}: cannot be written ({error})") from error
