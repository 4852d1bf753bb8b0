"""What each number of a sentence measures: the adapter's weight, that of its text encoder, or something else."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from stylus_core.prompt.fast_alternation import factor_prefixes
from stylus_core.refiner import advice_words
from stylus_core.refiner import weight_words as words
from stylus_core.refiner.numbers import BLANK, Number, numbers

SURE = 4  # a word for the weight stands beside the number
CARRIED = 3  # the sentence, or the one before, is about the weight
MENTIONED = 2  # it speaks of the adapter
ADVISED = 1  # nothing but advice

_FAR = 40  # characters between a number and the word for what it measures
_BESIDE = 12
NEAR = 25  # characters behind a number in which advice is about it
REACH = 80  # characters on either side that can be about it at all

#: A range of something; of what, another word before it would say.
_RANGE = (
    r"(?:(?:recommended|suggested|operating|working|usable|useful|good|best|ideal|optimal|valid|effective|value)s? "
    r"|(?<![^\W\d_] ))\brange\b"
)
_ADAPTER = r"(?:lora|lycoris|locon|slid(?:er|e|ing))s?(?![a-z])"
_KINDS = {
    "other": words.OTHER,
    "clip": words.CLIP,
    "unet": words.UNET,
    "weight": words.WEIGHT,
    "lora": rf"\b{_ADAPTER}|_{_ADAPTER}|{_RANGE}",
}
_MEASURED = re.compile(factor_prefixes("|".join(_KINDS.values())))
_OF_KIND = {kind: re.compile(source) for kind, source in _KINDS.items()}
ADVICE = re.compile(advice_words.ADVISED)
USE = re.compile(f"{advice_words.USED}|{advice_words.NEW}")
_SAYS = re.compile(advice_words.SAYS)
_FILLER = re.compile(
    r"\s*[)\]]?(?:\s*(?:of|for|in|on|with|lora|as|is|the|model|lora's|de|di|du|do|da|от|an|van|del|den|по|als|per"
    r"|as)(?=\s)|\s*lora(?=[^\x00-\x7f])|[的のでくらいな])*\s*",
)
_BRACKET = re.compile(r"\s?\([^()]{1,30}\)")
_LABELS_NEXT = re.compile(r"\s*(?:[:=~]\s*)?\d")
_AT = re.compile(
    r"\s*(?:[:=@(\[]|\b(?:at|to|is|around|about|with|auf|bei|mit|à|en|con|em|com|na|ke|на)\b|[をはでの用为設设置到成])"
    r"\s*(?:about|around|approx|of|[~±\s])*",
)
_ASIDE = re.compile(
    r"\s*(?:[(\[][^()\[\]]{1,60}[)\]]"
    r"|(?:for|if|when|als|für|pour|per|para|dla|для|если|wenn|si|to|is|was|of)\s[^,.;:()]{1,60}?(?=,|;|\s(?:and|but"
    r"|und|et|y|e|и|або)\s|$))",
)
#: What may stand right before a number that is only advised; behind a noun it measures something that we do not know.
_PLAIN_BEFORE = re.compile(
    r"(?:^|[^\w\s'’\"]|[^\x00-\x7f]|\b(?:at|around|about|between|from|to|on|in|of|with|use[ds]?|using|is|be|are|it"
    r"|like|say|or|and|than|em|en|a|à|bei|auf|mit|con|com|na|при|на|w|z|с|в|here"
    r"|values?|range|something|anywhere|somewhere|within|the|a|was|were|by|just|only|even|loras?|well|usually"
    r"|normally|you|near|towards?|roughly|approx\w{0,8}|found|find|settings?|ones?|that|set|try|put|keep|but|though|while|so)"
    rf"|{advice_words.ADVISED}|{advice_words.USED}|{advice_words.AT_MOST}|{advice_words.AT_LEAST}"
    rf"|{advice_words.OVER})\w{{0,8}}\W*$",
)


class Word(NamedTuple):
    """A word that says what is measured."""

    kind: str  # as that of a spot, or "lora"
    start: int
    end: int


def measured(text: str) -> list[Word]:
    """The words of a text that say what is measured, in its order."""
    return [Word(_kind_of(m), *m.span()) for m in _MEASURED.finditer(text)]


def _kind_of(match: re.Match[str]) -> str:
    return next(kind for kind, pattern in _OF_KIND.items() if pattern.match(match.string, match.start()))


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
    def is_weight(self) -> bool:
        """Whether it is a weight of the adapter or of its text encoder."""
        return self.sure > 0 and self.kind != "other"


def spots(sentence: str, carried: Callable[[], str]) -> list[Spot]:
    """The numbers of a masked sentence.

    Args:
        sentence: without what only looks like a number of ours.
        carried: tells "text" where the sentence before is about the weight, "title" where it says nothing else, or "".
    """
    reader = _Sentence(sentence.replace(BLANK, " "), carried)
    out: list[Spot] = []
    every = numbers(sentence)
    for i, number in enumerate(every):
        until = every[i + 1].start if i + 1 < len(every) else len(sentence)
        out.append(reader.spot(number, until, out[-1] if out else None))
    return out


class _Sentence:
    """A sentence with the words in it that say what is measured."""

    def __init__(self, text: str, carried: Callable[[], str]) -> None:
        self._text = text
        self._carried = carried
        self._words = measured(text)
        kinds = {word.kind for word in self._words}
        self._all_ours = "weight" in kinds and kinds <= {"weight", "lora"}

    def spot(self, number: Number, until: int, last: Spot | None) -> Spot:
        """What a number measures.

        Args:
            number: of the sentence.
            until: where the next one begins.
            last: the one before.
        """
        start, end = last.end if last else 0, number.end
        word = next((w for w in reversed(self._words) if start <= w.start and w.end <= number.start), None)
        between = self._text[word.end : number.start] if word else ""
        word = self._owned(word)
        behind = self._behind(number, until, labelled=word is not None)
        about = _about(self._text, number.end, until)
        if behind and (word is None or len(between) > _BESIDE or (word.kind == "lora" != behind.kind)):
            kind, sure, end = behind.kind, SURE, behind.end
            if kind == "lora":
                kind, sure = "weight", MENTIONED
        elif word:
            kind, sure = _labelled(word, between)
        else:
            kind, sure = self._unlabelled(self._text[max(start, number.start - REACH) : number.start], about, last)
            if not sure and -number.low == number.high > 0:  # nothing else goes as far below zero as above
                kind, sure = "weight", ADVISED
        aside = _ASIDE.match(self._text, end, max(end, until))
        return Spot(number, kind, sure, start, end, aside.end() if aside else end, about)

    def _owned(self, word: Word | None) -> Word | None:
        """In "the strength of the LoRA" it is the strength that counts."""
        at = self._words.index(word) if word and word.kind == "lora" else 0
        owner = self._words[at - 1] if at else None
        if word and owner and owner.kind == "weight" and word.start - owner.end <= _BESIDE:
            return owner
        return word

    def _behind(self, number: Number, until: int, *, labelled: bool) -> Word | None:
        """The word right behind a number, or behind its bracket, if it is not the label of the next number."""
        bracket = _BRACKET.match(self._text, number.end)
        start = bracket.end() if bracket else number.end
        found = next((w for w in self._words if w.start >= start), None)
        if found is None or (found.end > until and not bracket):
            return None
        if found.start - start > REACH or not _FILLER.fullmatch(self._text, start, found.start):
            return None
        if found.kind == "other" and labelled and _LABELS_NEXT.match(self._text, found.end):
            return None
        return found

    def _unlabelled(self, before: str, behind: str, last: Spot | None) -> tuple[str, int]:
        if last and last.is_weight and last.sure >= CARRIED:
            return "weight", CARRIED
        advised = any(p.search(text) for p in (ADVICE, USE) for text in (before, behind[:NEAR]))
        if last and last.kind == "other" and not last.number.plain:
            return "other", 0
        if not last and (about := self._carried()):
            begins = about == "title" and not before.strip(" -:•*")
            if advised or begins or _SAYS.search(before):
                return "weight", CARRIED
        if self._all_ours and (not last or last.kind != "other"):
            return "weight", MENTIONED
        return ("weight", ADVISED) if advised and _PLAIN_BEFORE.search(before) else ("", 0)


def _labelled(word: Word, between: str) -> tuple[str, int]:
    if word.kind == "lora":
        return "weight", CARRIED if len(between) <= _FAR and _AT.fullmatch(between) else MENTIONED
    return word.kind, SURE if len(between) <= _FAR else MENTIONED


def _about(sentence: str, end: int, until: int) -> str:
    """What follows a number; in front of another number, what stands behind the last comma is that one's."""
    text = sentence[end:until]
    if until < len(sentence) and (cut := max(map(text.rfind, ",(;"))) >= 0 and ")" not in text[cut:]:
        text = text[:cut]
    return text[:REACH]
