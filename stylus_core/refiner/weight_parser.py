"""The weight that an author's text recommends: finds the numbers and what each measures.

Descriptions hold many numbers: steps, CFG, denoising strength, versions, the weights of words in a prompt and of other
adapters. A number is the adapter's weight if the nearest word that says what is measured says so ("weight", "权重",
"強度"), or, less surely, if it is merely recommended ("works best at 0.7") and nothing else is measured beside it. Of
several, the one that its author advises most plainly counts, not a limit, a special case or an old version.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from stylus_core.prompt.fast_alternation import factor_prefixes
from stylus_core.refiner import advice_words
from stylus_core.refiner import weight_words as words
from stylus_core.refiner.advice import Stated, advised, against, bound, effect, sane, special
from stylus_core.refiner.clauses import lines, sentences
from stylus_core.refiner.measured_numbers import REACH, Spot, measured, spots
from stylus_core.refiner.numbers import counts_things, masked, numbers
from stylus_core.refiner.weight_owner import NOBODY, WeightOwner, is_of_other_lora, version_vote

MOST = 6_000  # characters of a text that are looked at; authors say it near the top
_MOST_LINE = 1_000
_BEFORE = 4  # lines that are looked back at

_WEIGHT = re.compile(words.WEIGHT)
_ADVICE = (advice_words.ADVISED, advice_words.USED, advice_words.NEW)
_WORTH = re.compile(
    factor_prefixes("|".join((words.WEIGHT, words.CLIP, words.UNET, *_ADVICE, "lora|range|slider|from -")))
)
_ANY_DIGIT = re.compile(r"\d|[①-⑳⑴-⑽❶-❿]")
#: A number that may be a weight: one digit, or one with a sign, a point or a percent sign.
_DIGIT = re.compile(r"[-+±.,\d](?:(?<=\D)\s?\d|(?<=\d)(?:(?<!\d\d)(?!\d)|\s?%))")
_TITLE = re.compile(rf"\W*(?:\w+\W+){{0,3}}?(?:{words.WEIGHT})\W*(?:\w+\W*){{0,2}}")
_HEADING = 40  # characters of a line that may be one
#: The number is the weight of a word of the prompt, or of another tool.
_OF_OTHER = re.compile(
    r"\b(?:(?:keyword|tag|word|token|prompt|trigger)s?\s+(?:with|at|to)|(?:keyword|tag|word"
    r"|token) \S{1,20} (?:(?:with|at|to)(?: an? \w{1,10} (?:of|at))?"
    r"|an? \w{1,10} (?:of|at))|(?:img2img|i2i|in-?painting|control-?nets?|ip-?adapter)\s+(?:with|at"
    r"|using)(?: an?)?)\W*$"
)


class StatedWeight(NamedTuple):
    """All that a text says of the adapter's weight."""

    weight: Stated | None = None
    clip: Stated | None = None  # the same for the text encoder alone
    least: float | None = None  # what it is to be at least
    most: float | None = None  # what it warns to go beyond


def stated(text: str, owner: WeightOwner = NOBODY) -> StatedWeight:
    """What a text recommends, in any language whose words for it we know.

    Args:
        text: without HTML.
        owner: which adapter it is about: texts name weights of other versions and of other adapters, too.
    """
    if not _ANY_DIGIT.search(text[:MOST]):
        return StatedWeight()
    reader = _WeightStatements(owner)
    for line in lines(text[:MOST]):
        reader.line(line[:_MOST_LINE])
    return StatedWeight(_chosen(reader.found, clip=False), _chosen(reader.found, clip=True), reader.least, reader.most)


class _Candidate(NamedTuple):
    """A number that may be the weight."""

    score: int
    stated: Stated
    clip: bool  # it is the text encoder's
    sentence: int
    effect: str


