"""Vectors on disk, keyed by model and text: nothing is embedded twice, and two models never mix."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stylus_core.retriever.encoder import Encoder
from stylus_core.storage.cache_file import CacheFile
from stylus_core.storage.cache_tables import CacheTable, Row
from stylus_core.storage.checksummed_values import seal, unseal

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS vectors (model TEXT, text BLOB, vector BLOB, PRIMARY KEY (model, text)) WITHOUT ROWID"
)
_BATCH = 1024  # one transaction each: what is embedded stays embedded, whatever happens next
_MEMORY = 50_000  # vectors of short texts that stay in memory


class VectorStore:
    """A cache in front of an encoder. Half precision on disk: off by 3e-5 in a component of a unit vector.

    Args:
        database: the file.
        encoder: whose vectors.
    """

    def __init__(self, database: Path, encoder: Encoder) -> None:
        self.encoder = encoder
        self._near: dict[str, NDArray[np.float32]] = {}
        self._file = vector_file(database)

    def close(self) -> None:
        """Closes the file; what is in memory stays."""
        self._file.close()

    @property
    def problem(self) -> str:
        """Why the last vectors could not be kept, in one sentence; empty if they were."""
        return self._file.problem

    def many(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of many texts. What is missing is embedded and saved batch by batch.

        Args:
            texts: in any order, with repeats or not.

        Returns:
            (len(texts), dim).
        """
        out = np.zeros((len(texts), self.encoder.dim), np.float32)
        keys = [_key(t) for t in texts]
        known = self._read(list(dict.fromkeys(keys)))
        missing: dict[bytes, list[int]] = {}
        for i, k in enumerate(keys):
            vector = known.get(k)
            if vector is None:
                missing.setdefault(k, []).append(i)
            else:
                out[i] = vector
        # texts of one length side by side waste no work on padding, whatever the backend
        order = sorted(missing, key=lambda k: len(texts[missing[k][0]]))
        for first in range(0, len(order), _BATCH):
            batch = order[first : first + _BATCH]
            vectors = self.encoder.encode([texts[missing[k][0]] for k in batch])
            self._write(list(zip(batch, vectors, strict=True)))
            for k, vector in zip(batch, vectors, strict=True):
                out[missing[k]] = vector
        return out

    def short(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], int]:
        """The vectors of a prompt and its parts.

        People change one word at a time: parts stay in memory, and on disk for the next start.

        Args:
            texts: the prompt's; at least one.

        Returns:
            (len(texts), dim), and how many of them had to be computed.
        """
        missing = [t for t in dict.fromkeys(texts) if t not in self._near]
        if missing:
            if len(self._near) + len(missing) > _MEMORY:
                self._near.clear()
            known = self._read([_key(t) for t in missing])
            new = [t for t in missing if _key(t) not in known]
            for t in missing:
                vector = known.get(_key(t))
                if vector is not None:
                    self._near[t] = vector
            if new:
                vectors = self.encoder.encode(new)
                self._near.update(zip(new, vectors, strict=True))
                self._write([(_key(t), v) for t, v in zip(new, vectors, strict=True)])
            return np.stack([self._near[t] for t in texts]), len(new)
        return np.stack([self._near[t] for t in texts]), 0

    def known(self, texts: Sequence[str]) -> NDArray[np.bool_]:
        """Which texts need not be embedded.

        Args:
            texts: any.

        Returns:
            (len(texts),).
        """
        keys = [_key(t) for t in texts]
        there = self._read(list(dict.fromkeys(keys)))
        return np.array([k in there for k in keys], np.bool_)

    def _read(self, keys: Sequence[bytes]) -> dict[bytes, NDArray[np.float32]]:
        out: dict[bytes, NDArray[np.float32]] = {}
        for first in range(0, len(keys), 500):
            some = keys[first : first + 500]
            marks = ",".join("?" * len(some))
            rows = self._file.rows(
                f"SELECT text, vector FROM vectors WHERE model = ? AND text IN ({marks})",  # noqa: S608 - marks only
                (self.encoder.key, *some),
            )
            for key, stored in rows:
                blob = unseal(stored, self.encoder.key, key)  # a damaged, torn or foreign row is embedded again
                if blob is not None and len(blob) == 2 * self.encoder.dim:
                    vector = np.frombuffer(blob, np.float16).astype(np.float32)
                    if np.isfinite(vector).all():
                        out[key] = vector
        return out

    def _write(self, rows: Sequence[tuple[bytes, NDArray[np.float32]]]) -> None:
        """Where the file cannot be used, the vectors are there all the same, only not kept."""
        model = self.encoder.key
        self._file.write(
            "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)",
            [(model, key, seal(vector.astype(np.float16).tobytes(), model, key)) for key, vector in rows],
        )


def vector_file(database: Path) -> CacheFile:
    """The cache as a file, without an encoder.

    Args:
        database: the file.

    Returns:
        Not opened yet.
    """
    return CacheFile(database, (_SCHEMA,), (CacheTable("vectors", "model DESC, text DESC", _intact),))


def _intact(row: Row) -> bool:
    model, key, vector = row
    return isinstance(model, str) and isinstance(key, bytes) and unseal(vector, model, key) is not None


def _key(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogatepass")).digest()
