"""What scoring needs to know of a whole library, kept beside its rows in the engine.

With it a few hundred adapters are scored as if all were. A library's statistics hardly move with a few adapters more,
so they are made again only when much has changed; until then a new adapter counts with its own words and without the
examples of others that use it. `index_statistics.py` makes them.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stylus_core.retriever.engine.row_packing import dimension_of
from stylus_core.retriever.library_statistics import TermStatistics
from stylus_core.retriever.live_segment import COUNTED
from stylus_core.retriever.name_codes import Names, is_name

_MOST = 2**31 - 1  # texts

#: Attribute -> array in the file, where the two differ.
_STORED = {"name_owner": "named", "usage": "used"}
_ARRAYS = (
    "names", "name_owner", "keys", "usage", "popular", "popular_group", "prior", "group_architectures", "group_kinds",
    "groups", "codes", "scales", "sample_group",
)  # fmt: skip


@dataclass(frozen=True)
class PublishedStatistics:
    """Of one library.

    Attributes:
        terms: field -> how often words occur in it, by their dimensions in the engine.
        names: (l,) the names in the tags of examples, sorted.
        name_owner: (l,) which of `keys` each of them calls.
        keys: (m,) of adapters that examples use, or that are popular.
        usage: (m,) examples of others that use each of them.
        popular: (p,) index into `keys`.
        popular_group: (p,) which of the groups each is of.
        prior: (p,) what speaks for each whatever the prompt is.
        group_architectures: (g,) a group is the adapters of one architecture ...
        group_kinds: (g,) ... and one kind, a `kind_label`.
        groups: (g, 4) adapters, most used, fewest and most downloads.
        codes: (2, s, dim) a sample of the vectors, as in `QuantizedVectors.of`.
        scales: (2, s).
        sample_group: (s,) which of the groups each of the sample is of.
    """

    terms: dict[str, TermStatistics]
    names: NDArray[np.uint64]
    name_owner: NDArray[np.int32]
    keys: NDArray[np.bytes_]
    usage: NDArray[np.int32]
    popular: NDArray[np.int32]
    popular_group: NDArray[np.int16]
    prior: NDArray[np.float32]
    group_architectures: Names
    group_kinds: Names
    groups: NDArray[np.int64]
    codes: NDArray[np.int8]
    scales: NDArray[np.float32]
    sample_group: NDArray[np.int16]

    @cached_property
    def _place(self) -> dict[str, int]:
        return {k.decode("ascii"): i for i, k in enumerate(self.keys.tolist())}

    def usage_of(self, keys: Sequence[str]) -> NDArray[np.int64]:
        """(len(keys),): how many examples of others use each adapter, 0 for one that is not known."""
        places = [self._place.get(key, -1) for key in keys]
        return np.array([self.usage[i] if i >= 0 else 0 for i in places], np.int64)

    def called(self, names: NDArray[np.uint64]) -> dict[int, str]:
        """Which of these names call an adapter, and its key."""
        if not len(self.names):
            return {}
        at = np.minimum(np.searchsorted(self.names, names), len(self.names) - 1)
        at = at[self.names[at] == names]
        keys = [key.decode("ascii") for key in self.keys[self.name_owner[at]].tolist()]
        return dict(zip(self.names[at].tolist(), keys, strict=True))

    def to_bytes(self) -> bytes:
        """As a file of numpy's, for `from_bytes`."""
        buffer = io.BytesIO()
        arrays: dict[str, NDArray[Any]] = {_STORED.get(n, n): getattr(self, n) for n in _ARRAYS}
        for name, f in self.terms.items():
            arrays |= {f"{name}.terms": f.terms.astype(np.uint32), f"{name}.df": f.df.astype(np.uint32)}
            arrays[f"{name}.size"] = np.array([f.living, f.mean_length], np.float64)
        np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]  # its stubs mistake the names for flags
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> PublishedStatistics:
        """What `to_bytes` made. Raises ValueError for anything else: it comes from other machines."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            terms = {
                n: TermStatistics(
                    arrays[f"{n}.terms"].astype(np.uint64),
                    np.minimum(arrays[f"{n}.df"], _MOST).astype(np.int32),
                    int(size[0]),
                    max(float(size[1]), 1e-6),
                    dimension_of,
                )
                for n in COUNTED
                for size in [arrays[f"{n}.size"]]
            }
            out = cls(terms, **{n: arrays[_STORED.get(n, n)] for n in _ARRAYS})
        except Exception as e:  # zip, zlib and numpy have many names for what is damaged
            raise ValueError(f"the statistics are not whole ({e})") from None
        if not out._is_whole():
            raise ValueError("the statistics are not whole")
        return out

    def _is_whole(self) -> bool:
        """Whether every number points to something, and every name is one."""
        g, tables = self.groups, (self.group_architectures, self.group_kinds)
        pointing = (
            (self.name_owner, self.keys), (self.popular, self.keys), (self.popular_group, g), (self.sample_group, g),
        )  # fmt: skip
        return (
            all(len(i) == 0 or 0 <= int(i.min()) <= int(i.max()) < len(to) for i, to in pointing)
            and all(t.terms.ndim == 1 and t.terms.shape == t.df.shape for t in self.terms.values())
            and all(t.living >= 0 and math.isfinite(t.mean_length) for t in self.terms.values())
            and len(self.names) == len(self.name_owner)
            and len(self.usage) == len(self.keys)
            and len(self.popular) == len(self.popular_group) == len(self.prior)
            and g.shape[1:] == (4,)
            and all(t.dtype.kind == "U" and len(t) == len(g) and all(map(is_name, t.tolist())) for t in tables)
        )
