"""Remarks that stand among trigger words and are none: "see description", "no trigger needed", "weight 0.7".

Sites want an author to list trigger words, so those who have none, or too many, write a sentence there. No list of such
sentences is complete; what they share is what is said: that nothing is needed, where to read, how to use the adapter.
Each of these is a few classes of words, and a phrase is a remark if words of the right classes meet in it. One class
alone never makes a remark: "no hat", "look at viewer", "dog tags", "trigger discipline" are words of a picture.
"""

from __future__ import annotations

import functools
import re
import unicodedata

from stylus_core.refiner.remark_words import (
    ABOUT,
    ADAPTERS,
    BASES,
    BE,
    BESIDE_BASES,
    CONTINUES,
    COUNTED,
    FOREIGN_DENIAL,
    FOREIGN_NOTHING,
    FOREIGN_REFERRAL,
    GIVEN,
    MARKS,
    META,
    MODELS,
    NEED,
    NEGATION,
    NO_NAME,
    NOTHING,
    ORDERS,
    PERSONAL,
    PLACE,
    POLITE,
    PREPOSITIONS,
    READ,
    REFERRING,
    SOURCE,
    STANDS_FOR,
    TALK,
    WAKE,
    WRITTEN,
)

_SPEAKS = NEGATION | NEED | META | MODELS | BE | ABOUT | PERSONAL | POLITE | ORDERS | PLACE
_ONLY_SPOKEN_OF = (TALK | {"sdxl", "illustrious"}) - {"model", "models", "version", "versions"}
_LONGEST = 300  # characters of a phrase that are looked at
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_FILLING = re.compile(r"[-–—.·•…*~+=/\\|#\s]*|[?？\s]+")
_NATURAL = re.compile(r"\bnatural[- ]language\b|\b(?:complete|full|whole|plain)\s(?:sentences|english)\b")
_LETTERS_OR_DIGITS = re.compile(r"[^\W\d_]+|\d+")
_DECORATED = " \t\n-–—.·•…*~#!\"'`“”‘’«»()[]【】（）「」:;："
_SLASHED = re.compile(r"\b(?:n\s?[/.]\s?a\.?|w/o)(?!\w)")
_LINK = re.compile(r"(?:https?|ftp)\s*:\s*//|\bwww\.\w|\b[a-z][\w-]+\.(?:com|net|org|io|co|gg)(?:/|$)")
_VALUE = r"(?:[01]?[.,]\d{1,3}|[12](?![\w.,]))"
_SCALE = (
    r"(?:(?:lora|model|recommended)\s)?(?:weigh?ts?|streng?h?ths?|intensity|multiplier|scale)"
    r"|权重|權重|强度|強度|重み|가중치|강도|вес\w{0,2}|peso|poids|gewicht\w{0,3}|stärke"
)
_STRENGTH = re.compile(rf"(?:{_SCALE})\D{{0,25}}?(?<![\d.,]){_VALUE}|(?<![\d.,])-?{_VALUE}\D{{0,15}}?(?:{_SCALE})")
_AMOUNT = re.compile(r"-?\d{0,2}[.,]\d{1,3}|-?\d{1,2}(?:[.,]\d{1,3})?\s*(?:-|–|~|to)\s*\d{0,2}(?:[.,]\d{1,3})?")
_SETTING = re.compile(
    r"(?:(?:steps?|sampl(?:er|ing)(?:\smethod)?|scheduler|seed|model(?:\shash)?|vae|ensd|lora\shash(?:es)?|checkpoint"
    r"|base\smodel|denois\w{1,4}(?:\sstrength)?|hi-?res[\w .]{0,20}|clip\s?skip|(?:cfg|guidance)(?:\sscale)?)\s*[:：=]"
    r"|trained\s(?:on|at|for|with)\b|(?:use|set|at|around|best)\s(?:(?:at|to|with|around|it)\s){0,2}[01]?[.,]\d{1,2}$"
    r"|(?:.{0,20}\b)?(?:above|below|under|over|exceed)\s[01]?[.,]\d{1,2}$|(?:size|version|resolution)\s*[:：=]\s*\d|(?:cfg(?:\sscale)?|clip\s?skip|steps|seed)\s*\d)"
)
_IF = re.compile(
    r"(?:if|when|unless|in case)\s+(?:you|u|needed|wanted|necessary|required|desired)\b"
    r"|.{0,40}\b(?:what(?:ever)?|anything|however|as)\s(?:you|u)\s(?:want|like|need|wish|prefer)\b"
)
_THIS = re.compile(r"(?:this|these)\s+(?:lora|locon|lycoris|loha|dora|model|version|checkpoint|embedding|adapter)s?\b")
_SOCIAL = re.compile(
    r"(?:follow|support|join|subscribe|donate|like)\b.{0,30}\b(?:me|us|my|our|discord|patreon|ko-?fi)\b"
)
#: "trigger words vary from set to set"
_OF_THEM = re.compile(r"(?:the |all |some )?(?:trigger[- ]?words?|triggers|keywords?|activation words?)\s+\w")
_CHOOSE = re.compile(
    r"(?:choose|pick|select) (?:one|any)\b|"
    r"(?:choose|pick|select)\b.{0,20}\b(?:your (?:own|fav\w*)|any|one of|from|between|among|you (?:like|want))\b"
)
_ORDERED = re.compile(
    r"(?:just|simply|only|please|pls|plz|feel free to)\s+"
    r"(?:describe|use|put|add|include|write|type|prompt|ask|read|try|load|apply|select|enter|generate|insert|check|see|play)\b"
)


