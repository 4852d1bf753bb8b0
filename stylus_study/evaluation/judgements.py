"""Reads judgements, and what another tool picked: one JSON object a line, plain or gzipped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stylus_core.errors import StylusError
from stylus_study.evaluation.adapter_names import AdapterNames
from stylus_study.evaluation.corpus import json_objects

WANTED, ARGUABLE, WRONG = 2, 1, 0
#: The set of judgements that name none.
NO_SET = "judged"


@dataclass(frozen=True, slots=True)
class JudgedPrompt:
    """A prompt and what a reader said of adapters for it."""

    query: str
    set: str
    scores: Mapping[int, int] = field(default_factory=dict)  # id -> 2 wanted, 1 arguable, 0 wrong
    wanted: tuple[frozenset[int], ...] = ()  # for each wanted adapter the ids that its name stands for


@dataclass(frozen=True, slots=True)
class Judgements:
    """The judged prompts of a library, in the order of the file."""

    prompts: tuple[JudgedPrompt, ...]
    notes: tuple[str, ...] = ()  # sentences: what was left out, and why
    library: str | None = None  # that all rows had to be of


@dataclass(frozen=True, slots=True)
class Answered:
    """An adapter that somebody picked for a prompt."""

    ids: tuple[int, ...]  # what its name stands for; empty: no adapter of the library
    confidence: float | None = None  # 0 to 1


#: What was picked for a prompt, each adapter once; None: nobody asked.
Answer = tuple[Answered, ...] | None


@dataclass(frozen=True, slots=True)
class ToolPicks:
    """What another tool picked, prompt by prompt."""

    answers: Mapping[str, tuple[Answered, ...]]  # see `key`
    notes: tuple[str, ...] = ()

    def of(self, query: str) -> Answer:
        """What was picked for a prompt.

        Args:
            query: the prompt; white space does not matter.

        Returns:
            The picks; None where the file has no row for the prompt: that is no answer, while an empty list is one.
        """
        return self.answers.get(key(query))


def key(query: str) -> str:
    """A prompt as it is looked up: other tools fold white space."""
    return " ".join(query.split())


def count(number: int, what: str) -> str:
    """`1 row`, `2 rows`."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def load_judgements(
    path: Path, names: AdapterNames, library: str | None = None, limit: int | None = None
) -> Judgements:
    """The judgements of adapters that are in the library.

    Rows about adapters that are not there, and of other libraries, are left out and counted in the notes.

    Args:
        path: the file; a row has `query`, `adapter` (number or name), `score` (2 wanted, 1 arguable, 0 wrong), and may
            have `set` and `library`.
        names: of the library's adapters.
        library: only rows whose `library` is this; None: all rows.
        limit: only the first prompts of each set.

    Returns:
        The judged prompts in the order of the file.

    Raises:
        StylusError: a row is no judgement (a ValueError says what it lacks) or contradicts an earlier one; the sentence
            names it. Or nothing is left.
    """
    scores: dict[tuple[str, str], dict[int, int]] = {}
    wanted: dict[tuple[str, str], dict[frozenset[int], None]] = {}
    elsewhere = absent = 0
    for number, row in enumerate(json_objects(path), start=1):
        try:
            query, name, score, group, of = _judgement(row)
            if library is not None and of != library:
                elsewhere += 1
                continue
            prompt = (group, query)
            ids = names.ids(name)
            if not ids:
                absent += 1
                continue
            known = scores.setdefault(prompt, {})
            if any(known.get(i, score) != score for i in ids):
                raise ValueError(f"{name!r} has another score for this prompt in an earlier row")
            known.update(dict.fromkeys(ids, score))
            if score == WANTED:
                wanted.setdefault(prompt, {})[frozenset(ids)] = None
        except ValueError as e:
            raise StylusError(f"row {number} of {path} is no judgement: {e}") from None
    prompts = [JudgedPrompt(q, g, s, tuple(wanted.get((g, q), ()))) for (g, q), s in scores.items()]
    if not prompts:
        of_it = f" of the library {library!r}" if library is not None else ""
        raise StylusError(f"no row of {path}{of_it} judges an adapter that is here")
    notes = []
    if elsewhere:
        notes.append(f"{count(elsewhere, 'row')} of {path.name} left out: of another library than {library!r}")
    if absent:
        notes.append(f"{count(absent, 'row')} of {path.name} left out: about adapters that are not here")
    return Judgements(tuple(_first(prompts, limit)), tuple(notes), library)


