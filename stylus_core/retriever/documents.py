"""What of an adapter can be searched: its fields as tokens, its names, its example prompts, its texts to embed.

Which fields, and why these, is measured in `benchmarks/`; `docs/retrieval.md` has the table.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from stylus_core.prompt import adapter_tags
from stylus_core.refiner.advice import HIGHEST, LOWEST
from stylus_core.refiner.compound_words import apart
from stylus_core.refiner.subject_phrase import phrases
from stylus_core.refiner.trainer_names import own_names
from stylus_core.refiner.trigger_words import triggers
from stylus_core.retriever.tokenizer import split_names, term, tokens, without_markup
from stylus_core.types import Adapter, Metadata

#: Kinds of names by which a prompt can call an adapter; a document's units are of one of them.
TRIGGER, NAME, TAG = 0, 1, 2
UNIT_TYPES = ("trigger", "name", "tag")

DESCRIPTION_CHARS = 1000
EMBEDDED_CHARS = 400
_MAX_UNITS = 64
#: Sources of a card that nobody wrote.
_READ = ("metadata", "training tags", "file name")
MAX_EXAMPLES = 32
_TRAINING_TAGS = 60
_BLANK_LINES = re.compile(r"\n\s*\n")  # HTML has many: room in what is embedded that says nothing
_NAME_PARTS = re.compile(r"[|/()\[\]{},:;【】（）「」~]| - ")


@dataclass(frozen=True, slots=True)
class Document:
    """One adapter, ready to be indexed."""

    adapter: int
    architecture: str  # `Adapter.made_for`
    kind: str
    guessed: bool  # whether the kind is: from no more than the file's name, the training tags and a text
    names: tuple[int, ...]  # terms of the names by which a tag in somebody's prompt may call it
    about: list[str]  # tokens of name, tags, trigger words, description
    examples: tuple[list[str], ...]  # tokens of each example prompt; else of the training tags, as if they were one
    uses: tuple[dict[int, float], ...]  # for each example: the names in its tags with their weights, or nan
    units: tuple[tuple[int, list[str]], ...]  # (type, tokens) of each name
    downloads: int
    title: str  # text to embed: title and tags
    description: str  # text to embed: everything that says what it is

    @property
    def everything(self) -> list[str]:
        """All tokens: of what it is about and of its example prompts."""
        return [*self.about, *(t for e in self.examples for t in e)]


def name_key(name: str) -> int:
    """The term of an adapter's name as tags write it."""
    return term(name.strip().lower())


def document(adapter: Adapter) -> Document:
    """The searchable side of one adapter."""
    m, card = adapter.metadata, adapter.card
    given = adapter.given_title
    title = split_names(given or card.subject or adapter.stem)
    stem = split_names(adapter.stem)
    named = given or f"{title} {apart(title)}".strip()
    # where there is no title the user's own words are one
    own = next((p for p in own_phrases(adapter) if given and not set(tokens(p)) <= set(tokens(given))), "")
    words, tags = _triggers(adapter), _tags(adapter)
    description = _BLANK_LINES.sub("\n", m.description[: 2 * DESCRIPTION_CHARS])[:DESCRIPTION_CHARS]
    if not description or "description" in card.edited:
        description = card.description
    names = " ".join([title, stem, m.site_title, "" if given else apart(f"{title} {stem}")])
    about = tokens(" ".join([names, " ".join(tags), " ".join(map(without_markup, words)), m.notes[:300]]))
    about += tokens(description)
    examples = [tokens(without_markup(e.prompt)) for e in m.examples[:MAX_EXAMPLES]]
    uses = [_uses(e.prompt) for e in m.examples[:MAX_EXAMPLES]]
    if not any(examples) and m.training_tags:
        # What it was trained on is what its author's prompts would say.
        examples.append(tokens(" ".join(t for t, _ in m.training_tags[:_TRAINING_TAGS])))
        uses.append({})
    trigger_text = " ".join(map(without_markup, words))
    told = f"{m.notes} {description}" if m.notes and m.notes in m.own_words else description
    return Document(
        adapter=adapter.id,
        architecture=adapter.made_for,
        kind=card.kind,
        guessed=_is_guessed(adapter),
        names=tuple({name_key(n) for n in (adapter.stem, m.alias, m.title, m.site_title) if n}),
        about=about,
        examples=tuple(examples),
        uses=tuple(uses),
        units=units(adapter),
        downloads=m.downloads or 0,
        title=f"{own} {named} {', '.join(tags[:20])}".strip(),
        description=f"{named} {', '.join(tags[:20])} {trigger_text[:100]} {told[:EMBEDDED_CHARS]}".strip(),
    )


