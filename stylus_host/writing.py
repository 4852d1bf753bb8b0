"""Writes the words of given picks into a prompt, and whatever tags a host has for them behind it."""

from __future__ import annotations

from collections.abc import Sequence

from stylus_core.types import Pick


def written(prompt: str, picks: Sequence[Pick], tags: Sequence[str] = ()) -> str:
    """Writes trigger words into the region that each pick serves, and tags at the end.

    Args:
        prompt: without comments.
        picks: whose words are written, as far as the prompt lacks them.
        tags: as the host has them; a host that takes adapters apart from the prompt has none.

    Returns:
        The prompt with what it did not have yet.
    """
    from stylus_core.rewriter import PhrasePlaces, is_in_prompt

    places = PhrasePlaces(prompt)
    added: dict[int, list[str]] = {}
    for pick in picks:
        place = places.of(pick.keyword, pick.start, pick.end)
        there = [w for each in added.values() for w in each]
        if place >= 0:
            lacking = (w for w in dict.fromkeys(pick.trigger_words) if w not in there and not is_in_prompt(prompt, w))
            added.setdefault(place, []).extend(lacking)
    return places.written(added, tags)
