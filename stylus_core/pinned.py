"""Adapters that somebody asked for by name: which of them can come, and why the others cannot, in a sentence each."""

from __future__ import annotations

from collections.abc import Callable

from stylus_core.library import Library
from stylus_core.notes import excluded, other_architecture, other_half_missing
from stylus_core.options import Options
from stylus_core.types import Adapter, Candidate


def pinned(
    library: Library, options: Options, candidate: Callable[[Adapter], Candidate]
) -> tuple[list[Candidate], list[str]]:
    """Looks for the adapters that the options pin.

    Args:
        library: where they are looked for, by their stems.
        options: with the architecture that they have to be made for.
        candidate: an adapter as a candidate, which knows whether it stands for two files.

    Returns:
        Those that can come, in the order of the options, and a sentence for each that is left out.
    """
    names = [name for name in options.pinned if name not in options.banned]
    found = [a for name in names for a in library.find(name, whole=True)[:1] if a.stem == name]
    missing = [name for name in names if name not in {a.stem for a in found}]
    notes = [f"the pinned adapter {name!r} is not in the library" for name in missing]
    fitting = []
    for made in map(candidate, found):
        why = (
            excluded(made.adapter)
            or other_architecture(made.adapter, options.architecture)
            or other_half_missing(made.adapter, made.half)
        )
        if why:
            notes.append(why)
        else:
            fitting.append(made)
    return fitting, notes
