"""How good a ranking is while vectors are still being made: recall by the share of adapters that have theirs.

`python -m benchmarks.partial_vectors` needs the shared corpus. Which adapters have theirs is drawn at random, the worst
case: in use those of the adapters that prompts lead to are made first.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.world import world
from stylus_core.retriever.dense import Dense
from stylus_core.retriever.quantized_vectors import VIEWS, QuantizedVectors
from stylus_core.retriever.retriever import Retriever
from stylus_study.evaluation.baselines import OURS, WORDS, System, ours
from stylus_study.evaluation.markdown_table import MarkdownTable
from stylus_study.evaluation.markdown_table import format_estimate as number
from stylus_study.evaluation.ranking_report import rank_all
from stylus_study.evaluation.testbed import Testbed

_SHARES = (0.02, 0.1, 0.3, 0.5, 0.75, 0.9)
_MEASURES = ("R@10", "R@30")


def known_at_random(number: int, share: float) -> NDArray[np.bool_]:
    """Which of so many rows have vectors: of a larger share all that a smaller one has."""
    known = np.zeros(number, np.bool_)
    known[np.random.default_rng(3).permutation(number)[: int(share * number)]] = True
    return known


def with_some(w: Testbed, known: NDArray[np.bool_]) -> Retriever:
    """The retriever as it is while only these rows have vectors."""
    dense = w.retriever.dense
    assert w.store is not None and dense is not None  # noqa: S101
    vectors = QuantizedVectors(len(known), dense.encoder.dim)
    rows = np.flatnonzero(known)
    identity = np.eye(vectors.dim, dtype=np.float32)
    for view in VIEWS:
        vectors.put(view, rows.tolist(), np.ascontiguousarray(dense.cosines(view, rows, identity).T, np.float32))
    vectors.finish()
    return Retriever(w.index, w.get, Dense(w.store, [vectors]))


def main() -> None:
    """Prints a table for each set of queries."""
    w = world()
    systems: dict[str, System] = {WORDS: ours(w.words)}
    for share in _SHARES:
        known = known_at_random(len(w.index.ids), share)
        systems[f"{share:.0%} have vectors"] = ours(with_some(w, known))
    systems[OURS] = ours(w.retriever)
    for name, found in rank_all(systems, w.sets()).items():
        table = MarkdownTable(f"Set {name}: means with 95% intervals", ["system", *_MEASURES])
        for system, ranked in found.items():
            table.add(system, *(number(ranked.mean(measure)) for measure in _MEASURES))
        print(table)


if __name__ == "__main__":
    main()
