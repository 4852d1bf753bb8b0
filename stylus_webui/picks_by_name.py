"""Picks that somebody named, in a request, a pasted picture or the panel: what the library knows of them is put in."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from stylus_core.options import Options
from stylus_core.types import Pick, in_proportion
from stylus_host.named_adapters import Named
from stylus_host.service import Service
from stylus_host.service_state import sentence
from stylus_webui import tags
from stylus_webui.edits import Edits
from stylus_webui.pairs import Applied, joined


class NamedLookup(NamedTuple):
    """What is asked about an adapter that somebody named.

    Attributes:
        service: knows the library.
        pairs: whether the host applies both files of a pair.
        architecture: of the checkpoint.
    """

    service: Service
    pairs: Applied
    architecture: str


def by_name(
    given: Sequence[Named], lookup: NamedLookup, reason: str, prompt: str, options: Options
) -> tuple[list[Pick], list[str]]:
    """Makes picks of names.

    Args:
        given: the adapters, with their weights.
        lookup: knows the adapters.
        reason: why they are there, a sentence.
        prompt: without comments; what stands in it is not picked again.
        options: which trigger words come with them.

    Returns:
        Those that fit the checkpoint and come whole, and a sentence for each of the others.
    """
    from stylus_core.notes import other_architecture

    present = set(tags.names_in(prompt))
    picks = [described(n, lookup, reason, prompt, options.trigger_words) for n in given if n.name not in present]
    misfits = {
        pick.name: sentence(said[:1].upper() + said[1:])
        for pick in picks
        if (adapter := lookup.service.find(pick.name)) and (said := other_architecture(adapter, lookup.architecture))
    }
    fitting, notes = joined([p for p in picks if p.name not in misfits], lookup.service.half, lookup.pairs, present)
    return fitting, [*misfits.values(), *notes]


def described(named: Named, lookup: NamedLookup, reason: str, prompt: str = "", mode: str = "never") -> Pick:
    """Makes the pick of one name.

    Args:
        named: the adapter, with its weight.
        lookup: knows the adapters.
        reason: why it is there, a sentence.
        prompt: whose words it may lack.
        mode: which trigger words come with it, as the option says.

    Returns:
        The pick; with nothing but its name and weight where no adapter has the name.
    """
    from stylus_core.rewriter import missing_trigger_words

    pick = Pick(named.name, "", named.weight, "", reason, clip_weight=named.clip_weight)
    adapter = lookup.service.find(named.name)
    if adapter is None:
        return pick
    return replace(
        pick,
        path=adapter.path,
        title=adapter.title,
        kind=adapter.card.kind,
        trigger_words=tuple(missing_trigger_words(adapter, prompt, mode)),
        preview=adapter.metadata.preview,
    )


def taken_by_hand(
    there: Sequence[Pick], edits: Edits, prompt: str, lookup: NamedLookup, options: Options
) -> tuple[list[Pick], list[str]]:
    """Makes picks of what the user took in the panel, each as strong as any other adapter in this company.

    Args:
        there: the picks that there are; one of them is not made again.
        edits: what the user did.
        prompt: without comments.
        lookup: knows the adapters.
        options: the strength, and which trigger words come with them.

    Returns:
        The picks that join the others, and a sentence for each that cannot.
    """
    from stylus_core.rewriter import share_budget

    names = {p.name for p in there}
    given = [a for a in edits.added if a.name not in names]
    if not given:
        return [], []
    present = [p.weight for p in there] + [1.0 for _ in tags.names_in(prompt)]
    weights = share_budget([a.weight for a in given], present, options.strength, math.inf)
    named = [
        Named(a.name, weight, in_proportion(a.clip_weight, weight, a.weight))
        for a, weight in zip(given, weights, strict=True)
    ]
    picks, notes = by_name(named, lookup, "You chose it.", prompt, options)
    return [_serving(p, next(iter(edits.words.get(p.name, ())), ""), prompt) for p in picks], notes


def _serving(pick: Pick, words: str, prompt: str) -> Pick:
    start = prompt.lower().find(words.lower()) if words else -1
    return replace(pick, keyword=words, start=start, end=start + len(words) if start >= 0 else -1)
