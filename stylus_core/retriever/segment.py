"""A segment of the index: the arrays of some adapters, built at once, saved as plain files and mapped back.

An index is one large segment and perhaps a small one of what came since. Nothing in a segment changes after it is
built; adapters that are gone are masked out, and their rows leave with the next merge.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stylus_core.retriever import name_codes
from stylus_core.retriever.documents import UNIT_TYPES, Document
from stylus_core.retriever.fusion import kind_label
from stylus_core.retriever.name_codes import Codes, Names
from stylus_core.retriever.postings import Mask, Postings, build, counts_among, merge

_TYPES = len(UNIT_TYPES)
_POSTINGS = ("everything", "units", "examples")
_TABLES = {"architectures": "architecture_names", "kinds": "kind_names"}


@dataclass(frozen=True, slots=True)
class Segment:
    """n adapters, u names of theirs (units), e example prompts."""

    ids: NDArray[np.int64]  # (n,) of the library
    architectures: Codes  # (n,) which of `architecture_names`
    architecture_names: Names
    kinds: Codes  # (n,) which of `kind_names`
    kind_names: Names  # `kind_label`s
    downloads: NDArray[np.int64]  # (n,)
    everything: Postings
    about_counts: NDArray[np.uint8]  # (postings of everything,) how often the term stands in what the text is about
    about_lengths: NDArray[np.int32]  # (n,)
    units: Postings
    unit_place: NDArray[np.int32]  # (u,) row of the adapter and type in one number, ascending
    examples: Postings
    example_owner: NDArray[np.int32]  # (e,) row of the adapter
    use_example: NDArray[np.int32]  # (m,) example that uses an adapter ...
    use_name: NDArray[np.uint64]  # (m,) ... of this name
    use_weight: NDArray[np.float32]  # (m,) ... with this weight; nan: without one that fits
    name_owner: NDArray[np.int32]  # (k,) row of an adapter ...
    name: NDArray[np.uint64]  # (k,) ... that has this name

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def about(self) -> Postings:
        """The postings of everything, with the counts of name, tags, trigger words and description alone."""
        e = self.everything
        return Postings(e.terms, e.start, e.docs, self.about_counts, self.about_lengths)


def from_documents(documents: Iterable[Document]) -> Segment:
    """The segment of these adapters, in their order."""
    docs = list(documents)
    units = [(row, kind, unit) for row, d in enumerate(docs) for kind, unit in d.units]
    examples = [(row, e, used) for row, d in enumerate(docs) for e, used in zip(d.examples, d.uses, strict=True)]
    uses = [(i, name, weight) for i, (_, _, used) in enumerate(examples) for name, weight in used.items()]
    names = [(row, name) for row, d in enumerate(docs) for name in d.names]
    everything, about = build(d.everything for d in docs), build(d.about for d in docs)
    architectures, architecture_names = name_codes.coded([d.architecture for d in docs])
    kinds, kind_names = name_codes.coded([kind_label(d.kind, d.guessed) for d in docs])
    return Segment(
        ids=np.array([d.adapter for d in docs], np.int64),
        architectures=architectures,
        architecture_names=architecture_names,
        kinds=kinds,
        kind_names=kind_names,
        downloads=np.array([max(d.downloads, 0) for d in docs], np.int64),
        everything=everything,
        about_counts=counts_among(about, everything),
        about_lengths=about.lengths,
        units=build(unit for _, _, unit in units),
        unit_place=np.array([row * _TYPES + kind for row, kind, _ in units], np.int32),
        examples=build(e for _, e, _ in examples),
        example_owner=np.array([row for row, _, _ in examples], np.int32),
        use_example=np.array([i for i, _, _ in uses], np.int32),
        use_name=np.array([name for _, name, _ in uses], np.uint64),
        use_weight=np.array([weight for _, _, weight in uses], np.float32),
        name_owner=np.array([row for row, _ in names], np.int32),
        name=np.array([name for _, name in names], np.uint64),
    )


def merged(segments: Sequence[Segment], alive: Sequence[Mask]) -> Segment:
    """One segment of the living adapters of all, in their order."""
    rows = [np.cumsum(a) - 1 for a in alive]
    first = np.concatenate([[0], np.cumsum([int(a.sum()) for a in alive])])
    unit_kept = [a[s.unit_place // _TYPES] for s, a in zip(segments, alive, strict=True)]
    example_kept = [a[s.example_owner] for s, a in zip(segments, alive, strict=True)]
    name_kept = [a[s.name_owner] for s, a in zip(segments, alive, strict=True)]
    use_kept = [k[s.use_example] for s, k in zip(segments, example_kept, strict=True)]
    example_rows = [np.cumsum(k) - 1 for k in example_kept]
    first_example = np.concatenate([[0], np.cumsum([int(k.sum()) for k in example_kept])])

    def owners(field: str, kept: Sequence[Mask]) -> NDArray[np.int32]:
        moved = [rows[i][getattr(s, field)[k]] + first[i] for i, (s, k) in enumerate(zip(segments, kept, strict=True))]
        return np.concatenate(moved).astype(np.int32)

    def joined(field: str, kept: Sequence[Mask]) -> NDArray[Any]:
        return np.concatenate([getattr(s, field)[k] for s, k in zip(segments, kept, strict=True)])

    def named(field: str) -> tuple[Codes, Names]:
        codes = [getattr(s, field)[k] for s, k in zip(segments, alive, strict=True)]
        return name_codes.joined(codes, [getattr(s, _TABLES[field]) for s in segments])

    use_example = [
        example_rows[i][s.use_example[k]] + first_example[i]
        for i, (s, k) in enumerate(zip(segments, use_kept, strict=True))
    ]
    unit_place = [
        (rows[i][s.unit_place[k] // _TYPES] + first[i]) * _TYPES + s.unit_place[k] % _TYPES
        for i, (s, k) in enumerate(zip(segments, unit_kept, strict=True))
    ]
    (architectures, architecture_names), (kinds, kind_names) = named("architectures"), named("kinds")
    everything, about_counts = merge([s.everything for s in segments], alive, [s.about_counts for s in segments])
    return Segment(
        ids=joined("ids", alive),
        architectures=architectures,
        architecture_names=architecture_names,
        kinds=kinds,
        kind_names=kind_names,
        downloads=joined("downloads", alive),
        everything=everything,
        about_counts=about_counts,
        about_lengths=joined("about_lengths", alive),
        units=merge([s.units for s in segments], unit_kept)[0],
        unit_place=np.concatenate(unit_place).astype(np.int32),
        examples=merge([s.examples for s in segments], example_kept)[0],
        example_owner=owners("example_owner", example_kept),
        use_example=np.concatenate(use_example).astype(np.int32),
        use_name=joined("use_name", use_kept),
        use_weight=joined("use_weight", use_kept),
        name_owner=owners("name_owner", name_kept),
        name=joined("name", name_kept),
    )


def save(segment: Segment, folder: Path) -> None:
    """Writes one `.npy` file an array into a new folder."""
    folder.mkdir(parents=True)
    for f in fields(Segment):
        value = getattr(segment, f.name)
        if isinstance(value, Postings):
            for part in fields(Postings):
                np.save(folder / f"{f.name}.{part.name}.npy", getattr(value, part.name))
        else:
            np.save(folder / f"{f.name}.npy", value)


def save_names(segment: Segment, folder: Path) -> None:
    """Writes the tables of names beside the arrays of a segment that was saved without them."""
    for table in _TABLES.values():
        np.save(folder / f"{table}.npy", getattr(segment, table))


def load(folder: Path, names: Mapping[str, Names] | None = None) -> Segment:
    """Maps a saved segment. Whatever numpy raises, it is not whole.

    `names`: the tables of a segment that was saved without them.
    """

    def array(name: str) -> NDArray[Any]:
        mapped = np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
        return np.asarray(mapped)

    values: dict[str, Any] = dict(names or {})
    for f in fields(Segment):
        if f.name in values:
            continue
        if f.name in _POSTINGS:
            values[f.name] = Postings(**{part.name: array(f"{f.name}.{part.name}") for part in fields(Postings)})
        else:
            values[f.name] = array(f.name)
    for codes, table in _TABLES.items():
        name_codes.check(values[codes], values[table])
    return Segment(**values)


def check(segment: Segment) -> None:
    """Raises ValueError where a segment would lead a search astray: for those that were saved without checksums."""
    n, units, examples = len(segment.ids), len(segment.unit_place), len(segment.example_owner)
    s = segment
    equal = (
        *((array, n) for array in (s.architectures, s.kinds, s.downloads, s.about_lengths)),
        (s.about_counts, len(s.everything.docs)),
        *((array, len(s.use_example)) for array in (s.use_name, s.use_weight)),
        (s.name, len(s.name_owner)),
    )
    pointing = (
        (s.unit_place, n * _TYPES),
        (s.example_owner, n),
        (s.use_example, examples),
        (s.name_owner, n),
    )
    if not (
        all(a.ndim == 1 and len(a) == size for a, size in equal)
        and all(_points(array, size) for array, size in pointing)
        and all(_is_whole(p, size) for p, size in ((s.everything, n), (s.units, units), (s.examples, examples)))
    ):
        raise ValueError("its arrays do not fit together")


def _points(array: NDArray[Any], size: int) -> bool:
    """Whether every number is a place among `size`."""
    if array.ndim != 1 or array.dtype.kind != "i":
        return False
    return not len(array) or bool(0 <= int(array.min()) and int(array.max()) < size)


def _is_whole(postings: Postings, texts: int) -> bool:
    p = postings
    if any(a.ndim != 1 or a.dtype.kind not in "iu" for a in (p.terms, p.start, p.docs, p.counts, p.lengths)):
        return False
    if len(p.start) != len(p.terms) + 1 or len(p.counts) != len(p.docs) or len(p.lengths) != texts:
        return False
    ascending = bool((p.start[1:] >= p.start[:-1]).all()) and bool((p.terms[1:] > p.terms[:-1]).all())
    return ascending and int(p.start[0]) == 0 and int(p.start[-1]) == len(p.docs) and _points(p.docs, texts)
