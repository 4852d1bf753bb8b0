"""How plainly an author advises a number as the adapter's weight, and what speaks against it."""

from __future__ import annotations

import re
from typing import NamedTuple

from stylus_core.refiner import advice_words
from stylus_core.refiner.measured_numbers import ADVICE, ADVISED, CARRIED, MENTIONED, NEAR, SURE, USE, Spot
from stylus_core.refiner.numbers import Number

LOWEST, HIGHEST = 0.05, 2.0
_RARELY = 1.3  # a single number above it is a version more often than a weight
#: How far a single number and the end of a range may go where a word for the weight is beside.
_SINGLE, _RANGE = 5.0, 20.0

_SLIDER = 0.6  # where people leave one, as far as it goes

_UP_TO = r"\W*(?:\w{1,8}\s\W*)?$"  # between a limit and its number
_AT_MOST, _AT_LEAST = (re.compile(rf"(?:{p}){_UP_TO}") for p in (advice_words.AT_MOST, advice_words.AT_LEAST))
_AT_MOST_BEHIND, _AT_LEAST_BEHIND = (
    re.compile(rf"\W*(?:(?:weight|strength)\s*)?(?:{p})")
    for p in (advice_words.AT_MOST_BEHIND, advice_words.AT_LEAST_BEHIND)
)
_OVER = re.compile(rf"(?:{advice_words.OVER}){_UP_TO}")
_OVER_ANYWHERE = re.compile(advice_words.OVER)
_NOT = re.compile(rf"(?:{advice_words.NOT})(?:\W+\w{{1,10}}){{0,6}}\W*$")
_SPOILS = re.compile(rf"{advice_words.SPOILS}(?:{advice_words.TOO_MUCH})")
_TOO_MUCH = re.compile(advice_words.TOO_MUCH)
_SOMETIMES, _MOVED = re.compile(advice_words.SOMETIMES), re.compile(advice_words.MOVED)
_DEFAULT = re.compile(r"\bby default\W*(?:\w{1,6}\W+)?$|\bdefault (?:is|of)\W*$|默认\W*$")
_FAINT, _STRONG = re.compile(advice_words.FAINT), re.compile(advice_words.STRONG)
_BEFORE = 40  # characters in front of a number in which advice is about it


class Stated(NamedTuple):
    """What a text recommends. `low` equals `high` where it names one number."""

    low: float
    high: float
    best: float | None = None  # what is advised most of the range

    @property
    def middle(self) -> float:
        """The weight to take: the middle, but of a slider that goes both ways a moderate one on its positive side."""
        if self.best is not None:
            return self.best
        if self.low <= 0 < self.high:
            return round(min(_SLIDER, self.high / 2), 3)
        if self.high > HIGHEST:  # as wide as such ranges are, most of it lies beyond what one begins with
            return max(self.low, 1.0)
        return round((self.low + self.high) / 2, 3)


class Bound(NamedTuple):
    """How far one may go."""

    least: float | None = None
    most: float | None = None


def bound(before: str, spot: Spot) -> Bound | None:
    """What a number says of how far one may go, if it is no recommendation; else None.

    Args:
        before: the text in front of it.
        spot: the number.
    """
    number = spot.number
    refused = _NOT.search(before)
    if number.low != number.high:
        return Bound() if refused else None
    over = _OVER.search(before) or (refused and _OVER_ANYWHERE.search(before, refused.start()))
    advised = ADVICE.search(before) or USE.search(before)
    more = _AT_LEAST_BEHIND.match(spot.behind)
    if more and _TOO_MUCH.search(spot.behind, more.end(), more.end() + 20):
        return Bound(most=number.low)
    least = _AT_LEAST.search(before) or more
    under = _AT_MOST.search(before) and (refused or _SPOILS.match(spot.behind))
    low_end = bool(least or under or (over and advised and not refused))
    if not (refused or over or low_end):
        return None
    if spot.sure < MENTIONED or spot.kind == "clip" or not LOWEST <= number.low <= HIGHEST:
        return Bound()
    return Bound(least=number.low) if low_end else Bound(most=number.low if over else None)


