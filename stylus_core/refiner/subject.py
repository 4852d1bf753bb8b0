"""The few words that say what an adapter adds."""

from __future__ import annotations

from stylus_core.refiner.title import Title

_LONGEST = 70


def subject(title: Title, kind: str) -> str:
    """The name, and in brackets the series or what the author adds: `Foo Bar (Some Game)`, `horseback riding`."""
    aside = title.series or (title.tagged if kind == "character" else "")
    if not aside or aside.lower() in title.name.lower():
        aside = title.second
    if aside and len(title.name) + len(aside) + 3 <= _LONGEST:
        return f"{title.name} ({aside})"
    return title.name[:_LONGEST].strip()
