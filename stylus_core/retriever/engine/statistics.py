"""What scoring needs to know of a whole library, so that a few hundred adapters are scored as if all were.

Made from the index of words on the machine that writes, and kept beside the rows in the engine. A library's statistics
hardly move with a few adapters more, so they are made again only when much has changed; until then a new adapter counts
with its own words and without the examples of others that use it.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stylus_core.retriever.bm25 import EPSILON
from stylus_core.retriever.engine.row_packing import Packed, dimensions
from stylus_core.retriever.fusion import WEIGHTS, kind_labels
from stylus_core.retriever.index import Index
from stylus_core.retriever.live_segment import COUNTED
from stylus_core.retriever.name_codes import Names, is_name, shared
from stylus_core.retriever.quantized_vectors import VIEWS
from stylus_core.types import KINDS

SAMPLE = 1024  # adapters whose cosines say how low a cosine can be
_POPULAR = 40  # of each architecture and kind: what may be picked although no word speaks for it
_KEY = 32  # characters


@dataclass(frozen=True)
class Field:
    """How often words occur: in how many texts each, and how long texts are."""

    terms: NDArray[np.uint32]  # (t,) dimensions, sorted
    df: NDArray[np.uint32]  # (t,)
    living: int  # texts
    mean: float  # tokens of a text

    @cached_property
    def _floor(self) -> float:
        values = np.log((self.living - self.df + 0.5) / (self.df + 0.5))
        return EPSILON * float(values.mean()) if len(values) else 0.0

    def frequencies(self, terms: NDArray[np.uint32]) -> NDArray[np.int64]:
        """(len(terms),): 0 for a word that no text has."""
        at = np.minimum(np.searchsorted(self.terms, terms), max(len(self.terms) - 1, 0))
        if not len(self.terms):
            return np.zeros(len(terms), np.int64)
        return np.where(self.terms[at] == terms, self.df[at], 0).astype(np.int64)

    def idf(self, terms: NDArray[np.uint32]) -> NDArray[np.float64]:
        """As `BM25` weighs them: 0 for a word that no text has."""
        return np.where(self.frequencies(terms) > 0, self.weights(terms), 0.0)

    def weights(self, terms: NDArray[np.uint32]) -> NDArray[np.float64]:
        """The same, but a word that no text had may be in one that came since."""
        df = np.maximum(self.frequencies(terms), 1)
        idf = np.log((np.maximum(self.living, df) - df + 0.5) / (df + 0.5))
        return np.where(idf < 0, self._floor, idf)

    def rarity(self, terms: NDArray[np.uint32]) -> NDArray[np.float64]:
        """As `Signals.rarity`."""
        return np.maximum(0.0, np.log((self.living + 1) / (self.frequencies(terms) + 0.5)))


@dataclass(frozen=True)
class Statistics:
    """Of one library."""

    fields: dict[str, Field]
    names: NDArray[np.uint64]  # (l,), sorted: names in the tags of examples ...
    named: NDArray[np.int32]  # (l,) ... and which of `keys` each calls
    keys: NDArray[np.bytes_]  # (m,) keys of adapters that examples use, or that are popular
    used: NDArray[np.int32]  # (m,) examples of others that use it
    popular: NDArray[np.int32]  # (p,) index into `keys`
    popular_group: NDArray[np.int16]  # (p,) which of the groups
    prior: NDArray[np.float32]  # (p,) what speaks for it whatever the prompt is
    group_architectures: Names  # (g,): adapters of one architecture ...
    group_kinds: Names  # (g,) ... and one kind, a `kind_label`
    groups: NDArray[np.int64]  # (g, 4): adapters, most used, fewest and most downloads
    codes: NDArray[np.int8]  # (2, s, dim): a sample of the vectors, as in `Embedded`
    scales: NDArray[np.float32]  # (2, s)
    sample_group: NDArray[np.int16]  # (s,) which of the groups

    @cached_property
    def place(self) -> dict[str, int]:
        """Where each of `keys` stands."""
        return {k.decode("ascii"): i for i, k in enumerate(self.keys.tolist())}

    def called(self, names: NDArray[np.uint64]) -> list[str]:
        """The keys of the adapters that these names call."""
        if not len(self.names):
            return []
        at = np.minimum(np.searchsorted(self.names, names), len(self.names) - 1)
        return [k.decode("ascii") for k in self.keys[self.named[at[self.names[at] == names]]].tolist()]

    def to_bytes(self) -> bytes:
        buffer = io.BytesIO()
        arrays: dict[str, NDArray[Any]] = {n: getattr(self, n) for n in _ARRAYS}
        for name, f in self.fields.items():
            arrays |= {f"{name}.terms": f.terms, f"{name}.df": f.df}
            arrays[f"{name}.size"] = np.array([f.living, f.mean], np.float64)
        np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]  # its stubs mistake the names for flags
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Statistics:
        """Raises ValueError for anything that `to_bytes` did not make."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            fields = {
                n: Field(arrays[f"{n}.terms"], arrays[f"{n}.df"], int(size[0]), max(float(size[1]), 1e-6))
                for n in COUNTED
                for size in [arrays[f"{n}.size"]]
            }
            out = cls(fields, **{n: arrays[n] for n in _ARRAYS})
        except Exception as e:  # zip, zlib and numpy have many names for what is damaged
            raise ValueError(f"the statistics are not whole ({e})") from None
        if not out._is_whole():
            raise ValueError("the statistics are not whole")
        return out

    def _is_whole(self) -> bool:
        """Whether every number points to something, and every name is one: they come from other machines."""
        g, tables = self.groups, (self.group_architectures, self.group_kinds)
        pointing = ((self.named, self.keys), (self.popular, self.keys), (self.popular_group, g), (self.sample_group, g))
        return (
            all(len(i) == 0 or 0 <= int(i.min()) <= int(i.max()) < len(to) for i, to in pointing)
            and len(self.used) == len(self.keys)
            and len(self.popular) == len(self.popular_group) == len(self.prior)
            and g.shape[1:] == (4,)
            and all(t.dtype.kind == "U" and len(t) == len(g) and all(map(is_name, t.tolist())) for t in tables)
        )


