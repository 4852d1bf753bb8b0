"""Milvus as an `Engine`: three collections, every call with a limit in time, one kind of error.

Rows carry the name of their library, which is the partition key: libraries in one collection do not see one another.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stylus_core.errors import EngineError
from stylus_core.retriever.engine.address import Address
from stylus_core.retriever.engine.contract import TEXTS, WRITE, Condition, Row, collections_for
from stylus_core.retriever.name_codes import LONGEST
from stylus_core.retriever.quantized_vectors import STORED_VIEWS

log = logging.getLogger("stylus")

_LONGEST = 65_535  # characters of a text field
_AT_ONCE = 200  # rows that are written at once: under the 64 MB that a message may have
_ASKED = 1000  # keys that are asked for at once


class Milvus:
    """The collections of one encoder's vectors. Raises `EngineError` if there is no connection within `timeout`.

    Args:
        address: where the engine is.
        model: the encoder's key; empty for words alone.
        dim: of its vectors; 0 for words alone.
        timeout: seconds for connecting.
    """

    def __init__(self, address: Address, model: str, dim: int, timeout: float = 2.0) -> None:
        try:
            import grpc
            import pymilvus
        except ImportError:
            raise EngineError("the index is on Milvus and pymilvus is not installed: pip install pymilvus") from None
        logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # what it tells comes back as an error as well
        self.address, self.dim = address, dim
        self._types = pymilvus.DataType
        self._errors = (pymilvus.MilvusException, grpc.RpcError, OSError, ValueError, TypeError, RuntimeError)
        self._lock = threading.Lock()
        self.adapters, self.examples, self.state = collections_for(address.collection, model, dim)
        self._client = self._connected(pymilvus, timeout)
        try:
            self._prepare(timeout)
        except EngineError:
            self.close()
            raise

    def close(self) -> None:
        """See `Engine.close`."""
        try:
            self._client.close()
        except self._errors as e:
            log.debug("closing the connection to %s: %s", self.address, e)

    def _connected(self, pymilvus: Any, timeout: float) -> Any:
        if self.address.is_file:
            return self._call("open", pymilvus.MilvusClient, self.address.uri)
        box: list[Any] = []

        def connect() -> None:
            try:
                box.append(pymilvus.MilvusClient(self.address.uri, token=self.address.token, timeout=timeout))
            except Exception as e:
                box.append(e)

        # pymilvus goes beyond its own limit where a machine takes a connection and then says nothing
        thread = threading.Thread(target=connect, daemon=True)
        thread.start()
        thread.join(timeout)
        if not box:
            raise self._failed("connect", f"no answer in {timeout:g} s")
        if isinstance(box[0], Exception):
            raise self._failed("connect", box[0])
        return box[0]

    # -- the collections

    def _prepare(self, timeout: float) -> None:
        if not self._has(self.adapters, timeout):
            fields: dict[str, tuple[str, dict[str, Any]]] = {t: ("SPARSE_FLOAT_VECTOR", {}) for t in TEXTS}
            fields |= {v: ("FLOAT_VECTOR", {"dim": self.dim}) for v in STORED_VIEWS.values() if self.dim}
            plain = {"digest": ("VARCHAR", {"max_length": 32})}
            plain |= {name: ("VARCHAR", {"max_length": LONGEST}) for name in ("architecture", "kind")}
            self._create(self.adapters, {**plain, "packed": ("VARCHAR", {"max_length": _LONGEST}), **fields})
        if not self._has(self.examples, timeout):
            plain = {"owner": ("VARCHAR", {"max_length": 32}), "packed": ("VARCHAR", {"max_length": _LONGEST})}
            self._create(self.examples, {**plain, "examples": ("SPARSE_FLOAT_VECTOR", {})})
        if not self._has(self.state, timeout):
            plain = {"generation": ("VARCHAR", {"max_length": 64}), "written": ("INT64", {})}
            # a collection has to have a vector
            value = {"value": ("VARCHAR", {"max_length": _LONGEST}), "nothing": ("FLOAT_VECTOR", {"dim": 2})}
            self._create(self.state, {**plain, **value})

    def _has(self, collection: str, timeout: float) -> bool:
        """Whether it is there, and then ready to be searched: a file's collections are not when it is opened."""
        found = bool(self._call("look up", self._client.has_collection, collection, timeout=timeout))
        if found:
            limit = WRITE if self.address.is_file else timeout
            self._call("load", self._client.load_collection, collection, timeout=limit)
        return found

    def _create(self, collection: str, columns: Mapping[str, tuple[str, dict[str, Any]]]) -> None:
        types = self._types
        schema = self._client.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("key", types.VARCHAR, is_primary=True, max_length=200)
        schema.add_field("library", types.VARCHAR, max_length=200, is_partition_key=True)
        indexes = self._client.prepare_index_params()
        for name, (kind, settings) in columns.items():
            schema.add_field(name, getattr(types, kind), **settings)
            if kind == "FLOAT_VECTOR":
                indexes.add_index(name, index_type="AUTOINDEX", metric_type="IP")
            elif kind == "SPARSE_FLOAT_VECTOR":
                indexes.add_index(name, index_type="SPARSE_INVERTED_INDEX", metric_type="IP")
        try:
            self._call(
                "make the collections",
                self._client.create_collection,
                collection,
                schema=schema,
                index_params=indexes,
                consistency_level="Session",
                timeout=WRITE,
            )
        except EngineError:
            if not self._has(collection, WRITE):  # else another process made it meanwhile
                raise

    # -- reading

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
        """See `Engine.search`."""
        found = self._call(
            "search",
            self._client.search,
            collection,
            data=list(queries),
            anns_field=field,
            limit=k,
            filter=_expression(where),
            output_fields=list(output),
            timeout=limit,
        )
        # older clients call the key "id"
        return [[{**hit["entity"], "key": hit["key"] if "key" in hit else hit["id"]} for hit in hits] for hits in found]

    def rows(self, collection: str, keys: Sequence[str], output: Sequence[str], limit: float) -> list[Row]:
        """See `Engine.rows`."""
        out: list[Row] = []
        until = time.monotonic() + limit
        for first in range(0, len(keys), _ASKED):
            some = list(keys[first : first + _ASKED])
            left = max(0.01, until - time.monotonic())
            out += self._call(
                "read", self._client.get, collection, ids=some, output_fields=["key", *output], timeout=left
            )
        return out

    # -- writing

    def upsert(self, collection: str, rows: Sequence[Row], limit: float = WRITE) -> None:
        """See `Engine.upsert`."""
        for some in _chunks(rows):
            with self._lock:  # Milvus itself takes writers side by side, the version in a file does not
                self._call("write", self._client.upsert, collection, data=list(some), timeout=limit)

    def delete(self, collection: str, keys: Sequence[str], limit: float = WRITE) -> None:
        """See `Engine.delete`."""
        for first in range(0, len(keys), _ASKED):
            with self._lock:
                self._call("delete", self._client.delete, collection, ids=keys[first : first + _ASKED], timeout=limit)

    def delete_where(self, collection: str, where: Sequence[Condition]) -> None:
        """See `Engine.delete_where`."""
        with self._lock:
            self._call("delete", self._client.delete, collection, filter=_expression(where), timeout=WRITE)

    def settle(self) -> None:
        """See `Engine.settle`."""
        for collection in (self.adapters, self.examples):
            with self._lock:
                self._call("index", self._client.flush, collection, timeout=WRITE)

    # -- errors

    def _call(self, what: str, method: Any, *args: Any, **named: Any) -> Any:
        try:
            return method(*args, **named)
        except self._errors as e:
            raise self._failed(what, e) from None

    def _failed(self, what: str, why: object) -> EngineError:
        text = re.sub(r"\s+", " ", str(getattr(why, "message", "") or why)).strip()
        token = self.address.token
        text = text.replace(token, "***") if token else text
        return EngineError(f"the index at {self.address} could not {what} ({text[:150]})")


def _expression(where: Sequence[Condition]) -> str:
    """Conditions as Milvus writes a filter."""
    return " and ".join(f"{c.field} {c.relation} {_literal(c.value)}" for c in where)


def _literal(value: str | int | Sequence[str]) -> str:
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"[{', '.join(map(_literal, value))}]"


def _chunks(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    for first in range(0, len(rows), _AT_ONCE):
        yield rows[first : first + _AT_ONCE]
