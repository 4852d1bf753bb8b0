"""The index of a library: segments on disk, what is alive in them, vectors beside them.

Adding an adapter writes a small segment next to the large one; statistics are taken over both, so scores are those of
one index built from scratch. When the small one has grown, the two are merged without reading a file again.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from stylus_core.retriever import tokens
from stylus_core.retriever.dense import Dense
from stylus_core.retriever.documents import document
from stylus_core.retriever.embedded import VIEWS, Embedded, joined
from stylus_core.retriever.piece import Piece
from stylus_core.retriever.segment import from_documents, load, merged, save
from stylus_core.retriever.signals import Signals
from stylus_core.retriever.vectors import VectorStore
from stylus_core.types import Adapter

log = logging.getLogger("stylus")

#: What an index looks like on disk, together with `tokens.VERSION`: another one is built anew.
VERSION = 6

_SMALL = 512  # a second segment may hold this many adapters, or a tenth of the first if that is more
_AT_ONCE = 20_000  # adapters whose words are in memory at the same time
_EMBED_AT_ONCE = 200  # adapters that a selection may wait for to be embedded; more are embedded by `index`
_KEPT = 600.0  # seconds for which a segment that is in no manifest stays
_EMBED_STEP = 128  # adapters between two reports of progress

Get = Callable[[Sequence[int]], Mapping[int, Adapter]]
Progress = Callable[[int, int], None]


class Index:
    """Opens the index in `folder`, or an empty one if there is none that can be read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.revision = -1  # of the library, when it was last taken in; -1: never
        self._pieces: list[Piece] = []
        self._vectors: list[Embedded] = []
        self._names: list[str] = []  # folders of the pieces; empty for one that is not saved as it is now
        self._own: set[str] = set()  # segments that this object has written
        self._model = ""
        self._open()
        self._restate()

    def __len__(self) -> int:
        return int(np.count_nonzero(self.signals.alive))

    @property
    def rows(self) -> NDArray[np.int64]:
        """(n,): the library's id of each row."""
        return self.signals.ids

    @property
    def pieces(self) -> list[Piece]:
        """What the index is made of, in the order of its rows."""
        return list(self._pieces)

    def update(self, changed: Iterable[Adapter], gone: Iterable[int], revision: int) -> None:
        """Takes in what changed in the library since `self.revision`."""
        self._drop(gone)
        new = iter(changed)
        fresh: list[Piece] = []
        while some := list(islice(new, _AT_ONCE)):
            self._drop(a.id for a in some)
            fresh.append(Piece(from_documents(document(a) for a in some)))
        if fresh:
            self._append(fresh[0] if len(fresh) == 1 else _one(fresh))
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
                Embedded.load(self.folder / name, self._model, len(piece), store.encoder.dim)
                if name
                else Embedded(len(piece), store.encoder.dim)
                for name, piece in zip(self._names, self._pieces, strict=True)
            ]
        missing = [
            (i, int(row))
            for i, (piece, vectors) in enumerate(zip(self._pieces, self._vectors, strict=True))
            for row in vectors.missing(piece.alive)
        ]
        if missing and (everything or len(missing) <= _EMBED_AT_ONCE):
            self._embed(missing, store, get, progress)
            self._save()
            missing = []
        self.unembedded = len(missing)
        return Dense(store, self._vectors)

    # -- what is in it

    def _drop(self, ids: Iterable[int]) -> None:
        wanted = np.fromiter(ids, np.int64)
        for piece in self._pieces if len(wanted) else ():
            piece.drop(np.flatnonzero(piece.alive & np.isin(piece.segment.ids, wanted)))

    def _append(self, piece: Piece) -> None:
        self._pieces.append(piece)
        self._vectors.append(Embedded(len(piece), self._vectors[0].dim if self._vectors else 0))
        self._names.append("")

    def _tidy(self) -> None:
        """At most two segments: all small ones join the second, and when that is large, the first."""
        for i in reversed(range(1, len(self._pieces))):
            if not self._pieces[i].alive.any():
                del self._pieces[i], self._vectors[i], self._names[i]
        if len(self._pieces) > 2:
            self._merge(1)
        small = max(_SMALL, len(self._pieces[0]) // 10) if self._pieces else 0
        if len(self._pieces) == 2 and len(self._pieces[1]) > small:
            self._merge(0)
        if self._pieces and self._pieces[0].alive.sum() * 2 < len(self._pieces[0]):
            self._merge(0)

    def _merge(self, first: int) -> None:
        tail = self._pieces[first:]
        self._vectors[first:] = [joined(self._vectors[first:], [p.alive for p in tail])]
        self._pieces[first:] = [_one(tail)]
        self._names[first:] = [""]

    def _restate(self) -> None:
        self.signals = Signals(self._pieces)
        self.unembedded = 0

    def _embed(self, missing: list[tuple[int, int]], store: VectorStore, get: Get, progress: Progress | None) -> None:
        for i, piece in enumerate(self._pieces):
            if self._vectors[i].dim != store.encoder.dim:
                self._vectors[i] = Embedded(len(piece), store.encoder.dim)
        for first in range(0, len(missing), _EMBED_STEP):
            some = missing[first : first + _EMBED_STEP]
            ids = [int(self._pieces[i].segment.ids[row]) for i, row in some]
            adapters = get(ids)
            known = [(place, document(adapters[n])) for place, n in zip(some, ids, strict=True) if n in adapters]
            for view in VIEWS if known else ():
                vectors = store.many([getattr(d, view) for _, d in known])
                for i in {i for (i, _), _ in known}:
                    here = [k for k, ((j, _), _) in enumerate(known) if j == i]
                    self._vectors[i].put(view, [known[k][0][1] for k in here], vectors[here])
            if progress:
                progress(first + len(some), len(missing))
        for i in {i for i, _ in missing}:
            self._vectors[i].finish()
            self._names[i] = ""  # written under a new name with the next save

    # -- on disk

    def _open(self) -> None:
        for _ in range(5):
            text = self._manifest()
            self._read(text)
            if self.revision >= 0 or text == self._manifest():
                break  # else another process has replaced what was just being opened

    def _manifest(self) -> str:
        try:
            return (self.folder / "manifest.json").read_text(encoding="utf-8")
        except (OSError, ValueError):
            return ""

    def _read(self, text: str) -> None:
        if not text:
            return
        try:
            manifest = json.loads(text)
            if manifest["version"] != [VERSION, tokens.VERSION]:
                return
            pieces = [Piece(load(self.folder / n)) for n in manifest["segments"]]
            for piece, dead in zip(pieces, manifest["dead"], strict=True):
                piece.drop(np.asarray(dead, np.int64))
            self._pieces, self._names = pieces, list(manifest["segments"])
            self._vectors = [Embedded(len(p), 0) for p in pieces]
            self.revision = int(manifest["revision"])
        except (OSError, ValueError, KeyError, TypeError, IndexError) as e:
            log.warning("the index in %s cannot be read (%s) and is built anew", self.folder, e)
            self._pieces, self._vectors, self._names = [], [], []
            self.revision = -1

    def _save(self) -> None:
        """Writes new segments, then the manifest in one step: whoever reads sees the old index or the new one."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for i, name in enumerate(self._names):
                if not name or not (self.folder / name).is_dir():  # another process has put something else in its place
                    self._names[i] = self._write(i)
                    self._own.add(self._names[i])
            manifest = {
                "version": [VERSION, tokens.VERSION],
                "revision": self.revision,
                "segments": self._names,
                "dead": [np.flatnonzero(~p.alive).tolist() for p in self._pieces],
            }
            temporary = self.folder / f"manifest-{uuid4().hex[:8]}.json"
            temporary.write_text(json.dumps(manifest), encoding="utf-8")
            os.replace(temporary, self.folder / "manifest.json")
            self._clear()
        except OSError as e:
            log.warning("the index cannot be kept in %s (%s): it is built anew at the next start", self.folder, e)

    def _clear(self) -> None:
        """Takes away segments that nobody uses. What was written lately may be another process's, not yet told."""
        now = time.time()
        for old in self.folder.glob("segment-*"):
            with contextlib.suppress(OSError):  # another process was quicker
                if old.name in self._names:
                    os.utime(old)
                elif old.name in self._own or now - old.stat().st_mtime > _KEPT:
                    shutil.rmtree(old, ignore_errors=True)
                    self._own.discard(old.name)

    def _write(self, i: int) -> str:
        name = f"segment-{uuid4().hex[:8]}"
        save(self._pieces[i].segment, self.folder / name)
        if self._vectors[i].dim:
            self._vectors[i].save(self.folder / name, self._model)
        return name


def _one(pieces: Sequence[Piece]) -> Piece:
    return Piece(merged([p.segment for p in pieces], [p.alive for p in pieces]))
