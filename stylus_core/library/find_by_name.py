"""The one adapter that a name means, or a sentence that says which there are."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence

from stylus_core.errors import LibraryError
from stylus_core.types import Adapter

_LISTED = 8


def the_one(name: str, found: Sequence[Adapter], stems: Callable[[], Iterable[str]]) -> Adapter:
    """Finds the adapter of exactly this name or stem, else the only one that `Library.find` takes for the name.

    Args:
        name: as the user wrote it.
        found: what `Library.find` gave for it. Those that cannot be used count where there is no other.
        stems: gives the names that there are, for the hint; it is called only where nothing is found.

    Returns:
        The adapter.

    Raises:
        LibraryError: where there is none, and where several go by the name.
    """
    exact = [a for a in found if a.name == name] or [a for a in found if a.stem == name] or list(found)
    wanted = [a for a in exact if a.status in ("ok", "excluded")] or exact
    if not wanted:
        raise unknown(name, stems())
    if len(wanted) > 1:
        listed = ", ".join(a.name for a in wanted[:_LISTED])
        more = f" and {len(wanted) - _LISTED} more" if len(wanted) > _LISTED else ""
        raise LibraryError(f"several adapters go by {name!r}: name one of {listed}{more}")
    return wanted[0]


def unknown(name: str, stems: Iterable[str]) -> LibraryError:
    """Makes the error that no adapter has a name.

    Args:
        name: as the user wrote it.
        stems: the names that there are.

    Returns:
        An error whose message tells up to three names that are near.
    """
    near = difflib.get_close_matches(name, list(stems), n=3)
    hint = f"; near: {', '.join(near)}" if near else ""
    return LibraryError(f"no adapter is called {name!r}{hint}")
