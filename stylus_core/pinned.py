"""Adapters that somebody asked for by name: which of them can come, and why the others cannot, in a sentence each."""

from __future__ import annotations

from collections.abc import Callable

from stylus_core.library import Library
from stylus_core.options import Options
from stylus_core.types import Adapter, Candidate, Half


def pinned(
    library: Library, options: Options, candidate: Callable[[Adapter], Candidate]
) -> tuple[list[Candidate], list[str]]:
    """The adapters that the options pin, and a sentence for each of them that is left out.

    Args:
        library: where they are looked for, by their stems.
        options: with the architecture that they have to be made for.
        candidate: an adapter as a candidate, which knows whether it stands for two files.
    """
    found = [a for name in options.pinned for a in library.find(name, whole=True)[:1] if a.stem == name]
    missing = [name for name in options.pinned if name not in {a.stem for a in found}]
    notes = [f"the pinned adapter {name!r} is not in the library" for name in missing]
    fitting = []
    for made in map(candidate, found):
        why = other_architecture(made.adapter, options.architecture) or other_half_missing(made.adapter, made.half)
        if why:
            notes.append(why)
        else:
            fitting.append(made)
    return fitting, notes


def other_architecture(adapter: Adapter, wanted: str) -> str:
    """A sentence where a user asked by name for an adapter that is made for another architecture, else nothing.

    Such an adapter is left out: it changes nothing in A1111, and in Forge tensors of other shapes fail the picture.
    """
    made_for = adapter.metadata.architecture
    if wanted == "any" or made_for in (wanted, "unknown"):
        return ""
    return f"{adapter.stem!r} was asked for by name and is left out: it is made for {made_for} and not for {wanted}"


def other_half_missing(adapter: Adapter, half: Half | None) -> str:
    """A sentence where a user asked by name for one of two files that belong together and both cannot come, or none."""
    if half is None or not half.missing:
        return ""
    return f"{adapter.stem!r} was asked for by name and is left out: {half.missing}"
