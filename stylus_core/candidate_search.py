"""From a prompt to its candidates: the engine or this machine's index is searched, and a composer's question made."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from stylus_core.composer.contract import Request
from stylus_core.errors import EngineError
from stylus_core.history.history import History
from stylus_core.history.memory import PromptMemory
from stylus_core.library import Library
from stylus_core.options import Options
from stylus_core.pairing import Pairing, PromptPairs
from stylus_core.prompt import ParsedPrompt
from stylus_core.prompt.keywords import keywords
from stylus_core.retriever.local_index import LocalIndex
from stylus_core.retriever.pool import Pool
from stylus_core.retriever.retriever import Filter, Retriever
from stylus_core.types import Adapter, Applies, Candidate

if TYPE_CHECKING:
    from stylus_core.retriever.engine.engine_retriever import EngineRetriever
    from stylus_core.retriever.engine.remote_index import RemoteIndex


class SearchQuery(NamedTuple):
    """A prompt with its options.

    Attributes:
        prompt: as it was read.
        options: of the selection.
        pool: the adapters that these options leave; None: all.
        depth: how many candidates are asked for at least.
        applies: whether both files of a pair will be applied; None: they will.
    """

    prompt: ParsedPrompt
    options: Options
    pool: Pool | None
    depth: int
    applies: Applies | None


class SearchResult(NamedTuple):
    """Candidates, and what a composer is asked about them.

    Attributes:
        request: the question, with the first of the candidates.
        candidates: best first.
        pairs: files that belong together, as this prompt sees them.
        wanted: which adapters could be candidates.
        timings: stage -> milliseconds.
        notes: what the user should know of the search, one sentence each.
        awaited: why the same prompt may lead to others before long, in one sentence; empty if it will not.
        own: what the user's own pictures and corrections say for the prompt; None: nothing is known.
        own_problem: why nothing of it could be read, in a few words; empty if it could, or should not be.
    """

    request: Request
    candidates: tuple[Candidate, ...]
    pairs: PromptPairs
    wanted: Filter
    timings: dict[str, float]
    notes: tuple[str, ...] = ()
    awaited: str = ""
    own: PromptMemory | None = None
    own_problem: str = ""


class CandidateSearch:
    """Searches one library. Whoever calls it holds the lock of the index on this machine.

    Args:
        library: whose adapters are looked for.
        index: on this machine.
        remote: on an engine; None: there is none.
        pairing: the library's files that belong together.
        history: of the user; None: nothing is known.
    """

    def __init__(
        self,
        library: Library,
        index: LocalIndex,
        remote: RemoteIndex | None,
        pairing: Pairing,
        history: History | None = None,
    ) -> None:
        self._library, self._index, self._remote, self._pairing = library, index, remote, pairing
        self._history = history

    def search(self, query: SearchQuery) -> SearchResult:
        """Searches the engine if there is one, and this machine's index if there is none or it cannot.

        Args:
            query: the prompt and its options.

        Returns:
            The candidates and the question for a composer; a note says where the engine could not be asked.
        """
        if self._remote is None:
            return self._here(query)
        try:
            retriever, notes = self._remote.retriever(self._library, self._index.vectors())
            return self._with(retriever, query)._replace(notes=tuple(notes))
        except EngineError as error:
            self._remote.failed(error)
            note = f"{error}; this machine's own index was searched instead"
            return self._here(query)._replace(notes=(note,))

    def _here(self, query: SearchQuery) -> SearchResult:
        retriever = self._index.retriever()
        found = self._with(retriever, query)
        if self._index.is_behind:
            return found._replace(awaited="what changed in the folders is still being taken in")
        there, adapters = self._index.coverage
        if there >= adapters:
            return found
        lacking = self._index.lacking([c.adapter.id for c in found.candidates])
        so_far = f"vectors of {there:,} of {adapters:,} adapters are there so far"
        if lacking.isdisjoint(c.adapter.id for c in found.request.candidates):
            return found._replace(awaited=f"{so_far}, and the others are known by their words alone")
        # what has vectors would seem to be all that is near: between those that have and those that have not, words are
        # the one measure that is the same for both
        request = replace(found.request, affinity=None, similarity=None)
        return found._replace(request=request, awaited=f"words alone decided, as {so_far}")

    def _with(self, retriever: Retriever | EngineRetriever, query: SearchQuery) -> SearchResult:
        clock = time.perf_counter()
        prompt, options = query.prompt, query.options
        found_keywords = keywords(prompt)
        timings = {"keywords": (time.perf_counter() - clock) * 1000}
        present = {name: self._called(name) for name in {t.name for t in prompt.tags}}
        pairs = self._pairing.for_prompt(present, options.banned, query.applies)
        banned = [a.id for name in options.banned for a in self._library.called(name)]
        wanted = Filter(options.architecture, options.kinds, pairs.excluded_ids.union(banned), query.pool)
        clock = time.perf_counter()
        history = self._history if options.own_pictures == "use" else None
        own = history.for_prompt(prompt) if history else None
        if own is not None:
            timings["history"] = (time.perf_counter() - clock) * 1000
        boost = own.boost if own else None
        ahead = max(query.depth, options.candidates // 3)
        found = retriever.search(prompt, found_keywords, max(query.depth, options.candidates), wanted, boost, ahead)
        timings.update(found.timings)
        candidates = tuple(map(pairs.with_half, found.candidates))
        if own is not None:
            candidates = tuple(map(own.told, candidates))
        asked = found.for_composer(options.candidates)
        request = Request(
            prompt,
            found_keywords,
            tuple(candidates[i] for i in asked),
            options,
            found.affinity[:, asked] if retriever.dense else None,
            found.sentence,
            found.library,
            found.similarity.of(asked) if found.similarity else None,
            len(pairs.second_files | pairs.pinned_names(options.pins)),
        )
        return SearchResult(
            request, candidates, pairs, wanted, timings, own=own, own_problem=history.problem if history else ""
        )

    def _called(self, name: str) -> list[Adapter]:
        """The adapters that a tag of this name calls, by what the host calls them or by their alias."""
        if self._library.by_paths and (exact := self._library.called(name)):
            return exact
        if self._remote is not None:  # which leaves out those of this alias by itself; the index here may be old
            return [a for a in self._library.find(name, whole=True) if name in (a.stem, a.metadata.alias)]
        index = self._index.index
        found = self._library.get(index.signals.called(name)).values() if len(index) else self._library.find(name)
        return [a for a in found if name in (a.stem, a.metadata.alias)]
