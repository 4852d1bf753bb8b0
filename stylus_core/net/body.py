"""A body as it comes, decompressed no further than its limit: a few bytes may unfold to gigabytes."""

from __future__ import annotations

import zlib

from stylus_core.net.errors import GARBLED, LARGE, NetError

_GZIP = {"gzip", "x-gzip"}
_EITHER = 32 + zlib.MAX_WBITS  # a head of gzip or zlib, whichever is there


class Unpacker:
    """Undoes the compression that `encoding` names. Raises `NetError` for any that was not asked for.

    Args:
        encoding: the header Content-Encoding.
        limit: bytes of the body.
    """

    def __init__(self, encoding: str, limit: int) -> None:
        named = encoding.strip().lower()
        if named not in ("", "identity", "deflate", *_GZIP):
            raise NetError(GARBLED, "sent its answer compressed in a way that it was not asked for")
        self._limit = limit
        self._unpacked = 0
        self._work = None if named in ("", "identity") else zlib.decompressobj(_EITHER)
        self._begun = False

    def unpack(self, piece: bytes) -> bytes:
        """What the next piece holds, cut one byte behind the limit. Raises `NetError` for what is not compressed."""
        if self._work is None:
            return piece
        self._begun = True
        try:
            out = self._work.decompress(piece, self._limit + 1 - self._unpacked)
        except zlib.error:
            raise NetError(GARBLED, "sent an answer that cannot be decompressed") from None
        self._unpacked += len(out)
        return out

    @property
    def whole(self) -> bool:
        """Whether nothing is missing at the end of what was unpacked."""
        return self._work is None or self._work.eof or not self._begun

    def too_long(self) -> NetError:
        """The error of a body beyond the limit."""
        size = f"{self._limit >> 20} MiB" if self._limit >= 1 << 20 else f"{self._limit >> 10} KB"
        return NetError(LARGE, f"sent an answer longer than {size}: it was not read")
