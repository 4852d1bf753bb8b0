"""Whom a language model is asked about, and what of its answer is used. Nothing depends on the model's good will.

Titles, tags, trigger words and descriptions are strangers' texts, and a model may do what they say. So a verdict counts
only as far as the local evidence allows: the model chooses among adapters that the local composer is sure enough of by
the user's restraint, for the words that it found for them, with the chance that it gives them, and within the rules of
every composer. It takes away; it can add nothing that nobody but it speaks for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stylus_core.composer.composer_rules import apply_rules, missing_half_notes
from stylus_core.composer.contract import Request
from stylus_core.composer.family import prefer_family
from stylus_core.composer.instructions import ARGUABLE, WANTED, WRONG
from stylus_core.composer.local import sure_enough
from stylus_core.types import Assignment

#: Adapters that a model is asked about.
MOST = 12

#: An index and what may follow it; `12` is no `1`, and `1.5` neither.
_LEADING = re.compile(r"[0-9]{1,3}(?![\w.])")

_ENTRIES = 500  # entries of an answer that are looked at; an honest one has a dozen
_LEFT_OUT = {
    WRONG: "the language model finds that the prompt does not ask for it",
    ARGUABLE: "the language model finds it related and not asked for",
}


@dataclass(frozen=True, slots=True)
class ValidatedAnswer:
    """What became of an answer.

    Attributes:
        kept: the picks, likeliest first; their confidence is the local chance.
        refused: what the model wanted and a rule forbids, with the reason why.
        passed: what the model did not want, with what it said of it.
        senseless: entries that are no verdict on any adapter that was asked about.
    """

    kept: tuple[Assignment, ...]
    refused: tuple[tuple[Assignment, str], ...]
    passed: tuple[tuple[Assignment, str], ...]
    senseless: int


def possible(rated: Iterable[Assignment], request: Request) -> list[Assignment]:
    """The adapters that a model is asked about.

    Args:
        rated: the candidates as the local judge sees them, likeliest first.
        request: what they are candidates for.

    Returns:
        At most `MOST`, likeliest first, and of those for one purpose the checkpoint's family first: none that is less
        sure than the options' restraint wants, and none that a rule would forbid whatever the model says, for it would
        take the place of another.
    """
    out: list[Assignment] = []
    for a in prefer_family(sure_enough(rated, request), request):
        if len(out) == MOST:
            break
        if apply_rules([a], request)[0]:
            out.append(a)
    return out


def halves_not_asked_about(rated: Iterable[Assignment], request: Request) -> tuple[str, ...]:
    """A sentence for each adapter that the model is not asked about because its other half is missing.

    Only for those that the local composer would have picked: of the others nobody expects anything.
    """
    sure = sure_enough(rated, request)
    halves = [a for a in sure if a.candidate.half is not None and a.candidate.half.missing]
    return missing_half_notes(apply_rules(halves, request)[1])


def validate_answer(data: Mapping[str, Any], request: Request, asked: Sequence[Assignment]) -> ValidatedAnswer:
    """What of an answer holds.

    Args:
        data: the answer; nothing of it is trusted.
        request: what was asked.
        asked: the adapters of the message, in its order; one without a verdict counts as wrong.
    """
    verdicts, senseless = _verdicts(data, len(asked))
    wanted = [a for i, a in enumerate(asked) if verdicts.get(i) == WANTED]
    passed = [(a, _LEFT_OUT[verdicts.get(i, WRONG)]) for i, a in enumerate(asked) if verdicts.get(i) != WANTED]
    sure = sure_enough(wanted, request)
    weak = [(a, "nothing but the language model speaks for it") for a in wanted if a not in sure]
    kept, against = apply_rules(sure, request)
    return ValidatedAnswer(tuple(kept), (*against, *weak), tuple(passed), senseless)


def _verdicts(data: Mapping[str, Any], number: int) -> tuple[dict[int, int], int]:
    """Index -> verdict, and how many entries are none. Of two verdicts on one adapter the lower one holds."""
    given = data.get("verdicts")
    out: dict[int, int] = {}
    senseless = 0
    for name, value in list(given.items())[:_ENTRIES] if isinstance(given, Mapping) else ():
        index = _index(name, number)
        if index is None or isinstance(value, bool) or value not in (WRONG, ARGUABLE, WANTED):
            senseless += 1
        else:
            out[index] = min(int(value), out.get(index, WANTED))
    return out, senseless


def _index(name: Any, number: int) -> int | None:
    """The index at the beginning of a verdict's name, if there is such a line; the rest of the name may be anything."""
    found = _LEADING.match(name) if isinstance(name, str) else None
    return int(found[0]) if found and int(found[0]) < number else None
