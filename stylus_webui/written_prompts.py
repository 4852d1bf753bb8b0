"""Prompts that we wrote, known again when they come back: as they were, or with what another extension put around them.

A prompt is known by the digest of all that was written, the user's own words and our tags, which the cache keeps. Of
a prompt that comes in, every part that could be ours is looked for: from where a clause begins to where a tag ends.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from stylus_core.prompt.grammar import SEPARATORS
from stylus_core.types import Pick
from stylus_webui import tags
from stylus_webui.cache import Cache
from stylus_webui.cached_selection import read_pick
from stylus_webui.edits import normal

_WRITTEN = "written"
#: Behind it a clause begins. Line breaks are looked for apart, as folding makes spaces of them.
_CLAUSE = re.compile(rf"(?:[,;.!?|()\[\]{{}}，、；。]|\b(?:AND|{'|'.join(SEPARATORS)})\b) ?")
#: Parts that are looked for at most, the longest first.
_PARTS = 256
#: What is put in front of ours, as a style or a quality tag, is at most so many times as long as the user's own words.
_IN_FRONT = 2


@dataclass(frozen=True, slots=True)
class WrittenPrompt:
    """What a prompt of ours was made of."""

    own: str  # the user's own prompt
    picks: tuple[Pick, ...]


def remember(cache: Cache, rewritten: str, own: str, picks: tuple[Pick, ...]) -> None:
    """Notes that a prompt is of our making, so that it is left alone when it comes back.

    Args:
        cache: where.
        rewritten: what we made.
        own: what we made it of.
        picks: that are in it.
    """
    cache.put(_WRITTEN, normal(rewritten), {"prompt": own, "picks": [_kept(p) for p in picks]})


def _kept(pick: Pick) -> dict[str, Any]:
    """Without what the user's own pictures say, which is shown and kept nowhere else."""
    return {k: v for k, v in dataclasses.asdict(pick).items() if k != "own_note"}


def recognise(effective: str, cache: Cache) -> WrittenPrompt | None:
    """Looks whether we wrote a prompt, or the part of it around which another extension built the rest.

    A part is ours where all of what was written stands there, from the first word to the last tag. It is no part where
    words in front belong to its first clause, or where most of what is in front is somebody's own: a short prompt that
    happens to stand in a longer one is not what the longer one was made of.

    Args:
        effective: the prompt without its comments.
        cache: where what was written is kept.

    Returns:
        What it was made of; None for a prompt that is not ours.
    """
    if not tags.names_in(effective):
        return None
    found = cache.first(_WRITTEN, list(islice(_parts(effective), _PARTS)))
    if found is None:
        return None
    picks = tuple(pick for p in found.get("picks", ()) if (pick := read_pick(p)) is not None)
    return WrittenPrompt(str(found.get("prompt", "")), picks)


def _parts(effective: str) -> Iterator[str]:
    """What of a prompt could be of our making, the longest first."""
    text = normal(effective)
    yield text
    found = [m.span() for m in tags.TAG.finditer(text)]
    starts = sorted({0, *_line_starts(effective), *(m.end() for m in _CLAUSE.finditer(text))})
    behind = 0  # the first tag that ends behind the part's begin
    for start in starts:
        while behind < len(found) and found[behind][1] <= start:
            behind += 1
        own, ends = 0, []
        at = start
        for opened, closed in found[behind:]:
            own += max(0, opened - at)  # the words between two tags
            at = closed
            if start <= _IN_FRONT * own:
                ends.append(closed)
        yield from (text[start:end] for end in reversed(ends))


def _line_starts(effective: str) -> Iterator[int]:
    """Where in the folded prompt its lines begin."""
    at = 0
    for line in effective.splitlines():
        folded = normal(line)
        if folded:
            yield at
            at += len(folded) + 1
