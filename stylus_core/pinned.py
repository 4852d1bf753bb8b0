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
        library: where they are looked for, by what the host calls them.
        options: with the architecture that they have to be made for.
        candidate: an adapter as a candidate, which knows whether it stands for two files.

    Returns:
        Those that can come, in the order of the options, and a sentence for each that is left out.
    """
    names = [name for name in options.pinned if name not in options.banned]
    called = {name: library.called(name) for name in names}
    notes = [f"the pinned adapter {name!r} is not in the library" for name, adapters in called.items() if not adapters]
    found = []
    for name, adapters in called.items():
        if len(different := dict.fromkeys(a.name for a in adapters)) > 1:
            notes.append(f"the pinned name {name!r} is that of several files: pin one of {', '.join(different)}")
        else:
            found += adapters[:1]
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
