"""The index of a library: segments on disk, what is alive in them, vectors beside them.

Adding an adapter writes a small segment next to the large one; statistics are taken over both, so scores are those of
one index built from scratch. When the small one has grown, the two are merged without reading a file again.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from stylus_core.retriever import tokens
from stylus_core.retriever.dense import VIEWS, Dense
from stylus_core.retriever.documents import Document, document
from stylus_core.retriever.segment import Segment, from_documents, load, merged, save
from stylus_core.retriever.signals import Signals
from stylus_core.retriever.vectors import VectorStore
from stylus_core.types import Adapter

log = logging.getLogger("stylus")

#: What an index looks like on disk, together with `tokens.VERSION`: another one is built anew.
VERSION = 1

_SMALL = 512  # a second segment may hold this many adapters, or a tenth of the first if that is more
_EMBED_AT_ONCE = 200  # adapters that a selection may wait for to be embedded; more are embedded by `index`
_EMBED_STEP = 128  # adapters between two reports of progress

Get = Callable[[Sequence[int]], Mapping[int, Adapter]]
Progress = Callable[[int, int], None]
Vectors = dict[str, NDArray[np.float16]]  # view -> (n, dim); a row of zeros is not embedded yet


class Index:
    """Opens the index in `folder`, or an empty one if there is none that can be read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.revision = -1  # of the library, when it was last taken in; -1: never
        self._segments: list[Segment] = []
        self._alive: list[NDArray[np.bool_]] = []
        self._vectors: list[Vectors] = []
        self._names: list[str] = []
        self._model = ""
        self._row: dict[int, tuple[int, int]] = {}
        self._open()
        self._restate()

    def __len__(self) -> int:
        return int(self.signals.alive.sum())

    @property
    def rows(self) -> NDArray[np.int64]:
        """(n,): the library's id of each row."""
        return np.asarray(self.signals.ids, np.int64)

    def update(self, changed: Iterable[Adapter], gone: Iterable[int], revision: int) -> None:
        """Takes in what changed in the library since `self.revision`."""
        docs = [document(a) for a in changed]
        self._drop({*gone, *(d.adapter for d in docs)})
        if docs:
            self._append(docs)
        self.revision = revision
        self._tidy()
        self._restate()
        self._save()

    def dense(self, store: VectorStore, get: Get, progress: Progress | None = None, everything: bool = False) -> Dense:
        """The vectors of all rows. Embeds those that are missing: all of them, or only if they are few.

        Rows that are not embedded stay zero: such adapters are found by their words alone.
        """
        if self._model != store.encoder.key:
            self._model = store.encoder.key
            self._vectors = [
                self._load_vectors(n, len(s), store) for n, s in zip(self._names, self._segments, strict=True)
            ]
        missing = [
            (i, int(row))
            for i, (s, a, v) in enumerate(zip(self._segments, self._alive, self._vectors, strict=True))
            for row in np.flatnonzero(a & ~np.any(v[VIEWS[0]][: len(s)] != 0, axis=1))
        ]
        if missing and (everything or len(missing) <= _EMBED_AT_ONCE):
            self._embed(missing, store, get, progress)
            self._save()
        self.unembedded = 0 if everything else max(0, len(missing) if len(missing) > _EMBED_AT_ONCE else 0)
        empty = np.zeros((0, store.encoder.dim), np.float32)
        views = {v: np.concatenate([empty, *(part[v].astype(np.float32) for part in self._vectors)]) for v in VIEWS}
        return Dense(store, views)

    # -- what is in it

    def _drop(self, ids: set[int]) -> None:
        for i in ids:
            place = self._row.pop(i, None)
            if place:
                self._alive[place[0]][place[1]] = False

    def _append(self, docs: Sequence[Document]) -> None:
        fresh = from_documents(docs)
        self._segments.append(fresh)
        self._alive.append(np.ones(len(fresh), np.bool_))
        dim = self._vectors[0][VIEWS[0]].shape[1] if self._vectors else 0
        self._vectors.append({v: np.zeros((len(fresh), dim), np.float16) for v in VIEWS})
        self._names.append("")

    def _tidy(self) -> None:
        """At most two segments: all small ones join the second, and when that is large, the first."""
        if len(self._segments) > 2:
            self._merge(1)
        small = max(_SMALL, len(self._segments[0]) // 10) if self._segments else 0
        if len(self._segments) == 2 and len(self._segments[1]) > small:
            self._merge(0)
        if self._segments and self._alive[0].sum() * 2 < len(self._segments[0]):
            self._merge(0)

    def _merge(self, first: int) -> None:
        tail, alive, vectors = self._segments[first:], self._alive[first:], self._vectors[first:]
        one = merged(tail, alive)
        dim = max((v[VIEWS[0]].shape[1] for v in vectors), default=0)

        def rows(part: Vectors, view: str, kept: NDArray[np.bool_]) -> NDArray[np.float16]:
            if part[view].shape[1] == dim:
                return part[view][kept]
            return np.zeros((int(kept.sum()), dim), np.float16)

        joined = {v: np.concatenate([rows(p, v, a) for p, a in zip(vectors, alive, strict=True)]) for v in VIEWS}
        self._segments[first:] = [one]
        self._alive[first:] = [np.ones(len(one), np.bool_)]
        self._vectors[first:] = [joined]
        self._names[first:] = [""]

    def _restate(self) -> None:
        self._row = {
            int(i): (n, row)
            for n, (s, a) in enumerate(zip(self._segments, self._alive, strict=True))
            for row, i in enumerate(s.ids.tolist())
            if a[row]
        }
        self.signals = Signals(self._segments, self._alive)
        self.unembedded = 0

    def _embed(self, missing: list[tuple[int, int]], store: VectorStore, get: Get, progress: Progress | None) -> None:
        dim = store.encoder.dim
        for i, part in enumerate(self._vectors):
            for v in VIEWS:
                if part[v].shape[1] != dim or not part[v].flags.writeable:
                    whole = np.zeros((len(self._segments[i]), dim), np.float16)
                    if part[v].shape[1] == dim:
                        whole[:] = part[v]
                    part[v] = whole
        touched = sorted({i for i, _ in missing})
        for first in range(0, len(missing), _EMBED_STEP):
            some = missing[first : first + _EMBED_STEP]
            adapters = get([int(self._segments[i].ids[row]) for i, row in some])
            docs = [document(adapters[int(self._segments[i].ids[row])]) for i, row in some]
            for v in VIEWS:
                vectors = store.many([getattr(d, v) for d in docs])
                for (i, row), vector in zip(some, vectors, strict=True):
                    self._vectors[i][v][row] = vector
            if progress:
                progress(first + len(some), len(missing))
        for i in touched:  # written under a new name with the next save
            self._names[i] = ""

    # -- on disk

    def _open(self) -> None:
        try:
            manifest = json.loads((self.folder / "manifest.json").read_text(encoding="utf-8"))
            if manifest["version"] != [VERSION, tokens.VERSION]:
                return
            segments = [load(self.folder / n) for n in manifest["segments"]]
            alive = [np.load(self.folder / n / "alive.npy", allow_pickle=False).copy() for n in manifest["segments"]]
            for s, dead in zip(segments, manifest["dead"], strict=True):
                if len(dead) and max(dead) >= len(s):
                    raise ValueError("rows beyond the segment")
            for a, dead in zip(alive, manifest["dead"], strict=True):
                a[dead] = False
            self._segments, self._alive, self._names = segments, alive, list(manifest["segments"])
            self._vectors = [{v: np.zeros((len(s), 0), np.float16) for v in VIEWS} for s in segments]
            self.revision = int(manifest["revision"])
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError, IndexError) as e:
            log.warning("the index in %s cannot be read (%s) and is built anew", self.folder, e)
            self._segments, self._alive, self._vectors, self._names = [], [], [], []
            self.revision = -1

    def _load_vectors(self, name: str, n: int, store: VectorStore) -> Vectors:
        out: Vectors = {}
        for v in VIEWS:
            try:
                array = np.load(self.folder / name / f"{v}-{store.encoder.key}.npy", mmap_mode="r", allow_pickle=False)
                if array.shape != (n, store.encoder.dim):
                    raise ValueError("of another shape")
                out[v] = np.asarray(array)
            except (OSError, ValueError):
                return {view: np.zeros((n, store.encoder.dim), np.float16) for view in VIEWS}
        return out

    def _save(self) -> None:
        """Writes new segments, then the manifest in one step: whoever reads sees the old index or the new one."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for i, name in enumerate(self._names):
                if not name:
                    self._names[i] = self._write(i)
            manifest = {
                "version": [VERSION, tokens.VERSION],
                "revision": self.revision,
                "segments": self._names,
                "dead": [np.flatnonzero(~a).tolist() for a in self._alive],
            }
            temporary = self.folder / f"manifest-{uuid4().hex[:8]}.json"
            temporary.write_text(json.dumps(manifest), encoding="utf-8")
            os.replace(temporary, self.folder / "manifest.json")
            for old in self.folder.glob("segment-*"):
                if old.name not in self._names:
                    shutil.rmtree(old, ignore_errors=True)
        except OSError as e:
            log.warning("the index cannot be kept in %s (%s): it is built anew at the next start", self.folder, e)

    def _write(self, i: int) -> str:
        name = f"segment-{uuid4().hex[:8]}"
        save(self._segments[i], self.folder / name)
        np.save(self.folder / name / "alive.npy", self._alive[i])
        for v in VIEWS:
            if self._vectors[i][v].shape[1]:
                np.save(self.folder / name / f"{v}-{self._model}.npy", self._vectors[i][v])
        return name
