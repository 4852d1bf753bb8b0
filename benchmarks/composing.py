"""What the composers choose, and how often they choose nothing."""

from __future__ import annotations

from benchmarks.world import NO_FIT, NO_FIT_LONG, OUT, world
from stylus_core.composer.registry import Composers
from stylus_core.evaluation.corpus import Query
from stylus_core.evaluation.harness import evaluate
from stylus_core.evaluation.table import Table
from stylus_core.options import Options

COMPOSERS = ("local", "retriever", "random")


def run() -> list[Table]:
    """At the default options: at most three adapters a prompt."""
    w = world()
    sets = {
        "captions with published picks": w.captions,
        "captions for which the published system chose nothing": w.unpicked,
        "prompts of our own that nothing fits": [Query(p) for p in NO_FIT],
        "the same two by two, as long as a caption": [Query(p) for p in NO_FIT_LONG],
        "prompts of users": w.user,
    }
    made = Composers()
    found = evaluate(w, sets, {}, dict.fromkeys(COMPOSERS, made), Options())
    found.write(OUT / "evaluation" / "composing")
    return found.tables()
