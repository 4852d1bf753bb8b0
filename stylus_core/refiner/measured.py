"""What each number of a sentence measures: the adapter's weight, that of its text encoder, or something else."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from stylus_core.refiner import weight_words as words
from stylus_core.refiner.numbers import Number, numbers

SURE = 4  # a word for the weight stands beside the number
CARRIED = 3  # the sentence, or the one before, is about the weight
MENTIONED = 2  # it speaks of the adapter
ADVISED = 1  # nothing but advice

_FAR = 40  # characters between a number and the word for what it measures
_BESIDE = 12
NEAR = 25

#: A range of something; of what, another word before it would say.
_RANGE = (
    r"(?:(?:recommended|suggested|operating|working|usable|useful|good|best|ideal|optimal|valid|effective|full|value)s? |(?<![^\W\d_] ))\brange\b"
)
MEASURED = re.compile(
    rf"(?P<other>{words.OTHER})|(?P<clip>{words.CLIP})|(?P<unet>{words.UNET})|(?P<weight>{words.WEIGHT})"
    rf"|(?P<lora>(?:\b|_)(?:lora|lycoris|locon|slid(?:er|e|ing))s?(?![a-z])|{_RANGE})",
)
ADVICE = re.compile(words.ADVISED)
USE = re.compile(f"{words.USED}|{words.NEW}")
_SAYS = re.compile(words.SAYS)
_FILLER = re.compile(
    r"\s*[)\]]?(?:\s*(?:of|for|in|on|with|lora|as|is|the|model|lora's|de|di|du|do|da|от|an|van|del|den|по|als|per|as)(?=\s)|\s*lora(?=[^\x00-\x7f])|[的のでくらいな])*\s*",
)
_BRACKET = re.compile(r"\s?\([^()]{1,30}\)")
_LABELS_NEXT = re.compile(r"\s*(?:[:=~]\s*)?\d")
_AT = re.compile(
    r"\s*(?:[:=@(\[]|\b(?:at|to|is|around|about|with|auf|bei|mit|à|en|con|em|com|na|ke|на)\b|[をはでの用为設设置到成])"
    r"\s*(?:about|around|approx|of|[~±\s])*",
)
_ASIDE = re.compile(
    r"\s*(?:[(\[][^()\[\]]{1,60}[)\]]"
    r"|(?:for|if|when|als|für|pour|per|para|dla|для|если|wenn|si|to|is|was)\s[^,.;:()]{1,60}?(?=,|;|\s(?:and|but|und|et|y|e|и|або)\s|$))",
)
#: What may stand right before a number that is only advised; behind a noun it measures something that we do not know.
_PLAIN_BEFORE = re.compile(
    r"(?:^|[^\w\s'’\"]|[^\x00-\x7f]|\b(?:at|around|about|between|from|to|on|in|of|with|use[ds]?|using|is|be|are|it|like|say|or|and|than|em|en|a|à|bei|auf|mit|mit|con|com|na|при|на|w|z|с|в|here"
    r"|values?|range|something|anywhere|somewhere|within|the|a|was|were|by|just|only|even|loras?|well|usually|normally|you|near|towards?|roughly|approx\w{0,8}|found|find|settings?|ones?|that|set|try|put|keep)"
    rf"|{words.ADVISED}|{words.USED}|{words.AT_MOST}|{words.AT_LEAST}|{words.OVER})\w{{0,8}}\W*$",
)


class Spot(NamedTuple):
    """A number with what is said of it."""

    number: Number
    kind: str  # "weight", "unet", "clip", "other"; "" for nothing that could be told
    sure: int  # SURE ... ADVISED; 0 for none
    start: int  # of its own text in front
    aside: int  # of what qualifies it behind
    end: int  # of that
    behind: str  # what follows the number, as far as it can be about it

    @property
    def ours(self) -> bool:
        return self.sure > 0 and self.kind != "other"


def spots(sentence: str, carried: Callable[[], str]) -> list[Spot]:
    """The numbers of a masked sentence.

    Args:
        sentence: without what only looks like a number of ours.
        carried: tells "text" where the sentence before is about the weight, "title" where it says nothing else, or "".
    """
    every = numbers(sentence)
    words_there = list(MEASURED.finditer(sentence))
    out: list[Spot] = []
    for i, number in enumerate(every):
        until = every[i + 1].start if i + 1 < len(every) else len(sentence)
        out.append(_spot(sentence, number, until, words_there, out[-1] if out else None, carried))
    return out


def _spot(
    sentence: str, number: Number, until: int, there: list[re.Match[str]], last: Spot | None, carried: Callable[[], str]
) -> Spot:
    at = last.end if last else 0
    word = next((m for m in reversed(there) if at <= m.start() and m.end() <= number.start), None)
    between = sentence[word.end() : number.start] if word else ""
    if word and word.lastgroup == "lora":  # "the strength of the LoRA"
        owner = there.index(word) - 1
        if owner >= 0 and there[owner].lastgroup == "weight" and 0 <= word.start() - there[owner].end() <= _BESIDE:
            word = there[owner]
    aside = _BRACKET.match(sentence, number.end)
    after = aside.end() if aside else number.end
    behind = next((m for m in there if m.start() >= after), None)
    if behind and not (_FILLER.fullmatch(sentence, after, behind.start()) and (aside or behind.end() <= until)):
        behind = None
    if behind and behind.lastgroup == "other" and word and _LABELS_NEXT.match(sentence, behind.end()):
        behind = None  # it labels the next number
    about = _behind(sentence, number.end, until)
    end = number.end
    if behind and (word is None or len(between) > _BESIDE or (word.lastgroup == "lora" and behind.lastgroup != "lora")):
        kind, sure, end = str(behind.lastgroup), SURE, behind.end()
        if kind == "lora":
            kind, sure = "weight", MENTIONED
    elif word:
        kind, sure = _labelled(word, between)
    else:
        kind, sure = _unlabelled(
            sentence[at : number.start], about, last, carried, {m.lastgroup for m in there} <= {"weight", "lora"} and any(m.lastgroup == "weight" for m in there)
        )
    aside = _ASIDE.match(sentence, end, max(end, until))
    return Spot(number, kind, sure, at, end, aside.end() if aside else end, about)


def _behind(sentence: str, end: int, until: int) -> str:
    """What follows a number; in front of another number, what stands behind the last comma is that one's."""
    text = sentence[end:until]
    if until < len(sentence) and (cut := max(map(text.rfind, ",(;"))) >= 0 and ")" not in text[cut:]:
        text = text[:cut]
    return text


def _labelled(word: re.Match[str], between: str) -> tuple[str, int]:
    kind = str(word.lastgroup)
    if kind == "lora":
        return "weight", CARRIED if _AT.fullmatch(between) else MENTIONED
    return kind, SURE if len(between) <= _FAR else MENTIONED


def _unlabelled(
    before: str, behind: str, last: Spot | None, carried: Callable[[], str], about_it: bool
) -> tuple[str, int]:
    if last and last.ours and last.sure >= CARRIED:
        return "weight", CARRIED
    advised = any(p.search(text) for p in (ADVICE, USE) for text in (before, behind[:NEAR]))
    if last and last.kind == "other" and not last.number.plain:
        return "other", 0
    if not last and (about := carried()):
        begins = about == "title" and not before.strip(" -:•*")
        if advised or begins or _SAYS.search(before):
            return "weight", CARRIED
    if about_it and not last:
        return "weight", MENTIONED
    return ("weight", ADVISED) if advised and _PLAIN_BEFORE.search(before) else ("", 0)
