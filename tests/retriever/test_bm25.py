"""BM25 has to give rank_bm25's scores, however the texts are spread over pieces."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rank_bm25 import BM25Okapi

from stylus_core.retriever.bm25 import BM25
from stylus_core.retriever.postings import build, merge
from stylus_core.retriever.tokenizer import tokens
from tests.shared import DATA, REASON

words = st.sampled_from("cat dog fox owl bee ant elk yak emu 猫".split())
texts = st.lists(st.lists(words, max_size=12), min_size=2, max_size=30).filter(lambda t: any(t))


@settings(max_examples=60)
@given(texts, st.lists(words, min_size=1, max_size=8), st.data())
def test_scores_are_those_of_rank_bm25(corpus, query, data):
    cut = data.draw(st.integers(0, len(corpus)))
    alive = np.array(data.draw(st.lists(st.booleans(), min_size=len(corpus), max_size=len(corpus))))
    living = [t for t, a in zip(corpus, alive, strict=True) if a]
    if not any(living):
        return
    pieces = [build(corpus[:cut]), build(corpus[cut:])]
    found = BM25(pieces, [alive[:cut], alive[cut:]]).scores(query)[alive]
    assert np.allclose(found, BM25Okapi(living).get_scores(query), atol=1e-6, rtol=0)
    whole, _ = merge(pieces, [alive[:cut], alive[cut:]])
    again = BM25([whole], [np.ones(len(living), np.bool_)]).scores(query)
    assert np.allclose(again, found, atol=1e-9)


def test_a_word_that_no_text_has_and_no_words_at_all_score_nothing():
    index = BM25([build([["cat"], ["dog"], ["owl"]])], [np.ones(3, np.bool_)])
    assert not index.scores(["unicorn"]).any()
    assert not index.scores([]).any()


@pytest.mark.skipif(DATA is None, reason=REASON)
def test_scores_on_the_corpus():
    with gzip.open(DATA / "corpus.jsonl.gz", "rt", encoding="utf-8") as f:
        rows = [json.loads(line) for line in f][:1500]
    corpus = [tokens(" ".join([r["name"], *r["tags"], r["description"][:1000]])) for r in rows]
    ours, theirs = BM25([build(corpus)], [np.ones(len(corpus), np.bool_)]), BM25Okapi(corpus)
    with gzip.open(DATA / "queries_user.jsonl.gz", "rt", encoding="utf-8") as f:
        queries = [tokens(json.loads(line)["query"]) for line in f][:20]
    for query in queries:
        assert np.abs(ours.scores(query) - theirs.get_scores(query)).max() < 1e-6