@functools.lru_cache(maxsize=8192)
def is_remark(phrase: str) -> bool:
    """Whether a phrase that stands among trigger words speaks about the adapter instead of being one of its words."""
    return _remark(_plain(phrase)) if phrase.strip() else False


def denies(phrase: str) -> bool:
    """Whether a phrase says that the adapter has or needs no trigger words: "none", "no trigger needed"."""
    text = _plain(phrase)
    return bool(text) and _denial(text, _WORD.findall(text))


def is_base_or_version(phrase: str) -> bool:
    """Whether a phrase is nothing but a base model's name or the number of a version: "SDXL", "Flux.1 D", "v1.0"."""
    text = phrase[:_LONGEST].casefold()
    first = _LETTERS_OR_DIGITS.match(text)
    if not first or (first[0] not in BASES and first[0] not in COUNTED):
        return False
    more = _LETTERS_OR_DIGITS.findall(text, first.end())
    return bool(more or first[0] in BASES) and all(
        word.isdigit() or word in BESIDE_BASES or word in BASES for word in more
    )


def goes_on(phrase: str) -> bool:
    """Whether a phrase behind a remark and a comma belongs to it: ", it explains the tags"."""
    words = _WORD.findall(_plain(phrase))
    return len(words) > 1 and words[0] in CONTINUES


def _plain(phrase: str) -> str:
    text = unicodedata.normalize("NFKC", phrase[:_LONGEST])
    # "NA" is "none", and "Na" somebody's name
    return "n/a" if text.strip(_DECORATED) == "NA" else text.casefold().strip(" \t\n")


def _remark(text: str) -> bool:
    if _FILLING.fullmatch(text):
        return True
    words = _WORD.findall(text)
    if not words:
        return False  # an emoticon
    return (
        _denial(text, words)
        or bool(_LINK.search(text))
        or _settings(text.strip(_DECORATED))
        or _refers(text, words)
        or _instructs(text.strip(_DECORATED), words)
    )


