"""Reading a file that may be anything: bounded, and never one that waits."""

from __future__ import annotations

import errno
import os
import stat

#: Not blocking: between a look and the opening, a file may have become a pipe.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)


def read_file(path: str | os.PathLike[str], most: int) -> bytes:
    """Reads a regular file, or the one that a link leads to.

    Args:
        path: of the file.
        most: bytes that it may have.

    Returns:
        All of its content.

    Raises:
        OSError: it cannot be read, is no regular file (a pipe, a device, a socket), or is larger than `most`.
        ValueError: no file can have such a name.
    """
    _refuse(os.stat(path), path, most)  # opening a device may already do something
    descriptor = os.open(path, _FLAGS | getattr(os, "O_CLOEXEC", 0))
    with open(descriptor, "rb", buffering=0) as file:
        size = _refuse(os.fstat(descriptor), path, most)  # of what was opened, whatever the name means by now
        parts = []
        while size >= 0 and (part := file.read(size + 1)):  # one more than it should have, to see that it ends
            parts.append(part)
            size -= len(part)
    if size < 0:
        raise OSError(errno.EFBIG, "it grew while it was read", os.fspath(path))
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _refuse(info: os.stat_result, path: str | os.PathLike[str], most: int) -> int:
    """The size of what can be read."""
    if not stat.S_ISREG(info.st_mode):
        raise OSError(errno.EINVAL, "no regular file", os.fspath(path))
    if info.st_size > most:
        raise OSError(errno.EFBIG, f"more than {most:,} bytes", os.fspath(path))
    return info.st_size
