"""What a user's own pictures change: ranking, weights, choices, judged prompts, and the time of a selection.

`python -m benchmarks.history` reads ../shared/data/history.jsonl.gz: what 125 people wrote over time. The weights of
the ranking were fitted on these people; `benchmarks.fit_history` says what folds of other people reach.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean

from benchmarks.history_people import Person, memory_of, people
from benchmarks.measuring import print_and_keep
from benchmarks.world import OUT, World, folder_world, world
from stylus_core.composer.local import LocalComposer
from stylus_core.history.memory import Memory
from stylus_core.options import Options
from stylus_core.prompt import parse
from stylus_core.prompt.keywords import keywords
from stylus_core.refiner.weight import candidates_weight
from stylus_core.types import Candidate
from stylus_study.evaluation.composer_metrics import requests
from stylus_study.evaluation.corpus import EvalQuery, json_objects
from stylus_study.evaluation.markdown_table import MarkdownTable
from stylus_study.evaluation.ranking_metrics import quality
from tests.shared import DATA, MAKE_LIBRARY, REASON

_DEEPEST, _FIRST, _MANY = 150, 5, 12
Past = Callable[[World, Person], Memory | None]

#: How much of a person's past is known.
PASTS: dict[str, Past] = {
    "nothing": lambda w, person: None,
    f"the first {_FIRST} pictures": lambda w, person: memory_of(w, person.past[:_FIRST]),
    "the past": lambda w, person: memory_of(w, person.past),
}


def run() -> list[MarkdownTable]:
    """All tables."""
    w = world()
    return [_ranking({"all metadata": w, "a folder": folder_world()}), _choices(w), _judged(w), _time(w)]


def _ranking(worlds: dict[str, World]) -> MarkdownTable:
    table = MarkdownTable(
        "Later prompts of people: what they chose in the ranking, and the error of its weight",
        ["adapters known by", "known of the person", "R@10", "R@30", "R@150", "MRR", "weight, mean absolute error"],
    )
    for label, w in worlds.items():
        for known, past in PASTS.items():
            found: list[list[int]] = []
            wanted, errors = [], []
            for person in people():
                memory = past(w, person)
                for query in person.future:
                    prompt = parse(query.query)
                    own = memory.for_prompt(prompt) if memory else None
                    boost = own.boost if own else None
                    ranked = w.retriever.search(prompt, keywords(prompt), _DEEPEST, boost=boost)
                    found.append([c.adapter.id for c in ranked.candidates[:_DEEPEST]])
                    wanted.append(query.relevant)
                    for number, written in query.adapters.items():
                        if number in w.by_id:
                            weights = tuple(w.observed_weights(number).values())
                            one = Candidate(w.by_id[number], 0.0, observed_weights=weights)
                            errors.append(abs(candidates_weight(own.told(one) if own else one) - written))
            reached = quality(found, wanted)
            recall = (f"{reached.recall[k]:.3f}" for k in (10, 30, 150))
            table.add(label, known, *recall, f"{reached.mrr:.3f}", f"{fmean(errors):.3f}")
    table.notes.append(
        "the ranking's weights were fitted on these people; see benchmarks.fit_history for held-out ones"
    )
    return table


def _choices(w: World) -> MarkdownTable:
    table = MarkdownTable(
        "Later prompts of people: what the local composer picks",
        ["known of the person", "picks a prompt", "of what the person chose, picked", "of the picks, chosen"],
    )
    compose = LocalComposer().compose
    for known, past in PASTS.items():
        hits, right, picks, prompts = [], 0, 0, 0
        for person in people():
            for request, query in zip(
                requests(w.retriever, person.future, Options(), past(w, person)), person.future, strict=True
            ):
                got = {a.candidate.adapter.id for a in compose(request).assignments}
                prompts, picks, right = prompts + 1, picks + len(got), right + len(got & query.relevant)
                hits.append(len(got & query.relevant) / len(query.relevant))
        table.add(known, f"{picks / prompts:.2f}", f"{fmean(hits):.3f}", f"{right / picks:.3f}")
    return table


@dataclass(frozen=True, slots=True)
class _Share:
    picks: float
    wanted: float
    wrong: float
    found: float

    def cells(self) -> list[str]:
        return [f"{self.picks:.3f}", f"{self.wanted:.4f}", f"{self.wrong:.4f}", f"{self.found:.4f}"]


def _judged(w: World) -> MarkdownTable:
    """Whether somebody's habits make a wrong adapter right, on prompts that were judged for nobody in particular."""
    assert DATA is not None, REASON  # noqa: S101
    table = MarkdownTable(
        "Judged prompts with the history of a person who has nothing to do with them",
        ["set", "history", "picks a prompt", "P2 wanted", "P0 wrong", "R2 found"],
    )
    sets: dict[str, dict[str, dict[int, int]]] = {}
    for row in json_objects(DATA / "judgements.jsonl.gz"):
        if row["library"] == "2023":
            sets.setdefault(row["set"], {}).setdefault(row["query"], {})[int(row["adapter"])] = row["score"]
    by_length = sorted(people(), key=lambda p: -len(p.past))
    some = by_length[: _MANY // 2] + by_length[_MANY // 2 :: max(1, len(by_length) // (_MANY // 2))]
    one = memory_of(w, [q for person in people() for q in person.past])
    for name, judged in sets.items():
        table.add(name, "none", *_share(w, judged, None).cells())
        each = [_share(w, judged, memory_of(w, person.past)) for person in some]
        mean = _Share(*(fmean(getattr(s, f) for s in each) for f in ("picks", "wanted", "wrong", "found")))
        table.add(name, f"a person's, mean of {len(each)}", *mean.cells())
        table.add(name, "all people's as one", *_share(w, judged, one).cells())
    table.notes.append("the judge was fitted on these judgements: the rows are for holding against each other alone")
    table.notes.append("among all people are those who wrote some of the judged prompts, and chose otherwise")
    return table


def _share(w: World, judged: dict[str, dict[int, int]], memory: Memory | None) -> _Share:
    compose = LocalComposer().compose
    scores: list[int] = []
    found: list[bool] = []
    picks = 0
    for (_, known), request in zip(
        judged.items(), requests(w.retriever, [EvalQuery(q) for q in judged], Options(), memory), strict=True
    ):
        got = [a.candidate.adapter.id for a in compose(request).assignments]
        picks += len(got)
        scores += [known[i] for i in got if i in known]
        found += [i in got for i, score in known.items() if score == 2]
    n = max(len(scores), 1)
    return _Share(picks / len(judged), scores.count(2) / n, scores.count(0) / n, fmean(found))


def _time(w: World) -> MarkdownTable:
    """With what some fifty thousand pictures leave: fifteen thousand different prompts."""
    table = MarkdownTable(
        "Time of a selection, milliseconds",
        ["prompts known", "made ready once", "history", "ranking with it", "without"],
    )
    every = [q for person in people() for q in (*person.past, *person.future)]
    many = [EvalQuery(f"{q.query}, take {n}", q.adapters) for n in range(4) for q in every][:15_000]
    clock = time.perf_counter()
    memory = memory_of(w, many)
    asked = [parse(q.query) for person in people() for q in person.future][:200]
    memory.for_prompt(asked[0]).boost(w.index, w.dense)
    ready = time.perf_counter() - clock

    def mean(work: Callable[[int], object]) -> float:
        for n in range(len(asked)):
            work(n)
        clock = time.perf_counter()
        for n in range(len(asked)):
            work(n)
        return (time.perf_counter() - clock) / len(asked) * 1000

    found = [keywords(p) for p in asked]
    own = mean(lambda n: memory.for_prompt(asked[n]))
    told = [memory.for_prompt(p) for p in asked]
    search = w.retriever.search
    with_it = mean(
        lambda n: list(map(told[n].told, search(asked[n], found[n], 30, boost=told[n].boost, ahead=10).candidates))
    )
    without = mean(lambda n: search(asked[n], found[n], 30))
    table.add(f"{len(many):,}", f"{ready * 1000:.0f}", f"{own:.2f}", f"{with_it:.2f}", f"{without:.2f}")
    return table


def main() -> int:
    """Prints the tables and keeps them in benchmarks/out."""
    if MAKE_LIBRARY is None:
        print(f"skipped: {REASON}")
        return 0
    print_and_keep(run(), OUT / "history.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
