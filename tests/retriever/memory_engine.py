"""A search engine in memory: rows in, searches out, behind the contract that Milvus fulfils. It compares every row."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from stylus_core.retriever.engine.address import Address
from stylus_core.retriever.engine.contract import WRITE, Condition, Row, collections_for

Collections = dict[str, dict[str, Row]]

_RELATIONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "in": lambda a, b: a in b,
    "not in": lambda a, b: a not in b,
}


class MemoryEngine:
    """One connection to collections that others may use too."""

    def __init__(self, collections: Collections, lock: threading.Lock, address: Address, model: str, dim: int) -> None:
        self.address, self.dim = address, dim
        self.adapters, self.examples, self.state = collections_for(address.collection, model, dim)
        self._collections, self._lock = collections, lock
        for name in (self.adapters, self.examples, self.state):
            collections.setdefault(name, {})

    def search(
        self,
        collection: str,
        field: str,
        queries: Sequence[Any],
        k: int,
        where: Sequence[Condition],
        output: Sequence[str],
        limit: float,
    ) -> list[list[Row]]:
        with self._lock:
            rows = [row for row in self._collections[collection].values() if _fits(row, where)]
        found = []
        for query in queries:
            best = sorted(rows, key=lambda row: (-_product(query, row[field]), row["key"]))
            if isinstance(query, dict):  # as an inverted index has it: what shares no term does not come up
                best = [row for row in best if query.keys() & row[field].keys()]
            found.append([{name: row[name] for name in ("key", *output)} for row in best[:k]])
        return found

    def rows(self, collection: str, keys: Sequence[str], output: Sequence[str], limit: float) -> list[Row]:
        with self._lock:
            there = self._collections[collection]
            return [{name: there[key][name] for name in ("key", *output)} for key in keys if key in there]

    def upsert(self, collection: str, rows: Sequence[Row], limit: float = WRITE) -> None:
        with self._lock:
            self._collections[collection].update({row["key"]: dict(row) for row in rows})

    def delete(self, collection: str, keys: Sequence[str], limit: float = WRITE) -> None:
        with self._lock:
            for key in keys:
                self._collections[collection].pop(key, None)

    def delete_where(self, collection: str, where: Sequence[Condition]) -> None:
        with self._lock:
            there = self._collections[collection]
            for key in [key for key, row in there.items() if _fits(row, where)]:
                del there[key]

    def settle(self) -> None:
        pass

    def close(self) -> None:
        pass


def _fits(row: Row, where: Sequence[Condition]) -> bool:
    return all(_RELATIONS[c.relation](row[c.field], c.value) for c in where)


def _product(query: Any, vector: Any) -> float:
    if isinstance(query, dict):
        return float(sum(weight * vector.get(term, 0.0) for term, weight in query.items()))
    return float(sum(a * b for a, b in zip(query, vector, strict=True)))


class MemoryServer:
    """What connections have in common, as a server has it."""

    address = "milvus://memory/tests?library=memory"

    def __init__(self) -> None:
        self._collections: Collections = {}
        self._lock = threading.Lock()

    def connect(self, address: Address, model: str, dim: int, timeout: float) -> MemoryEngine:
        return MemoryEngine(self._collections, self._lock, address, model, dim)

    def collections(self) -> set[str]:
        """Their names."""
        return set(self._collections)

    def drop_all(self) -> None:
        """As an administrator may do."""
        self._collections.clear()
