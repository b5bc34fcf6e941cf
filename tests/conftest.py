"""What all tests share: property tests are judged by what they find, not by how long they take."""

import os

import pytest
from hypothesis import settings

# several test processes, and the commands they start, stall each other with a thread per core each
os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.register_profile("etp", deadline=None)
settings.load_profile("etp")


@pytest.fixture(autouse=True)
def _own_data(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Backups of a test's projects do not lie among those of a person."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path_factory.getbasetemp() / "data"))
