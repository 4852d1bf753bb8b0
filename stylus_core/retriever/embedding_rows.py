"""Which rows of an index have no vectors yet, and how they get them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stylus_core.progress import StageProgress
from stylus_core.retriever.documents import document
from stylus_core.retriever.live_segment import LiveSegment
from stylus_core.retriever.quantized_vectors import VIEWS, Matrix, QuantizedVectors
from stylus_core.retriever.vectors import VectorStore
from stylus_core.types import Adapter

#: Adapters that a selection may wait for to be embedded, where nobody embeds them beside it.
EMBED_AT_ONCE = 200
_STEP = 128  # adapters between two reports of progress

Get = Callable[[Sequence[int]], Mapping[int, Adapter]]


class Place(NamedTuple):
    """Where an adapter stands in an index."""

    segment: int
    row: int
    id: int


def known_rows(vectors: Sequence[QuantizedVectors]) -> NDArray[np.bool_]:
    """Tells which rows have vectors.

    Args:
        vectors: of each segment.

    Returns:
        (n,) of the rows of all segments.
    """
    return np.concatenate([np.zeros(0, np.bool_), *(v.scales[VIEWS[0]] > 0 for v in vectors)])


def missing(segments: Sequence[LiveSegment], vectors: Sequence[QuantizedVectors]) -> list[Place]:
    """Lists the living rows that are not embedded.

    Args:
        segments: of an index.
        vectors: of each of them.

    Returns:
        Their places, in order.
    """
    return [
        Place(i, int(row), int(live.segment.ids[row]))
        for i, (live, known) in enumerate(zip(segments, vectors, strict=True))
        for row in known.missing(live.alive)
    ]


def put(vectors: Sequence[QuantizedVectors], places: Sequence[Place], found: Mapping[str, Matrix]) -> None:
    """Sets the vectors of some rows; `QuantizedVectors.finish` of their segments is to follow.

    Args:
        vectors: of each segment, of the dimension of those that are found.
        places: where they belong.
        found: view -> (places, dim).
    """
    for i in {p.segment for p in places}:
        of_it = [k for k, p in enumerate(places) if p.segment == i]
        for view in VIEWS:
            vectors[i].put(view, [places[k].row for k in of_it], found[view][of_it])


def put_those(
    vectors: Sequence[QuantizedVectors], places: Sequence[Place], ids: Sequence[int], found: Mapping[str, Matrix]
) -> list[Place]:
    """Sets the vectors of adapters, of which some may not be awaited any more.

    Args:
        vectors: as for `put`.
        places: all that lack vectors.
        ids: of the adapters that vectors were found for.
        found: view -> (ids, dim).

    Returns:
        Where vectors were put.
    """
    awaited = {p.id: p for p in places}
    rows = [k for k, number in enumerate(ids) if number in awaited]
    there = [awaited[ids[k]] for k in rows]
    put(vectors, there, {view: all_of_it[rows] for view, all_of_it in found.items()})
    return there


def embed(
    vectors: Sequence[QuantizedVectors],
    places: Sequence[Place],
    store: VectorStore,
    get: Get,
    progress: StageProgress | None = None,
    known_only: bool = False,
) -> None:
    """Embeds the adapters of some rows, step by step.

    Args:
        vectors: of each segment; gets what is found.
        places: of the rows.
        store: in front of the encoder.
        get: adapters by id.
        progress: told how many are embedded, and of how many.
        known_only: whether only those are put in that the store has already.
    """
    for first in range(0, len(places), _STEP):
        some = places[first : first + _STEP]
        adapters = get([p.id for p in some])
        known = [(p, document(adapters[p.id])) for p in some if p.id in adapters]
        if known_only:
            there: list[NDArray[np.bool_]] = [store.known([getattr(d, view) for _, d in known]) for view in VIEWS]
            known = [known[k] for k in np.flatnonzero(np.logical_and(*there))]
        if known:
            found = {view: store.many([getattr(d, view) for _, d in known]) for view in VIEWS}
            put(vectors, [p for p, _ in known], found)
        if progress:
            progress(first + len(some), len(places))
