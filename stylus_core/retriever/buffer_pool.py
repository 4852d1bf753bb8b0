"""Memory that is used again by the next query.

New memory for every query would be handed out and zeroed by the system page by page: at 100,000 adapters that took
longer than what was computed in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

_KEPT = 2  # arrays that wait for the next query: as many as threads that work for one


class BufferPool:
    """Arrays of one shape, lent to whichever thread asks. As they come: full of what the last one left."""

    def __init__(self, shape: int | tuple[int, ...], dtype: DTypeLike) -> None:
        self._shape, self._dtype = shape, dtype
        self._free: list[NDArray[Any]] = []

    @contextmanager
    def lent(self) -> Iterator[NDArray[Any]]:
        """One of them, all zeros the first time. What it holds is another's as soon as the block ends."""
        try:
            array = self._free.pop()
        except IndexError:
            array = np.zeros(self._shape, self._dtype)
        yield array
        if len(self._free) < _KEPT:  # after an error it is let go: nobody knows what it holds
            self._free.append(array)
