"""Brings the engine's rows in line with this machine's library: only what differs is embedded and written.

Every row is written whole and says with a digest what it was made from, so writing twice changes nothing and several
machines may write the same library at once. A machine deletes only rows of adapters that it had itself and that are
gone: what another machine has just added is not yet in its library.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from stylus_core.library import Library
from stylus_core.progress import StageProgress
from stylus_core.retriever.documents import MAX_EXAMPLES, Document, document
from stylus_core.retriever.engine.contract import TEXTS, WRITE, Engine, Row
from stylus_core.retriever.engine.row_packing import digest, names_of, pack, pack_example, sparse
from stylus_core.retriever.engine.sync_state import SyncState, key_of
from stylus_core.retriever.quantized_vectors import STORED_VIEWS, VIEWS
from stylus_core.retriever.vectors import VectorStore
from stylus_core.types import Adapter

_AT_ONCE = 500  # adapters in memory
_SETTLED = 200  # rows after which it pays to have the engine index what was written


class RowWriter:
    """Writes one library's rows.

    Args:
        library: the library's name in the engine.
        roots: its folders.
        store: in front of the encoder; None for words alone.
        left: seconds that a call may take.
    """

    def __init__(
        self,
        engine: Engine,
        sync: SyncState,
        library: str,
        roots: Sequence[Path],
        store: VectorStore | None,
        left: Callable[[], float] = lambda: WRITE,
    ) -> None:
        self._engine, self._sync, self._store = engine, sync, store
        self._name, self._roots, self._left = library, roots, left

    def pending(self, library: Library) -> tuple[int, set[int], set[int]]:
        """(revision, ids to write, ids to delete) since this machine last wrote."""
        state = library.state
        self._sync.belong(state)
        written, revision = self._sync.number("revision", -1), state.revision
        if written == revision:
            return revision, set(), set()
        changed, gone = library.changes_since(max(written, -1))
        return revision, changed, gone

    def embed(self, library: Library, ids: Iterable[int]) -> None:
        """Embeds what is new of some adapters beforehand, so that writing them is quick."""
        documents = [document(a) for a in library.get(sorted(ids)).values()]
        if self._store and documents:
            self._store.many([getattr(d, v) for d in documents for v in VIEWS])

    def write(self, library: Library, progress: StageProgress | None = None) -> int:
        """Writes what is new or different and deletes what is gone; how many rows that were."""
        revision, changed, gone = self.pending(library)
        ids = sorted(changed)
        done = written = 0
        for some in _chunks(ids, _AT_ONCE):
            written += self._take_in(library.get(some).values())
            done += len(some)
            if progress:
                progress(done, len(ids))
        self._sync.drop(gone)
        dead = self._sync.tombstones()
        self._delete(dead)
        self._sync.note(revision=revision)
        if written >= _SETTLED:
            self._engine.settle()
        return written + len(dead)

    def _take_in(self, adapters: Iterable[Adapter]) -> int:
        keys = {a.id: key_of(self._name, self._roots, a.path) for a in adapters if a.status == "ok"}
        documents = [document(a) for a in adapters if a.id in keys]
        digests = {d.adapter: digest(d) for d in documents}
        there = {
            row["key"]: row["digest"]
            for row in self._engine.rows(self._engine.adapters, list(keys.values()), ["digest"], self._left())
        }
        new = [d for d in documents if there.get(keys[d.adapter]) != digests[d.adapter]]
        # what an adapter had more of examples before goes first: its row, which says that all is written, comes last
        before = [keys[d.adapter] for d in new if keys[d.adapter] in there]
        self._engine.delete(
            self._engine.examples, [f"{k}:{i}" for k in before for i in range(MAX_EXAMPLES)], self._left()
        )
        examples = [row for d in new for row in self._example_rows(keys[d.adapter], d)]
        self._engine.upsert(self._engine.examples, examples, self._left())
        rows = self._adapter_rows(keys, digests, new)
        self._engine.upsert(self._engine.adapters, rows, self._left())
        self._sync.put(keys)
        return len(new)

    def _adapter_rows(self, keys: dict[int, str], digests: dict[int, str], documents: Sequence[Document]) -> list[Row]:
        views = {v: self._store.many([getattr(d, v) for d in documents]) for v in VIEWS} if self._store else {}
        rows = []
        for i, d in enumerate(documents):
            vectors = {v: views[v][i] for v in views}
            architecture, kind = names_of(d)
            texts = (sparse("everything", d.everything), sparse("about", d.about, d.units))
            rows.append(
                {
                    "key": keys[d.adapter],
                    "library": self._name,
                    "digest": digests[d.adapter],
                    "architecture": architecture,
                    "kind": kind,
                    "packed": pack(d, vectors),
                    **dict(zip(TEXTS, texts, strict=True)),
                    **{STORED_VIEWS[v]: x.tolist() for v, x in vectors.items()},
                }
            )
        return rows

    def _example_rows(self, key: str, d: Document) -> Iterator[Row]:
        for i, (tokens, uses) in enumerate(zip(d.examples, d.uses, strict=True)):
            yield {
                "key": f"{key}:{i}",
                "library": self._name,
                "owner": key,
                "packed": pack_example(tokens, uses),
                "examples": sparse("examples", tokens),
            }

    def _delete(self, keys: Sequence[str]) -> None:
        self._engine.delete(
            self._engine.examples, [f"{k}:{i}" for k in keys for i in range(MAX_EXAMPLES)], self._left()
        )
        self._engine.delete(self._engine.adapters, keys, self._left())
        self._sync.clear_tombstones(keys)


def _chunks(ids: Sequence[int], n: int) -> Iterator[list[int]]:
    rest = iter(ids)
    while some := list(islice(rest, n)):
        yield some
