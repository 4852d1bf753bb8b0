"""A file that is read in few short pieces, and what a container gave of texts."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from stylus_core.generation_data.types import GenerationDataError

#: Not blocking: between a look and the opening, a file may have become a pipe.
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
)
#: Most bytes of metadata that are read of one picture, and most pieces that it may lie in.
MOST_BYTES, MOST_PARTS = 8 << 20, 50_000
#: Most bytes of one text, unpacked.
MOST_TEXT = 4 << 20
#: Bytes that are read at once at the beginning: in most pictures all that there is to know.
_HEAD = 1 << 15


class PictureFile:
    """A picture of which only pieces are read."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.size = size
        self._file = file
        self._budget = MOST_BYTES
        self._parts = MOST_PARTS
        self._head = self._read(0, min(_HEAD, size))

    def read(self, at: int, length: int) -> bytes:
        """Reads a piece.

        Args:
            at: where it begins.
            length: of the piece.

        Returns:
            Exactly so many bytes.

        Raises:
            GenerationDataError: the file ends before, or has more metadata than is read.
        """
        if at < 0 or length < 0 or at + length > self.size:
            raise GenerationDataError("it ends too early, or a length in it is wrong")
        self._parts -= 1
        if self._parts < 0:
            raise GenerationDataError("its metadata have too many parts")
        if at + length <= len(self._head):
            return self._head[at : at + length]
        self._budget -= length
        if self._budget < 0:
            raise GenerationDataError("its metadata are too large")
        data = self._read(at, length)
        if len(data) < length:
            raise GenerationDataError("it ends too early")
        return data

    def _read(self, at: int, length: int) -> bytes:
        self._file.seek(at)
        return self._file.read(length) or b""


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[PictureFile]:
    """Opens a regular file, or the one that a link leads to.

    Args:
        path: of the file.

    Yields:
        It, to be read in pieces.

    Raises:
        OSError: it cannot be read, or is no regular file (a pipe, a device, a socket).
    """
    _refuse(os.stat(path), path)  # opening a device may already do something
    with open(os.open(path, _FLAGS), "rb", buffering=0) as file:
        info = os.fstat(file.fileno())
        _refuse(info, path)
        yield PictureFile(file, info.st_size)


def _refuse(info: os.stat_result, path: str | os.PathLike[str]) -> None:
    if not stat.S_ISREG(info.st_mode):
        raise OSError(errno.EINVAL, "no regular file", os.fspath(path))


class Texts(dict[str, str]):
    """What a container says, by keyword in lower case; of two with one keyword the last counts, as in most readers.

    Attributes:
        trouble: why something of it could not be read; "" if all could.
    """

    trouble: str = ""
    _room: int = 2 * MOST_BYTES

    def spend(self, length: int) -> None:
        """Counts what is unpacked or read of the same bytes once more, so that no file makes endless work.

        Args:
            length: bytes.

        Raises:
            GenerationDataError: it is too much for one picture.
        """
        self._room -= length
        if self._room < 0:
            raise GenerationDataError("its metadata are too large")

    def add(self, key: str, text: str) -> None:
        """Keeps a text.

        Args:
            key: its keyword, in any case.
            text: of any kind; one without content is not kept.
        """
        text = text.strip("\x00 \t\r\n")
        if text and len(self) < 200:
            self[key.lower()] = text
