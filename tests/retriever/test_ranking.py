"""How signals become one score."""

from __future__ import annotations

import numpy as np
import pytest

from stylus_core.retriever.fusion import BIAS, GUESSED, PAIRS, SIGNALS, WEIGHTS, kind_code, kind_labels
from stylus_core.retriever.ranking import largest, ranking
from stylus_core.types import KINDS, Adapter, Candidate, Selection

N = 50
RNG = np.random.default_rng(7)
KIND_OF = RNG.integers(0, len(KINDS), N).astype(np.int8)
# every signal runs from 3 to 8, as if it had been measured in feet
VALUES = {name: np.append(RNG.uniform(3, 8, N - 2), [3, 8]).astype(np.float32) for name in SIGNALS}


def by_hand(row: int, sentence: float, names: tuple[str, ...] = SIGNALS) -> float:
    scaled = {n: (float(VALUES[n][row]) - 3) / 5 for n in names}
    tags, caption = ([w[i] for w in map(WEIGHTS.get, names)] for i in (0, 1))
    total = sum((t * (1 - sentence) + c * sentence) * scaled[n] for n, t, c in zip(names, tags, caption, strict=True))
    total += sum(w * (1 - sentence) * scaled[a] * scaled[b] for (a, b), w in PAIRS.items() if {a, b} <= set(names))
    kind = BIAS[KINDS[KIND_OF[row]]]
    return total + kind[0] * (1 - sentence) + kind[1] * sentence


@pytest.mark.parametrize("sentence", [0.0, 0.3, 1.0])
def test_a_score_is_weights_products_and_the_kind(sentence: float):
    mask = np.ones(N, bool)
    found = ranking(VALUES, KIND_OF, mask, sentence).totals()
    assert found == pytest.approx([by_hand(i, sentence) for i in range(N)], abs=1e-4)


def test_a_guessed_kind_counts_otherwise_than_a_known_one():
    known = ranking(VALUES, KIND_OF, np.ones(N, bool), 0.25).totals()
    guessed = ranking(VALUES, KIND_OF + np.int8(len(KINDS)), np.ones(N, bool), 0.25).totals()
    more = [GUESSED[KINDS[k]][0] * 0.75 + GUESSED[KINDS[k]][1] * 0.25 for k in KIND_OF]
    assert guessed - known == pytest.approx(more, abs=1e-4)


def test_a_kind_is_asked_for_whether_known_or_guessed():
    assert kind_labels(("style",)) == ["style", "style?"]
    assert len({kind_code(label) for label in kind_labels(KINDS)}) == 2 * len(KINDS)
    assert kind_code("style?") == kind_code("style") + len(KINDS)


def test_a_kind_of_a_later_version_counts_as_a_concept():
    assert (kind_code("weather"), kind_code("weather?")) == (kind_code("concept"), kind_code("concept?"))


def test_without_an_encoder_its_signals_and_their_products_do_not_count():
    words = tuple(n for n in SIGNALS if not n.startswith(("whole_", "part_")))
    mask = np.ones(N, bool)
    found = ranking({n: VALUES[n] for n in words}, KIND_OF, mask, 0.0).totals()
    assert found == pytest.approx([by_hand(i, 0.0, words) for i in range(N)], abs=1e-4)


def test_a_few_rows_score_as_they_do_among_all():
    mask = np.ones(N, bool)
    mask[:5] = False
    every = ranking(VALUES, KIND_OF, mask, 0.2)
    rows = np.array([9, 30, 48, 49])  # the last two are the ends of every signal
    better = {n: VALUES[n][rows] for n in SIGNALS if n.startswith("part_")}
    assert every.narrowed(rows, better).totals() == pytest.approx(every.totals()[rows], abs=1e-5)


def test_a_sentence_has_no_products():
    mask = np.ones(N, bool)
    sentence = ranking(VALUES, KIND_OF, mask, 1.0)
    assert np.array_equal(sentence.totals(), sentence.sums())
    tags = ranking(VALUES, KIND_OF, mask, 0.0)
    assert not np.allclose(tags.totals(), tags.sums())
    assert all({a, b} <= set(SIGNALS) for a, b in PAIRS)


@pytest.mark.parametrize("k", range(1, 8))
def test_few_of_the_largest_are_exactly_those(k: int):
    values = RNG.permutation(1000).astype(np.float32)
    assert sorted(values[largest(values, k)], reverse=True) == [999.0 - i for i in range(k)]


def test_many_of_the_largest_are_about_as_many_and_none_that_is_left_out_is_larger():
    found = []
    for seed in range(40):
        values = np.random.default_rng(seed).standard_normal(100_000).astype(np.float32)
        rows = largest(values, 2048)
        assert values[rows].min() > np.delete(values, rows).max()
        found.append(len(rows))
    assert np.mean(found) == pytest.approx(2048, rel=0.15)


def test_of_as_many_as_there_are_all_are_the_largest():
    values = np.array([3, 1, 2], np.float32)
    assert largest(values, 3).tolist() == largest(values, 9).tolist() == [0, 1, 2]


def test_the_json_of_a_selection_names_signals_as_programs_know_them():
    candidate = Candidate(Adapter(1, "/x/kite.safetensors", "kite"), 1.0, dict.fromkeys(SIGNALS, 0.5))
    (written,) = Selection("a kite", "a kite", candidates=(candidate,)).to_json(candidates=1)["candidates"]
    assert list(written["scores"]) == [
        *("bm25", "about", "trigger", "name", "tag", "together", "used", "downloads"),
        *("whole_label", "part_label", "whole_account", "part_account"),
    ]
