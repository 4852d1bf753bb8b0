"""How an engine is asked where only some adapters of a library may be picked.

What may be picked is known to this machine by the keys of the rows. A filter names the keys that may come up, or those
that may not, where either are few. Else more is asked for than is needed, and what may not be picked is left out after
that; and where too little is left, as much as an engine gives.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from stylus_core.retriever.engine.contract import Condition, Row
from stylus_core.retriever.engine.sync_state import SyncState
from stylus_core.retriever.pool import Pool

_LISTED = 4000  # keys in a filter
_FEW = 400  # adapters that are looked at unfound, where hardly any are found
_DEEPEST = 16_384  # rows that an engine gives at most
_SPARE = 1.5


class PoolQuery:
    """One pool's; of the whole library where there is none."""

    def __init__(self, pool: Pool | None, sync: SyncState) -> None:
        self.pool = pool
        self.where: list[Condition] = []  # what the engine is to leave out
        self.few: list[str] = []  # keys of some that may be picked, of all where there are no more
        self._factor = 0.0  # how much more is asked for; 0 where the filter takes care of it
        self._keys = np.zeros(0, "S32")  # sorted: those that may be picked, or those that may not
        self._are_inside = False
        if pool is None:
            return
        inside, outside = pool.inside.tolist(), pool.outside.tolist()
        self._are_inside = len(inside) <= len(outside)
        keys = sync.keys_of(inside if self._are_inside else outside)
        self._keys = np.sort(np.array(keys, "S32"))
        if len(keys) <= _LISTED:
            if keys:
                self.where = [Condition("key", "in" if self._are_inside else "not in", keys)]
            elif self._are_inside:  # nobody may be picked
                self.where = [Condition("key", "==", "")]
        else:
            self._factor = _SPARE * (len(inside) + len(outside)) / max(1, len(inside))
        self.few = sync.keys_of(inside[:_FEW])

    def depths(self, k: int) -> tuple[int, ...]:
        """How many rows to ask for, one after the other until enough are left, so that `k` may be."""
        return (min(_DEEPEST, int(k * self._factor)), _DEEPEST) if self._factor else (k,)

    def kept(self, hits: Sequence[Row]) -> list[Row]:
        """The rows that may be picked."""
        kept = set(self.kept_keys([str(row["key"]) for row in hits]))
        return [row for row in hits if row["key"] in kept]

    def kept_keys(self, keys: Sequence[str]) -> list[str]:
        """The keys of adapters that may be picked."""
        if self.pool is None or not keys:
            return list(keys)
        asked = np.array([key.encode("ascii", "replace") for key in keys], "S32")  # rows may come from anywhere
        at = np.minimum(np.searchsorted(self._keys, asked), max(len(self._keys) - 1, 0))
        among = self._keys[at] == asked if len(self._keys) else np.zeros(len(asked), np.bool_)
        return [key for key, found in zip(keys, among.tolist(), strict=True) if found == self._are_inside]
