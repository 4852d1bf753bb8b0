"""Recall of the retriever next to the plain systems that it has to beat, in one run."""

from __future__ import annotations

from benchmarks.world import OUT, world
from stylus_core.evaluation.harness import evaluate
from stylus_core.evaluation.systems import systems
from stylus_core.evaluation.table import Table
from stylus_core.options import Options


def run() -> list[Table]:
    """One table a set of queries, one configuration for both."""
    w = world()
    found = evaluate(w, w.sets(), systems(w), {}, Options())
    found.write(OUT / "evaluation" / "retrieval")
    return found.tables()
