"""Takes the WebUI's prompt grammar apart: attention, scheduling, alternation, BREAK, AND, comments, tags.

The weights are those of AUTOMATIC1111's `parse_prompt_attention`. `ParsedPrompt.plain` has the prompt's own length, with
all markup blanked, so that a span found in it is a span of what the user wrote. Never raises; linear in the prompt.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from stylus_core.prompt.tags import NetworkTag, find_tags

_TOKEN = re.compile(
    r"\\[()\[\]\\]|\\|\(|\[|:[ \t\r\n]*([+-]?[.\d]{1,32})[ \t\r\n]*([)\]])|\)|\]|[:|]|\bBREAK\b|\bAND\b(?!_)|[,，、;；\n]"
)
_AND_WEIGHT = re.compile(r":\s*[-+]?(?:\d+\.?|\d*\.\d+)\s*$")
_ROUND, _SQUARE = 1.1, 1 / 1.1


@dataclass(frozen=True, slots=True)
class Part:
    """A piece between separators, without markup, white space folded; `prompt[start:end]` spans it."""

    text: str
    start: int
    end: int
    weight: float  # product of the attention around its beginning
    group: int  # number of BREAKs and ANDs before it


@dataclass(frozen=True, slots=True)
class ParsedPrompt:
    """A prompt and what its grammar says."""

    text: str
    plain: str  # as long as `text`; markup is blank, separators are "," or a line break
    tags: tuple[NetworkTag, ...]
    parts: tuple[Part, ...]


def parse(prompt: str) -> ParsedPrompt:
    """Reads a prompt of any length and any Unicode."""
    tags = find_tags(prompt)
    plain = _blanked(prompt, [(t.start, t.end) for t in tags])
    plain = _blanked(plain, comments(plain))
    return _Reader(prompt, plain, tags).read()


def comments(text: str) -> list[tuple[int, int]]:
    """Spans of what the host strips: from a `#` to the end of its line."""
    out: list[tuple[int, int]] = []
    at = text.find("#")
    while at >= 0:
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        out.append((at, end))
        at = text.find("#", end)
    return out


def _blanked(text: str, spans: list[tuple[int, int]]) -> str:
    out: list[str] = []
    at = 0
    for start, end in spans:
        out += (text[at:start], re.sub(r"[^\n]", " ", text[start:end]))
        at = end
    out.append(text[at:])
    return "".join(out)


class _Reader:
    """One walk over the markup of a prompt."""

    def __init__(self, text: str, plain: str, tags: tuple[NetworkTag, ...]) -> None:
        self.text, self.tags = text, tags
        self.source = plain
        self.plain = list(plain)
        self.open: list[tuple[str, int]] = []  # bracket and where it stands
        self.scheduled: list[bool] = []  # for each open bracket: is it [a:b:0.5] or [a|b]?
        self.factors: list[tuple[int, float]] = []  # from here on weights are multiplied by exp of this
        self.separators: list[tuple[int, bool]] = []  # where, and does a group end there?

    def read(self) -> ParsedPrompt:
        for match in _TOKEN.finditer(self.source):
            self._token(match)
        if any(ends for _, ends in self.separators) and "AND" in self.source:
            self._and_weight(len(self.plain))
        for kind, start in self.open:  # the host lets an unclosed bracket reach to the end
            self.factors.append((start, math.log(_ROUND if kind == "(" else _SQUARE)))
        return ParsedPrompt(self.text, "".join(self.plain), self.tags, self._parts())

    def _token(self, match: re.Match[str]) -> None:
        token, start, end = match.group(), match.start(), match.end()
        if token in ("BREAK", "AND"):
            self._break(token, start, end)
        elif token[0] == "\\":
            self.plain[start] = " "
            if token == "\\\\":
                self.plain[start + 1] = " "
        elif token in "([":
            self.plain[start] = " "
            self.open.append((token, start))
            self.scheduled.append(False)
        elif token in ")]" or match[2]:
            self._close(match)
        elif token in ":|":
            if self.open and self.open[-1][0] == "[":  # [from:to:when], [a|b]
                self.scheduled[-1] = True
                self._separate(start)
        else:
            self._separate(start)

    def _separate(self, at: int, group_ends: bool = False) -> None:
        if self.plain[at] != "\n":
            self.plain[at] = ","
        self.separators.append((at, group_ends))

    def _break(self, token: str, start: int, end: int) -> None:
        for i in range(start, end):
            self.plain[i] = " "
        if token == "AND":
            self._and_weight(start)
        self._separate(start, group_ends=True)

    def _and_weight(self, end: int) -> None:
        """Each side of AND may end in a weight of its own: "a cat :0.7 AND a dog"."""
        before = "".join(self.plain[max(0, end - 40) : end])
        if weight := _AND_WEIGHT.search(before):
            for i in range(end - (len(before) - weight.start()), end):
                self.plain[i] = " "

    def _close(self, match: re.Match[str]) -> None:
        start, end = match.start(), match.end()
        bracket = match[2] or match.group()
        for i in range(start, end):
            self.plain[i] = " "
        if not self.open or self.open[-1][0] != ("(" if bracket == ")" else "["):
            return  # a stray bracket is text to the host, and means nothing
        kind, opened = self.open.pop()
        scheduled = self.scheduled.pop()
        factor = _ROUND if kind == "(" else _SQUARE
        if match[1] and kind == "(":
            factor = _number(match[1], factor)
        elif kind == "[" and (scheduled or match[1]):
            factor = 1.0
        if factor == 0:
            factor = 1e-9
        sign = math.log(abs(factor))
        self.factors += [(opened, sign), (end, -sign)]

    def _parts(self) -> tuple[Part, ...]:
        plain = "".join(self.plain)
        factors = sorted(self.factors)
        out: list[Part] = []
        at = group = level = 0
        log_weight = 0.0
        for end, group_ends in [*self.separators, (len(plain), False)]:
            piece = plain[at:end]
            text = " ".join(piece.split())
            if text.strip(".:|!? "):
                start = at + len(piece) - len(piece.lstrip())
                while level < len(factors) and factors[level][0] <= start:
                    log_weight += factors[level][1]
                    level += 1
                out.append(Part(text, start, at + len(piece.rstrip()), round(math.exp(log_weight), 6), group))
            group += group_ends
            at = end + 1
        return tuple(out)


def _number(text: str, otherwise: float) -> float:
    try:
        return float(text)
    except ValueError:
        return otherwise
