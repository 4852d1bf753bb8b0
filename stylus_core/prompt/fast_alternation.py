r"""Alternations over which a search runs quickly.

`re` skips to where a match can begin if each alternative begins with a letter, but tries all of them at every place if
they begin with `\b` or in a group: ten times slower. Here patterns stay as people write them, and are turned round.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

#: What is tested where a match begins: `\b` or a look behind.
_TEST = re.compile(r"\\b|\(\?<([!=])((?:[^()\\]|\\.)*)\)", re.DOTALL)
_REPEATED = re.compile(r"[*+{]")
_CLASS = re.compile(r"\[((?:[^\]\[\\^-]|\\[^\w])+)\]")
#: With more letters than that a word begins at every other place, and the test of whether it does says more.
_FEW_LETTERS = 12
_SPECIAL = frozenset(".*+?^$|()[]{}\\")


def factor_prefixes(source: str) -> str:
    r"""Makes an equal pattern that tells at a glance where no match begins.

    `\bfoo|(?:big )?bar|fog` becomes `f(?:(?<!\wf)oo|og)|b(?:ig bar|ar)`, and where words begin with most letters of the
    alphabet it is `\b(?:a(?:...)|b(?:...)|...)`. Which of several alternatives is found does not change. It is for text
    in one case: with `re.IGNORECASE` nothing is won.

    Args:
        source: alternatives that begin with a literal or a class of few, in groups or not, behind tests of what
            stands before (`\b`, `(?<!...)`, `(?<=...)`) or not. They capture nothing.

    Returns:
        The pattern, with each first letter once.

    Raises:
        ValueError: if one of them begins with anything else.
    """
    found = [_first(one) for alternative in _parts(source) for one in _opened(alternative)]
    tests = Counter(one.tests for one in found if one.tests)
    shared = max(tests, key=lambda t: tests[t], default="")
    letters = {one.letter for one in found if one.tests == shared}
    others = [one for one in found if one.tests != shared]
    if len(letters) <= _FEW_LETTERS or any(one.letter in letters for one in others):  # their order counts
        return _by_letter(found)
    inside = _by_letter([one._replace(tests="") for one in found if one.tests == shared])
    return "|".join(filter(None, (f"{shared}(?:{inside})", _by_letter(others))))


class _Alternative(NamedTuple):
    tests: str  # what is tested where it begins
    letter: str
    rest: str


def _by_letter(alternatives: Iterable[_Alternative]) -> str:
    groups: dict[str, list[str]] = {}
    for one in alternatives:
        groups.setdefault(one.letter, []).append(_behind(one.tests, one.letter) + one.rest)
    return "|".join(f"{re.escape(letter)}(?:{'|'.join(rest)})" for letter, rest in groups.items())


def _depths(source: str) -> Iterator[tuple[int, str, int]]:
    """(place, character, depth of groups behind it) of what is no part of a class and not escaped."""
    depth, in_class, escaped = 0, False, False
    for i, char in enumerate(source):
        if escaped or char == "\\":
            escaped = not escaped
        elif in_class:
            in_class = char != "]"
        elif char == "[":
            in_class = True
        elif char in "()|":
            depth += {"(": 1, ")": -1}.get(char, 0)
            yield i, char, depth


def _parts(source: str) -> list[str]:
    """The alternatives of the outermost level."""
    bars = [i for i, char, depth in _depths(source) if char == "|" and depth == 0]
    return [source[start:end] for start, end in zip([0, *(i + 1 for i in bars)], [*bars, len(source)], strict=True)]


def _opened(alternative: str) -> list[str]:
    """The alternatives that one becomes where the group or class at its beginning is written out."""
    at = 0
    while test := _TEST.match(alternative, at):
        at = test.end()
    before, rest = alternative[:at], alternative[at:]
    if rest.startswith("(?:"):
        end = next(i for i, char, depth in _depths(rest) if char == ")" and depth == 0) + 1
        choices = _parts(rest[3 : end - 1])
    elif members := _CLASS.match(rest):
        end, choices = members.end(), [re.escape(m[-1]) for m in re.findall(r"\\?.", members[1])]
    elif rest[1:2] == "?":
        end, choices = 1, [rest[0]]
    else:
        return [alternative]
    behind = rest[end:]
    if behind.startswith("?"):
        choices, behind = [*choices, ""], behind[1:]
    if _REPEATED.match(behind):
        raise ValueError(f"begins with a repetition: {alternative}")
    return [one for choice in choices for one in _opened(f"{before}{choice}{behind}")]


def _first(alternative: str) -> _Alternative:
    at = 0
    while test := _TEST.match(alternative, at):
        at = test.end()
    tests, rest = alternative[:at], alternative[at:]
    escaped = rest[:1] == "\\" and not rest[1:2].isalnum()
    letter, rest = rest[escaped : escaped + 1], rest[escaped + 1 :]
    if not letter or (letter in _SPECIAL and not escaped) or rest.startswith("?") or _REPEATED.match(rest):
        raise ValueError(f"does not begin with a letter: {alternative}")
    return _Alternative(tests, letter, rest)


def _behind(tests: str, letter: str) -> str:
    """The tests of what stands before a letter, to be made behind it."""
    out = ""
    for test in _TEST.finditer(tests):
        if test[0] == r"\b":
            if not letter.isalnum():
                raise ValueError(f"no word begins with {letter}")
            out += rf"(?<!\w{letter})"
        else:
            out += f"(?<{test[1]}{test[2]}{re.escape(letter)})"
    return out
