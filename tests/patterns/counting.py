"""A matcher that goes the way of `re` over a pattern's own tree, and counts its steps instead of taking the time.

What is left to match and the place in the text decide what follows, so each is worked out once: steps beyond any clock
(`(a+)+$`) are counted in milliseconds.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, ClassVar

if sys.version_info >= (3, 11):
    from re import _compiler as compiler
    from re import _constants as codes
    from re import _parser as parser
else:
    import sre_compile as compiler
    import sre_constants as codes
    import sre_parse as parser

Item = tuple[Any, Any]
Outcome = tuple[int, int]  # steps, and where the match ends; -1 where there is none
FOREVER = 256  # repetitions from which on a bound is none: the work of a place grows with the text up to there
_RECURSION = 60_000
REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT)
ONE = (codes.LITERAL, codes.NOT_LITERAL, codes.IN, codes.ANY)
_FLAGS = re.I | re.M | re.S | re.A | re.U | re.L


class Unknown(Exception):
    """The pattern has something that this matcher does not know."""


@lru_cache(maxsize=8)
def tree(pattern: re.Pattern[str]) -> list[Item]:
    """What `re` makes of the pattern before it compiles it."""
    return list(parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG & ~re.U))


class Node:
    """A piece of a pattern and all that comes after it."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        machine.nodes += 1
        self._number = machine.nodes << 20

    def at(self, place: int) -> Outcome:
        """Steps from a place of the text on, and where the match ends."""
        known, key = self.machine.known, self._number | place
        found = known.get(key)
        if found is None:
            found = known[key] = self.work(place)
        return found

    def work(self, place: int) -> Outcome:
        raise NotImplementedError

    def may_begin(self, char: str) -> bool:
        """Whether a look at the next character ("" at the end) leaves it open that this matches."""
        return True


class _End(Node):
    def at(self, place: int) -> Outcome:
        return 1, place


class One:
    """A single character's test; `re` itself says which it takes."""

    _made: ClassVar[dict[tuple[str, int], One]] = {}

    @classmethod
    def of(cls, item: Item, flags: int) -> One:
        """The test of an item of a pattern, made once."""
        key = repr(item), flags & _FLAGS
        if key not in cls._made:
            cls._made[key] = cls(item, key[1])
        return cls._made[key]

    def __init__(self, item: Item, flags: int) -> None:
        state = parser.State() if hasattr(parser, "State") else parser.Pattern()
        state.str = "?"  # `re` looks here for whether the pattern is of text
        self._pattern = compiler.compile(parser.SubPattern(state, [item]), flags)
        self._taken: dict[str, bool] = {"": False}

    def takes(self, char: str) -> bool:
        taken = self._taken.get(char)
        if taken is None:
            taken = self._taken[char] = self._pattern.match(char) is not None
        return taken


class _Char(Node):
    def __init__(self, machine: Machine, one: One, then: Node) -> None:
        super().__init__(machine)
        self.one, self.then = one, then

    def work(self, place: int) -> Outcome:
        text = self.machine.text
        if place < len(text) and self.one.takes(text[place]):
            steps, end = self.then.at(place + 1)
            return steps + 1, end
        return 1, -1

    def may_begin(self, char: str) -> bool:
        return self.one.takes(char)


class _Run(Node):
    """One character's test, repeated."""

    def __init__(self, machine: Machine, one: One, least: int, most: int, greedy: bool, then: Node) -> None:
        super().__init__(machine)
        self.one, self.least, self.most, self.greedy, self.then = one, least, most, greedy, then

    def work(self, place: int) -> Outcome:
        text, takes, count, steps = self.machine.text, self.one.takes, 0, 1
        last = min(len(text) - place, self.most if self.greedy else self.least)
        while count < last and takes(text[place + count]):
            count += 1
        steps += count
        if count < self.least:
            return steps, -1
        while True:
            more, end = self.then.at(place + count)
            steps += more
            if end >= 0:
                return steps, end
            if self.greedy:
                if count == self.least:
                    return steps, -1
                count -= 1
            else:
                at = place + count
                if count == self.most or at >= len(text) or not takes(text[at]):
                    return steps, -1
                count += 1

    def may_begin(self, char: str) -> bool:
        return self.least == 0 or self.one.takes(char)


class _Branch(Node):
    def __init__(self, machine: Machine, choices: Sequence[Node]) -> None:
        super().__init__(machine)
        self.choices = choices
        self._open: dict[str, list[Node]] = {}

    def work(self, place: int) -> Outcome:
        char, steps = self.machine.text[place : place + 1], 1
        if char not in self._open:
            self._open[char] = [c for c in self.choices if c.may_begin(char)]
        for choice in self._open[char]:
            more, end = choice.at(place)
            steps += more
            if end >= 0:
                return steps, end
        return steps, -1

    def may_begin(self, char: str) -> bool:
        return any(c.may_begin(char) for c in self.choices)


class _Or(Node):
    """Either of two ways."""

    def __init__(self, machine: Machine, first: Node, second: Node) -> None:
        super().__init__(machine)
        self.ways = first, second

    def work(self, place: int) -> Outcome:
        steps = 1
        for way in self.ways:
            more, end = way.at(place)
            steps += more
            if end >= 0:
                return steps, end
        return steps, -1

    def may_begin(self, char: str) -> bool:
        return any(w.may_begin(char) for w in self.ways)


