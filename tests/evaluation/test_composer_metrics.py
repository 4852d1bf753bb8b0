"""What is counted of a composer's choices."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from stylus_core.composer import Request
from stylus_core.options import Options
from stylus_core.types import Assignment, Composition
from stylus_study.evaluation.composer_metrics import (
    GRID,
    choose,
    curve,
    local_without_threshold,
    requests,
    weight_errors,
)
from stylus_study.evaluation.corpus import EvalQuery, load_adapters
from stylus_study.evaluation.testbed import Testbed
from tests.evaluation.corpora import write_corpus


@pytest.fixture
def testbed(tmp_path: Path):
    with Testbed(load_adapters(write_corpus(tmp_path)), tmp_path / "v.sqlite", tmp_path / "index", None) as g:
        yield g


def picking(*answers: tuple[tuple[int, str], ...]):
    """A composer that takes (adapter, keyword) from a queue."""
    queue = list(answers)

    def compose(request: Request) -> Composition:
        wanted = queue.pop(0)
        by_id = {c.adapter.id: c for c in request.candidates}
        words = {k.text: k for k in request.keywords}
        return Composition(tuple(Assignment(by_id[i], words[w], "", 1.0) for i, w in wanted), "queue")

    return compose


def test_choices_are_held_against_what_was_chosen(testbed: Testbed):
    queries = [
        EvalQuery("a paper kite over a rope bridge", keywords={"red kite": (1,), "gorge": (7,)}),
        EvalQuery("a glass teapot", adapters={3: 0.6}),
        EvalQuery("a tin robot", adapters={4: 1.0}),
        EvalQuery("fog"),
    ]
    asked = requests(testbed.retriever, queries, Options())
    found = choose(
        picking(((1, "paper kite"), (7, "rope bridge")), (), ((2, "tin robot"),), ((8, "fog"),)), asked, queries
    )
    assert found.values["nothing"] == [0, 1, 0, 0]
    assert found.values["picks"] == [2, 0, 1, 1]
    assert found.values["hit"] == [1, 0, 0, None]
    assert found.values["precision"] == [1, None, 0, None]
    assert found.values["keywords"] == [0.5, None, None, None]  # the bridge was chosen for another word
    assert sum(n for n, _ in found.kinds.values()) == 3 and sum(good for _, good in found.kinds.values()) == 2
    weights = found.values["weight"]
    assert weights[1] is None and weights[0] is not None and weights[2] is not None and weights[0] > weights[2] > 0


def sure_of(*answers: dict[int, float]):
    """A composer that takes adapters, each with a confidence, from a queue."""
    queue = list(answers)

    def compose(request: Request) -> Composition:
        by_id = {c.adapter.id: c for c in request.candidates}
        word = request.keywords[0]
        return Composition(tuple(Assignment(by_id[i], word, "", sure) for i, sure in queue.pop(0).items()), "queue")

    return compose


def test_the_curve_is_cut_from_one_composition(testbed: Testbed):
    queries = [
        EvalQuery("a paper kite over a rope bridge", {1: 1.0}),
        EvalQuery("a clay oven", {8: 1.0}),
        EvalQuery("a tin robot"),
    ]
    asked = requests(testbed.retriever, queries, Options())
    # A queue of three answers: the composer is asked once a prompt.
    points = curve(sure_of({1: 0.85, 7: 0.3}, {8: 0.5}, {4: 0.1}), asked, queries)
    assert [p.confidence for p in points] == list(GRID)
    by = {p.confidence: p for p in points}
    assert (by[0.1].picks, by[0.1].nothing, by[0.1].precision) == (pytest.approx(4 / 3), 0, 0.5)
    assert (by[0.3].picks, by[0.3].precision) == (1, pytest.approx(2 / 3))  # as sure as asked is sure enough
    assert (by[0.5].hit, by[0.5].nothing, by[0.5].precision) == (pytest.approx(2 / 3), pytest.approx(1 / 3), 1)
    assert (by[0.9].picks, by[0.9].nothing, by[0.9].precision) == (0, 1, 0)


def test_the_local_composer_lists_more_the_less_sure_it_has_to_be(testbed: Testbed):
    queries = [
        EvalQuery("a paper kite", {1: 1.0}),
        EvalQuery("a clay oven at night", {8: 1.0}),
        EvalQuery("a spreadsheet"),
    ]
    asked = requests(testbed.retriever, queries, Options())
    listed = [local_without_threshold()(r).assignments for r in asked]
    assert all(a.candidate.adapter.id in {1, 8} for found in listed[:2] for a in found[:1])
    points = curve(local_without_threshold(), asked, queries)
    assert all(a.nothing <= b.nothing and a.picks >= b.picks for a, b in itertools.pairwise(points))


def test_weights_are_compared_pair_by_pair(testbed: Testbed):
    queries = [EvalQuery("x", {1: 0.5, 2: 0.9}), EvalQuery("y", {3: 0.8, 999: 5.0})]
    found = weight_errors(testbed, queries)
    assert found["always 0.8"].value == pytest.approx((0.3 + 0.1 + 0.0) / 3)
    assert found["always 1"].value == pytest.approx((0.5 + 0.1 + 0.2) / 3)
    card = [testbed.by_id[i].card.weight for i in (1, 2, 3)]
    errors = [abs(w - t) for w, t in zip(card, (0.5, 0.9, 0.8), strict=True)]
    assert found["the card's weight"].value == pytest.approx(sum(errors) / 3)
