"""Families inside an architecture."""

from __future__ import annotations

import re

_FAMILIES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (family, re.compile(pattern, re.I))
    for family, pattern in (
        ("pony", r"pony|score_9"),
        ("noobai", r"noob"),
        ("illustrious", r"illustrious|wai[-_ ]?nsfw|\bilxl|illustxl"),
        ("animagine", r"animagine"),
        (
            "anime",
            r"\bnai\b|novelai|animefull|animesfw|anything|anylora|\bany[-_ ]?v?[3-5]|counterfeit|meina|orangemix",
        ),
        ("photo", r"realistic|photon|epicreal|chilloutmix|juggernaut|deliberate|cyberreal|realvis"),
    )
)


def family_of(*texts: str) -> str:
    """The family inside an architecture ("pony", "anime", ...) that the first telling text names, or ""."""
    for text in texts:
        for family, pattern in _FAMILIES:
            if pattern.search(text):
                return family
    return ""
