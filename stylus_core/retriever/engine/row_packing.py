"""An adapter as one string for an engine's row, from which all its signals follow; and its sparse vectors.

The sparse vectors only have to bring up whatever may rank high: what comes up is scored from the packed counts.
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stylus_core.retriever.bm25 import K1, B
from stylus_core.retriever.documents import Document
from stylus_core.retriever.fusion import kind_label
from stylus_core.retriever.name_codes import is_name, shared
from stylus_core.retriever.quantized_vectors import VIEWS, QuantizedVectors
from stylus_core.retriever.tokenizer import term

#: Of what is stored: another one goes into collections of its own, so that two versions never mix. Version 2 had
#: numbers for the names of architectures and kinds.
VERSION = 3

#: Words of a text in the mean over a large corpus. Real means move with a library; these are only for bringing up.
MEAN_LENGTH = {"everything": 150.0, "about": 90.0, "examples": 23.0}

_DIMENSIONS = 4_294_967_291  # the largest prime that an engine's 32 bits hold
_NAMED = 2.0  # what a word weighs more that is all of one of an adapter's names
_MOST_TERMS, _MOST_UNIT_TERMS = 5000, 4000  # so that a row keeps within an engine's 65,535 characters
_HEAD = struct.Struct("<BBqiiHHHH")  # bytes of two names, downloads, two lengths, terms, units, their terms, dim
_EXAMPLE_HEAD = struct.Struct("<iHH")  # length, terms, uses


def dimension_of(token: str) -> int:
    """A token's dimension in sparse vectors."""
    return term(token) % _DIMENSIONS


def dimensions(terms: NDArray[np.uint64]) -> NDArray[np.uint32]:
    """The dimensions of many terms, (len(terms),)."""
    return (terms % np.uint64(_DIMENSIONS)).astype(np.uint32)


@dataclass(frozen=True, slots=True)
class PackedAdapter:
    """One adapter's counts and vectors: t terms, u names (units), and v terms of names."""

    architecture: str
    kind: str  # `kind_label`
    downloads: int
    lengths: tuple[int, int]  # tokens of everything, of about
    terms: NDArray[np.uint32]  # (t,) dimensions
    everything: NDArray[np.uint8]  # (t,) how often in all its texts, 255 at most
    about: NDArray[np.uint8]  # (t,) how often in its description and names
    unit_types: NDArray[np.uint8]  # (u,)
    unit_sizes: NDArray[np.uint8]  # (u,) terms of each name
    unit_terms: NDArray[np.uint16]  # (v,) index into `terms`
    codes: NDArray[np.int8]  # (2, dim) as in `QuantizedVectors`; dim 0 without an encoder
    scales: NDArray[np.float32]  # (2,)


@dataclass(frozen=True, slots=True)
class PackedExample:
    """One example prompt's counts, and the names in its tags."""

    length: int
    terms: NDArray[np.uint32]
    counts: NDArray[np.uint8]
    uses: NDArray[np.uint64]


def pack(document: Document, vectors: Mapping[str, NDArray[np.float32]]) -> str:
    """A document and its vectors, (dim,) a view, as printable characters."""
    everything, about = _counted(document.everything), _counted(document.about)
    units: list[tuple[int, list[int]]] = []
    room = _MOST_UNIT_TERMS
    for kind, unit in document.units:
        named = [dimension_of(t) for t in unit[:255]]
        if len(named) <= room:
            units.append((kind, named))
            room -= len(named)
    of_units = dict.fromkeys(d for _, named in units for d in named)
    terms = sorted(list(dict.fromkeys([*of_units, *about, *(d for d, _ in everything.most_common())]))[:_MOST_TERMS])
    place = {d: i for i, d in enumerate(terms)}
    dim = len(vectors[VIEWS[0]]) if vectors else 0
    embedded = QuantizedVectors(1, dim)
    for view in VIEWS if dim else ():
        embedded.put(view, [0], vectors[view][None])
    flat = [place[d] for _, named in units for d in named]
    names = [name.encode("ascii") for name in names_of(document)]
    head = _HEAD.pack(
        *map(len, names),
        max(document.downloads, 0),
        len(document.everything),
        len(document.about),
        len(terms),
        len(units),
        len(flat),
        dim,
    )
    parts: list[NDArray[Any]] = [
        np.array(terms, np.uint32),
        np.array([min(everything[d], 255) for d in terms], np.uint8),
        np.array([min(about[d], 255) for d in terms], np.uint8),
        np.array([kind for kind, _ in units], np.uint8),
        np.array([len(named) for _, named in units], np.uint8),
        np.array(flat, np.uint16),
        np.concatenate([embedded.codes[v][0] for v in VIEWS]),
        np.array([embedded.scales[v][0] for v in VIEWS], np.float32),
    ]
    return _text(head + b"".join(names), parts)


