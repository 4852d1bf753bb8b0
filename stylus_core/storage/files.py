"""Files that are whole or not there, and sums that tell whether they are still what was written."""

from __future__ import annotations

import contextlib
import os
import zlib
from pathlib import Path
from uuid import uuid4

import numpy as np

_PAGE = 4096  # bytes that are summed up to one number
_AT_ONCE = 256 * _PAGE


def write_whole(path: Path, data: bytes, mode: int = 0o666) -> None:
    """Writes a file that is whole or not there, whatever happens meanwhile, and is on the disk when this returns.

    Args:
        path: of the file; its folder is there.
        data: all of it.
        mode: who may do what with the file, less what the umask takes; 0o600: this user alone, from the first byte on.

    Raises:
        OSError: the file is as it was before.
    """
    part = path.with_name(f"{path.name}.{uuid4().hex[:8]}.part")
    try:
        with open(part, "wb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def file_id(path: Path) -> tuple[int, int] | None:
    """Tells which file has a name now.

    Args:
        path: of the file.

    Returns:
        Its device and inode: another pair is another file. None if there is none of this name.
    """
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def sync(path: Path) -> None:
    """Brings a file to the disk.

    Args:
        path: of a file that is written.

    Raises:
        OSError: it cannot be opened, or the disk does not take it.
    """
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Brings the names in a folder to the disk, on systems that have that; elsewhere nothing happens.

    Args:
        folder: in which files were made, renamed or deleted.
    """
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def checksum(path: Path) -> tuple[int, int]:
    """Sums up a file, so that any damage to it changes the sum.

    Pages are summed up as numbers and the sums go into a CRC: any flipped bit, block of zeros or page in another's
    place is found, six times as fast as by a CRC of everything. It is no help against somebody who wants to deceive.

    Args:
        path: of the file.

    Returns:
        Its size in bytes, and the CRC-32 of the sums.

    Raises:
        OSError: it cannot be read.
    """
    memory = bytearray(_AT_ONCE)
    buffer = np.frombuffer(memory, np.uint8)
    size = crc = 0
    with path.open("rb", buffering=0) as file:
        while got := file.readinto(memory):
            buffer[got : -(-got // _PAGE) * _PAGE] = 0
            pages = buffer[: -(-got // _PAGE) * _PAGE].view("<u8").reshape(-1, _PAGE // 8)
            crc = zlib.crc32(pages.sum(axis=1, dtype=np.uint64).astype("<u8"), crc)
            size += got
    return size, crc