def _denial(text: str, words: list[str]) -> bool:
    bare = text.strip(_DECORATED)
    if bare in NOTHING or bare in FOREIGN_NOTHING or _SLASHED.fullmatch(bare):
        return True
    if FOREIGN_DENIAL.search(text):
        return True
    said = {"without" if w == "w/o" else w for w in (*words, *_SLASHED.findall(text))}
    if said.isdisjoint(NEGATION):
        return False
    if not said.isdisjoint(WRITTEN) and said <= NEGATION | WRITTEN | BE:
        return True
    wakes, needs = not said.isdisjoint(WAKE), not said.isdisjoint(NEED)
    if not wakes and not (needs and said <= NEGATION | NEED | META | BE | ABOUT):
        return False
    # "no trigger discipline" has a word of its own; a sentence may have a few
    return len(said - _SPEAKS) <= len(said) // 5


def _settings(text: str) -> bool:
    return bool(_AMOUNT.fullmatch(text) or _SETTING.match(text) or _STRENGTH.search(text))


def _refers(text: str, words: list[str]) -> bool:
    """Whether it says where to read on."""
    if FOREIGN_REFERRAL.search(text):
        return True
    if words[-1] in SOURCE and set(words) <= SOURCE | MARKS:
        return True
    order = _without_polite(words)
    if order and order[0] in READ and _read(order):
        return True
    for i, word in enumerate(words):
        # "outfits in the description", "triggers are on the model page"
        if word in SOURCE and _led_by(words[:i], PREPOSITIONS):
            return True
        if word in PLACE and _led_by(words[:i], PREPOSITIONS) and not META.isdisjoint(words[:i]):
            return True
        if word in GIVEN and not PREPOSITIONS.isdisjoint(words[i + 1 : i + 3]) and not META.isdisjoint(words):
            return True
    return False


def _read(order: list[str]) -> bool:
    verb, rest = order[0], order[1:]
    if not rest:
        return False
    named = not SOURCE.isdisjoint(rest)
    if verb in REFERRING:  # verbs that pictures have as well: "look at viewer", "find", "view"
        known = not (PLACE - {"picture", "pictures", "image", "text", "above", "below"}).isdisjoint(rest)
        return (named or known) and (verb != "look" or rest[0] in PREPOSITIONS)
    return named or not PLACE.isdisjoint(rest) or not META.isdisjoint(rest)


def _led_by(before: list[str], led: frozenset[str]) -> bool:
    """Whether the last word but articles and the like is one of `led`."""
    for word in reversed(before[-5:]):
        if word in led:
            return True
        if word not in MARKS:
            return False
    return False


def _instructs(text: str, words: list[str]) -> bool:
    """Whether it says how to use the adapter."""
    if _IF.match(text) or _CHOOSE.match(text) or _ORDERED.match(" ".join(_from_order(words))):
        return True
    if _NATURAL.search(text):
        return True
    if _THIS.match(text) and len(words) > 2:
        return True
    said = set(words)
    if said <= NO_NAME and not said.isdisjoint(ADAPTERS):
        return True
    if not said.isdisjoint(PERSONAL) and not said.isdisjoint(TALK):
        return True
    if _OF_THEM.match(text) or _SOCIAL.match(text) or (said <= STANDS_FOR and not said.isdisjoint(("name", "names"))):
        return len(words) > 1
    # all of it is said of trigger words, nothing of a picture: "any prompt works", "for sdxl only"
    if len(words) > 2 and said <= _SPEAKS and not said.isdisjoint(_ONLY_SPOKEN_OF):
        return True
    if words[-1] in ("recommended", "suggested") and not said.isdisjoint(META):
        return True
    order = _without_polite(words)
    if len(order) < 2 or order[0] not in ORDERS:
        return False
    return not META.isdisjoint(order[1:]) or (order[0] in ABOUT and not MODELS.isdisjoint(order[1:]))


def _without_polite(words: list[str]) -> list[str]:
    i = 0
    while i < len(words) and words[i] in POLITE:
        i += 1
    return words[i:]


def _from_order(words: list[str]) -> list[str]:
    """From the word that makes it an order on: "so please add all"."""
    return words[1:] if len(words) > 2 and words[0] in ("so", "and", "or", "but", "then", "you can") else words