class _Loop(Node):
    """Anything repeated without end. `body` makes a repetition of what follows it."""

    def __init__(self, machine: Machine, body: Callable[[Node], Node], empty: bool, greedy: bool, then: Node) -> None:
        super().__init__(machine)
        self.body, self.empty, self.greedy, self.then = body, empty, greedy, then
        self._once = None if empty else body(self)

    def work(self, place: int) -> Outcome:
        once = self._once or self.body(_Again(self.machine, self, place))
        return _Or(self.machine, *((once, self.then) if self.greedy else (self.then, once))).work(place)


class _Again(Node):
    """After a repetition that began at `place`; one of nothing is the last."""

    def __init__(self, machine: Machine, loop: _Loop, place: int) -> None:
        super().__init__(machine)
        self.loop, self.place = loop, place

    def work(self, place: int) -> Outcome:
        return self.loop.then.at(place) if place == self.place else self.loop.at(place)


class _Look(Node):
    """A look ahead, or behind over so many characters."""

    def __init__(self, machine: Machine, wanted: bool, behind: int, inner: Node, then: Node) -> None:
        super().__init__(machine)
        self.wanted, self.behind, self.inner, self.then = wanted, behind, inner, then

    def work(self, place: int) -> Outcome:
        steps, end = self.inner.at(place - self.behind) if place >= self.behind else (1, -1)
        if (end >= 0) != self.wanted:
            return steps + 1, -1
        more, end = self.then.at(place)
        return steps + more + 1, end


class _Atomic(Node):
    r"""`(?=(...))\1`: what has matched is not tried otherwise."""

    def __init__(self, machine: Machine, inner: Node, then: Node) -> None:
        super().__init__(machine)
        self.inner, self.then = inner, then

    def work(self, place: int) -> Outcome:
        steps, end = self.inner.at(place)
        if end < 0:
            return steps + 1, -1
        more, last = self.then.at(end)
        return steps + more + 1 + end - place, last


class _At(Node):
    def __init__(self, machine: Machine, where: Any, flags: int, then: Node) -> None:
        super().__init__(machine)
        self.then = then
        source = {
            codes.AT_BEGINNING: "^",
            codes.AT_BEGINNING_STRING: r"\A",
            codes.AT_END: "$",
            codes.AT_END_STRING: r"\Z",
            codes.AT_BOUNDARY: r"\b",
            codes.AT_NON_BOUNDARY: r"\B",
        }[where]
        self._pattern = re.compile(source, flags & (re.M | re.A))

    def work(self, place: int) -> Outcome:
        if not self._pattern.match(self.machine.text, place):
            return 1, -1
        steps, end = self.then.at(place)
        return steps + 1, end


class Machine:
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
        end = _End(self)
        if whole:
            end = _At(self, codes.AT_END_STRING, 0, end)
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
                then = _Atomic(self, self._sequence(inner, flags, _End(self)), then)
            else:
                then = self._item(item, flags, then)
        return then

    def _item(self, item: Item, flags: int, then: Node) -> Node:
        code, value = item
        if code in ONE:
            return _Char(self, One.of(item, flags), then)
        if code in REPEATS:
            return self._repeat(item, flags, then)
        if code is codes.AT:
            return _At(self, value, flags, then)
        if code is codes.BRANCH:
            return _Branch(self, [self._sequence(choice, flags, then) for choice in value[1]])
        if code is codes.SUBPATTERN:
            _, add, leave, inner = value
            return self._sequence(inner, (flags | add) & ~leave, then)
        if code in (codes.ASSERT, codes.ASSERT_NOT):
            direction, inner = value
            behind = inner.getwidth()[1] if direction < 0 else 0
            node = self._sequence(inner, flags, _End(self))
            return _Look(self, code is codes.ASSERT, behind, node, then)
        if code is codes.GROUPREF:  # as often as not it would be less work: all that the group takes
            inner, flags = self._groups[value]
            return self._sequence(inner, flags, then)
        if str(code) == "ATOMIC_GROUP":
            return _Atomic(self, self._sequence(value, flags, _End(self)), then)
        raise Unknown(str(code))

    def _repeat(self, item: Item, flags: int, then: Node) -> Node:
        code, (least, most, inner) = item
        greedy = code is codes.MAX_REPEAT
        endless = most > FOREVER
        least, most = min(least, self.most), min(most, self.most)
        if len(inner) == 1 and inner[0][0] in ONE:
            one = One.of(inner[0], flags)
            return _Run(self, one, least, sys.maxsize if endless else most, greedy, then)

        def once(after: Node) -> Node:
            return self._sequence(inner, flags, after)

        node = then
        if endless:
            node = _Loop(self, once, inner.getwidth()[0] == 0, greedy, then)
        else:
            for _ in range(most - least):
                node = _Or(self, *((once(node), then) if greedy else (then, once(node))))
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


def _atomic(before: Item | None, item: Item) -> Iterable[Item] | None:
    r"""What is inside of `(?=(...))\1`, if these two items are that."""
    if before is None or item[0] is not codes.GROUPREF or before[0] is not codes.ASSERT:
        return None
    direction, inner = before[1]
    if direction < 0 or len(inner) != 1 or inner[0][0] is not codes.SUBPATTERN or inner[0][1][0] != item[1]:
        return None
    return inner
