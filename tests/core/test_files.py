"""Writing files: all of it, or nothing."""

import os
import stat
from pathlib import Path

import numpy as np
import pytest

from etp_core.errors import EtpError
from etp_core.files import atomic

FULL = Path("/dev/full")


def test_the_file_appears_whole_when_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.txt"
    with atomic(path) as temporary:
        temporary.write_text("all of it")
        assert not path.exists()
    assert path.read_text() == "all of it"
    assert [p.name for p in path.parent.iterdir()] == ["a.txt"]


def test_an_error_in_the_block_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), atomic(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_file_has_the_permissions_that_any_new_file_has(tmp_path: Path) -> None:
    with atomic(tmp_path / "a") as temporary:
        temporary.touch()
    (tmp_path / "b").touch()
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in "ab"]
    assert modes[0] == modes[1]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_or_a_device_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(EtpError, match="pipe: is no regular file"), atomic(path):
        pass
    assert list(tmp_path.iterdir()) == [path]
    assert path.is_fifo()


def test_a_link_stays_one_and_what_it_leads_to_is_replaced(tmp_path: Path) -> None:
    link, real = tmp_path / "link", tmp_path / "elsewhere" / "a.txt"
    real.parent.mkdir()
    real.write_text("old")
    link.symlink_to(real)
    with atomic(link) as temporary:
        temporary.write_text("new")
    assert link.is_symlink()
    assert (link.read_text(), real.read_text()) == ("new", "new")


def test_a_folder_that_takes_no_files_is_named() -> None:
    with pytest.raises(EtpError, match=r"a\.txt: cannot be written"), atomic(Path("/proc/a.txt")):
        pass


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
def test_a_disk_that_fills_up_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    failing = pytest.raises(EtpError, match=r"a\.npy: cannot be written")
    with failing, atomic(path), FULL.open("wb") as file:
        np.save(file, np.zeros(100_000))
    assert list(tmp_path.iterdir()) == []
