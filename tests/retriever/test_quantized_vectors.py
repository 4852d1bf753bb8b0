"""Vectors in eight bits, and the sketch through which a large library is searched."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stylus_core.retriever import quantized_vectors
from stylus_core.retriever.quantized_vectors import VIEWS, QuantizedVectors, joined

DIM = 48


def unit(rng: np.random.Generator, n: int) -> np.ndarray:
    """Unit vectors that lie near a few directions, as texts do."""
    spread = rng.standard_normal((n, DIM)) * np.linspace(2, 0.1, DIM)
    return (spread / np.linalg.norm(spread, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def small_sketches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quantized_vectors, "SKETCHED", 500)
    monkeypatch.setattr(quantized_vectors, "_WIDTH", 24)
    monkeypatch.setattr(quantized_vectors, "_NARROW", 16)


def filled(vectors: dict[str, np.ndarray]) -> QuantizedVectors:
    out = QuantizedVectors(len(vectors["title"]), DIM)
    for view in VIEWS:
        out.put(view, range(len(out)), vectors[view])
    out.finish()
    return out


def test_cosines_are_off_by_less_than_ranking_sees() -> None:
    rng = np.random.default_rng(1)
    vectors = {v: unit(rng, 300) for v in VIEWS}
    found, queries = filled(vectors), unit(rng, 7)
    for view in VIEWS:
        assert np.abs(found.cosines(view, np.arange(300), queries) - queries @ vectors[view].T).max() < 0.005
        whole, parts = found.nearest(view, queries[:1], queries[1:])
        assert np.abs(whole - vectors[view] @ queries[0]).max() < 0.005
        assert np.abs(parts - (vectors[view] @ queries[1:].T).max(axis=1)).max() < 0.005


def test_the_sketch_puts_the_nearest_first(small_sketches: None) -> None:
    rng = np.random.default_rng(2)
    vectors = {v: unit(rng, 3000) for v in VIEWS}
    found, queries = filled(vectors), unit(rng, 20)
    assert found.is_sketched
    for view in VIEWS:
        (near,) = found.nearest(view, queries[:0], queries)
        truth = (vectors[view] @ queries.T).max(axis=1)
        assert near.shape == truth.shape
        best, pool = np.argsort(-truth)[:20], np.argsort(-near)[:200]
        assert len(np.intersect1d(best, pool)) >= 19


def test_saved_and_mapped_it_is_the_same_and_another_model_is_not(small_sketches: None, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    found, queries = filled({v: unit(rng, 700) for v in VIEWS}), unit(rng, 3)
    found.save(tmp_path, "one")
    again = QuantizedVectors.load(tmp_path, "one", 700, DIM)
    for view in VIEWS:
        for a, b in zip(
            again.nearest(view, queries[:1], queries), found.nearest(view, queries[:1], queries), strict=True
        ):
            assert np.array_equal(a, b)
    assert len(QuantizedVectors.load(tmp_path, "two", 700, DIM).missing(np.ones(700, np.bool_))) == 700
    assert len(QuantizedVectors.load(tmp_path, "one", 701, DIM).missing(np.ones(701, np.bool_))) == 701
    (tmp_path / "basis-one.npy").write_bytes(b"nonsense")
    assert len(QuantizedVectors.load(tmp_path, "one", 700, DIM).missing(np.ones(700, np.bool_))) == 700
    again.put("title", [5], unit(rng, 1))  # what is mapped from disk can be added to


def test_joining_keeps_rows_and_leaves_out_the_dead(small_sketches: None) -> None:
    rng = np.random.default_rng(4)
    vectors = [{v: unit(rng, n) for v in VIEWS} for n in (600, 40)]
    keep = [rng.random(600) < 0.9, np.ones(40, np.bool_)]
    found = joined([filled(v) for v in vectors], keep)
    axes = np.eye(DIM, dtype=np.float32)
    for view in VIEWS:
        truth = np.concatenate([v[view][k] for v, k in zip(vectors, keep, strict=True)])
        assert np.allclose(found.cosines(view, np.arange(len(found)), axes).T, truth, atol=0.005)
    assert found.is_sketched
    assert not len(found.missing(np.ones(len(found), np.bool_)))
    other = joined([QuantizedVectors(10, 0), filled(vectors[1])], [np.ones(10, np.bool_), keep[1]])
    assert other.missing(np.ones(50, np.bool_)).tolist() == list(range(10))


def test_a_large_library_ranks_as_if_every_vector_had_been_looked_at(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The same index searched through the sketch and without: the same candidates with the same scores."""
    from stylus_core.prompt import parse
    from stylus_core.prompt.keywords import keywords
    from stylus_core.retriever import retriever
    from stylus_core.retriever.index import Index
    from stylus_core.retriever.retriever import Filter, Retriever
    from stylus_core.retriever.vectors import VectorStore
    from stylus_core.types import Adapter, Metadata

    class RandomWordEncoder:
        backend, key, dim = "fake", "words", DIM

        def encode(self, texts: list[str]) -> np.ndarray:
            each = [[unit(np.random.default_rng(sum(map(ord, w))), 1)[0] for w in t.lower().split()] for t in texts]
            total = np.array([np.sum(e, axis=0) for e in each], np.float32)
            return total / np.linalg.norm(total, axis=1, keepdims=True)

    rng = np.random.default_rng(5)
    nouns = "lighthouse kimono corgi dragon teapot meadow violin harbor lantern glacier orchard windmill".split()
    library = {}
    for n in range(1, 1501):
        title = f"{' '.join(rng.choice(nouns, 3))} {rng.choice(list('abcdefgh'))}{n % 50}"
        library[n] = Adapter(n, f"/x/{n}.safetensors", f"file{n}", metadata=Metadata(title=title))
    index = Index(tmp_path)
    index.update(library.values(), (), 1)
    store = VectorStore(tmp_path / "v.sqlite", RandomWordEncoder())

    def get(ids: list[int]) -> dict[int, Adapter]:
        return {i: library[i] for i in ids}

    def searched(prompt: str, exclude: frozenset[int] = frozenset()) -> list[tuple[int, float]]:
        dense = index.dense(store, get, everything=True)
        parsed = parse(prompt)
        found = Retriever(index, get, dense).search(parsed, keywords(parsed), 20, Filter(exclude=exclude))
        return [(c.adapter.id, c.score) for c in found.candidates]

    prompts = ("a corgi beside a teapot in a meadow", "dragon, lantern, glacier, windmill", "an old violin, harbor")
    exact = [searched(p) for p in prompts]
    without = searched(prompts[0], frozenset(i for i, _ in exact[0][:5]))
    monkeypatch.setattr(quantized_vectors, "SKETCHED", 1000)
    monkeypatch.setattr(quantized_vectors, "_WIDTH", 24)
    monkeypatch.setattr(quantized_vectors, "_NARROW", 16)
    monkeypatch.setattr(retriever, "_PARALLEL", 1000)
    monkeypatch.setattr(retriever, "_POOL", 400)
    for vectors in index._vectors:
        vectors.finish()
    assert not index.dense(store, get).is_exact
    for prompt, (ids, scores) in zip(prompts, (zip(*e, strict=True) for e in exact), strict=True):
        found_ids, found_scores = zip(*searched(prompt), strict=True)
        assert len(set(ids) & set(found_ids)) >= 19
        assert np.allclose(sorted(scores), sorted(found_scores), atol=0.05)
        assert searched(prompt) == list(zip(found_ids, found_scores, strict=True))
    again = searched(prompts[0], frozenset(i for i, _ in exact[0][:5]))
    assert len({i for i, _ in without} & {i for i, _ in again}) >= 19
