"""What the retriever needs of a search engine: rows go in, and searches bring them out. `Milvus` is one.

Three collections. A row of each has a `key` of its own and the `library` that it belongs to:

- adapters: a row an adapter; what brings it up (two sparse vectors, two dense ones) and what it is scored by.
- examples: a row an example prompt, for the signal that looks for prompts like this one.
- state: statistics of each library, in pieces that fit a row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any, Literal, NamedTuple, Protocol

from stylus_core.retriever import tokenizer
from stylus_core.retriever.engine.address import Address
from stylus_core.retriever.engine.row_packing import VERSION

Row = dict[str, Any]

#: Sparse fields of an adapter's row; with the dense ones four vectors, as many as Milvus takes as it comes.
TEXTS = ("everything", "about")
WRITE = 60.0  # seconds that a write may take


class Condition(NamedTuple):
    """What a row has to fulfil: its `field` stands to `value` as `relation` says."""

    field: str
    relation: Literal["==", "!=", "<", "in", "not in"]
    value: str | int | Sequence[str]


class Engine(Protocol):
    """The collections of one encoder's vectors. All calls raise `EngineError`, also where they take too long."""

    @property
    def address(self) -> Address:
        """Where it is, for messages."""
        ...

    @property
    def dim(self) -> int:
        """Of the dense vectors; 0 for words alone."""
        ...

    @property
    def adapters(self) -> str:
        """The name of the collection of adapters."""
        ...

    @property
    def examples(self) -> str:
        """The name of the collection of example prompts."""
        ...

    @property
    def state(self) -> str:
        """The name of the collection of statistics."""
        ...

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
        """The rows with the largest inner products.

        Args:
            collection: one of the three.
            field: the vector that is compared.
            queries: vectors, dense as lists or sparse as number of the dimension -> value.
            k: rows for each query.
            where: what rows have to fulfil, all of it.
            output: fields that are wanted beside the key.
            limit: seconds.

        Returns:
            For each query at most `k` rows, the largest product first.
        """
        ...

    def rows(self, collection: str, keys: Sequence[str], output: Sequence[str], limit: float) -> list[Row]:
        """The rows of these keys, in any order; those that are not there are left out. `limit` in seconds."""
        ...

    def upsert(self, collection: str, rows: Sequence[Row], limit: float = WRITE) -> None:
        """Writes rows, each whole: of two writers the later has its row."""
        ...

    def delete(self, collection: str, keys: Sequence[str], limit: float = WRITE) -> None:
        """Deletes the rows of these keys; those that are not there are no matter."""
        ...

    def delete_where(self, collection: str, where: Sequence[Condition]) -> None:
        """Deletes the rows that fulfil all of this."""
        ...

    def settle(self) -> None:
        """After many writes: what they wrote is indexed, and not searched row by row."""
        ...

    def close(self) -> None:
        """Closes the connection; nothing that was written is lost."""
        ...


def collections_for(prefix: str, model: str, dim: int) -> tuple[str, str, str]:
    """The names of the collections, so that two models or two versions of what is stored never mix.

    Args:
        prefix: what the names begin with.
        model: the encoder's key.
        dim: of its vectors.

    Returns:
        Those of adapters, examples and state.
    """
    made_for = sha256(f"{model} {dim} {VERSION} {tokenizer.VERSION}".encode()).hexdigest()[:8]
    return f"{prefix}_adapters_{made_for}", f"{prefix}_examples_{made_for}", f"{prefix}_state_{made_for}"


#: Opens the collections for the vectors of a model. Takes the address, the encoder's key ("" for words alone), the
#: dimension of its vectors and the seconds that it may take; raises `EngineError`.
Connect = Callable[[Address, str, int, float], Engine]
