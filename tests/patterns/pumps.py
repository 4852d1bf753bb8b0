"""Texts that make a pattern work hard, made from the pattern itself: its pieces, repeated and nested."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from tests.patterns.nodes import One
from tests.patterns.trees import FOREVER, ONE, REPEATS, Item, codes, tree

#: Characters by which the classes of a pattern are told apart; those before are rather taken.
_POOL = "a 0,_.\n-@A:<(\"'/|=+*#~!?;)[]{}>\\`%$&^é中あア가Ж，。！：–—\t9zZ\x01"


class Pump(NamedTuple):
    """`head`, `piece` so many times, `middle` as often, `tail`."""

    head: str
    piece: str
    middle: str
    tail: str

    def text(self, times: int) -> str:
        return self.head + self.piece * times + self.middle * times + self.tail


class _Loop(NamedTuple):
    before: str  # a text that leads to it
    words: tuple[str, ...]  # texts of one repetition
    takes: tuple[One, ...]  # the classes in it


def pumps(pattern: re.Pattern[str], often: int = FOREVER) -> list[Pump]:
    """The texts for one pattern, each once; none if nothing in it may be repeated more than so often."""
    return list(dict.fromkeys(_pumps(pattern, often)))


def _pumps(pattern: re.Pattern[str], often: int) -> Iterator[Pump]:
    reader = _Reader(pattern.flags, often)
    items = tree(pattern)
    loops = list(reader.loops(items, ""))
    if not loops:
        return  # as much work at one place as at another
    ones = [one for loop in loops for one in loop.takes]
    tails = ["", *_tails([one for loop in _Reader(pattern.flags, 1).loops(items, "") for one in loop.takes])]
    stop = tails[min(1, len(tails) - 1)]
    letters = _classes(ones)
    heads = list(dict.fromkeys(["", *reader.prefixes(items)]))[:20]
    for letter in letters:
        for tail in tails:
            yield Pump("", letter, "", tail)
    for loop in loops:
        accepted = [c for c in letters if any(one.takes(c) for one in loop.takes)]
        for piece in dict.fromkeys([*loop.words, *accepted]):
            for tail in tails:
                yield Pump(loop.before, piece, "", tail)
            if loop.before:
                yield Pump("", loop.before + piece, "", stop)
    for head in heads[1:]:
        yield Pump("", head, "", stop)
        for letter in letters[:4]:
            yield Pump(head, letter, "", stop)
            yield Pump("", head, letter, stop)
    for whole in reader.samples(items):
        yield Pump("", whole, "", stop)
        for cut in range(1, min(len(whole), 12)):
            yield Pump("", whole[:cut], whole[cut:], stop)


def _classes(ones: Sequence[One]) -> list[str]:
    """One character for each set of classes that take it."""
    found: dict[tuple[bool, ...], str] = {}
    for char in _POOL:
        taken = tuple(one.takes(char) for one in ones)
        if any(taken):
            found.setdefault(taken, char)
    return list(found.values())


def _tails(ones: Sequence[One]) -> Iterator[str]:
    """A few texts at one of which each of the classes stops: there a match fails."""
    left = list(dict.fromkeys(ones))
    for char in sorted(_POOL[::-1], key=lambda c: sum(one.takes(c) for one in ones)):
        if any(not one.takes(char) for one in left):
            left = [one for one in left if one.takes(char)]
            yield char + "x"


class _Reader:
    def __init__(self, flags: int, often: int) -> None:
        self.flags, self.often = flags, often

    def one(self, item: Item) -> One:
        return One.of(item, self.flags)

    def loops(self, items: Iterable[Item], before: str) -> Iterator[_Loop]:
        """Each repetition that counts, with what leads to it."""
        for code, value in items:
            if code in REPEATS:
                inner = list(value[2])
                if value[1] > self.often:
                    yield _Loop(before, tuple(self.samples(inner)), tuple(self.ones(inner)))
                yield from self.loops(inner, before)
            elif code is codes.BRANCH:
                for choice in value[1]:
                    yield from self.loops(choice, before)
            elif code is codes.SUBPATTERN:
                yield from self.loops(value[3], before)
            elif code in (codes.ASSERT, codes.ASSERT_NOT):
                yield from self.loops(value[1], before)
            before += self.sample([(code, value)])

    def prefixes(self, items: Sequence[Item]) -> Iterator[str]:
        """What leads to each piece of the outermost sequence and of the first alternatives."""
        before = ""
        for code, value in items:
            if code is codes.BRANCH:
                for choice in value[1]:
                    yield from (before + p for p in self.prefixes(list(choice)))
            elif code is codes.SUBPATTERN:
                yield from (before + p for p in self.prefixes(list(value[3])))
            before += self.sample([(code, value)])
            if before:
                yield before

    def ones(self, items: Iterable[Item]) -> Iterator[One]:
        """The tests of a character in a piece."""
        for code, value in items:
            if code in ONE:
                yield self.one((code, value))
            elif code in REPEATS:
                yield from self.ones(value[2])
            elif code is codes.BRANCH:
                for choice in islice(value[1], 40):
                    yield from self.ones(choice)
            elif code is codes.SUBPATTERN:
                yield from self.ones(value[3])

    def samples(self, items: Sequence[Item]) -> Iterator[str]:
        """A short and a long text that fit a piece, as far as one can tell without looking around."""
        for more in (0, 1):
            if text := self.sample(items, more):
                yield text
        if len(items) == 1 and items[0][0] is codes.BRANCH:
            for choice in islice(items[0][1][1], 12):
                if text := self.sample(choice, 1):
                    yield text

    def sample(self, items: Iterable[Item], more: int = 0) -> str:
        out = ""
        for code, value in items:
            if code in ONE:
                one = self.one((code, value))
                out += chr(value) if code is codes.LITERAL else next((c for c in _POOL if one.takes(c)), "")
            elif code in REPEATS:
                out += self.sample(value[2], more) * min(max(value[0], more), value[1], 20)
            elif code is codes.BRANCH:
                out += self.sample(value[1][0], more)
            elif code is codes.SUBPATTERN:
                out += self.sample(value[3], more)
            elif code is codes.ASSERT and value[0] < 0:
                out += "" if out else self.sample(value[1], more)
        return out
