"""The pieces that `counting.CountedPattern` is made of: each goes on from a place of the text, and counts."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from tests.patterns.trees import Item, codes, compiler, parser

if TYPE_CHECKING:
    from tests.patterns.counting import CountedPattern

Outcome = tuple[int, int]  # steps, and where the match ends; -1 where there is none
_FLAGS = re.I | re.M | re.S | re.A | re.U | re.L


class Node:
    """A piece of a pattern and all that comes after it."""

    def __init__(self, machine: CountedPattern) -> None:
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


class End(Node):
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


class Char(Node):
    def __init__(self, machine: CountedPattern, one: One, then: Node) -> None:
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


class Run(Node):
    """One character's test, repeated."""

    def __init__(self, machine: CountedPattern, one: One, least: int, most: int, greedy: bool, then: Node) -> None:
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


class Branch(Node):
    def __init__(self, machine: CountedPattern, choices: Sequence[Node]) -> None:
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


class Either(Node):
    """Either of two ways."""

    def __init__(self, machine: CountedPattern, first: Node, second: Node) -> None:
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


class Loop(Node):
    """Anything repeated without end. `body` makes a repetition of what follows it."""

    def __init__(
        self, machine: CountedPattern, body: Callable[[Node], Node], empty: bool, greedy: bool, then: Node
    ) -> None:
        super().__init__(machine)
        self.body, self.empty, self.greedy, self.then = body, empty, greedy, then
        self._once = None if empty else body(self)

    def work(self, place: int) -> Outcome:
        once = self._once or self.body(Again(self.machine, self, place))
        return Either(self.machine, *((once, self.then) if self.greedy else (self.then, once))).work(place)


class Again(Node):
    """After a repetition that began at `place`; one of nothing is the last."""

    def __init__(self, machine: CountedPattern, loop: Loop, place: int) -> None:
        super().__init__(machine)
        self.loop, self.place = loop, place

    def work(self, place: int) -> Outcome:
        return self.loop.then.at(place) if place == self.place else self.loop.at(place)


class Look(Node):
    """A look ahead, or behind over so many characters."""

    def __init__(self, machine: CountedPattern, wanted: bool, behind: int, inner: Node, then: Node) -> None:
        super().__init__(machine)
        self.wanted, self.behind, self.inner, self.then = wanted, behind, inner, then

    def work(self, place: int) -> Outcome:
        steps, end = self.inner.at(place - self.behind) if place >= self.behind else (1, -1)
        if (end >= 0) != self.wanted:
            return steps + 1, -1
        more, end = self.then.at(place)
        return steps + more + 1, end


class Atomic(Node):
    r"""`(?=(...))\1`: what has matched is not tried otherwise."""

    def __init__(self, machine: CountedPattern, inner: Node, then: Node) -> None:
        super().__init__(machine)
        self.inner, self.then = inner, then

    def work(self, place: int) -> Outcome:
        steps, end = self.inner.at(place)
        if end < 0:
            return steps + 1, -1
        more, last = self.then.at(end)
        return steps + more + 1 + end - place, last


class At(Node):
    def __init__(self, machine: CountedPattern, where: Any, flags: int, then: Node) -> None:
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