def names_of(document: Document) -> tuple[str, str]:
    """The names of architecture and kind, as every machine reads them."""
    return shared(document.architecture), shared(kind_label(document.kind, document.guessed))


def unpack(text: str) -> PackedAdapter:
    """What `pack` made. Raises ValueError for anything else: rows come from other machines."""
    data, at = _bytes(text, _HEAD), _HEAD.size
    one, two, downloads, everything, about, t, u, v, dim = _HEAD.unpack_from(data)
    said = data[at : at + one + two].decode("ascii", "replace")
    architecture, kind, at = said[:one], said[one:], at + one + two
    shapes = ((np.uint32, t), (np.uint8, t), (np.uint8, t), (np.uint8, u), (np.uint8, u), (np.uint16, v))
    arrays = _arrays(data, at, (*shapes, (np.int8, 2 * dim), (np.float32, 2)))
    terms, counts, abouts, types, sizes, unit_terms, codes, scales = arrays
    if not is_name(architecture) or not is_name(kind) or min(downloads, everything, about) < 0:
        raise ValueError("a row has a value out of range")
    if int(sizes.sum()) != v or (v and int(unit_terms.max()) >= len(terms)) or (u and int(types.max()) > 2):
        raise ValueError("a row's names do not fit its terms")
    if not np.isfinite(scales).all():
        raise ValueError("a row's vectors are no numbers")
    vectors = codes.reshape(2, dim), scales
    return PackedAdapter(
        architecture, kind, downloads, (everything, about), terms, counts, abouts, types, sizes, unit_terms, *vectors
    )


def pack_example(tokens: Sequence[str], uses: Iterable[int]) -> str:
    """An example prompt's tokens and the names in its tags."""
    counts = _counted(tokens)
    terms = sorted(d for d, _ in counts.most_common(_MOST_TERMS))
    named = np.array(sorted(uses)[:255], np.uint64)
    head = _EXAMPLE_HEAD.pack(len(tokens), len(terms), len(named))
    times = np.array([min(counts[d], 255) for d in terms], np.uint8)
    return _text(head, [np.array(terms, np.uint32), times, named])


def unpack_example(text: str) -> PackedExample:
    """What `pack_example` made. Raises ValueError for anything else."""
    data = _bytes(text, _EXAMPLE_HEAD)
    length, t, uses = _EXAMPLE_HEAD.unpack_from(data)
    if length < 0:
        raise ValueError("a row has a value out of range")
    return PackedExample(length, *_arrays(data, _EXAMPLE_HEAD.size, ((np.uint32, t), (np.uint8, t), (np.uint64, uses))))


def sparse(field: str, tokens: Sequence[str], units: Iterable[tuple[int, list[str]]] = ()) -> dict[int, float]:
    """BM25's weight of each term in a text; a query's side is the terms' inverse document frequency.

    `units`: names, whose terms weigh the more the fewer there are.
    """
    norm = K1 * (1 - B + B * len(tokens) / MEAN_LENGTH[field])
    out = {d: (K1 + 1) * c / (c + norm) for d, c in _counted(tokens).items()}
    best: dict[int, float] = {}
    for _, unit in units:
        for t in unit:
            best[dimension_of(t)] = max(best.get(dimension_of(t), 0.0), _NAMED / len(unit))
    for d, more in best.items():
        out[d] = out.get(d, 0.0) + more
    return out or {0: 1e-6}  # an engine takes no empty vector


def digest(document: Document) -> str:
    """Of all that is stored of a document, its vectors' texts included; the model has collections of its own."""
    said = [getattr(document, f.name) for f in fields(document) if f.name != "adapter"]
    return blake2b(repr(said).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _counted(tokens: Iterable[str]) -> Counter[int]:
    return Counter(dimension_of(t) for t in tokens)


def _text(head: bytes, parts: Iterable[NDArray[Any]]) -> str:
    return base64.b64encode(head + b"".join(p.tobytes() for p in parts)).decode("ascii")


def _bytes(text: str, head: struct.Struct) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError, TypeError):
        raise ValueError("a row is not what Stylus writes") from None
    if len(data) < head.size:
        raise ValueError("a row is cut off")
    return data


def _arrays(data: bytes, at: int, shapes: Iterable[tuple[Any, int]]) -> list[NDArray[Any]]:
    out = []
    for dtype, n in shapes:
        size = np.dtype(dtype).itemsize * n
        if at + size > len(data):
            raise ValueError("a row is cut off")
        out.append(np.frombuffer(data, dtype, n, at))
        at += size
    return out
