"""The header of a GGUF file: names and shapes of its tensors, read within bounds.

Quantised checkpoints come in this format; its layout is that of the ggml project (`docs/gguf.md` there, versions 2, 3).
"""

from __future__ import annotations

import struct
from typing import BinaryIO

from stylus_core.library.hostile_text import Malformed
from stylus_core.library.regular_file import open_regular

_MAGIC = b"GGUF"
_MOST = 16 * 2**20  # bytes of the header that are read
_MOST_TENSORS, _MOST_VALUES = 50_000, 10_000
_MOST_NAME, _MOST_DIMENSIONS = 4_096, 8
#: Bytes of a value by its type; strings and arrays have none of their own.
_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_STRING, _ARRAY = 8, 9


def read_gguf_shapes(path: str) -> dict[str, tuple[int, ...]]:
    """Reads the shapes of the tensors of a GGUF file.

    Args:
        path: of the file, of which the header alone is read.

    Returns:
        The shape of each tensor by its name, outputs first as in safetensors.

    Raises:
        Malformed: for a file that is no GGUF file, or one beyond the bounds.
        OSError: where it cannot be opened.
    """
    with open_regular(path) as file:
        reader = _GgufReader(file)
        if reader.take(4) != _MAGIC:
            raise Malformed("it is no GGUF file")
        version = reader.number("<I")
        if version not in (2, 3):
            raise Malformed(f"its GGUF version {version} is not known")
        tensors, values = reader.number("<Q"), reader.number("<Q")
        if tensors > _MOST_TENSORS or values > _MOST_VALUES:
            raise Malformed(f"it claims {tensors} tensors and {values} values")
        for _ in range(values):
            reader.text()
            reader.skip(reader.number("<I"))
        shapes = {}
        for _ in range(tensors):
            name, dimensions = reader.text(), reader.number("<I")
            if dimensions > _MOST_DIMENSIONS:
                raise Malformed(f"one of its tensors claims {dimensions} dimensions")
            shape = tuple(reader.number("<Q") for _ in range(dimensions))
            reader.take(4 + 8)  # type and offset
            shapes[name] = shape[::-1]
        return shapes


class _GgufReader:
    """Takes values off a file; raises `Malformed` at its end or beyond the bound."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._left = file, _MOST

    def take(self, size: int) -> bytes:
        self._left -= size
        if size < 0 or self._left < 0:
            raise Malformed(f"its header has more than {_MOST} bytes")
        data = self._file.read(size)
        if len(data) < size:
            raise Malformed("it is truncated")
        return data

    def number(self, form: str) -> int:
        return int(struct.unpack(form, self.take(struct.calcsize(form)))[0])

    def text(self) -> str:
        size = self.number("<Q")
        if size > _MOST_NAME:
            raise Malformed(f"a name in its header claims {size} bytes")
        return self.take(size).decode("utf-8", "replace")

    def skip(self, kind: int) -> None:
        """Passes over a value."""
        if kind == _STRING:
            self.take(self.number("<Q"))
        elif kind == _ARRAY:
            item, count = self.number("<I"), self.number("<Q")
            if item == _STRING:
                for _ in range(min(count, _MOST)):  # each takes eight bytes of what is left
                    self.take(self.number("<Q"))
            elif item in _SIZES:
                self.take(_SIZES[item] * count)
            else:
                raise Malformed("it nests arrays")
        elif kind in _SIZES:
            self.take(_SIZES[kind])
        else:
            raise Malformed(f"it has a value of the unknown type {kind}")
