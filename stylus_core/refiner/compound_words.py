"""Takes English words apart that a file's name runs together: "retrowavecitystyle" is "retro wave city style"."""

from __future__ import annotations

import re
from functools import lru_cache

from stylus_core.prompt.english import is_word, rarity

_SHORTEST, _LONGEST = 7, 40  # letters of a name's word that is looked at
_LEAST, _MOST = 3, 14  # letters of one of its parts
#: How rare a part of so few letters may be: nearly every short run of letters is some word or other.
_RARE = {3: 0.62, 4: 0.74}
_A_PART = 0.15  # what each further part costs: few long words are likelier than many short ones
_RUN = re.compile(r"[a-z]+")


def apart(text: str) -> str:
    """Takes words apart that are several English words.

    Args:
        text: a name; its first 200 characters are looked at.

    Returns:
        The parts of each such word, in lower case and with blanks between all; "" if there is none.
    """
    found = dict.fromkeys(_RUN.findall(text[:200].lower()))
    return " ".join(parts for parts in map(_parts, found) if parts)


@lru_cache(maxsize=20_000)
def _parts(word: str) -> str:
    """The cheapest way to write the word as listed ones; empty if there is none, or if it is a word itself."""
    n = len(word)
    if not _SHORTEST <= n <= _LONGEST or is_word(word):
        return ""
    best: list[tuple[float, str] | None] = [(0.0, ""), *[None] * n]
    for end in range(_LEAST, n + 1):
        for start in range(max(0, end - _MOST), end - _LEAST + 1):
            before = best[start]
            if before is None:
                continue
            part = word[start:end]
            rare = rarity(part)
            if rare > _RARE.get(len(part), 0.99):
                continue
            cost = before[0] + rare + _A_PART
            known = best[end]
            if known is None or cost < known[0]:
                best[end] = cost, f"{before[1]} {part}".strip()
    whole = best[n]
    return whole[1] if whole else ""