_ARRAYS = (
    "names", "named", "keys", "used", "popular", "popular_group", "prior", "group_architectures", "group_kinds",
    "groups", "codes", "scales", "sample_group",
)  # fmt: skip


def statistics(index: Index, keys: Mapping[int, str], sample: Sequence[Packed]) -> Statistics:
    """Of the adapters of an index of words.

    Args:
        index: up to date.
        keys: id -> the adapter's key in the engine; adapters without one do not count among the popular.
        sample: some adapters as the engine has them, for their vectors.
    """
    signals, pieces = index.signals, index.pieces
    fields = {}
    for name in COUNTED:
        lengths = [p.postings(name).lengths[p.texts_alive(name)] for p in pieces]
        living = sum(len(x) for x in lengths)
        total = sum(int(x.sum(dtype=np.int64)) for x in lengths)
        terms = np.concatenate([np.zeros(0, np.uint32), *(dimensions(p.postings(name).terms) for p in pieces)])
        df = np.concatenate([np.zeros(0, np.int64), *(p.df[name] for p in pieces)])
        terms, number = np.unique(terms[df > 0], return_inverse=True)
        summed = np.bincount(number, df[df > 0], len(terms)).astype(np.uint32)
        fields[name] = Field(terms, summed, living, total / living if living and total else 1.0)
    known = np.array([i in keys for i in signals.ids.tolist()], np.bool_) & signals.alive
    used = np.rint(np.expm1(signals.used)).astype(np.int32)
    kinds = kind_labels(KINDS)
    group = signals.architectures.astype(np.int32) * len(kinds) + signals.kinds
    prior = _prior(used, signals.downloads, signals.alive)
    named, groups, popular = [], [], []
    for g in np.unique(group[known]).tolist():
        named.append((shared(signals.architecture_names[g // len(kinds)]), kinds[g % len(kinds)]))
        rows = np.flatnonzero(known & (group == g))
        fetched = np.rint(np.expm1(signals.downloads[rows].astype(np.float64)))
        groups.append([len(rows), int(used[rows].max()), int(fetched.min()), int(fetched.max())])
        popular.append(rows[np.argsort(-prior[rows], kind="stable")[:_POPULAR]])
    names, owners = _links(index, known)
    top = np.concatenate([np.zeros(0, np.int64), *popular])
    kept = np.unique(np.concatenate([top, owners, np.flatnonzero(known & (used > 0))])).astype(np.int64)
    popular_group = np.repeat(np.arange(len(popular)), [len(rows) for rows in popular])
    for p in sample:  # rows that this machine's index knows otherwise, or not yet
        if (p.architecture, p.kind) not in named:
            named.append((p.architecture, p.kind))
            groups.append([0, 0, 0, 0])
    dim = sample[0].codes.shape[1] if sample else 0
    return Statistics(
        fields,
        names,
        np.searchsorted(kept, owners).astype(np.int32),
        np.array([keys[int(signals.ids[r])].encode("ascii") for r in kept], f"S{_KEY}"),
        used[kept],
        np.searchsorted(kept, top).astype(np.int32),
        popular_group.astype(np.int16),
        prior[top],
        np.array([architecture for architecture, _ in named], np.str_),
        np.array([kind for _, kind in named], np.str_),
        np.array(groups, np.int64).reshape(-1, 4),
        np.array([[p.codes[v] for p in sample] for v in range(len(VIEWS))], np.int8).reshape(
            len(VIEWS), len(sample), dim
        ),
        np.array([[p.scales[v] for p in sample] for v in range(len(VIEWS))], np.float32).reshape(
            len(VIEWS), len(sample)
        ),
        np.array([named.index((p.architecture, p.kind)) for p in sample], np.int16),
    )


def _prior(used: NDArray[np.int32], downloads: NDArray[np.float32], alive: NDArray[np.bool_]) -> NDArray[np.float32]:
    """What speaks for an adapter whatever the prompt is."""
    out = np.zeros(len(used), np.float32)
    for values, name in ((np.log1p(used), "used"), (downloads, "downloads")):
        top = float(values[alive].max(initial=0.0))
        out += np.float32(max(WEIGHTS[name])) * np.asarray(values, np.float32) / max(top, 1e-6)
    return out


def _links(index: Index, known: NDArray[np.bool_]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """The names that occur in examples' tags, sorted, and the row that each calls: the first of that name."""
    first = 0
    names, owners, uses = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)], [np.zeros(0, np.uint64)]
    for piece in index.pieces:
        names.append(piece.segment.name)
        owners.append(piece.segment.name_owner.astype(np.int64) + first)
        uses.append(piece.segment.use_name[piece.examples_alive[piece.segment.use_example]])
        first += len(piece)
    name, owner = np.concatenate(names), np.concatenate(owners)
    living = index.signals.alive[owner]
    name, at = np.unique(name[living], return_index=True)
    owner = owner[living][at]
    wanted = np.isin(name, np.concatenate(uses)) & known[owner]
    return name[wanted], owner[wanted]
