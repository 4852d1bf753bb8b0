"""An engine's rows as a segment, so that they are scored by the very code that scores this machine's index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stylus_core.retriever import name_codes
from stylus_core.retriever.documents import UNIT_TYPES
from stylus_core.retriever.engine.row_packing import PackedAdapter, PackedExample
from stylus_core.retriever.postings import Postings
from stylus_core.retriever.segment import Segment

#: An adapter of which only examples speak: it is no candidate, and has no words of its own.
_NOBODY = PackedAdapter(
    architecture="unknown",
    kind="concept",
    downloads=0,
    lengths=(0, 0),
    terms=np.zeros(0, np.uint32),
    everything=np.zeros(0, np.uint8),
    about=np.zeros(0, np.uint8),
    unit_types=np.zeros(0, np.uint8),
    unit_sizes=np.zeros(0, np.uint8),
    unit_terms=np.zeros(0, np.uint16),
    codes=np.zeros((2, 0), np.int8),
    scales=np.zeros(2, np.float32),
)


def row_segment(
    ids: Mapping[str, int],
    rows: Mapping[str, PackedAdapter],
    examples: Sequence[tuple[str, PackedExample]],
    called: Mapping[int, str],
) -> Segment:
    """The segment of some rows; its terms are dimensions of the engine.

    Args:
        ids: key of an adapter -> its id, in the order of the segment's rows. The adapters of all examples and of all
            that are called are among them.
        rows: key -> what the engine has of it; one that is not there has examples alone.
        examples: example prompts, and the keys of the adapters that they belong to.
        called: term of a name in the examples' tags -> key of the adapter of that name.
    """
    place = {key: i for i, key in enumerate(ids)}
    packed = [rows.get(key, _NOBODY) for key in ids]
    architectures, architecture_names = name_codes.coded([p.architecture for p in packed])
    kinds, kind_names = name_codes.coded([p.kind for p in packed])
    everything, about_counts = _texts(packed)
    units, unit_place = _units(packed)
    uses = [_joined([e.uses for _, e in examples], np.uint64), _repeated([len(e.uses) for _, e in examples])]
    return Segment(
        ids=np.array(list(ids.values()), np.int64),
        architectures=architectures,
        architecture_names=architecture_names,
        kinds=kinds,
        kind_names=kind_names,
        downloads=np.array([p.downloads for p in packed], np.int64),
        everything=everything,
        about_counts=about_counts,
        about_lengths=np.array([p.lengths[1] for p in packed], np.int32),
        units=units,
        unit_place=unit_place,
        examples=_postings(
            _joined([e.terms for _, e in examples], np.uint32),
            _repeated([len(e.terms) for _, e in examples]),
            _joined([e.counts for _, e in examples], np.uint8),
            np.array([e.length for _, e in examples], np.int32),
        )[0],
        example_owner=np.array([place[key] for key, _ in examples], np.int32),
        use_example=uses[1].astype(np.int32),
        use_name=uses[0],
        use_weight=np.full(len(uses[0]), np.nan, np.float32),  # which the engine does not keep
        name_owner=np.array([place[key] for key in called.values()], np.int32),
        name=np.array(list(called), np.uint64),
    )


def _texts(packed: Sequence[PackedAdapter]) -> tuple[Postings, NDArray[np.uint8]]:
    """What all texts of each row say, and (p,) how often in what it is about."""
    counts = _joined([p.everything for p in packed], np.uint8)
    said = counts > 0  # a word may stand in a name alone
    terms = _joined([p.terms for p in packed], np.uint32)[said]
    owners = _repeated([len(p.terms) for p in packed])[said]
    lengths = np.array([p.lengths[0] for p in packed], np.int32)
    postings, order = _postings(terms, owners, counts[said], lengths)
    return postings, _joined([p.about for p in packed], np.uint8)[said][order]


def _units(packed: Sequence[PackedAdapter]) -> tuple[Postings, NDArray[np.int32]]:
    """The names of each row, those of one type side by side whatever order the row has."""
    sizes = _joined([p.unit_sizes for p in packed], np.uint8)
    place = _repeated([len(p.unit_sizes) for p in packed]) * len(UNIT_TYPES)
    place = place + _joined([p.unit_types for p in packed], np.uint8)
    order = np.argsort(place, kind="stable")
    number = np.empty(len(order), np.int64)
    number[order] = np.arange(len(order))
    terms = _joined([p.terms[p.unit_terms] for p in packed], np.uint32)
    postings, _ = _postings(
        terms, np.repeat(number, sizes), np.ones(len(terms), np.uint8), sizes[order].astype(np.int32)
    )
    return postings, place[order].astype(np.int32)


def _postings(
    terms: NDArray[np.uint32], owners: NDArray[np.int64], counts: NDArray[np.uint8], lengths: NDArray[np.int32]
) -> tuple[Postings, NDArray[np.int64]]:
    """Of (p,) terms, the texts in which each stands and how often; and the order that they have in the postings."""
    order = np.argsort(terms, kind="stable")
    different, start = np.unique(terms[order], return_index=True)
    start = np.append(start, len(order)).astype(np.int64)
    return Postings(different.astype(np.uint64), start, owners[order].astype(np.int32), counts[order], lengths), order


def _joined(parts: Sequence[NDArray[Any]], dtype: type[np.generic]) -> NDArray[Any]:
    return np.concatenate([np.zeros(0, dtype), *parts])


def _repeated(sizes: Sequence[int]) -> NDArray[np.int64]:
    """Each number from 0 on as often as `sizes` says."""
    return np.repeat(np.arange(len(sizes), dtype=np.int64), sizes)
