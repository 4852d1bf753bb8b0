"""A library's statistics for the engine, made from this machine's index of words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from stylus_core.retriever.engine.published_statistics import PublishedStatistics
from stylus_core.retriever.engine.row_packing import PackedAdapter, dimension_of, dimensions
from stylus_core.retriever.fusion import WEIGHTS, kind_labels
from stylus_core.retriever.index_view import IndexView
from stylus_core.retriever.library_statistics import TermStatistics
from stylus_core.retriever.live_segment import COUNTED
from stylus_core.retriever.name_codes import shared
from stylus_core.retriever.quantized_vectors import VIEWS
from stylus_core.types import KINDS

SAMPLE = 1024  # adapters whose cosines say how low a cosine can be
_POPULAR = 40  # of each architecture and kind: what may be picked although no word speaks for it
_KEY = 32  # characters


def statistics(index: IndexView, keys: Mapping[int, str], sample: Sequence[PackedAdapter]) -> PublishedStatistics:
    """Of the adapters of an index of words.

    Args:
        index: up to date.
        keys: id -> the adapter's key in the engine; adapters without one do not count among the popular.
        sample: some adapters as the engine has them, for their vectors.
    """
    signals = index.signals
    known = np.array([i in keys for i in signals.ids.tolist()], np.bool_) & signals.alive
    usage = signals.examples.usage.astype(np.int32)
    kinds = kind_labels(KINDS)
    group = signals.architectures.astype(np.int32) * len(kinds) + signals.kinds
    prior = _prior(signals.usage_count, signals.downloads, signals.alive)
    named, groups, popular = [], [], []
    for g in np.unique(group[known]).tolist():
        named.append((shared(signals.architecture_names[g // len(kinds)]), kinds[g % len(kinds)]))
        rows = np.flatnonzero(known & (group == g))
        fetched = np.rint(np.expm1(signals.downloads[rows].astype(np.float64)))
        groups.append([len(rows), int(usage[rows].max()), int(fetched.min()), int(fetched.max())])
        popular.append(rows[np.argsort(-prior[rows], kind="stable")[:_POPULAR]])
    names, owners = _links(index, known)
    top = np.concatenate([np.zeros(0, np.int64), *popular])
    kept = np.unique(np.concatenate([top, owners, np.flatnonzero(known & (usage > 0))])).astype(np.int64)
    popular_group = np.repeat(np.arange(len(popular)), [len(rows) for rows in popular])
    for p in sample:  # rows that this machine's index knows otherwise, or not yet
        if (p.architecture, p.kind) not in named:
            named.append((p.architecture, p.kind))
            groups.append([0, 0, 0, 0])
    shape = (len(VIEWS), len(sample))
    dim = sample[0].codes.shape[1] if sample else 0
    return PublishedStatistics(
        terms={field: _terms(index, field) for field in COUNTED},
        names=names,
        name_owner=np.searchsorted(kept, owners).astype(np.int32),
        keys=np.array([keys[int(signals.ids[r])].encode("ascii") for r in kept], f"S{_KEY}"),
        usage=usage[kept],
        popular=np.searchsorted(kept, top).astype(np.int32),
        popular_group=popular_group.astype(np.int16),
        prior=prior[top],
        group_architectures=np.array([architecture for architecture, _ in named], np.str_),
        group_kinds=np.array([kind for _, kind in named], np.str_),
        groups=np.array(groups, np.int64).reshape(-1, 4),
        codes=np.array([[p.codes[v] for p in sample] for v in range(len(VIEWS))], np.int8).reshape(*shape, dim),
        scales=np.array([[p.scales[v] for p in sample] for v in range(len(VIEWS))], np.float32).reshape(shape),
        sample_group=np.array([named.index((p.architecture, p.kind)) for p in sample], np.int16),
    )


def _terms(index: IndexView, field: str) -> TermStatistics:
    """Of all segments of an index together, by dimensions."""
    lengths = [s.postings(field).lengths[s.texts_alive(field)] for s in index.segments]
    living, total = sum(map(len, lengths)), sum(int(x.sum(dtype=np.int64)) for x in lengths)
    terms = np.concatenate([np.zeros(0, np.uint32), *(dimensions(s.postings(field).terms) for s in index.segments)])
    df = np.concatenate([np.zeros(0, np.int32), *(s.df[field] for s in index.segments)])
    terms, number = np.unique(terms[df > 0], return_inverse=True)
    summed = np.bincount(number, df[df > 0], len(terms)).astype(np.int32)
    mean = total / living if living and total else 1.0
    return TermStatistics(terms.astype(np.uint64), summed, living, mean, dimension_of)


def _prior(
    usage_count: NDArray[np.float32], downloads: NDArray[np.float32], alive: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """What speaks for an adapter whatever the prompt is."""
    out = np.zeros(len(usage_count), np.float32)
    for values, name in ((usage_count, "usage_count"), (downloads, "downloads")):
        top = float(values[alive].max(initial=0.0))
        out += np.float32(max(WEIGHTS[name])) * values / np.float32(max(top, 1e-6))
    return out


def _links(index: IndexView, known: NDArray[np.bool_]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """The names that occur in examples' tags, sorted, and the row that each calls: the first of that name."""
    first = 0
    names, owners, uses = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)], [np.zeros(0, np.uint64)]
    for live in index.segments:
        names.append(live.segment.name)
        owners.append(live.segment.name_owner.astype(np.int64) + first)
        uses.append(live.segment.use_name[live.examples_alive[live.segment.use_example]])
        first += len(live)
    name, owner = np.concatenate(names), np.concatenate(owners)
    living = index.signals.alive[owner]
    name, at = np.unique(name[living], return_index=True)
    owner = owner[living][at]
    wanted = np.isin(name, np.concatenate(uses)) & known[owner]
    return name[wanted], owner[wanted]
