"""Tags in prompts, as far as the host side touches them itself: finding, renaming, and writing a given set of picks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from stylus_core.types import Pick
from stylus_host.writing import written
from stylus_webui import pairs

#: A tag of an adapter, as the host parses it: `<lora:name:weight...>`.
TAG = re.compile(r"<(?:lora|lyco):([^:>]+)((?::[^>]*)?)>")


def names_in(prompt: str) -> list[str]:
    """Finds the adapters that a prompt loads.

    Args:
        prompt: with its tags.

    Returns:
        Their names in its order, each as often as it stands there.
    """
    return [m.group(1) for m in TAG.finditer(prompt)]


def write(prompt: str, picks: Iterable[Pick], *, words: bool = True) -> str:
    """Writes picks into a prompt; twice equals once.

    Args:
        prompt: without comments.
        picks: those that are in it already are not added again.
        words: whether their trigger words are written too.

    Returns:
        The prompt with what it did not have yet.
    """
    present, given = set(names_in(prompt)), list(picks)
    missing = [p for p in given if p.name not in present]
    tags = (pairs.tag_of_pick(p, given) for p in missing)
    return written(prompt, missing if words else (), [tag for tag in tags if tag])


def weight(value: float) -> str:
    """Writes a weight as it stands in a tag.

    Args:
        value: any number.

    Returns:
        At most two decimals.
    """
    from stylus_core.rewriter import format_weight

    return format_weight(value)


def replace(prompt: str, change: Callable[[str], str | None]) -> str:
    """Renames in a prompt's tags.

    Args:
        prompt: with its tags.
        change: gives the new name; a tag for which it answers None is taken out with the space before it.

    Returns:
        The prompt.
    """
    pieces: list[str] = []
    last = 0
    for found in TAG.finditer(prompt):
        name = change(found.group(1))
        if name == found.group(1):
            continue
        if name is None:
            before = prompt[last : found.start()]
            pieces.append(before[:-1] if before.endswith(" ") else before)
        else:
            pieces += [prompt[last : found.start(1)], name, prompt[found.end(1) : found.end()]]
        last = found.end()
    return "".join([*pieces, prompt[last:]])