def sane(number: Number, sure: int, clip: bool) -> Stated | None:
    """The number as a weight, or None where no weight is like that.

    Args:
        number: or a range.
        sure: how plainly the text calls it a weight.
        clip: the text encoder's.
    """
    low, high = number.low, number.high
    widest = max(abs(low), abs(high))
    if number.percent and (sure < SURE or widest > HIGHEST):
        return None
    if low == high:
        if number.sways and low >= 1 and sure >= MENTIONED:
            return Stated(-low, low)
        if clip and low == 0:
            return Stated(low, high)
        likely = LOWEST <= widest <= (_SINGLE if sure >= CARRIED else HIGHEST) and (low > 0 or sure >= CARRIED)
        return Stated(low, high) if likely else None
    if low < 0 < high and (sure >= MENTIONED or -low == high) and widest <= _RANGE:
        return Stated(low, high)  # nothing else is below zero
    if widest > HIGHEST or low < 0 or number.plain:
        return Stated(low, high) if sure >= CARRIED and widest <= _RANGE else None
    return Stated(low, high) if high >= LOWEST else None


def advised(sentence: str, before: str, spot: Spot) -> int | None:
    """How plainly it is advised, 2 to -1; None for a number that counts many things and is not called a weight.

    Args:
        sentence: masked.
        before: the text in front of the number that is about it.
        spot: the number.
    """
    behind, number = spot.behind[:NEAR], spot.number
    near = f"{before[-NEAR:]} {behind}"
    single = number.low == number.high and not number.sways
    unlikely = single and abs(number.high) > _RARELY
    if single and (unlikely or number.plain) and spot.sure < SURE:
        told = ADVICE.search(near) or (USE.search(near) and not number.plain)
        if spot.sure < CARRIED or not told:
            return None
    spoilt = _SPOILS.match(spot.behind)
    if ADVICE.search(before[-_BEFORE:]) or (ADVICE.search(behind) and not spoilt):
        return 2 if spot.sure > ADVISED else 1
    if spot.sure == ADVISED or spoilt or unlikely:
        return -1 if unlikely else 0
    said = (before,) if before.rfind("(") > before.rfind(")") else (before, sentence[: min(60, number.start)], behind)
    return 1 if any(p.search(t) for p in (ADVICE, USE) for t in said) else 0


def against(before: str, aside: str, spot: Spot) -> int:
    """What speaks against it, below 0: limits, special cases, what spoils the picture.

    Args:
        before: the text in front of it.
        aside: what qualifies it behind.
        spot: the number.
    """
    vote = 0
    number, behind = spot.number, spot.behind[:60]
    if number.low == number.high and (_AT_MOST.search(before) or _AT_MOST_BEHIND.match(behind)):
        vote -= 2
    if _SPOILS.match(behind):
        vote -= 3
    if _DEFAULT.search(before):
        vote -= 3
    if (bracket := before.rfind("(")) > before.rfind(")") and not ADVICE.search(before, bracket):
        vote -= 1
    return vote


def special(before: str, aside: str, found: Stated) -> int:
    """How little a number is for every day: special cases, and how far a slider goes; at most 3."""
    # what stands in brackets behind a number only explains it
    if _SOMETIMES.search(before) or (not aside.lstrip().startswith(("(", "[")) and _SOMETIMES.search(aside)):
        return 3
    return 2 if _MOVED.search(before) else int(found.low < 0 < found.high)


def effect(before: str, aside: str) -> str:
    """How much of the adapter is seen at a number: "faint", "strong", or "" where that is not said."""
    for text in (aside, before):
        if _FAINT.search(text):
            return "faint"
        if _STRONG.search(text):
            return "strong"
    return ""
