"""What of a language model's answer is used. Nothing depends on the model's good will.

A candidate's description is a stranger's text, and a model may do what it says. So each pick has to hold by evidence
that the description does not decide: words of the prompt that are in the adapter's names, or a nearness of the two that
our own encoder measured.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from stylus_core.composer.catalogue import plain
from stylus_core.composer.contract import Request
from stylus_core.composer.profile import profile
from stylus_core.composer.rules import keep
from stylus_core.retriever.tokens import tokens
from stylus_core.types import Assignment, Candidate, Keyword

#: Cosine of a keyword and an adapter from which the two have something to do with each other (`docs/llm.md`).
AFFINITY_FLOOR = 0.35

_REASON = 160  # characters
_KEYWORD = 200  # characters of the prompt that one keyword may span
_ENTRIES = 500  # entries of an answer that are looked at; an honest one has ten

_PIECE = re.compile(r"[^\W_]+|[^\w\s]")


def span(keyword: str, request: Request) -> Keyword | None:
    """Where `keyword` is in the prompt, in any case, whatever markup, white space or underscore parts its words."""
    pieces = _PIECE.findall(keyword.strip(" \t\n,.;:!?\"'"))
    if not pieces or len(keyword) > _KEYWORD:
        return None
    pattern = r"(?<![^\W_])" + r"[\s_]*".join(map(re.escape, pieces)) + r"(?![^\W_])"
    found = re.search(pattern, request.prompt.plain, re.IGNORECASE)
    if found is None or found.end() - found.start() > 2 * _KEYWORD:
        return None
    return Keyword(" ".join(found.group().split()), found.start(), found.end())


def checked(
    data: Mapping[str, Any], request: Request, shown: int
) -> tuple[list[Assignment], list[tuple[Assignment, str]], int]:
    """The assignments of an answer that hold, those that a rule refuses, and how many entries made no sense.

    `shown`: how many of the request's candidates were in the message.
    """
    picks = data.get("picks")
    entries = picks[:_ENTRIES] if isinstance(picks, list) else []
    asked: list[Assignment] = []
    refused: list[tuple[Assignment, str]] = []
    senseless = 0
    for entry in entries:
        made = _assignment(entry, request, shown)
        if made is None:
            senseless += 1
        elif not _evident(made.candidate, made.keyword, request):
            refused.append((made, f"{made.keyword.text!r} has nothing to do with it"))
        else:
            asked.append(made)
    kept, against = keep(asked, request, already=len(request.prompt.tags))
    return kept, [*refused, *against], senseless


def _assignment(entry: Any, request: Request, shown: int) -> Assignment | None:
    if not isinstance(entry, Mapping):
        return None
    index, keyword, reason = entry.get("index"), entry.get("keyword"), entry.get("reason")
    if isinstance(index, bool) or not isinstance(index, int) or not isinstance(keyword, str):
        return None
    if not 0 <= index < min(shown, len(request.candidates)):
        return None
    found = span(keyword, request)
    if found is None:
        return None
    candidate = request.candidates[index]
    why = plain(reason, _REASON) if isinstance(reason, str) else ""
    return Assignment(
        candidate, found, why or f"it is for {candidate.adapter.card.subject or candidate.adapter.title!r}"
    )


def _evident(candidate: Candidate, keyword: Keyword, request: Request) -> bool:
    """Whether keyword and adapter have a word in common, or are near enough to each other."""
    if profile(candidate.adapter).words.intersection(tokens(keyword.text)):
        return True
    return _nearness(candidate, keyword, request) >= AFFINITY_FLOOR


def _nearness(candidate: Candidate, keyword: Keyword, request: Request) -> float:
    """The greatest cosine of the candidate and a keyword of ours that overlaps this one; 0 without an encoder."""
    if request.affinity is None:
        return 0.0
    column = _position(request.candidates, candidate)
    rows = [i for i, k in enumerate(request.keywords) if k.start < keyword.end and keyword.start < k.end]
    return max((float(request.affinity[i, column]) for i in rows), default=0.0)


def _position(candidates: Sequence[Candidate], wanted: Candidate) -> int:
    return next(i for i, c in enumerate(candidates) if c is wanted)
