"""From one prompt to its selection: candidates are searched, a composer decides, and the prompt is written."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from stylus_core.candidate_search import CandidateSearch, SearchQuery
from stylus_core.composer import Composers
from stylus_core.library import Library
from stylus_core.library.watch import Watch
from stylus_core.options import Options
from stylus_core.prompt import NetworkTag, parse
from stylus_core.prompt.tags import ADAPTER_KINDS
from stylus_core.retriever.local_index import LocalIndex
from stylus_core.retriever.pool import Pools
from stylus_core.selection_writing import write_selection
from stylus_core.types import Applies, PresentAdapter, Selection


class SelectionTask(NamedTuple):
    """What is asked for.

    Attributes:
        prompt: as the user typed it, in the host's grammar.
        options: checked.
        depth: how many candidates the result lists at least.
        applies: whether whoever applies the tags applies both of two files that belong together; None: so it is.
        look: whether to look first for what changed in the folders.
        present: adapters that the picture has already beside those in the prompt's tags.
    """

    prompt: str
    options: Options
    depth: int
    applies: Applies | None
    look: bool
    present: tuple[PresentAdapter, ...] = ()


class PromptSelector:
    """Selects in one library.

    Args:
        library: whose adapters they are.
        local_index: on this machine.
        roots: folders of the library.
        watch: over them.
        search: finds the candidates.
        composers: of which the options name one.
    """

    def __init__(
        self,
        library: Library,
        local_index: LocalIndex,
        roots: Sequence[Path],
        watch: Watch,
        search: CandidateSearch,
        composers: Composers,
    ) -> None:
        self._library, self._local_index, self._roots = library, local_index, roots
        self._watch, self._search, self._composers = watch, search, composers
        self._pools = Pools(library, roots)

    def select(self, task: SelectionTask) -> Selection:
        """Does the task.

        Args:
            task: what is asked for.

        Returns:
            The prompt that is ready to generate, the picks, and what else the user should know.
        """
        prompt, chosen = task.prompt, self._named(task.options)
        clock = time.perf_counter()
        parsed = parse(prompt)
        parsed = replace(parsed, tags=(*parsed.tags, *map(_tag, task.present)))
        if not parsed.plain.strip(" ,\n"):
            return _nothing(prompt, "the prompt is empty: there is nothing to choose for")
        if chosen.existing == "skip" and any(t.kind in ADAPTER_KINDS for t in parsed.tags):
            return _nothing(prompt, "the prompt has adapters already, and the options say to leave it then")
        if task.look:
            self._watch.check()
        with self._local_index.lock:
            with self._watch.selecting():
                pool = self._pools.of(chosen)
                found = self._search.search(SearchQuery(parsed, chosen, pool, task.depth, task.applies))
            timings = {"library": (time.perf_counter() - clock) * 1000 - sum(found.timings.values()), **found.timings}
        clock = time.perf_counter()
        composition = self._composers.compose(found.request)
        timings["compose"] = (time.perf_counter() - clock) * 1000
        clock = time.perf_counter()
        selection = write_selection(self._library, self._local_index, self._roots, found, composition)
        timings["rewrite"] = (time.perf_counter() - clock) * 1000
        timings["total"] = sum(timings.values())
        return replace(selection, candidates=found.candidates, timings=timings)

    def _named(self, options: Options) -> Options:
        """With what the host calls the adapters that they name."""
        names = self._library.names
        return replace(
            options,
            pinned=names(options.pinned, several=False),
            banned=names(options.banned),
            favourite_names=names(options.favourite_names),
        )


def _tag(present: PresentAdapter) -> NetworkTag:
    weight, clip_weight = present.weight, present.clip_weight
    return NetworkTag("lora", present.name, weight, -1, -1, "", weight if clip_weight is None else clip_weight)


def _nothing(prompt: str, note: str) -> Selection:
    return Selection(prompt, prompt, notes=(note,), with_trigger_words=prompt)
