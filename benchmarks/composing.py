"""What the local composer chooses, and how often it chooses nothing."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.table import Table
from benchmarks.world import NO_FIT, World, world
from stylus_core.composer import Request
from stylus_core.composer.local import LocalComposer
from stylus_core.options import Options
from stylus_core.prompt import parse
from stylus_core.prompt.keywords import keywords
from stylus_core.types import Composition


def compose(w: World, prompt: str, options: Options) -> Composition:
    """One prompt through retriever and composer."""
    parsed = parse(prompt)
    words = keywords(parsed)
    found = w.retriever.search(parsed, words, options.candidates)
    return LocalComposer().compose(Request(parsed, words, found.candidates, options, found.affinity, found.sentence))


def _row(w: World, prompts: Iterable[tuple[str, frozenset[int]]], options: Options) -> list[str]:
    hits = empty = picks = right = total = 0
    for prompt, wanted in prompts:
        chosen = {a.candidate.adapter.id for a in compose(w, prompt, options).assignments}
        total += 1
        empty += not chosen
        picks += len(chosen)
        right += len(chosen & wanted)
        hits += bool(chosen & wanted)
    known = any(wanted for _, wanted in prompts)
    return [
        str(total),
        f"{empty / total:.3f}",
        f"{picks / total:.2f}",
        f"{hits / total:.3f}" if known else "",
        f"{right / max(picks, 1):.3f}" if known else "",
    ]


def run() -> list[Table]:
    """One table, at the default options (at most three adapters a prompt)."""
    w = world()
    options = Options()
    table = Table(
        "Local composer at its default options",
        ["prompts", "number", "nothing chosen", "mean picks", "one of the chosen among ours", "precision"],
    )
    table.add("captions with published picks", *_row(w, [(q.query, q.relevant) for q in w.captions], options))
    table.add(
        "captions for which the published system chose nothing",
        *_row(w, [(q.query, frozenset()) for q in w.unpicked], options),
    )
    table.add("200 prompts of our own that nothing fits", *_row(w, [(p, frozenset()) for p in NO_FIT], options))
    table.add("prompts of users", *_row(w, [(q.query, q.relevant) for q in w.user], options))
    table.notes.append(
        "precision counts only what one person, or the published system, picked: other picks may be as good"
    )
    return [table]
