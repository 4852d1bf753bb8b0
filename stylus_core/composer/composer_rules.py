"""What no composer may do, whoever it is: the rules that an answer has to keep.

An adapter is used once, one that its author offers for several base models once, and so is one of which there are
several files. A character's or a person's adapter needs its name in the prompt, and comes alone for it. At most three
styles in all, at most three adapters for one keyword, at most as many in all as the options say, pinned ones aside.
Two of one kind for one keyword may be together, as in the paper: of the adapters that people combine every other pair
is of one kind (`docs/composer.md`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from stylus_core.composer.contract import Request
from stylus_core.composer.family import are_versions
from stylus_core.composer.mentions import Mentions
from stylus_core.composer.name_matching import NAMED_ONLY, is_named, members, own_words
from stylus_core.composer.own_history import refusal
from stylus_core.types import Adapter, Assignment, Candidate

PER_KEYWORD = 3
STYLES = 3


def apply_rules(
    assignments: Iterable[Assignment], request: Request
) -> tuple[list[Assignment], list[tuple[Assignment, str]]]:
    """What the rules let pass, in the order given, and what they do not, each with the reason why.

    Args:
        assignments: what a composer would pick, those first that come first where not all may.
        request: what it was asked; the adapters that the prompt has before anything is added count with the others.

    Returns:
        The picks, and each of the others with the reason, the end of a sentence.
    """
    said = request.mentions
    kept: list[Assignment] = []
    refused: list[tuple[Assignment, str]] = []
    used: set[int] = set()
    places = request.options.max_adapters - request.adapters_in_prompt
    per_keyword: Counter[tuple[int, int]] = Counter()
    for a in assignments:
        kind = a.candidate.adapter.card.kind
        styles = sum(k.candidate.adapter.card.kind == "style" for k in kept)
        span = (a.keyword.start, a.keyword.end)
        if a.candidate.adapter.id in used:
            why = "it is used already"
        elif never := _never(a.candidate, request):
            why = never
        elif kind == "style" and styles >= STYLES:
            why = f"there are {STYLES} styles already"
        elif kind in NAMED_ONLY and any(_same_subject(k.candidate, a.candidate, said) for k in kept):
            why = f"another adapter for {a.candidate.adapter.card.subject!r} is there already"
        elif (twin := _twin(a.candidate.adapter, kept)) is not None:
            why = f"its version for {twin.metadata.base_model} is there already"
        elif (copy := _copy(a, kept)) is not None:
            why = f"another file of it, {copy.name!r}, is there already"
        elif per_keyword[span] >= PER_KEYWORD:
            why = f"{a.keyword.text!r} has {PER_KEYWORD} adapters already"
        elif not request.is_pinned(a.candidate) and places <= 0:
            why = "there are as many adapters as the options allow"
        elif a.candidate.half is not None and a.candidate.half.missing:
            why = a.candidate.half.missing
        else:
            used.add(a.candidate.adapter.id)
            places -= not request.is_pinned(a.candidate)
            per_keyword[span] += 1
            kept.append(a)
            continue
        refused.append((a, why))
    return kept, refused


def missing_half_notes(refused: Iterable[tuple[Assignment, str]]) -> tuple[str, ...]:
    """A sentence for each adapter that is refused because it is one of two files and the other cannot come."""
    return tuple(
        f"{a.candidate.adapter.name!r} is left out: {why}"
        for a, why in refused
        if a.candidate.half is not None and why == a.candidate.half.missing
    )


def _never(candidate: Candidate, request: Request) -> str:
    """Why it is not picked here, whoever else is; empty if it may be."""
    kind = candidate.adapter.card.kind
    if not request.is_pinned(candidate) and (removed := refusal(candidate)):
        return removed
    if kind in NAMED_ONLY and not is_named(candidate.adapter, request.mentions):
        return f"it is for a {kind} whom the prompt does not name"
    return "" if kind in request.options.kinds else f"adapters of the kind {kind} are switched off"


def _twin(adapter: Adapter, kept: Iterable[Assignment]) -> Adapter | None:
    return next((k.candidate.adapter for k in kept if are_versions(k.candidate.adapter, adapter)), None)


def _copy(a: Assignment, kept: Iterable[Assignment]) -> Adapter | None:
    """A file of the same content, or of the same name for the same words: a copy in another folder, or an older one.

    Hosts that go by stems load one of these. Where files go by their paths all are there, and two would do it twice.
    """
    adapter = a.candidate.adapter
    for k in kept:
        other = k.candidate.adapter
        same_words = a.keyword.start < k.keyword.end and k.keyword.start < a.keyword.end
        one, two = adapter.metadata, other.metadata
        hashes = [a == b for a, b in ((one.sha256, two.sha256), (one.autov3, two.autov3)) if a and b]
        # A version may have several files, of one size too: it tells where no hash of both is known.
        same_content = any(hashes) if hashes else bool(one.version_id) and one.version_id == two.version_id
        same_file = same_content and adapter.size == other.size
        if same_file or (same_words and adapter.stem.casefold() == other.stem.casefold()):
            return other
    return None


def _same_subject(one: Candidate, other: Candidate, said: Mentions) -> bool:
    """The same character or person by two authors: people who combine adapters never combine these."""
    if one.adapter.card.kind != other.adapter.card.kind:
        return False
    return any(a <= b or b <= a for a in _drawn(one.adapter, said) for b in _drawn(other.adapter, said))


def _drawn(adapter: Adapter, said: Mentions) -> list[frozenset[str]]:
    """Whom an adapter draws here: of several those whom the prompt names, else what it is for."""
    named = [name for name in members(adapter) if name <= said.words]
    return named or list(filter(None, [own_words(adapter)]))
