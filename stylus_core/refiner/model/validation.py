"""From what a model answered, or another user shared, to a card: bounded, cleaned and held against the record."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from stylus_core.errors import StylusError
from stylus_core.library.hostile_text import clean, clean_line, clean_list, fold
from stylus_core.library.hostile_text import plain as without_html
from stylus_core.library.untrusted_values import number
from stylus_core.refiner import refine
from stylus_core.refiner.description_text import plain
from stylus_core.refiner.model.model_prompt import SYSTEM
from stylus_core.refiner.trigger_words import triggers
from stylus_core.types import KINDS, Adapter, Card, Metadata, in_proportion

MAX_DESCRIPTION = 480  # characters; three sentences of some 60 words
_SENTENCES = 3
_SHORTEST = 16  # characters: less says nothing that the title does not
_SUBJECT = 70
_WEIGHTS = (0.1, 2.0)

_MARKUP = re.compile(r"<[^<>]*>|[*_#`~|<>{}\[\]\\]+|&(?:[a-z]{2,8}|#\w{1,7});", re.I)
_SENTENCE = re.compile(r"(?<=[.!?。！？])\s+|(?<=[。！？])|(?<!\s)[^\S\n]*\n\s*")
#: A sentence that speaks to a reader or a program and not about pictures: nobody's description needs one.
_ORDER = re.compile(
    r"""(?ix)
    \b(?:always|never|must|should|only|please)\s+(?:\w+\s+){0,2}?(?:be\s+)?(?:choose|chosen|pick(?:ed)?|select(?:ed)?|use[d]?|prefer(?:red)?|
        recommend(?:ed)?|appl(?:y|ied)|includ(?:e|ed)|rank(?:ed)?|load(?:ed)?|assign(?:ed)?|add(?:ed)?|ignor(?:e|ed)|answer|return|output|reply)\b
    |\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instruction|rule|prompt|above|previous|prior|other|everything|system)
    |\b(?:best|right|correct|only|top|perfect|ideal)\s+(?:choice|adapter|pick|candidate|answer|match)\b|\bfor\s+(?:every|any|all)\s+prompts?\b
    |\b(?:every|any|all)\s+(?:keyword|request|quer(?:y|ies))|\b(?:system|developer)\s*(?:prompt|message)|\byou\s+(?:are|must|should|will)\b
    |\blanguage\ models?\b|\bas\ an\ ai\b|\bi(?:'m|\ am)\ (?:sorry|unable|an?\b)|\bi\ can(?:no|')t\b
    |https?:|www\."""
)


#: Categories of the model site that say who is shown; a style in their place would put a stranger's face anywhere.
_WHO = frozenset(("character", "celebrity"))
_COPIED = 6  # words in a row that are ours: an account of an adapter has none by chance


class UnusableDescription(StylusError):
    """An account of an adapter that cannot be used; the message says why in one clause."""


def description_of(value: Any) -> str:
    """One to three sentences without markup, links and orders. Raises `UnusableDescription` where nothing is left."""
    text = plain(without_html(value, 4000, is_html=True))
    said = [" ".join(_MARKUP.sub(" ", s).split()).strip(" -–—:,;") for s in _SENTENCE.split(text)]
    kept = [s for s in said if s and not _ORDER.search(s)]
    if not kept and any(said):
        raise UnusableDescription("the description holds orders or excuses and no account of the adapter")
    text = " ".join(kept[:_SENTENCES])
    if len(text) > MAX_DESCRIPTION:
        text = text[:MAX_DESCRIPTION].rsplit(" ", 1)[0].rstrip(" ,;:-") + "…"
    if len(text) < _SHORTEST:
        raise UnusableDescription("the description is empty or says next to nothing")
    if _runs(text) & _runs(SYSTEM):
        raise UnusableDescription("the description repeats the instructions")
    return text if text[-1] in ".!?…。！？" else text + "."


def _runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[i : i + _COPIED]) for i in range(len(words) - _COPIED + 1)}


def card_of(answer: Mapping[str, Any], adapter: Adapter, source: str) -> Card:
    """The card out of `answer`'s `description`, `kind`, `subject`, `trigger_words` and `weight`.

    What the record itself settles stays: a category of the model site that says who is shown, trigger words that the
    author listed, a weight that the user or the author's structured fields set. Names that the record does not have are
    not taken. Raises `UnusableDescription`.
    """
    base = refine(adapter.metadata, adapter.stem)
    kind = answer.get("kind")
    if kind not in KINDS:
        raise UnusableDescription(f"its kind is not one of {', '.join(KINDS)}")
    if base.kind in ("character", "person") and _WHO & {t.lower() for t in adapter.metadata.tags}:
        kind = base.kind
    known = _known(adapter)
    subject = _subject(answer.get("subject"), adapter, str(kind), source) or base.subject
    card = dataclasses.replace(
        base, description=description_of(answer.get("description")), kind=str(kind), subject=subject, source=source
    )
    if not base.trigger_words:
        listed = clean_list(answer.get("trigger_words"), 120, 12)
        # an entry counts only as the author wrote it somewhere: words of a model's own would wake nothing
        found = tuple(t for t in listed if len(t) > 1 and _stands_in(fold(t), known))
        card = dataclasses.replace(card, trigger_words=triggers(Metadata(trigger_words=found))[0])
    return _weighted(card, base, answer.get("weight"))


def _weighted(card: Card, base: Card, value: Any) -> Card:
    weight = number(value)
    settled = base.weight_source == "user" or (base.weight_source == "author" and base.weight_low == base.weight_high)
    if weight is None or settled or not _WEIGHTS[0] <= weight <= _WEIGHTS[1]:
        return card
    low, high = base.weight_low, base.weight_high
    if low is not None and high is not None and not low <= weight <= high:
        return card  # what the author or the examples say is better evidence than a guess beside it
    weight = round(weight, 2)
    clip = in_proportion(base.clip_weight, weight, base.weight)
    return dataclasses.replace(card, weight=weight, weight_source="refiner", clip_weight=clip)


def _names(adapter: Adapter) -> list[str]:
    """What the record calls the adapter by, and what it was trained on: no sentences, in which anything may stand."""
    metadata = adapter.metadata
    return [
        adapter.card.title, metadata.title, metadata.site_title, metadata.version, metadata.alias, adapter.stem,
        *metadata.tags, *metadata.trigger_words, *metadata.training_concepts, *(t for t, _ in metadata.training_tags),
    ]  # fmt: skip


def _known(adapter: Adapter) -> str:
    """All that the record says, folded: what trigger words are looked up in."""
    metadata = adapter.metadata
    texts = [*_names(adapter), metadata.description, metadata.notes, *(e.prompt for e in metadata.examples)]
    said = fold("\n".join(texts))
    return said + "\n" + said.replace("_", " ")


def _stands_in(phrase: str, known: str) -> bool:
    """Whether it does as words of its own, and not inside of others."""
    return re.search(rf"(?<![^\W_]){re.escape(phrase)}(?![^\W_])", known) is not None


def _subject(value: Any, adapter: Adapter, kind: str, source: str) -> str:
    """What the adapter is called, where the record's names and lists have the words; "" where they do not.

    By its subject a prompt calls an adapter, and what an author's text tells a model to write, a model may write. Where
    no such text is, the pictures are all that it goes by, and it may word a style as it likes, as may a file that the
    user chose; but the name of a character is none that the record does not have.
    """
    text = clean_line(_MARKUP.sub(" ", clean(value, 4 * _SUBJECT)), _SUBJECT).strip(" .,:;-")
    if len(text) < 2 or _ORDER.search(text):
        return ""
    metadata = adapter.metadata
    told = source != "import" and (metadata.description or metadata.notes or any(e.prompt for e in metadata.examples))
    if not told and kind not in ("character", "person"):
        return text
    names = fold("\n".join(_names(adapter)))
    return text if all(word in names for word in re.findall(r"[^\W\d_]{3,}", fold(text))) else ""
