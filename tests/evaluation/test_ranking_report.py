"""Figures of merit against independent ones, and plain systems against the libraries that they stand for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylus_study.evaluation.baselines import (
    BASELINE,
    OURS,
    plain_text,
    plain_tokens,
    reciprocal_rank_fusion,
    systems,
)
from stylus_study.evaluation.corpus import EvalQuery, load_adapters
from stylus_study.evaluation.ranking_metrics import ndcg, recall_at, reciprocal_rank
from stylus_study.evaluation.ranking_report import CURVE, rank, rank_all
from stylus_study.evaluation.testbed import Testbed
from tests.evaluation.corpora import write_corpus


@given(st.permutations(range(12)), st.sets(st.integers(0, 11), min_size=1, max_size=5))
def test_ndcg_is_that_of_scikit_learn(order: list[int], relevant: set[int]):
    metrics = pytest.importorskip("sklearn.metrics")
    truth = [[float(i in relevant) for i in range(12)]]
    scores = [[-float(order.index(i)) for i in range(12)]]
    assert ndcg(order, relevant, 10) == pytest.approx(metrics.ndcg_score(truth, scores, k=10))


@given(st.permutations(range(12)), st.sets(st.integers(0, 11), min_size=1, max_size=5))
def test_reciprocal_rank_of_one_relevant_is_its_average_precision(order: list[int], relevant: set[int]):
    metrics = pytest.importorskip("sklearn.metrics")
    one = min(relevant, key=order.index)  # the first of them decides, so it may stand alone
    truth, scores = [i == one for i in range(12)], [-float(order.index(i)) for i in range(12)]
    assert reciprocal_rank(order, relevant) == pytest.approx(metrics.average_precision_score(truth, scores))


def test_recall_by_hand():
    assert recall_at([7, 3, 9, 1], {3, 1, 5}, 3) == pytest.approx(1 / 3)
    assert recall_at([7, 3, 9, 1], {3, 1, 5}, 4) == pytest.approx(2 / 3)


def test_a_system_is_asked_once_a_query_and_those_without_an_answer_are_left_out():
    answers = [[1, 2, 3], [9, 8, 7]]
    asked = []

    def system(prompt: str) -> list[int]:
        asked.append(prompt)
        return answers.pop(0)

    found = rank(system, [EvalQuery("a", {2: 1.0}), EvalQuery("nothing is right"), EvalQuery("b", {5: 0.5, 9: 0.7})])
    assert asked == ["a", "b"]
    assert found.values["MRR"] == [0.5, 1.0]
    assert found.values["R@10"] == [1.0, 0.5]
    assert found.curve == [0.25, *[0.75] * (len(CURVE) - 1)]
    assert found.mean("R@10").value == 0.75


def test_a_difference_is_taken_query_by_query():
    queries = [EvalQuery(str(n), {n: 1.0}) for n in range(40)]
    good = rank(lambda p: [int(p)], queries)
    half = rank(lambda p: [int(p)] if int(p) % 2 else [], queries)
    found = good.difference(half, "R@10")
    assert found.value == 0.5
    assert found.low is not None and 0.3 < found.low < 0.5 < (found.high or 0) < 0.7
    same = good.difference(good, "R@10")
    assert (same.value, same.low, same.high) == (0, 0, 0)


def test_sets_without_anything_right_are_not_ranked():
    assert list(rank_all({"x": lambda _: [1]}, {"some": [EvalQuery("a", {1: 1.0})], "none": [EvalQuery("b")]})) == [
        "some"
    ]


def test_fusion_by_hand():
    found = reciprocal_rank_fusion(np.array([3.0, 2.0, 1.0]), np.array([1.0, 3.0, 2.0]))
    assert found == pytest.approx([1 / 61 + 1 / 63, 1 / 62 + 1 / 61, 1 / 63 + 1 / 62])


def test_bm25_ranks_as_rank_bm25_does(tmp_path: Path):
    library = pytest.importorskip("rank_bm25")
    adapters = load_adapters(write_corpus(tmp_path))
    with Testbed(adapters, tmp_path / "vectors.sqlite", tmp_path / "index", None) as testbed:
        found = systems(testbed)
        assert BASELINE not in found and OURS in found
        for examples, name in ((0, "BM25 without examples"), (4, "BM25 with examples")):
            theirs = library.BM25Okapi([plain_tokens(plain_text(a, examples)) for a in adapters])
            for prompt in ("a copper lantern over a rope bridge", "soft light on velvet", "an oven"):
                scores = theirs.get_scores(plain_tokens(prompt))
                order = [adapters[i].id for i in np.argsort(-scores, kind="stable")]
                assert found[name](prompt) == order
        assert found[OURS]("a copper lantern over a rope bridge")[:2] in ([5, 7], [7, 5])
