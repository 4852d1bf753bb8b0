"""The index of a library: segments on disk, what is alive in them, vectors beside them.

Adding an adapter writes a small segment next to the large one; statistics are taken over both, so scores are those of
one index built from scratch. When the small one has grown, the two are merged without reading a file again.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stylus_core.progress import StageProgress
from stylus_core.retriever import index_files
from stylus_core.retriever.dense import Dense
from stylus_core.retriever.embedding_rows import EMBED_AT_ONCE, Get, Place, embed, known_rows, missing, put_those
from stylus_core.retriever.encoder import Encoder
from stylus_core.retriever.fusion import Scores
from stylus_core.retriever.live_segment import LiveSegment, alive_of, segments_of
from stylus_core.retriever.postings import Mask
from stylus_core.retriever.quantized_vectors import Matrix, QuantizedVectors, joined
from stylus_core.retriever.segment import save_names
from stylus_core.retriever.signals import Signals
from stylus_core.retriever.vectors import VectorStore
from stylus_core.storage.quarantine import move_aside_and_log
from stylus_core.types import Adapter

log = logging.getLogger("stylus")

_SMALL = 512  # a second segment may hold this many adapters, or a tenth of the first if that is more
_TAKEN_AGAIN = "its vectors are taken from the cache, or embedded again"


class Index:
    """The index of one library, an `IndexView`. Opens what is in `folder`; empty if there is none that can be read.

    Attributes:
        folder: where it is.
        revision: of the library, when it was last taken in; -1: never.
        library: identity of the library's database; empty where an older version wrote the index.
        problem: why it could not be kept, in one sentence; empty if it was.
        signals: over all rows, those of adapters that are gone included.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.revision = -1
        self.library = ""
        self._segments: list[LiveSegment] = []
        self._vectors: list[QuantizedVectors] = []
        self._names: list[str] = []  # folders of the segments; empty for one that is not saved as it is now
        self._own: set[str] = set()  # segments that this object has written
        self._nameless: set[str] = set()  # segments on disk whose tables of names are not
        self._unlisted: set[str] = set()  # segments on disk without checksums
        self._healing = False  # something was damaged: what was embedded before is taken from the store
        self.problem = ""
        self._model = ""
        self._open()
        self._restate()

    def __len__(self) -> int:
        return int(np.count_nonzero(self.signals.alive))

    @property
    def ids(self) -> NDArray[np.int64]:
        """(n,): the library's id of each row."""
        return self.signals.ids

    @property
    def selectable(self) -> Mask:
        """(n,): the rows that may be candidates, which are those that are alive."""
        return self.signals.alive

    @property
    def embedded(self) -> Mask:
        """(n,): the rows that are alive and have vectors of the encoder that was asked for last."""
        found: Mask = self.signals.alive & known_rows(self._vectors)
        return found

    @property
    def segments(self) -> list[LiveSegment]:
        """What the index is made of, in the order of its rows."""
        return list(self._segments)

    def outside(self, whole: Scores | None, parts: Scores | None) -> Mapping[str, tuple[float, float]]:
        """Nothing, as all adapters of the library are rows: see `IndexView.outside`.

        Args:
            whole: no matter.
            parts: no matter.

        Returns:
            Empty.
        """
        return {}

    def update(self, changed: Iterable[Adapter], gone: Iterable[int], revision: int, library: str = "") -> None:
        """Takes in what changed in the library since `self.revision`, and saves it.

        Args:
            changed: adapters that are new or other than they were.
            gone: ids of adapters that are no more; those that are not in it are no matter.
            revision: of the library, with all this.
            library: identity of its database.
        """
        self.take_in(segments_of(changed), gone, revision, library)

    def take_in(self, fresh: Sequence[LiveSegment], gone: Iterable[int], revision: int, library: str = "") -> None:
        """Does what `update` does where the words of what changed are counted, which takes longest by far.

        Args:
            fresh: what changed, by `segments_of`.
            gone: as for `update`.
            revision: as for `update`.
            library: as for `update`.
        """
        self._drop(gone)
        for live in fresh:
            self._drop(live.segment.ids.tolist())
        if fresh:
            live = fresh[0] if len(fresh) == 1 else alive_of(fresh)
            self._segments.append(live)
            self._vectors.append(QuantizedVectors(len(live), self._vectors[0].dim if self._vectors else 0))
            self._names.append("")
        self.revision, self.library = revision, library
        self._tidy()
        self._restate()
        self.save()

    def dense(
        self,
        store: VectorStore,
        get: Get,
        progress: StageProgress | None = None,
        everything: bool = False,
        few: int = EMBED_AT_ONCE,
    ) -> Dense:
        """The vectors of all rows, those that are missing embedded first if they are few; else they stay without.

        Args:
            store: in front of the encoder.
            get: adapters by id.
            progress: told how many are embedded, and of how many.
            everything: whether to embed all that are missing, however many.
            few: how many adapters are embedded at once at most, where not everything is.

        Returns:
            Row by row as in the index.
        """
        missing = self.missing(store.encoder)
        at_once = everything or len(missing) <= few
        if missing and (at_once or self._healing):
            embed(self._vectors, missing, store, get, progress, known_only=not at_once)
            self._finish(missing)
            self.save()
        self._healing = False
        return Dense(store, self._vectors)

    def missing(self, encoder: Encoder) -> list[Place]:
        """Lists the adapters without vectors of an encoder's.

        Args:
            encoder: whose vectors those of the index are from now on.

        Returns:
            Where they stand.
        """
        if self._model != encoder.key:
            self._model = encoder.key
            parts = zip(self._names, self._segments, strict=True)
            self._vectors = [self._mapped(name, live, encoder.dim) for name, live in parts]
        self._vectors = [v if v.dim == encoder.dim else QuantizedVectors(len(v), encoder.dim) for v in self._vectors]
        return missing(self._segments, self._vectors)

    def put(self, ids: Sequence[int], found: Mapping[str, Matrix], encoder: Encoder) -> None:
        """Takes in vectors that were made beside the selections; `save` keeps them.

        Args:
            ids: of adapters; those that have vectors, or that are gone, are passed over.
            found: view -> (ids, dim).
            encoder: whose they are.
        """
        self._finish(put_those(self._vectors, self.missing(encoder), ids, found))

    def forget(self) -> None:
        """Empties it: its ids are another database's. What was embedded is taken from the store again."""
        self._segments, self._vectors, self._names = [], [], []
        self.revision, self.library, self._healing = -1, "", True
        self._restate()

    # -- what is in it

    def _drop(self, ids: Iterable[int]) -> None:
        wanted = np.fromiter(ids, np.int64)
        for live in self._segments if len(wanted) else ():
            live.drop(np.flatnonzero(live.alive & np.isin(live.segment.ids, wanted)))

    def _tidy(self) -> None:
        """At most two segments: all small ones join the second, and when that is large, the first."""
        for i in reversed(range(1, len(self._segments))):
            if not self._segments[i].alive.any():
                del self._segments[i], self._vectors[i], self._names[i]
        if len(self._segments) > 2:
            self._merge(1)
        small = max(_SMALL, len(self._segments[0]) // 10) if self._segments else 0
        if len(self._segments) == 2 and len(self._segments[1]) > small:
            self._merge(0)
        if self._segments and self._segments[0].alive.sum() * 2 < len(self._segments[0]):
            self._merge(0)

    def _merge(self, first: int) -> None:
        tail = self._segments[first:]
        self._vectors[first:] = [joined(self._vectors[first:], [live.alive for live in tail])]
        self._segments[first:] = [alive_of(tail)]
        self._names[first:] = [""]

    def _restate(self) -> None:
        self.signals = Signals(self._segments)

    def _finish(self, places: Iterable[Place]) -> None:
        for i in {p.segment for p in places}:
            self._vectors[i].finish()
            self._names[i] = ""  # written under a new name with the next save

    # -- on disk

    def _open(self) -> None:
        for _ in range(5):
            data = index_files.manifest_bytes(self.folder)
            try:
                manifest = None if data is None else index_files.parsed(self.folder, data)
                if manifest is not None:
                    self._take(manifest, index_files.live_segments(self.folder, manifest))
                return
            except OSError as e:  # too many open files, or no right to read: nothing that is there is wrong
                log.warning("the index in %s cannot be read (%s) and is built anew", self.folder, e)
                return
            except index_files.Damaged as e:
                if data == index_files.manifest_bytes(self.folder):
                    move_aside_and_log(
                        e.path, e, "the index is built anew", "" if e.path.is_file() else index_files.SEGMENT
                    )
                    self._healing = True
                    return
                # else another process has replaced what was just being opened

    def _take(self, manifest: index_files.Manifest, segments: list[LiveSegment]) -> None:
        self._segments, self._names = segments, list(manifest.segments)
        self._nameless = set(self._names if manifest.names else ())
        self._unlisted = set(() if manifest.listed else self._names)
        self._vectors = [QuantizedVectors(len(live), 0) for live in segments]
        self.revision, self.library = manifest.revision, manifest.library

    def _mapped(self, name: str, live: LiveSegment, dim: int) -> QuantizedVectors:
        """The vectors of a saved segment; none where they are damaged, which moves them aside."""
        segment = self.folder / name
        bad: list[str] = []
        if name and name not in self._unlisted:
            with contextlib.suppress(OSError, ValueError):  # the segment went: another process has merged it
                bad = list(index_files.wrong(segment, vectors=True, model=self._model))
        found = (
            QuantizedVectors.load(segment, self._model, len(live), dim)
            if name and not bad
            else QuantizedVectors(len(live), dim)
        )
        for file in bad:
            self._healing = True
            aside = self.folder / f"{name}.{file}"
            move_aside_and_log(segment / file, "it is not what was written", _TAKEN_AGAIN, index_files.SEGMENT, aside)
        return found

    def save(self) -> None:
        """Writes new segments, then the manifest in one step: whoever reads sees the old index or the new one."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for i, name in enumerate(self._names):
                if not name or not (self.folder / name).is_dir():  # another process has put something else in its place
                    self._names[i] = index_files.write_segment(
                        self.folder, self._segments[i].segment, self._vectors[i], self._model
                    )
                    self._own.add(self._names[i])
                    continue
                if name in self._nameless:
                    save_names(self._segments[i].segment, self.folder / name)
                if name in self._unlisted:
                    index_files.write_list(self.folder / name)
            self._nameless.clear()
            self._unlisted.clear()
            dead = [np.flatnonzero(~live.alive).tolist() for live in self._segments]
            index_files.write_manifest(self.folder, self.revision, self.library, self._names, dead)
            self.problem = ""
            index_files.clear_unused(self.folder, self._names, self._own)
        except OSError as e:
            why = e.strerror or "it takes no more"
            self.problem = f"the index cannot be kept in {self.folder} ({why}) and is built anew next time"
            log.warning("%s", self.problem)
