"""Prompts that resemble each other: folds that keep them together, recall by how near an example is."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stylus_core.types import Adapter, Example, Metadata
from stylus_study.evaluation.corpus import EvalQuery
from stylus_study.evaluation.grouping import grouped_folds, groups
from stylus_study.evaluation.jaccard import Overlap, words
from stylus_study.evaluation.recall_by_nearness import band_label, by_nearness, nearest

WORDS = "kite robot teapot velvet copper marble bridge oven fog harbour".split()


def test_overlap_is_the_jaccard_index_of_the_words():
    index = Overlap(["a red kite, a tin robot", "(kites:1.3) <lora:paper_kite:0.7>", "!!!", ""])
    assert index.to("the kite") == pytest.approx([1 / 4, 1, 0, 0])
    assert index.to("red kite over a bridge") == pytest.approx([2 / 5, 1 / 3, 0, 0])
    assert index.to("...") == pytest.approx([0, 0, 0, 0])


def test_a_chain_of_prompts_is_one_group():
    chain = ["kite robot teapot", "robot teapot velvet", "teapot velvet copper"]
    assert groups([chain[0], "marble bridge", chain[2], chain[1], "marble oven fog"]) == [0, 1, 0, 0, 2]
    assert groups([chain[0], chain[2]]) == [0, 1]
    assert groups(["???", "kite", "???", "!"]) == [0, 1, 0, 2]  # no words, but the same text


@settings(max_examples=50)
@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join), max_size=30), st.integers(2, 5))
def test_no_two_folds_hold_prompts_that_resemble_each_other(prompts: list[str], folds: int):
    found = grouped_folds(prompts, folds)
    assert len(found) == len(prompts) and set(found) <= set(range(folds))
    for one, fold in zip(prompts, found, strict=True):
        for other, elsewhere in zip(prompts, found, strict=True):
            both = words(one) | words(other)
            if fold != elsewhere:
                assert one != other
                assert not both or len(words(one) & words(other)) / len(both) < 0.5
    assert found == grouped_folds(prompts, folds)


def test_folds_are_even_and_dealt_by_the_seed():
    prompts = [f"subject{n} place{n} colour{n}" for n in range(100)] + ["kite robot"] * 7
    found = grouped_folds(prompts, 5)
    assert sorted(Counter(found).values()) == [21, 21, 21, 22, 22]
    assert len(set(found[100:])) == 1
    assert found != grouped_folds(prompts, 5, seed=1)


def test_what_holds_nothing_out_is_refused():
    with pytest.raises(ValueError, match="1 folds"):
        grouped_folds(["kite"], 1)
    with pytest.raises(ValueError, match="overlap of 0"):
        grouped_folds(["kite"], 2, overlap=0)


def adapter(number: int, *examples: str) -> Adapter:
    metadata = Metadata(title="", examples=tuple(Example(e) for e in examples))
    return Adapter(number, "", f"file{number}", metadata=metadata)


def test_recall_is_told_by_how_near_the_nearest_example_is():
    adapters = [adapter(1, "paper kite over a gorge", "fog"), adapter(2), adapter(3, "tin robot, marble oven, velvet")]
    queries = [
        EvalQuery("gorge, a paper kite", {1: 1.0}),  # the same words
        EvalQuery("tin robot, velvet, harbour", {3: 1.0}),  # 3 of 6
        EvalQuery("a copper teapot", {2: 1.0}),
        EvalQuery("a bridge", {2: 1.0}),
        EvalQuery("nothing is right for this"),
    ]
    assert nearest([q.query for q in queries[:4]], adapters) == pytest.approx([1, 0.5, 0, 0])
    answers = defaultdict(list, {queries[0].query: [1], queries[3].query: [3, 2]})
    found = by_nearness(lambda prompt: answers[prompt], queries, adapters)
    told_as = [(band_label(n), n.prompts, n.share, n.ranked.mean("R@10").value) for n in found]
    assert told_as == [("0.8 and above", 1, 0.25, 1.0), ("0.3 to 0.6", 1, 0.25, 0.0), ("below 0.3", 2, 0.5, 0.5)]
    assert nearest(["a kite"], [adapter(2)]) == [0.0]
