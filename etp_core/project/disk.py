"""What kind of disk a project lies on: a log in shared memory is for this computer alone.

On Linux the table of mounts tells. Elsewhere network disks are not recognised, see
docs/decisions/project-file.md.
"""

import os
from dataclasses import dataclass
from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")

# File systems that other computers write too, or the host of this virtual one, and that may have
# locks: these are tried before they are relied on (lock.py).
_LOCKING = {"nfs", "nfs4", "cifs", "smb3", "ceph", "lustre", "gpfs", "beegfs", "afs", "9p",
            "virtiofs", "vboxsf", "prl_fs"}  # fmt: skip
# Local disks behind FUSE; every other one may be anything, such as sshfs, without locks.
_LOCAL_FUSE = {"fuse.ntfs-3g", "fuse.exfat", "fuse.encfs", "fuse.gocryptfs", "fuse.mergerfs",
               "fuse.bindfs", "fuse.portal", "fuse.ext2", "fuse.fuse-overlayfs"}  # fmt: skip
_NO_LOCKS = {"nolock", "local_lock=all", "local_lock=flock", "local_lock=posix", "nobrl"}


@dataclass(frozen=True, slots=True)
class Disk:
    """network: the kind of network disk, "" on a local one; locks: whether its locks are shared."""

    network: str = ""
    locks: bool = True

    @property
    def without_locks(self) -> str:
        """What the disk is called where its locks are not shared."""
        return f"a network disk without locks that a project can rely on ({self.network})"


def disk_of(path: Path, table: str | None = None) -> Disk:
    """The disk that a path lies on; `table` is the text of mountinfo (default: the system's)."""
    if table is None:
        try:
            table = _MOUNTS.read_text("utf-8", errors="surrogateescape")
        except OSError:
            return Disk()
    where = os.path.realpath(path)
    best, found = -1, Disk()
    for line in table.splitlines():
        head, _, tail = line.partition(" - ")
        fields, rest = head.split(), tail.split()
        if len(fields) < 6 or len(rest) < 1:
            continue
        mount = fields[4].encode(errors="surrogateescape").decode("unicode_escape")
        inside = where == mount or where.startswith(mount.rstrip("/") + "/")
        if inside and len(mount) >= best:  # later mounts cover earlier ones
            options = {*fields[5].split(","), *(rest[2].split(",") if len(rest) > 2 else ())}
            best, found = len(mount), _disk(rest[0], rest[1] if len(rest) > 1 else "", options)
    return found


def _disk(kind: str, source: str, options: set[str]) -> Disk:
    if kind in _LOCKING:
        return Disk(kind, not options & _NO_LOCKS)
    if kind in ("davfs", "smbfs") or (kind.startswith("fuse.") and kind not in _LOCAL_FUSE):
        return Disk(kind, locks=False)
    if kind == "fuse" and not source.startswith("/"):  # such as davfs2: an address, not a folder
        return Disk(kind, locks=False)
    return Disk()
