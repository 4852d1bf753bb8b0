"""Opens files that somebody else made: regular ones, and nothing that waits or acts when it is opened."""

from __future__ import annotations

import os
import stat
from typing import BinaryIO

from stylus_core.library.hostile_text import Malformed


def open_regular(path: str) -> BinaryIO:
    """Opens the regular file `path`, or the one to which it is a link, for reading.

    Opening a pipe would wait for its writer, and opening a device may do anything: neither is opened, not even one
    that takes a file's place between two looks.

    Raises:
        Malformed: for what is no regular file.
        OSError: where it cannot be opened.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise Malformed("it is not a regular file")
    file = open(path, "rb", opener=_without_waiting)
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise Malformed("it is not a regular file")
    return file


def error_text(error: Exception) -> str:
    """Tells the user what the system said of an entry of a folder, or what else failed.

    Args:
        error: that came of opening or reading it.

    Returns:
        A clause.
    """
    if isinstance(error, OSError):
        return error.strerror or str(error) or type(error).__name__
    return f"it cannot be read ({type(error).__name__})"


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