class _WeightStatements:
    """Goes through a text, sentence by sentence."""

    def __init__(self, owner: WeightOwner) -> None:
        self.found: list[_Candidate] = []
        self.least: float | None = None
        self.most: float | None = None
        self._owner = owner
        self._section = 0  # vote of the heading above for our version, as far as headings were looked at
        self._headings: list[str] = []  # short lines since then, in lower case
        self._before: deque[str] = deque(maxlen=_BEFORE)  # lines and sentences before this one, in lower case
        self._sentence = 0

    def line(self, raw: str) -> None:
        """One line of the text. Headings and what stands before are only read where a number asks for them."""
        line = raw.lower()
        if 0 < len(line) < _HEADING:
            self._headings.append(line)
        pieces = sentences(line) if _ANY_DIGIT.search(line) else ((0, len(line)),)
        for start, end in pieces:
            sentence = line[start:end]
            if sentence.strip():
                self._sentence += 1
                self._read(raw[start:end], sentence)
                self._before.append(sentence)

    def _read(self, raw: str, low: str) -> None:
        if not _DIGIT.search(low) or not (_WORTH.search(low) or any(map(_WEIGHT.search, self._earlier()))):
            return
        sentence = masked(low)
        for spot in spots(sentence, self._carried) if _DIGIT.search(sentence) else ():
            if spot.is_weight and not counts_things(spot.number, sentence):
                self._judge(raw, low, sentence, spot)

    def _earlier(self) -> list[str]:
        """The last two sentences, the nearer first."""
        out: list[str] = []
        for piece in reversed(self._before):
            out += [s for start, end in reversed(list(sentences(piece))) if (s := piece[start:end]).strip()]
            if len(out) > 1:
                break
        return out[:2]

    def _carried(self) -> str:
        for sentence in self._earlier():
            if len(sentence) < _HEADING and _TITLE.fullmatch(sentence):
                return "title"
            if kinds := [word.kind for word in measured(sentence)]:
                return "text" if kinds[-1] != "other" and "weight" in kinds else ""
        return ""

    def _over(self) -> int:
        """How much the heading above speaks for our version; a line with numbers of its own is none."""
        for line in reversed(self._headings):
            vote = version_vote(line, self._owner)
            if vote is not None and not numbers(masked(line)):
                self._section = vote
                break
        self._headings.clear()
        return self._section

    def _judge(self, raw: str, low: str, sentence: str, spot: Spot) -> None:
        number = spot.number
        start = max(spot.start, number.start - REACH)
        before, aside = low[start : number.start], low[spot.aside : spot.end]
        if limit := bound(before, spot):
            self.least, self.most = limit.least or self.least, limit.most or self.most
            return
        clip = spot.kind == "clip"
        found, advice = sane(number, spot.sure, clip), advised(sentence, before, spot)
        if found is None or advice is None:
            return
        if _OF_OTHER.search(before) or is_of_other_lora(
            raw[start : number.start], aside or spot.behind[:40], self._owner
        ):
            return
        vote = version_vote(f"{before} {aside}", self._owner)
        score = spot.sure + advice + against(before, aside, spot) + (self._over() if vote is None else vote)
        if score > 0:
            score = max(1, score - special(before, aside, found))
            self.found.append(_Candidate(score, found, clip, self._sentence, effect(before, aside)))


def _chosen(found: Sequence[_Candidate], *, clip: bool) -> Stated | None:
    """What is advised most plainly; the first of equals."""
    fitting = [c for c in found if c.clip == clip]
    if not fitting:
        return None
    best = max(fitting, key=lambda c: c.score)
    beside = [
        c for c in fitting if abs(c.sentence - best.sentence) <= (0 if best.stated.high < 0 or best.effect else 1)
    ]
    if best.stated.high < 0 and (high := max(c.stated.high for c in beside)) > 0:
        return Stated(best.stated.low, high)  # "-1 for less, 1 for more"
    other = next((c.stated for c in beside if best.effect and c.effect not in ("", best.effect)), None)
    if other:  # "0.4 for a faint effect, 0.8 for a strong one"
        return Stated(min(best.stated.low, other.low), max(best.stated.high, other.high))
    wide = next(
        (c.stated for c in beside if c.stated.low <= best.stated.low and best.stated.high <= c.stated.high), None
    )
    if wide and wide != best.stated:  # "0.3 to 1.0, I recommend 0.7"
        return Stated(wide.low, wide.high, best.stated.middle)
    return best.stated