def load_picks(path: Path, names: AdapterNames) -> ToolPicks:
    """What a tool picked; an adapter that is picked twice for a prompt counts once.

    Args:
        path: the file; a row has `query`, `picks` (a list of numbers or names of adapters, which may be empty) and may
            have `confidence` (as many numbers from 0 to 1).
        names: of the library's adapters.

    Returns:
        The picks by prompt; an adapter that is not here has no ids, and such picks are counted in the notes.

    Raises:
        StylusError: a row is no list of picks (a ValueError says why) or answers a prompt a second time; the sentence
            names it. Or there are no picks.
    """
    answers: dict[str, tuple[Answered, ...]] = {}
    unknown = 0
    for number, row in enumerate(json_objects(path), start=1):
        try:
            query = key(_text(row, "query", needed=True))
            picks = row.get("picks")
            if not isinstance(picks, list):
                raise ValueError("it has no list `picks`" if picks is None else "its `picks` are not a list")
            given = [_name(p, "a pick") for p in picks]
            sure = _confidence(row.get("confidence"), len(given))
            if query in answers:
                raise ValueError(f"an earlier row answers {query[:60]!r} already")
        except ValueError as e:
            raise StylusError(f"row {number} of {path} is no list of picks: {e}") from None
        found: dict[tuple[int, ...] | str, Answered] = {}
        for name, confidence in zip(given, sure, strict=True):
            ids = names.ids(name)
            found.setdefault(ids or str(name), Answered(ids, confidence))
        unknown += sum(not a.ids for a in found.values())
        answers[query] = tuple(found.values())
    if not answers:
        raise StylusError(f"there are no picks in {path}")
    notes = (f"{count(unknown, 'pick')} of {path.name} counted as unjudged: adapters that are not here",)
    return ToolPicks(answers, notes if unknown else ())


def _first(prompts: list[JudgedPrompt], limit: int | None) -> list[JudgedPrompt]:
    if limit is None:
        return prompts
    seen: dict[str, int] = {}
    kept = []
    for p in prompts:
        seen[p.set] = seen.get(p.set, 0) + 1
        if seen[p.set] <= limit:
            kept.append(p)
    return kept


def _judgement(row: dict[str, Any]) -> tuple[str, int | str, int, str, str]:
    query = _text(row, "query", needed=True)
    if "adapter" not in row:
        raise ValueError("it has no `adapter`")
    name = _name(row["adapter"], "its adapter")
    score = row.get("score")
    if isinstance(score, bool) or score not in (WANTED, ARGUABLE, WRONG):
        raise ValueError(f"its `score` is {_shown(score)}, not 0, 1 or 2" if "score" in row else "it has no `score`")
    return query, name, int(score), key(_text(row, "set")) or NO_SET, _text(row, "library")


def _text(row: dict[str, Any], field: str, needed: bool = False) -> str:
    value = row.get(field)
    if value is None:
        value = ""
        if needed:
            raise ValueError(f"it has no `{field}`")
    if not isinstance(value, str):
        raise ValueError(f"its `{field}` is {_shown(value)}, not a text")
    if needed and not value.strip():
        raise ValueError(f"its `{field}` is empty")
    return value


def _name(value: Any, what: str) -> int | str:
    if isinstance(value, bool) or not isinstance(value, int | str) or value == "":
        raise ValueError(f"{what} is {_shown(value)}, neither a number nor a name")
    return value


def _confidence(value: Any, count: int) -> list[float | None]:
    if value is None:
        return [None] * count
    if not isinstance(value, list) or len(value) != count:
        raise ValueError(f"its `confidence` is not a list of {count} numbers, one a pick")
    for number in value:
        if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number <= 1:
            raise ValueError(f"a confidence is {_shown(number)}, not a number from 0 to 1")
    return [float(number) for number in value]


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
