"""Recall of the retriever next to the plain systems that it has to beat, in one run, and by how near an example is."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.world import OUT, World, world
from stylus_core.options import Options
from stylus_study.evaluation.baselines import BASELINE, OURS, System, systems
from stylus_study.evaluation.evaluation_files import write_evaluation
from stylus_study.evaluation.harness import evaluate
from stylus_study.evaluation.markdown_table import MarkdownTable
from stylus_study.evaluation.markdown_table import format_estimate as number
from stylus_study.evaluation.recall_by_nearness import band_label, by_nearness


def run() -> list[MarkdownTable]:
    """One table a set of queries, one configuration for both, and what is remembered apart from what is found."""
    w = world()
    known = systems(w)
    found = evaluate(w, w.sets(), known, {}, Options())
    write_evaluation(found, OUT / "evaluation" / "retrieval")
    return [*found.tables(), nearness(w, known)]


def nearness(w: World, known: Mapping[str, System]) -> MarkdownTable:
    """Recall of users' prompts by the word overlap with the nearest example prompt in the index, of any adapter."""
    table = MarkdownTable(
        "Recall@10 of users' prompts by nearness of an example: means with 95% intervals",
        ["word overlap with the nearest example", "prompts", "share"],
    )
    measured = {name: by_nearness(known[name], w.user, w.adapters) for name in (OURS, BASELINE) if name in known}
    table.header += measured
    for n, near in enumerate(measured[OURS]):
        cells = (number(found[n].ranked.mean("R@10")) for found in measured.values())
        table.add(band_label(near), str(near.prompts), f"{near.share:.0%}", *cells)
    table.notes.append("overlap: tokens in common, of all tokens of the two prompts; tokens as in the term index")
    return table
