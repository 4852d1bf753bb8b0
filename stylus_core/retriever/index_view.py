"""What the retriever needs of an index, be it this machine's or what a search engine brought up of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from stylus_core.retriever.fusion import Scores
from stylus_core.retriever.live_segment import LiveSegment
from stylus_core.retriever.postings import Mask
from stylus_core.retriever.signals import Signals


class IndexView(Protocol):
    """n rows, each of an adapter, with all signals over them. They may be some of a larger library."""

    @property
    def signals(self) -> Signals:
        """Of all rows."""
        ...

    @property
    def segments(self) -> list[LiveSegment]:
        """What the rows are made of, in their order."""
        ...

    @property
    def ids(self) -> NDArray[np.int64]:
        """(n,): the library's id of each row."""
        ...

    @property
    def selectable(self) -> Mask:
        """(n,): the rows that may be candidates, if the options let them."""
        ...

    def __len__(self) -> int:
        """Adapters in the whole library."""
        ...

    def outside(self, whole: Scores | None, parts: Scores | None) -> Mapping[str, tuple[float, float]]:
        """The lowest and the highest value that each signal has among the adapters of the library that are no rows.

        Args:
            whole: (0 or 1, dim) vector of the prompt; None without an encoder.
            parts: (parts, dim) vectors of its parts; None without an encoder.

        Returns:
            Signals by name; empty where there are no other adapters.
        """
        ...
