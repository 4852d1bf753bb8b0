"""Recall of the retriever next to the plain systems that it has to beat, in one run, and by how near an example is."""

from __future__ import annotations

from benchmarks.world import OUT, World, world
from stylus_core.evaluation.harness import evaluate
from stylus_core.evaluation.nearness import by_nearness, told
from stylus_core.evaluation.systems import BASELINE, OURS, systems
from stylus_core.evaluation.table import Table
from stylus_core.evaluation.table import told as number
from stylus_core.options import Options


def run() -> list[Table]:
    """One table a set of queries, one configuration for both, and what is remembered apart from what is found."""
    w = world()
    found = evaluate(w, w.sets(), systems(w), {}, Options())
    found.write(OUT / "evaluation" / "retrieval")
    return [*found.tables(), nearness(w)]


def nearness(w: World) -> Table:
    """Recall of users' prompts by the word overlap with the nearest example prompt in the index, of any adapter."""
    known = systems(w)
    table = Table(
        "Recall@10 of users' prompts by nearness of an example: means with 95% intervals",
        ["word overlap with the nearest example", "prompts", "share", OURS, BASELINE],
    )
    measured = {name: by_nearness(known[name], w.user, w.adapters) for name in (OURS, BASELINE) if name in known}
    for n, near in enumerate(measured[OURS]):
        cells = (number(found[n].ranked.mean("R@10")) for found in measured.values())
        table.add(told(near), str(near.prompts), f"{near.share:.0%}", *cells)
    table.notes.append("overlap: tokens in common, of all tokens of the two prompts; tokens as in the term index")
    return table
