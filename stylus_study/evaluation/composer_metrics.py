"""What composers choose: how often nothing, how much, how often what a person or a published system chose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

from stylus_core.composer import Request
from stylus_core.composer.local import LocalComposer
from stylus_core.history.memory import Memory
from stylus_core.options import Options
from stylus_core.prompt import parse
from stylus_core.prompt.keywords import keywords
from stylus_core.refiner.weight import usual_weight
from stylus_core.retriever.retriever import Retriever
from stylus_core.retriever.tokenizer import tokens
from stylus_core.rewriter import rewrite
from stylus_core.types import Adapter, Composition
from stylus_study.evaluation.corpus import EvalQuery
from stylus_study.evaluation.statistics import Estimate, bootstrap_difference, bootstrap_mean
from stylus_study.evaluation.testbed import Testbed

Compose = Callable[[Request], Composition]

#: Measure -> how it is told.
MEASURES = {
    "nothing": "nothing chosen",
    "picks": "picks a prompt",
    "hit": "one of the right ones among them",
    "precision": "of the picks, right",
    "keywords": "of the right picks, for the same words",
    "weight": "total weight where something is chosen",
}


@dataclass(frozen=True, slots=True)
class ComposerChoice:
    """One composer on one set of prompts: for each prompt a number, or None where it does not apply."""

    values: dict[str, list[float | None]]
    kinds: dict[str, tuple[int, int]]  # kind -> picks, and how many of them are right

    def mean(self, measure: str) -> Estimate | None:
        """Over the prompts to which it applies."""
        return bootstrap_mean([v for v in self.values[measure] if v is not None])

    def difference(self, other: ComposerChoice, measure: str) -> Estimate | None:
        """How much more than `other`, over the prompts to which it applies in both."""
        both = zip(self.values[measure], other.values[measure], strict=True)
        pairs = [(a, b) for a, b in both if a is not None and b is not None]
        return bootstrap_difference([a for a, _ in pairs], [b for _, b in pairs])


def requests(
    retriever: Retriever, queries: Sequence[EvalQuery], options: Options, memory: Memory | None = None
) -> list[Request]:
    """What a composer is asked for each query, of a user with this memory of own pictures."""
    out = []
    for query in queries:
        parsed = parse(query.query)
        words = keywords(parsed)
        own = memory.for_prompt(parsed) if memory else None
        found = retriever.search(parsed, words, options.candidates, boost=own.boost if own else None)
        candidates = tuple(map(own.told, found.candidates)) if own else found.candidates
        asked = found.for_composer(options.candidates)
        candidates = tuple(candidates[i] for i in asked)
        affinity = found.affinity[:, asked] if retriever.dense else None
        near = found.similarity.of(asked) if found.similarity else None
        request = Request(parsed, words, candidates, options, affinity, found.sentence, found.library, near)
        out.append(request)
    return out


def choose(compose: Compose, asked: Sequence[Request], queries: Sequence[EvalQuery]) -> ComposerChoice:
    """Each request through composer and rewriter, held against what was chosen for the query.

    `hit` and `precision` are None where a query knows nothing right, `keywords` where it knows no words.
    """
    values: dict[str, list[float | None]] = {m: [] for m in MEASURES}
    kinds: dict[str, tuple[int, int]] = {}
    for request, query in zip(asked, queries, strict=True):
        assignments = compose(request).assignments
        picks = [a.candidate.adapter for a in assignments]
        right = [a for a in assignments if a.candidate.adapter.id in query.relevant]
        known = bool(query.relevant)
        values["nothing"].append(float(not picks))
        values["picks"].append(float(len(picks)))
        values["hit"].append(float(bool(right)) if known else None)
        values["precision"].append(len(right) / len(picks) if known and picks else None)
        same = [_same_words(query, a.candidate.adapter.id, a.keyword.text) for a in right]
        values["keywords"].append(fmean(same) if query.keywords and same else None)
        written = rewrite(request.prompt, assignments, request.options).picks
        values["weight"].append(sum(abs(p.weight) for p in written) if written else None)
        if known:
            for adapter in picks:
                number, good = kinds.get(adapter.card.kind, (0, 0))
                kinds[adapter.card.kind] = (number + 1, good + (adapter.id in query.relevant))
    return ComposerChoice(values, kinds)


def _same_words(query: EvalQuery, adapter: int, keyword: str) -> float:
    """Whether our keyword shares a word with one for which the adapter was chosen there."""
    ours = set(tokens(keyword))
    return float(any(adapter in ids and ours & set(tokens(theirs)) for theirs, ids in query.keywords.items()))


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """What is left where a pick has to be as sure as `confidence`."""

    confidence: float
    nothing: float  # share of prompts without a pick
    hit: float
    precision: float  # of all picks together
    picks: float


#: How sure a pick has to be, for the curves.
GRID = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def local_without_threshold() -> Compose:
    """The local composer that picks what the rules allow, surest first, and lists with each how sure it is."""
    return LocalComposer(floor=0.0).compose


def curve(everything: Compose, asked: Sequence[Request], queries: Sequence[EvalQuery]) -> list[CurvePoint]:
    """Precision and recall over how sure a pick has to be.

    Args:
        everything: a composer that leaves out nothing for being unsure (`local_without_threshold`); it is asked once
            a request. The rules take the surest first, so what a threshold leaves of its picks is what the composer
            would pick with that threshold.
        asked: what it is asked.
        queries: what was chosen for each.
    """
    made = [[(a.candidate.adapter.id, a.confidence) for a in everything(r).assignments] for r in asked]
    out, n = [], max(len(queries), 1)
    for threshold in GRID:
        picks = right = hits = empty = 0
        for listed, query in zip(made, queries, strict=True):
            chosen = [i for i, sure in listed if sure >= threshold]
            good = sum(i in query.relevant for i in chosen)
            picks, right, hits, empty = picks + len(chosen), right + good, hits + bool(good), empty + (not chosen)
        out.append(CurvePoint(threshold, empty / n, hits / n, right / max(picks, 1), picks / n))
    return out


def weight_errors(testbed: Testbed, queries: Sequence[EvalQuery]) -> dict[str, Estimate]:
    """Mean absolute error of recommended weights against those that users wrote, next to constants.

    One number a pair of query and adapter; pairs of one query are drawn together for the interval.
    """
    adapters = testbed.by_id
    pairs = [
        (adapters[i], written, n) for n, q in enumerate(queries) for i, written in q.adapters.items() if i in adapters
    ]
    rules: dict[str, Callable[[Adapter], float]] = {
        "always 0.7": lambda _: 0.7,
        "always 0.8": lambda _: 0.8,
        "always 1": lambda _: 1.0,
        "the card's weight": lambda a: a.card.weight,
        "the weight from an adapter's own files": usual_weight,
        "the weight that is written": lambda a: usual_weight(a, tuple(testbed.observed_weights(a.id).values())),
    }
    clusters = [n for *_, n in pairs]
    found = {
        name: bootstrap_mean([abs(rule(a) - written) for a, written, _ in pairs], clusters)
        for name, rule in rules.items()
    }
    return {name: e for name, e in found.items() if e is not None}
