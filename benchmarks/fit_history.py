"""Fits what a user's own pictures count in the ranking; says how good that is on people who were not fitted on.

On adapters with all their metadata and on the same adapters known through a folder, together. Folds keep a person's
prompts together. `python -m benchmarks.fit_history` prints the tables of `stylus_core/history/taste.py`. Needs torch.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from benchmarks.history_people import memory_of, people
from benchmarks.world import World, folder_world, world
from stylus_core.history.prompt_texts import words_of
from stylus_core.history.taste import LIKENESS, USED, Taste
from stylus_core.prompt import parse
from stylus_core.prompt.keywords import keywords, phrases
from stylus_core.retriever.ranking import ranking
from stylus_study.evaluation.corpus import EvalQuery
from stylus_study.evaluation.ranking_metrics import quality
from tests.shared import MAKE_LIBRARY, REASON

_FOLDS, _L2, _DEEPEST = 5, 1e-3, 150


@dataclass(frozen=True, slots=True)
class FutureQuery:
    """One later prompt of a person, with all that its ranking is made of.

    Attributes:
        person: number of the person.
        query: with what was chosen.
        base: (n,) the scores for whoever has no history.
        rows: (u,) rows of what the person had used.
        used: (u, len(USED)) how that was used.
        likeness: (n, len(LIKENESS)) to it.
        chosen: rows of what was chosen.
    """

    person: int
    query: EvalQuery
    base: torch.Tensor
    rows: torch.Tensor
    used: torch.Tensor
    likeness: torch.Tensor
    chosen: list[int]


def features(w: World) -> list[FutureQuery]:
    """All later prompts of all people in one world."""
    row = {int(i): n for n, i in enumerate(w.index.ids)}
    alive = w.index.selectable
    out = []
    for number, person in enumerate(people()):
        memory = memory_of(w, person.past)
        taste = Taste(memory.pictures.habits)
        likeness = torch.tensor(taste.likeness(w.index, w.dense))
        known = [i for i in memory.pictures.habits if i in row]
        for query in person.future:
            parsed = parse(query.query)
            found = w.retriever.evidence(parsed, [p for p, _ in phrases(keywords(parsed))])
            base = ranking(found.signals, w.index.signals.kinds, alive, found.sentence).totals()
            like = memory.pictures.like(words_of(query.query))
            used = [taste.of_use(i, like.get(i)) for i in known]
            out.append(
                FutureQuery(
                    number,
                    query,
                    torch.tensor(base),
                    torch.tensor([row[i] for i in known], dtype=torch.long),
                    torch.tensor(used, dtype=torch.float32).reshape(len(known), len(USED)),
                    likeness,
                    [row[i] for i in query.relevant if i in row],
                )
            )
    return out


def score(q: FutureQuery, weights: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    """(n,): the ranking's scores, with `weights` (USED and LIKENESS) and the base times `scale`."""
    found = q.base * scale + q.likeness @ weights[len(USED) :]
    return found.index_add(0, q.rows, q.used @ weights[: len(USED)])


def fit(queries: Sequence[FutureQuery]) -> tuple[torch.Tensor, torch.Tensor]:
    """Softmax over the library; a person counts by the root of the number of prompts. No weight is below zero."""
    queries = [q for q in queries if q.chosen]
    per_person = np.bincount([q.person for q in queries])
    share = [1 / math.sqrt(per_person[q.person]) for q in queries]
    root = torch.full((len(USED) + len(LIKENESS),), 0.5, requires_grad=True)
    scale = torch.ones(1, requires_grad=True)
    optimizer = torch.optim.LBFGS([root, scale], max_iter=40, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        weights = root**2
        total = _L2 * (weights**2).sum()
        for q, part in zip(queries, share, strict=True):
            found = score(q, weights, scale)
            total = total - part / sum(share) * (found[q.chosen] - torch.logsumexp(found, 0)).mean()
        total.backward()
        return total

    optimizer.step(loss)
    return (root**2).detach(), scale.detach()


def main() -> int:
    """The tables, and recall on the people that they were not fitted on."""
    if MAKE_LIBRARY is None:
        print(f"skipped: {REASON}")
        return 0
    worlds = {"all metadata": world(), "a folder": folder_world()}
    sets = {name: features(w) for name, w in worlds.items()}
    every = [q for s in sets.values() for q in s]
    ranked: dict[str, list[list[int]]] = {name: [[] for _ in s] for name, s in sets.items()}
    for fold in range(_FOLDS):
        weights, scale = fit([q for q in every if q.person % _FOLDS != fold])
        for name, s in sets.items():
            ids = worlds[name].index.ids
            for n, q in enumerate(s):
                if q.person % _FOLDS == fold:
                    ranked[name][n] = ids[score(q, weights, scale).topk(_DEEPEST).indices.numpy()].tolist()
    for name, s in sets.items():
        ids = worlds[name].index.ids
        before = [ids[q.base.topk(_DEEPEST).indices.numpy()].tolist() for q in s]
        for label, found in (("without the past", before), ("with it, held out", ranked[name])):
            reached = quality(found, [q.query.relevant for q in s])
            numbers = ", ".join(f"R@{k} {v:.3f}" for k, v in reached.recall.items())
            print(f"{name}, {label}: {numbers}, MRR {reached.mrr:.3f}")
    weights, scale = fit(every)
    values = (weights / scale).tolist()
    for label, names, some in (("USED", USED, values), ("LIKENESS", LIKENESS, values[len(USED) :])):
        print(f"{label} = {{{', '.join(f'{n!r}: {v:.2f}' for n, v in zip(names, some, strict=False))}}}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
