"""What the local composer picks while vectors are still being made: how much of it is wanted, and how much wrong.

`python -m benchmarks.partial_picks` needs scikit-learn, the shared corpus and judgements, and ten or twenty minutes.
Each judged prompt is decided by a judge that was fitted to prompts unlike it, as in `benchmarks/fit_judge.py`; the
prompts that nothing fits, which nothing was ever fitted to, by the judge that ships. Which adapters have their
vectors is drawn at random, the worst case, but for the state in which the prompt's own candidates have theirs:
those are made first.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.composing import no_fit
from benchmarks.fit_judge import HeldOut, held_out, picked, weights
from benchmarks.judge_rows import JudgedSet, Rows, collect, corpus, judged_prompts, testbed_of, without_encoder
from benchmarks.partial_vectors import known_at_random, with_some
from stylus_core.composer import Request
from stylus_core.composer.local import LocalComposer
from stylus_core.composer.pair_evidence import gather
from stylus_core.options import Options
from stylus_study.evaluation.composer_metrics import requests
from stylus_study.evaluation.corpus import EvalQuery
from stylus_study.evaluation.grouping import grouped_folds
from stylus_study.evaluation.judged_metrics import MEASURES, judge_answers
from stylus_study.evaluation.judgements import WANTED, Answer, Answered, JudgedPrompt
from stylus_study.evaluation.markdown_table import MarkdownTable
from stylus_study.evaluation.markdown_table import format_estimate as number
from stylus_study.evaluation.testbed import Testbed

_FOLDS = 5
_SHARES = (0.0, 0.5, 0.9, 1.0)
_FEW = 0.1  # have theirs at random beside the prompt's own candidates
OWN_FIRST = f"{_FEW:.0%} and the prompt's own candidates"


@dataclass(frozen=True, slots=True)
class Asked:
    """A judged prompt as the composer gets it at some point of the embedding."""

    state: str
    prompt: int
    request: Request

    @property
    def by_words(self) -> bool:
        """Whether words alone decide."""
        return self.request.affinity is None


def as_decided(request: Request, known: frozenset[int] | None) -> Request:
    """The request as a selection hands it to the composer: words alone where a candidate has no vectors yet.

    Args:
        request: with the cosines as they are so far.
        known: ids of the adapters that have vectors; None: all of them.
    """
    if known is None or known.issuperset(c.adapter.id for c in request.candidates):
        return request
    return without_encoder(request)


def states(w: Testbed, queries: Sequence[str]) -> Iterator[tuple[str, int, Request]]:
    """The state, the number of the query and the request, for all states and queries."""
    asked = [EvalQuery(q) for q in queries]
    ids = w.index.ids
    by_words = requests(w.words, asked, Options())
    for share in _SHARES:
        if not share:
            found, known = by_words, frozenset[int]()
        elif share == 1:
            found, known = requests(w.retriever, asked, Options()), None
        else:
            rows = known_at_random(len(ids), share)
            found, known = requests(with_some(w, rows), asked, Options()), frozenset(ids[rows].tolist())
        yield from ((f"{share:.0%}", n, as_decided(r, known)) for n, r in enumerate(found))
    few = known_at_random(len(ids), _FEW)
    for n, (query, first) in enumerate(zip(asked, by_words, strict=True)):
        rows = few | np.isin(ids, [c.adapter.id for c in first.candidates])
        for _ in range(2):  # what comes up with these vectors is asked for in turn
            (request,) = requests(with_some(w, rows), [query], Options())
            rows = rows | np.isin(ids, [c.adapter.id for c in request.candidates])
        (request,) = requests(with_some(w, rows), [query], Options())
        yield OWN_FIRST, n, as_decided(request, frozenset(ids[rows].tolist()))


def all_states(prompts: Sequence[JudgedSet], which: Sequence[int]) -> list[Asked]:
    """Of the prompts of these numbers, library by library."""
    out = []
    for library in dict.fromkeys(prompts[i].library for i in which):
        mine = [i for i in which if prompts[i].library == library]
        with tempfile.TemporaryDirectory() as folder, testbed_of(corpus(library), Path(folder) / "index") as w:
            found = states(w, [prompts[i].query for i in mine])
            out += [Asked(state, mine[n], request) for state, n, request in found]
    return out


def chances(
    rows: Rows, weight: NDArray[np.float64], fold: NDArray[np.int64], asked: Sequence[Asked]
) -> list[NDArray[np.float64]]:
    """What the judges of other folds say of the candidates of each request."""
    out: list[NDArray[np.float64]] = [np.zeros(0)] * len(asked)
    for by_words in (False, True):
        mine = [k for k, a in enumerate(asked) if a.by_words is by_words]
        evidence = [gather(asked[k].request).features for k in mine]
        found: HeldOut = held_out(rows, weight, fold, evidence, not by_words, [asked[k].prompt for k in mine])
        for k, chance in zip(mine, found.candidates, strict=True):
            out[k] = chance
    return out


def judged_table(
    prompts: Sequence[JudgedSet], asked: Sequence[Asked], picks: Sequence[Mapping[int, float]]
) -> MarkdownTable:
    """P2, P0, R2 and what was left alone, set by set and state by state."""
    table = MarkdownTable(
        "Picks of the local composer by the share of adapters that have vectors, held out",
        ["prompts", "number", "vectors", "by words", *MEASURES.values(), "left alone", "unjudged"],
    )
    found: dict[tuple[str, str], list[tuple[JudgedPrompt, Answer, bool]]] = defaultdict(list)
    for a, pick in zip(asked, picks, strict=True):
        p = prompts[a.prompt]
        wanted = tuple(frozenset([i]) for i, score in p.scores.items() if score == WANTED)
        answer = tuple(Answered((i,), chance) for i, chance in pick.items())
        row = (JudgedPrompt(p.query, p.set, p.scores, wanted), answer, a.by_words)
        for name in (p.set, "all"):
            found[name, a.state].append(row)
    order = list(dict.fromkeys(prompts[a.prompt].set for a in asked))
    for name, state in sorted(found, key=lambda key: [*order, "all"].index(key[0])):
        judged_prompts_, answers, by_words = zip(*found[name, state], strict=True)
        j = judge_answers(judged_prompts_, answers)
        left, of = j.left_alone
        table.add(
            name, str(len(answers)), state, f"{sum(by_words) / len(by_words):.2f}",
            *(number(j.mean(m)) for m in MEASURES), f"{left} of {of}", f"{j.unjudged} of {j.judged + j.unjudged}",
        )  # fmt: skip
    return table


def left_alone(w: Testbed) -> MarkdownTable:
    """The share of prompts that nothing fits to which nothing is added, by the judge that ships."""
    table = MarkdownTable(
        "Prompts that nothing fits, left alone", ["prompts", "number", *(f"{s:.0%}" for s in _SHARES), OWN_FIRST]
    )
    compose = LocalComposer().compose
    for name, prompts in no_fit().items():
        left: dict[str, int] = defaultdict(int)
        for state, _, request in states(w, prompts):
            left[state] += not compose(request).assignments
        table.add(name, str(len(prompts)), *(f"{n / len(prompts):.3f}" for n in left.values()))
    return table


def main() -> None:
    """Prints both tables."""
    prompts = judged_prompts()
    rows, _ = collect(prompts, parts_too=False)  # whole libraries are what is measured
    fold = np.array(grouped_folds([p.query for p in prompts], _FOLDS), np.int64)
    shared = [i for i, p in enumerate(prompts) if not p.own]
    asked = all_states(prompts, shared)
    found = chances(rows, weights(rows, prompts), fold, asked)
    picks = picked([a.request for a in asked], found, Options().restraint)
    print(judged_table(prompts, asked, picks), end="\n\n", flush=True)
    with tempfile.TemporaryDirectory() as folder, testbed_of(corpus("2023"), Path(folder) / "index") as w:
        print(left_alone(w))


if __name__ == "__main__":
    main()
