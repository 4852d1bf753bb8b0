"""The regions of a prompt that AND, BREAK and Regional Prompter's words part, and where in each words may be added."""

from __future__ import annotations

import re
from dataclasses import dataclass

from stylus_core.prompt.grammar import SECTION_WEIGHT, SEPARATORS, without, without_comments
from stylus_core.prompt.json_prompt import read_json_prompt
from stylus_core.prompt.tags import find_tags

_BORDER = re.compile(rf"\b(?:AND|{'|'.join(SEPARATORS)})\b")


@dataclass(frozen=True, slots=True)
class Region:
    """A stretch between two of these words: `text[start:end]`, and the place behind what it says of the picture."""

    start: int
    end: int
    words_end: int  # behind its last word, in front of its weight (" :0.5") and of comments


def regions(text: str) -> tuple[Region, ...]:
    """Parts a prompt into its regions.

    Args:
        text: a prompt.

    Returns:
        All regions in their order, at least one. They cover the prompt but for the words between them.
    """
    values = read_json_prompt(text)
    inside = values.end if values else 0
    seen = "x" * inside + without_comments(text[inside:])
    tags = [(t.start, t.end) for t in find_tags(seen)]
    seen = without(seen, tags, keep="")  # a tag's name may hold such a word; the host reads weights without the tags
    borders = [*_BORDER.finditer(seen), None]
    out: list[Region] = []
    start = 0
    for border in borders:
        end = border.start() if border else len(seen)
        weighs = border is None or border[0] == "AND"
        out.append(Region(start, end, _words_end(seen, start, end, weighs)))
        start = border.end() if border else end
    return tuple(out)


def region_of(found: tuple[Region, ...], start: int, end: int) -> int:
    """Finds the region that holds a span.

    Args:
        found: as `regions` gives them.
        start: of the span.
        end: of the span.

    Returns:
        The region's index; -1 if none holds the span, or it reaches over a border.
    """
    return next((i for i, r in enumerate(found) if r.start <= start < end <= r.end), -1)


def _words_end(seen: str, start: int, end: int, weighs: bool) -> int:
    """`weighs`: the host reads a number at the end as the region's weight, also where no space is before its colon."""
    last = start + len(seen[start:end].rstrip())
    tail = max(start, last - 64)
    weight = SECTION_WEIGHT.search(seen[tail:last])
    if weight and (weighs or weight[0][0].isspace()):
        last = tail + weight.start()
    return last
