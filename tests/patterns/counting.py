"""A matcher that goes the way of `re` over a pattern's own tree, and counts its steps instead of taking the time.

What is left to match and the place in the text decide what follows, so each is worked out once: steps beyond any clock
(`(a+)+$`) are counted in milliseconds.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from tests.patterns.nodes import At, Atomic, Branch, Char, Either, End, Look, Loop, Node, One, Outcome, Run
from tests.patterns.trees import FOREVER, ONE, REPEATS, Item, codes, tree

_RECURSION = 60_000


class Unknown(Exception):
    """The pattern has something that this matcher does not know."""


class CountedPattern:
    """A pattern made ready to be counted."""

    def __init__(self, pattern: re.Pattern[str], most: int = FOREVER, *, whole: bool = False) -> None:
        """With `most`, what may be repeated more often but not for ever is taken to be repeated so often at most.

        With `whole`, it is what `fullmatch` does.
        """
        self.text = ""
        self.most = most
        self.nodes = 0
        self.known: dict[int, Outcome] = {}  # by node and place
        items = tree(pattern)
        self._groups = dict(_groups(items, pattern.flags))
        end: Node = End(self)
        if whole:
            end = At(self, codes.AT_END_STRING, 0, end)
        self._start = self._sequence(items, pattern.flags, end)
        self._lasting = self.nodes

    def steps(self, text: str, *, everywhere: bool = True) -> int:
        """Steps of `finditer` (and so of `sub`, `split`, `findall`), or of `match`."""
        return self._work(text, everywhere)[0]

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where `finditer` finds it."""
        return self._work(text, True)[1]

    def _work(self, text: str, everywhere: bool) -> tuple[int, list[tuple[int, int]]]:
        self.text = text
        self.nodes = self._lasting
        self.known.clear()
        steps, place, found, before = 0, 0, [], sys.getrecursionlimit()
        sys.setrecursionlimit(_RECURSION)
        try:
            while place <= len(text):
                more, end = self._start.at(place)
                steps += more
                if end >= 0:
                    found.append((place, end))
                if not everywhere:
                    break
                place = max(end, place + 1)
        finally:
            sys.setrecursionlimit(before)
        return steps, found

    def _sequence(self, items: Iterable[Item], flags: int, then: Node) -> Node:
        rest = list(items)
        while rest:
            item = rest.pop()
            inner = _atomic(rest[-1] if rest else None, item)
            if inner is not None:
                rest.pop()
                then = Atomic(self, self._sequence(inner, flags, End(self)), then)
            else:
                then = self._item(item, flags, then)
        return then

    def _item(self, item: Item, flags: int, then: Node) -> Node:
        code, value = item
        if code in ONE:
            return Char(self, One.of(item, flags), then)
        if code in REPEATS:
            return self._repeat(item, flags, then)
        if code is codes.AT:
            return At(self, value, flags, then)
        if code is codes.BRANCH:
            return Branch(self, [self._sequence(choice, flags, then) for choice in value[1]])
        if code is codes.SUBPATTERN:
            _, add, leave, inner = value
            return self._sequence(inner, (flags | add) & ~leave, then)
        if code in (codes.ASSERT, codes.ASSERT_NOT):
            direction, inner = value
            behind = inner.getwidth()[1] if direction < 0 else 0
            node = self._sequence(inner, flags, End(self))
            return Look(self, code is codes.ASSERT, behind, node, then)
        if code is codes.GROUPREF:  # as often as not it would be less work: all that the group takes
            inner, flags = self._groups[value]
            return self._sequence(inner, flags, then)
        if str(code) == "ATOMIC_GROUP":
            return Atomic(self, self._sequence(value, flags, End(self)), then)
        raise Unknown(str(code))

    def _repeat(self, item: Item, flags: int, then: Node) -> Node:
        code, (least, most, inner) = item
        greedy = code is codes.MAX_REPEAT
        endless = most > FOREVER
        least, most = min(least, self.most), min(most, self.most)
        if len(inner) == 1 and inner[0][0] in ONE:
            one = One.of(inner[0], flags)
            return Run(self, one, least, sys.maxsize if endless else most, greedy, then)

        def once(after: Node) -> Node:
            return self._sequence(inner, flags, after)

        node = then
        if endless:
            node = Loop(self, once, inner.getwidth()[0] == 0, greedy, then)
        else:
            for _ in range(most - least):
                node = Either(self, *((once(node), then) if greedy else (then, once(node))))
        for _ in range(least):
            node = once(node)
        return node


def _groups(items: Iterable[Item], flags: int) -> Iterator[tuple[int, tuple[Iterable[Item], int]]]:
    """What stands in each numbered group."""
    for code, value in items:
        if code is codes.SUBPATTERN:
            group, add, leave, inner = value
            if group is not None:
                yield group, (inner, (flags | add) & ~leave)
            yield from _groups(inner, (flags | add) & ~leave)
        elif code in REPEATS:
            yield from _groups(value[2], flags)
        elif code is codes.BRANCH:
            for choice in value[1]:
                yield from _groups(choice, flags)
        elif code in (codes.ASSERT, codes.ASSERT_NOT):
            yield from _groups(value[1], flags)


def _atomic(before: Item | None, item: Item) -> Any:
    r"""What is inside of `(?=(...))\1`, if these two items are that."""
    if before is None or item[0] is not codes.GROUPREF or before[0] is not codes.ASSERT:
        return None
    direction, inner = before[1]
    if direction < 0 or len(inner) != 1 or inner[0][0] is not codes.SUBPATTERN or inner[0][1][0] != item[1]:
        return None
    return inner
