"""Adds tags and trigger words at the end of a prompt; what the user wrote stays byte for byte."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stylus_core.options import Options
from stylus_core.prompt import NetworkTag, ParsedPrompt
from stylus_core.prompt.grammar import comments
from stylus_core.prompt.tags import ADAPTER_KINDS
from stylus_core.rewriter.triggers import lacking
from stylus_core.rewriter.weights import is_written, share, written
from stylus_core.types import Adapter, Assignment, Candidate, Keyword, Pick

_UNWRITABLE = frozenset(":<>=\n\r")


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A prompt with its adapters in it."""

    text: str
    picks: tuple[Pick, ...]  # what was written, in order
    notes: tuple[str, ...] = ()


def pick_of(assignment: Assignment, weight: float, added: tuple[str, ...] = ()) -> Pick:
    """An assignment as it is shown to the user."""
    adapter, keyword = assignment.candidate.adapter, assignment.keyword
    return Pick(
        name=adapter.stem,
        path=adapter.path,
        weight=weight,
        keyword=keyword.text,
        reason=assignment.reason,
        title=adapter.title,
        kind=adapter.card.kind,
        start=keyword.start,
        end=keyword.end,
        score=round(assignment.confidence, 4),
        trigger_words=added,
        preview=adapter.metadata.preview,
    )


def rewrite(
    prompt: ParsedPrompt, assignments: Sequence[Assignment], options: Options, pinned: Sequence[Adapter] = ()
) -> Rewrite:
    """Writes the pinned adapters and the assigned ones behind the prompt.

    Adapters that the prompt has already are left alone, count against the number and the budget, and are not added
    again: rewriting twice equals rewriting once.
    """
    present = [t for t in prompt.tags if t.kind in ADAPTER_KINDS]
    notes: list[str] = []
    wanted: list[Assignment] = []
    taken: set[int] = set()
    for a in [*map(_pin, pinned), *assignments]:
        adapter = a.candidate.adapter
        if adapter.id in taken or any(_is(t, adapter) for t in present):
            continue
        if _UNWRITABLE & set(adapter.stem):
            notes.append(f"{adapter.path} cannot be written into a prompt: rename it without : < > =")
            continue
        taken.add(adapter.id)
        wanted.append(a)
    # what is pinned comes even where the limit is reached: the user asked for it by name
    room = max(options.max_adapters - len(present), sum(a.keyword.start < 0 for a in wanted))
    wanted = wanted[:room]
    weights = share(
        [a.candidate.adapter.card.weight for a in wanted],
        [1.0 if t.weight is None else t.weight for t in present],
        options.strength,
        options.weight_budget,
    )
    picks: list[Pick] = []
    text = prompt.text
    tags: list[str] = []
    added: list[str] = []
    for a, weight in zip(wanted, weights, strict=True):
        if not is_written(weight):
            notes.append(f"{a.candidate.adapter.stem} was left out: the adapters in the prompt use up the total weight")
            continue
        words = lacking(a.candidate.adapter.card, ", ".join([text, *added]), options.trigger_words)
        added += words
        tags.append(f"<lora:{a.candidate.adapter.stem}:{written(weight)}>")
        picks.append(pick_of(a, weight, tuple(words)))
    return Rewrite(_joined(text, added, tags), tuple(picks), tuple(notes))


def _pin(adapter: Adapter) -> Assignment:
    return Assignment(Candidate(adapter, 1.0, {}), Keyword("", -1, -1), "you pinned it")


def _is(tag: NetworkTag, adapter: Adapter) -> bool:
    return tag.name in (adapter.stem, adapter.metadata.alias or adapter.stem)


def _joined(text: str, words: list[str], tags: list[str]) -> str:
    if not words and not tags:
        return text
    spans = comments(text)
    if spans and spans[-1][1] == len(text):  # the host drops a comment to the end of its line, tags and all
        text += "\n"
    elif words and text.rstrip() and text.rstrip()[-1] not in ",\n":
        text += ", "
    elif text and not text[-1].isspace():
        text += " "
    return text + " ".join([", ".join(words), *tags]).strip()



