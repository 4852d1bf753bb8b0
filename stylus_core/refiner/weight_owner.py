"""Whose weight a text tells: of which version of the adapter, or of another adapter that the page mentions."""

from __future__ import annotations

import re
from typing import NamedTuple

from stylus_core.refiner import advice_words
from stylus_core.refiner import weight_words as words

_VERSION = re.compile(r"(?<![^\W\d_])v(?:er(?:sion)?)?[. ]?(\d{1,2}(?:\.\d{1,2})?)(?![.\d]*\d)")
_BARE = re.compile(r"\d{1,2}(?:\.\d{1,2})?")
_BASE = re.compile(
    r"\b(pony|illustrious|noob|sd ?xl|sd ?1\.?5|sd ?2\.?1|sd ?3(?:\.5)?|flux|qwen|z-?image|chroma|hunyuan"
    r"|wan(?= ?2)|kolors|pixart|lumina|animagine)",
)
_OLD, _NEW = re.compile(advice_words.OLD), re.compile(advice_words.NEW)


class WeightOwner(NamedTuple):
    """What is known of the adapter that a text is about."""

    version: str  # the name of the version
    base: str  # of the model that it is made for
    names: frozenset[str]  # words of its own name, in lower case


NOBODY = WeightOwner("", "", frozenset())


def version_vote(text: str, owner: WeightOwner) -> int | None:
    """How much `text` speaks for a weight: 2 or -2 if it names our version or another; None if it names none.

    Args:
        text: what stands beside a number, or over it.
        owner: the adapter that it should be about.
    """
    if old := _OLD.search(text):
        return 2 if (new := _NEW.search(text)) and new.start() > old.start() else -3
    if _NEW.search(text):
        return 2
    versions = {_key(m[1]) for m in _VERSION.finditer(text)}
    bases = {_key(m[1]) for m in _BASE.finditer(text)}
    for found, known in ((versions, _versions(owner.version)), (bases, _bases(owner))):
        if found and known:
            return 2 if found & known else -2
    return 0 if versions or bases else None


def _versions(version: str) -> set[str]:
    named = {_key(m[1]) for m in _VERSION.finditer(version.lower())}
    return named or {_key(w) for w in version.split() if _BARE.fullmatch(w)}


def _bases(owner: WeightOwner) -> set[str]:
    return {_key(m[1]) for m in _BASE.finditer(f"{owner.version} {owner.base}".lower())}


def _key(name: str) -> str:
    return f"{float(name):g}" if _BARE.fullmatch(name) else re.sub(r"[\W_]", "", name)


_LORA = r"(?:lora|locon|lycoris|adapter)"
_OTHER = re.compile(
    r"\b(?P<how>(?:like|as|unlike|than|to)\s(?:\w{1,10}\s){0,3})?(?:other|another|second|additional|extra"
    rf"|separate|different)\s(?:\w{{1,15}}\s){{0,2}}{_LORA}s?\b"
    r"|(?P<cjk>其他|其它|别的|他の|다른)\s?(?:的\s?)?(?:lora|模型|로라)",
)
_OURS = re.compile(r"\b(?:this|it|it'?s|mine|my own|ours)\b|本|此|この|이\s")
_WITH = re.compile(
    r"\b(?:with|plus|alongside|and|also|paired?|combin\w{1,4}|mix\w{0,3}|stack\w{0,3}|add|avec|mit|con|com|с|z|ile"
    r"|dengan|via)\b"
    r"|[+&与和同]|搭配|配合|加上",
)
_NAMED = re.compile(
    rf"(?P<name>(?:[^\W\d_][\w'’-]{{0,24}}\s){{1,4}}?){_LORA}\b\W*(?:(?:at|weight|strength|to|of|is|around|about"
    r"|set)\W*){0,4}$",
)
_FILE = re.compile(
    r"(?P<name>[a-z]{2,20}(?:_[a-z]{1,20}){1,6})[\s:(]*(?:(?:lora|at|weight|strength|to|of|is|around"
    r"|about)[\s:]*){0,3}$",
)
_GENERIC = re.compile(
    r"(?:the|this|my|your|a|an|any|each|every|use|used|using|set|run|put|keep|with|and|for|of|to|at|i|in|on|as|is"
    r"|it|both|please|own|new|style|character|concept|main|same"
    r"|sdxl|sd|xl|flux|pony|illustrious|default|final|full|total|trained|apply|applying|adjust|increase|raise"
    r"|lower|reduce|low|high|good|no|all|model|file|just|when|if"
    rf"|load|add|works?|make|sure|first|only|more|that|these|our|recommended|optimal|suggested|{advice_words.ADVISED}"
    rf"|{advice_words.USED}|{words.WEIGHT})",
)


_QUOTED = re.compile(
    rf"{_LORA}\s['\"“‘«](?P<name>[^'\"”’»]{{2,40}})['\"”’»]\W*(?:(?:at|weight|strength|to|of|is|around|about"
    r"|set)\W*){0,4}$"
)
_OF_NAMED = re.compile(rf"\s*(?:of|for|on) (?:the |my )?(?P<name>(?:[^\W\d_][\w'’-]{{0,24}} ){{1,3}}){_LORA}\b")
_BY_OTHERS = re.compile(r"\s*\(?(?:from|by|of) (?:another|other|someone)\b")
_WORD = re.compile(r"[^\s]+")
_MY = re.compile(r"\bmy\b")


def is_of_other_lora(before: str, behind: str, owner: WeightOwner) -> bool:
    """Whether a number is the weight of another adapter.

    Args:
        before: the text in front of it, as it is written.
        behind: what qualifies it behind.
        owner: the adapter that it should be of.
    """
    raw, before = before, before.lower()
    if _BY_OTHERS.match(behind) or _OTHER.match(behind.lstrip(" (").removeprefix("for ").removeprefix("the ")):
        return True
    for other in _OTHER.finditer(before):
        rest = before[other.end() :]
        used_with = _WITH.search(before[max(0, other.start() - 12) : other.start()])
        if not other["how"] and not _OURS.search(rest) and len(rest) <= 25 and not used_with:
            return True
    if (file := _FILE.search(before)) and not re.match(words.WEIGHT, file["name"]):
        parts = file["name"].split("_")
        return not any(p in owner.names for p in parts) and not any(
            p in ("lora", "strength", "weight", "scale") for p in parts
        )
    for found in (_QUOTED.search(before), _OF_NAMED.match(behind)):
        if found and not any(w in owner.names or _GENERIC.fullmatch(w) for w in found["name"].split()):
            return True
    return _is_named(raw, before, owner)


def _is_named(raw: str, before: str, owner: WeightOwner) -> bool:
    """A name that is not ours, of something that is used as well: "with my Rim Light LoRA at 0.4"."""
    found = _NAMED.search(before)
    if found is None:
        return False
    called = [w for w in _WORD.finditer(before, *found.span("name")) if not _GENERIC.fullmatch(w[0])]
    if not called or any(w[0].strip("'’") in owner.names for w in called):
        return False
    if _MY.search(found["name"]):
        return True
    also = _WITH.search(before, max(0, found.start() - 12), called[-1].start())
    return also is not None and any(raw[w.start()].isupper() for w in called if w.start() >= also.end())