def own_phrases(adapter: Adapter) -> tuple[str, ...]:
    """What the user calls an adapter by, beside its title.

    Args:
        adapter: with what its user wrote of it, as an edited description or a file's notes.

    Returns:
        Phrases, see `subject_phrase.phrases`; none where the user wrote nothing of the kind.
    """
    own = adapter.card.description if "description" in adapter.card.edited else adapter.metadata.own_words
    return phrases(own) if own else ()


def _uses(prompt: str) -> dict[int, float]:
    found: dict[int, float] = {}
    for tag in adapter_tags(prompt) if "<" in prompt else ():
        sane = tag.weight is not None and LOWEST <= tag.weight <= HIGHEST
        found.setdefault(name_key(tag.name), tag.weight if sane and tag.weight is not None else math.nan)
    return found


def _is_guessed(adapter: Adapter) -> bool:
    known = adapter.given_title or adapter.metadata.tags or "kind" in adapter.card.edited
    return not known and (adapter.card.source in _READ or bool(adapter.metadata.own_words))


def _triggers(adapter: Adapter) -> list[str]:
    """Its trigger words, cleaned; what a trainer called it, where its author lists none."""
    m, card = adapter.metadata, adapter.card
    if "trigger_words" in card.edited:
        return list(card.trigger_words)
    words = card.trigger_words
    if not words and m.trigger_words:  # a card that somebody else made
        words = triggers(Metadata(trigger_words=m.trigger_words))[0]
    listed = bool(words and m.trigger_words)
    return list(dict.fromkeys([*words, *(() if listed else own_names(m, adapter.stem))]))


def _calls(words: list[str]) -> list[str]:
    """Trigger words as names: of several sets each is called by what stands first in it, and not by its outfit."""
    sets = [entry.partition(",")[0] for entry in words if "," in entry]
    return [*words, *(sets if len(sets) > 1 else ())]


def _tags(adapter: Adapter) -> list[str]:
    return list(adapter.metadata.tags) or [split_names(c) for c in adapter.metadata.training_concepts]


def units(adapter: Adapter) -> tuple[tuple[int, list[str]], ...]:
    """The names by which a prompt may call an adapter.

    Args:
        adapter: as it was described.

    Returns:
        (type, tokens) of each, without repeats: trigger words first, then names, then tags.
    """
    m = adapter.metadata
    names = [*_NAME_PARTS.split(adapter.given_title), *_NAME_PARTS.split(m.site_title), adapter.stem]
    names += [adapter.card.subject, *own_phrases(adapter)]
    names += [compound for name in (adapter.card.subject, split_names(adapter.stem)) if (compound := apart(name))]
    seen: set[tuple[int, tuple[str, ...]]] = set()
    out: list[tuple[int, list[str]]] = []
    for kind, texts in ((TRIGGER, _calls(_triggers(adapter))), (NAME, names), (TAG, _tags(adapter))):
        for text in texts[:_MAX_UNITS]:
            unit = list(dict.fromkeys(tokens(split_names(without_markup(text)[:200]))))
            if unit and (kind, tuple(unit)) not in seen:
                seen.add((kind, tuple(unit)))
                out.append((kind, unit))
    return tuple(out)
