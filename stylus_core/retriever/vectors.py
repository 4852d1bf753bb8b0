"""Vectors on disk, keyed by model and text: nothing is embedded twice, and two models never mix."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stylus_core.retriever.encoder import Encoder

_BATCH = 256  # one transaction each: what is embedded stays embedded, whatever happens next
_MEMORY = 50_000  # vectors of short texts that stay in memory


class VectorStore:
    """A cache in front of an encoder. Half precision on disk: off by 3e-5 in a component of a unit vector."""

    def __init__(self, database: Path, encoder: Encoder) -> None:
        self.encoder = encoder
        self._near: dict[str, NDArray[np.float32]] = {}
        self._db = sqlite3.connect(database, timeout=30, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS vectors"
            " (model TEXT, text BLOB, vector BLOB, PRIMARY KEY (model, text)) WITHOUT ROWID"
        )

    def close(self) -> None:
        self._db.close()

    def many(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Shape (len(texts), dim). Embeds what is missing, saved batch by batch."""
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
        """Vectors of a prompt and its parts, and how many had to be computed.

        People change one word at a time: parts stay in memory, and on disk for the next start.
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

    def _read(self, keys: Sequence[bytes]) -> dict[bytes, NDArray[np.float32]]:
        out: dict[bytes, NDArray[np.float32]] = {}
        for first in range(0, len(keys), 500):
            some = keys[first : first + 500]
            marks = ",".join("?" * len(some))
            rows = self._db.execute(
                f"SELECT text, vector FROM vectors WHERE model = ? AND text IN ({marks})",  # noqa: S608 - marks only
                (self.encoder.key, *some),
            )
            for key, blob in rows:
                vector = np.frombuffer(blob, np.float16).astype(np.float32)
                if len(vector) == self.encoder.dim:  # a torn or foreign row is embedded again
                    out[key] = vector
        return out

    def _write(self, rows: Sequence[tuple[bytes, NDArray[np.float32]]]) -> None:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany(
                "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)",
                [(self.encoder.key, key, vector.astype(np.float16).tobytes()) for key, vector in rows],
            )
            self._db.execute("COMMIT")
        except sqlite3.OperationalError:  # full disk, or locked for half a minute: the vectors are there, only not kept
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")


def _key(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogatepass")).digest()
