"""Takes the WebUI's prompt grammar apart: attention, scheduling, alternation, BREAK, AND, regions, comments, tags.

It goes the host's way: comments out, tags out, cut at AND, scheduling, attention; the weights are those of
AUTOMATIC1111's `parse_prompt_attention`. `ParsedPrompt.plain` has the prompt's own length, with all markup blanked, so
that a span found in it is a span of what the user wrote; `ParsedPrompt.asked` is the same without what the prompt says
that it does not want. Never raises; linear in the prompt.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from stylus_core.prompt.json_prompt import read_json_prompt
from stylus_core.prompt.negation import negated_spans
from stylus_core.prompt.tags import NetworkTag, find_tags

#: Words that part a prompt as AND does: the host's own, those of Regional Prompter and of Neutral Prompt.
SEPARATORS = ("BREAK", "ADDCOL", "ADDROW", "ADDBASE", "ADDCOMM", "ADDP", "AND_PERP", "AND_SALT", "AND_TOPK")

_TOKEN = re.compile(
    r"\\[()\[\]\\|]|\\|\(|\[|:\s*([+-]?[.\d]{1,32})\s*([)\]])|\)|\]|[:|]"
    rf"|\b(?:{'|'.join(SEPARATORS)})\b|[,，、;；\n]"
)
_COMMENT = re.compile(r"#[^\n]*")
_AND = re.compile(r"\bAND\b")
#: What the host puts something else in for: an embedding's name, a wildcard.
_STANDS_FOR = re.compile(r"\bembedding:[^\s,()\[\]{}<>:|]+|__[^\W_][\w~*/. -]{0,100}?__|__[~*][\w~*/. -]{0,100}?__")
#: "a cat :0.5 AND a dog": the weight of a section.
SECTION_WEIGHT = re.compile(r"(?:(?<!\s)\s+)?:\s*([-+]?(?:\d+\.?|\d*\.\d+))$")
_WORD = re.compile(r"[^\s.:|!?()\[\]\\]")
_ROUND, _SQUARE = 1.1, 1 / 1.1
_MOST = 1e6  # weights beyond are no weights, and must not become infinite on their way


@dataclass(frozen=True, slots=True)
class Part:
    """A piece between separators, without markup, white space folded; `prompt[start:end]` spans it."""

    text: str
    start: int
    end: int
    weight: float  # product of the attention around its first word
    group: int  # number of BREAKs, ANDs and borders of regions before it


@dataclass(frozen=True, slots=True)
class ParsedPrompt:
    """A prompt and what its grammar says."""

    text: str
    plain: str  # as long as `text`; markup is blank, separators are "," or a line break
    tags: tuple[NetworkTag, ...]
    parts: tuple[Part, ...]
    asked: str  # `plain` with blanks for what the prompt does not want: "no hat", "(hat:0)", a JSON's "avoid"
    tail_weight: float | None = None  # "a cat AND a dog :0.5": what the prompt's end says of its last section


def parse(prompt: str) -> ParsedPrompt:
    """Reads a prompt.

    Args:
        prompt: of any length and any Unicode; nothing in it is an error.

    Returns:
        Its parts, tags and weights; all places in it are places in the prompt.
    """
    values = read_json_prompt(prompt)
    start = values.end if values else 0
    seen = (values.text[:start] if values else "") + without_comments(prompt[start:])
    tags = tuple(replace(t, raw=prompt[t.start : t.end]) for t in find_tags(seen))
    seen = _blanked(seen, ((t.start, t.end) for t in tags))
    seen = _blanked(seen, (m.span() for m in _STANDS_FOR.finditer(seen)))
    reader = _PromptReader(list(seen))
    tail = None
    start = 0
    for end, after in [*(m.span() for m in _AND.finditer(seen)), (len(seen), len(seen))]:
        tail = reader.section(seen, start, end)
        if after > end:
            reader.separate(end, after, group_ends=True)
        start = after
    plain = "".join(reader.plain)
    left_out = [
        *negated_spans(plain.replace("_", " "), prompt),
        *reader.weightless(),
        *(values.unwanted if values else ()),
    ]
    return ParsedPrompt(prompt, plain, tags, reader.parts(), without(plain, left_out), tail)


def without(text: str, spans: Iterable[tuple[int, int]], keep: str = ",\n") -> str:
    """Puts blanks in the place of some spans.

    Args:
        text: any text.
        spans: (start, end), in any order.
        keep: characters that stay.

    Returns:
        A text of the same length.
    """
    out = list(text)
    for start, end in spans:
        out[start:end] = [c if c in keep else " " for c in text[start:end]]
    return "".join(out)


def comments(text: str) -> list[tuple[int, int]]:
    """Finds what the host strips before anything else.

    Args:
        text: a prompt.

    Returns:
        Spans from a `#` to the end of its line, ascending.
    """
    return [m.span() for m in _COMMENT.finditer(text)]


def without_comments(text: str) -> str:
    """Puts spaces in the place of comments.

    Args:
        text: a prompt.

    Returns:
        A text of the same length.
    """
    return _blanked(text, comments(text))


def ends_in_weight(text: str) -> bool:
    """Tells whether words behind a prompt would turn its last weight into text.

    Args:
        text: a prompt, such as "a cat AND a dog :0.5".

    Returns:
        True if its end is the weight of its last section.
    """
    return parse(text).tail_weight is not None


def _blanked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    out: list[str] = []
    at = 0
    for start, end in spans:
        out += (text[at:start], re.sub(r"[^\n]", " ", text[start:end]))
        at = end
    out.append(text[at:])
    return "".join(out)


@dataclass(slots=True)
class _Bracket:
    token: str
    match: re.Match[str]
    marks: list[int] = field(default_factory=list)  # the ":" and "|" directly in it
    colons: int = 0


@dataclass(slots=True)
class _PromptReader:
    """Blanks the markup in `plain`, and notes separators and where the weight changes."""

    plain: list[str]
    separators: list[tuple[int, int, bool]] = field(default_factory=list)  # start, end, whether a group ends there
    levels: list[tuple[int, float]] = field(default_factory=list)  # from here on the weight is this
    left_out: list[tuple[int, int]] = field(default_factory=list)  # sections that their own weight takes out

    def section(self, seen: str, start: int, end: int) -> float | None:
        """One side of an AND: brackets do not reach over it. Returns its own weight, if it ends in one."""
        trimmed = len(seen[start:end].rstrip())
        tail = start + max(0, trimmed - 64)
        weight = SECTION_WEIGHT.search(seen[tail : start + trimmed])
        if weight:
            self._blank(tail + weight.start(), end)
            end = tail + weight.start()
        tokens = list(_TOKEN.finditer(seen, start, end))
        self._attention(tokens, self._scheduling(tokens), start)
        if weight and float(weight[1]) <= 0:
            self.left_out.append((start, end))
        return float(weight[1]) if weight else None

    def weightless(self) -> list[tuple[int, int]]:
        """Spans whose weight takes them out of the picture, or pushes the picture away from them."""
        ends = [at for at, _ in self.levels[1:]] + [len(self.plain)]
        return [*self.left_out, *((at, end) for (at, w), end in zip(self.levels, ends, strict=True) if w <= 0)]

    def separate(self, start: int, end: int, group_ends: bool = False) -> None:
        if self.plain[start] != "\n":
            self._blank(start, end)
            self.plain[start] = ","
        self.separators.append((start, end, group_ends))

    def _blank(self, start: int, end: int) -> None:
        self.plain[start:end] = [c if c == "\n" else " " for c in self.plain[start:end]]

    def _scheduling(self, tokens: list[re.Match[str]]) -> set[int]:
        """Marks the separators of `[from:to:when]` and `[a|b]`; returns where their brackets stand."""
        inside: set[int] = set()
        stack: list[_Bracket] = []
        for m in tokens:
            token = m.group()
            if token in "([":
                stack.append(_Bracket(token, m))
            elif token in ":|" and stack and stack[-1].token == "[":
                stack[-1].marks.append(m.start())
                stack[-1].colons += token == ":"
            elif token[-1] in ")]" and token[0] != "\\":
                if not stack or (stack[-1].token == "(") != (token[-1] == ")"):
                    stack.clear()  # around a stray bracket nothing is a schedule
                    continue
                bracket = stack.pop()
                timed = m[2] == "]" and bracket.colons <= 1
                if bracket.token == "[" and (timed or (bracket.marks and not bracket.colons and not m[2])):
                    inside |= {bracket.match.start(), m.start()}
                    for at in bracket.marks:
                        self.separate(at, at + 1)
        return inside

    def _attention(self, tokens: list[re.Match[str]], scheduling: set[int], start: int) -> None:
        """Blanks the markup. The host keeps round and square brackets apart: `(a [b) c]` overlaps."""
        factors = _factors(tokens, scheduling)
        products = [1.0]
        squares = 0
        self.levels.append((start, 1.0))
        for m in tokens:
            token, at = m.group(), m.start()
            if token[0] == "\\":
                self._blank(at, at + (2 if token == "\\\\" else 1))
                continue
            if token in (",", "，", "、", ";", "；", "\n", *SEPARATORS):
                self.separate(at, m.end(), token in SEPARATORS)
                continue
            if token in ":|":
                continue  # text, unless scheduling has marked it
            self._blank(at, m.end())
            if at not in factors:
                continue  # a stray bracket, or one of a schedule
            if token == "(":
                products.append(_bounded(products[-1] * factors[at]))
            elif token == "[":
                squares += 1
            elif token[-1] == ")":
                products.pop()
            else:
                squares -= 1
            self.levels.append((m.end(), products[-1] * _SQUARE**squares))

    def parts(self) -> tuple[Part, ...]:
        plain = "".join(self.plain)
        out: list[Part] = []
        at = group = level = 0
        for start, end, group_ends in [*sorted(self.separators), (len(plain), len(plain), False)]:
            piece = plain[at:start]
            word = _WORD.search(piece)
            if word:
                while level + 1 < len(self.levels) and self.levels[level + 1][0] <= at + word.start():
                    level += 1
                begin, last = at + len(piece) - len(piece.lstrip()), at + len(piece.rstrip())
                out.append(Part(" ".join(piece.split()), begin, last, round(self.levels[level][1], 6), group))
            group += group_ends
            at = end
        return tuple(out)


def _factors(tokens: list[re.Match[str]], scheduling: set[int]) -> dict[int, float]:
    """Where each bracket that weighs stands -> the factor of what it encloses. The unclosed reach to the end."""
    factors: dict[int, float] = {}
    rounds: list[int] = []
    squares: list[int] = []
    for m in tokens:
        token, at = m.group(), m.start()
        if at in scheduling or token[0] == "\\":
            continue
        if token == "(":
            rounds.append(at)
            factors[at] = _ROUND
        elif token == "[":
            squares.append(at)
            factors[at] = _SQUARE
        elif token[-1] == ")" and rounds:
            factors[rounds.pop()] = factors[at] = _number(m[1]) if m[1] else _ROUND
        elif token[-1] == "]" and squares:
            squares.pop()
            factors[at] = _SQUARE
    return factors


def _number(text: str) -> float:
    try:
        return _bounded(float(text))
    except ValueError:  # "1.2.3"
        return _ROUND


def _bounded(weight: float) -> float:
    return max(-_MOST, min(_MOST, weight))
