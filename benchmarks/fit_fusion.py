"""Fits the weights of the retriever's fusion, and of products of signals; says how good they are on held-out queries.

On adapters with all their metadata; then, with these weights, what a kind counts that is only guessed, on the same
adapters known through a folder, many without sidecars.
`python -m benchmarks.fit_fusion` prints `stylus_core/retriever/fusion.py`'s tables. Needs torch, and 4 GB of memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations_with_replacement

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.world import World, folder_world, world
from stylus_core.prompt import parse
from stylus_core.prompt.keywords import keywords, phrases
from stylus_core.retriever.fusion import SIGNALS, Scores, scaled
from stylus_core.types import KINDS
from stylus_study.evaluation.corpus import EvalQuery
from stylus_study.evaluation.grouping import grouped_folds
from stylus_study.evaluation.ranking_metrics import quality

_FOLDS, _L2 = 5, 2e-3
_BEST = 600  # adapters a query that products of signals are fitted on, those with the highest sums
_IN_TAGS = [i for i, s in enumerate(SIGNALS) if s not in ("about", "whole_title", "whole_description")]
_PRODUCTS, _L2_PRODUCTS = tuple(combinations_with_replacement(_IN_TAGS, 2)), 1e-3
_CALLS = [n for n, pair in enumerate(_PRODUCTS) if any(SIGNALS[i] in ("name", "trigger", "tag") for i in pair)]
_L2_GUESSED = 3e-3
_KEPT = 20  # products


def _column(signals: dict[str, Scores], name: str, alive: NDArray[np.bool_]) -> Scores:
    """One signal as the fusion sees it; zeros where a prompt has none, as a list of tags has no whole."""
    return scaled(signals[name], alive) if name in signals else np.zeros(len(alive), np.float32)


class SignalSet:
    """All signals of all adapters for a set of queries: (queries, adapters, signals)."""

    def __init__(self, w: World, queries: Sequence[EvalQuery]) -> None:
        signals, sentence, target = [], [], []
        alive = w.index.signals.alive
        row = {int(i): n for n, i in enumerate(w.index.ids)}
        for q in queries:
            parsed = parse(q.query)
            found = w.retriever.evidence(parsed, [p for p, _ in phrases(keywords(parsed))])
            signals.append(np.stack([_column(found.signals, s, alive) for s in SIGNALS], axis=-1).astype(np.float16))
            sentence.append(found.sentence)
            wanted = np.zeros(len(row), np.float32)
            wanted[[row[i] for i in q.relevant if i in row]] = 1
            target.append(wanted / max(wanted.sum(), 1))
        self.x = torch.tensor(np.stack(signals))
        self.sentence = torch.tensor(np.array(sentence, np.float32))[:, None]
        self.y = torch.tensor(np.stack(target))
        self.queries = queries
        self.ids = w.index.ids
        codes = torch.tensor(np.asarray(w.index.signals.kinds, np.int64))
        self.kinds = torch.eye(len(KINDS))[codes % len(KINDS)]
        self.guessed = (codes >= len(KINDS)).float()

    def scores(self, weights: torch.Tensor, bias: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        """(len(rows), adapters). `weights` (2, signals), `bias` (2, kinds)."""
        s = self.sentence[rows]
        w = weights[0] * (1 - s) + weights[1] * s
        b = bias[0] * (1 - s) + bias[1] * s
        return torch.einsum("qnf,qf->qn", self.x[rows].float(), w) + b @ self.kinds.T


def fit(sets: Sequence[SignalSet], rows: Sequence[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """Softmax over the library, each set weighing the same; weights below zero are no evidence and become zero.

    What is not looked at in a list of tags has no weight there.
    """
    weights = torch.full((2, len(SIGNALS)), 1.0, requires_grad=True)
    free = torch.tensor([[i in _IN_TAGS for i in range(len(SIGNALS))], [True] * len(SIGNALS)]).float()
    bias = torch.zeros((2, len(KINDS)), requires_grad=True)
    optimizer = torch.optim.LBFGS([weights, bias], max_iter=60, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        total = _L2 * ((weights**2).sum() + (bias**2).sum())
        for s, r in zip(sets, rows, strict=True):
            total = total - (torch.log_softmax(s.scores(weights * free, bias, r), 1) * s.y[r]).sum(1).mean()
        total.backward()
        return total

    optimizer.step(loss)
    return (weights.detach() * free).clamp(min=0), bias.detach()


class BestRows:
    """The rows of each query with the best sums: those sums, and the products of their signals in a list of tags."""

    def __init__(self, s: SignalSet, sums: torch.Tensor) -> None:
        self.rows = sums.topk(_BEST, 1).indices
        self.sums = sums.gather(1, self.rows)
        x = s.x.gather(1, self.rows[:, :, None].expand(-1, -1, len(SIGNALS))).float()
        products = torch.stack([x[:, :, one] * x[:, :, two] for one, two in _PRODUCTS], -1)
        self.products = products * (1 - s.sentence)[:, :, None]
        self.y = s.y.gather(1, self.rows)
        self.sentence = s.sentence
        self.kinds = s.kinds.argmax(1)[self.rows]
        self.guessed = s.guessed[self.rows]

    def scores(self, pairs: torch.Tensor, queries: torch.Tensor, guessed: torch.Tensor | None = None) -> torch.Tensor:
        """(len(queries), _BEST). `guessed` (2, kinds) is what comes on top where a kind is a guess."""
        found = self.sums[queries] + self.products[queries] @ pairs
        if guessed is None:
            return found
        s = self.sentence[queries]
        return found + self.guessed[queries] * (guessed[0] * (1 - s) + guessed[1] * s).gather(1, self.kinds[queries])


def fit_guessed(sets: Sequence[BestRows], rows: Sequence[torch.Tensor], pairs: torch.Tensor) -> torch.Tensor:
    """(2, kinds): what comes on top where a kind is a guess, for weights and products as they are."""
    guessed = torch.zeros((2, len(KINDS)), requires_grad=True)
    optimizer = torch.optim.LBFGS([guessed], max_iter=40, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        total = _L2_GUESSED * (guessed**2).sum()
        for s, r in zip(sets, rows, strict=True):
            total = total - (torch.log_softmax(s.scores(pairs, r, guessed), 1) * s.y[r]).sum(1).mean()
        total.backward()
        return total

    optimizer.step(loss)
    return guessed.detach()


def fit_pairs(sets: Sequence[BestRows], rows: Sequence[torch.Tensor]) -> torch.Tensor:
    """(products,): what products of signals add, for weights and biases as they are; all but `_KEPT` are zero.

    None with a call by name is below zero: who is named must not lose by it.
    """
    keep = torch.ones(len(_PRODUCTS))
    for _ in range(4):
        pairs = torch.zeros(len(_PRODUCTS), requires_grad=True)
        optimizer = torch.optim.LBFGS([pairs], max_iter=80, line_search_fn="strong_wolfe")

        def loss() -> torch.Tensor:
            optimizer.zero_grad()  # noqa: B023 - called within this turn
            total = _L2_PRODUCTS * (pairs**2).sum()  # noqa: B023
            for s, r in zip(sets, rows, strict=True):
                total = total - (torch.log_softmax(s.scores(pairs * keep, r), 1) * s.y[r]).sum(1).mean()  # noqa: B023
            total.backward()
            return total

        optimizer.step(loss)
        found = (pairs * keep).detach()
        found[_CALLS] = found[_CALLS].clamp(min=0)
        keep = ((found.abs() >= found.abs().topk(_KEPT).values[-1]) & (found != 0)).float()
    return found


def main() -> None:
    """The tables, and recall on the folds that they were not fitted on."""
    sets = [SignalSet(world(), q) for q in world().sets().values()]
    bare = [SignalSet(folder_world(), q) for q in folder_world().sets().values()]
    every = [torch.arange(len(s.queries)) for s in sets]

    def fitted(
        rows: Sequence[torch.Tensor],
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, list[BestRows]]:
        """Weights, biases, products, those of guesses; and the rows of all sets, the folder's behind the others."""
        weights, bias = fit(sets, rows)
        both = [*zip(sets, every, strict=True), *zip(bare, every, strict=True)]
        few = [BestRows(s, s.scores(weights, bias, all_of_it)) for s, all_of_it in both]
        pairs = fit_pairs(few[: len(sets)], rows)
        return weights, bias, pairs, fit_guessed(few[len(sets) :], rows, pairs), few

    # Prompts that resemble each other, across the sets too, are held out together.
    dealt = torch.tensor(grouped_folds([q.query for s in sets for q in s.queries], _FOLDS))
    folds = dealt.split([len(s.queries) for s in sets])
    rankings: list[list[list[int]]] = [[[] for _ in s.queries] for s in (*sets, *bare)]
    for fold in range(_FOLDS):
        _, _, pairs, guessed, few = fitted([rows[of != fold] for rows, of in zip(every, folds, strict=True)])
        for n, rows in enumerate(few):
            held = every[n % len(sets)][folds[n % len(sets)] == fold]
            best = rows.rows[held].gather(1, rows.scores(pairs, held, guessed).topk(150).indices).numpy()
            for q, found in zip(held.tolist(), best, strict=True):
                rankings[n][q] = (*sets, *bare)[n].ids[found].tolist()
    names = [*world().sets(), *(f"{name} through a folder" for name in folder_world().sets())]
    for name, s, r in zip(names, (*sets, *bare), rankings, strict=True):
        reached = quality(r, [q.relevant for q in s.queries])
        print(
            f"{name}, held out: "
            + ", ".join(f"R@{k} {v:.3f}" for k, v in reached.recall.items())
            + f", MRR {reached.mrr:.3f}"
        )
    weights, bias, pairs, guessed, _ = fitted(every)
    for i, signal in enumerate(SIGNALS):
        print(f'    "{signal}": ({weights[0, i]:.2f}, {weights[1, i]:.2f}),')
    for i in pairs.abs().argsort(descending=True)[: int(torch.count_nonzero(pairs.abs() >= 0.05))].tolist():
        one, two = (SIGNALS[n] for n in _PRODUCTS[i])
        print(f'    ("{one}", "{two}"): {pairs[i]:.2f},')
    for i, k in enumerate(KINDS):
        print(f'    "{k}": ({bias[0, i]:.2f}, {bias[1, i]:.2f}),')
    for i, k in enumerate(KINDS):
        print(f'    "{k}": ({guessed[0, i]:.2f}, {guessed[1, i]:.2f}),')


if __name__ == "__main__":
    main()
