"""From what a composer decided to the result: the prompt as it is written, and every sentence that belongs to it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from stylus_core.candidate_search import SearchResult
from stylus_core.library import Library
from stylus_core.notes import no_pick
from stylus_core.pinned import pinned
from stylus_core.refiner.weight import candidates_weight
from stylus_core.retriever.local_index import LocalIndex
from stylus_core.rewriter import make_pick, rewrite
from stylus_core.types import Adapter, Candidate, Composition, Selection


def write_selection(
    library: Library, index: LocalIndex, roots: Sequence[Path], found: SearchResult, composition: Composition
) -> Selection:
    """Writes the picks and what the options pin into the prompt.

    Args:
        library: where pinned adapters are looked for.
        index: on this machine, which knows at which weights others use an adapter, and why it lacks vectors.
        roots: the library's folders, for the note that there is nothing in them.
        found: what the composer was asked.
        composition: what it answered.

    Returns:
        The selection, without candidates and timings.
    """
    prompt, options = found.request.prompt, found.request.options

    def candidate(adapter: Adapter) -> Candidate:
        weights = tuple(index.observed_weights(adapter.id).values())
        made = found.pairs.with_half(Candidate(adapter, 1.0, observed_weights=weights))
        return found.own.told(made) if found.own else made

    fitting, left_out = pinned(library, options, candidate)
    written = rewrite(prompt, composition.assignments, options, fitting, found.pairs.second_files)
    said = [*found.notes, *found.pairs.notes, *composition.notes, *written.notes, *left_out]
    if found.own_problem:
        said.append(f"your own pictures have no say: {found.own_problem}")
    if index.problem:
        said.append(index.problem)
    if index.empty:
        said.append(f"there are no usable adapters in {', '.join(map(str, roots))}")
    elif not found.candidates or not (written.picks or written.notes or _explained(found, composition)):
        said.append(no_pick(found.request, index.index, found.wanted))
    return Selection(
        prompt=prompt.text,
        rewritten=written.text,
        picks=written.picks,
        nearly=tuple(make_pick(a, candidates_weight(a.candidate), ()) for a in composition.nearly),
        composer=composition.composer,
        notes=tuple(dict.fromkeys([*said, found.awaited] if found.awaited else said)),
        provisional=bool(found.awaited),
        with_trigger_words=written.worded,
    )


def _explained(found: SearchResult, composition: Composition) -> bool:
    """Whether the composer that was asked says itself why there is nothing; one that stood in tells of the other."""
    return bool(composition.notes) and composition.composer == found.request.options.composer
