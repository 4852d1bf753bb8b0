"""Looks through the whole library for adapters: by name, by words, and by meaning where there are vectors."""

from __future__ import annotations

from typing import NamedTuple

from stylus_core.candidate_search import CandidateSearch, SearchQuery
from stylus_core.library import Library
from stylus_core.options import Options
from stylus_core.prompt import parse
from stylus_core.retriever.dense import SIGNALS as VECTOR_SIGNALS
from stylus_core.types import Adapter

#: Longest text that is looked for, in characters, and how many adapters are found by words and meaning at most.
_LONGEST, _NEAREST = 400, 60
_ALIKE = 0.3  # cosine from which texts have something to do with each other; of unrelated ones it is 0.1 to 0.25

#: Signal -> what it says of an adapter, the strongest evidence first. Without any of these it is near in meaning.
_WORDS = {
    "name": "its name is among these words",
    "trigger": "one of its trigger words is among these words",
    "tag": "one of its tags is among these words",
    "about": "its description shares words with these",
    "bm25": "its texts or example prompts share words with these",
}


class FoundAdapter(NamedTuple):
    """One adapter, and why it was found, the end of a sentence; "" where nothing was looked for."""

    adapter: Adapter
    reason: str


class FoundPage(NamedTuple):
    """Some of what was found.

    Attributes:
        found: in order.
        offset: the number of the first of them, from 0.
        total: how many were found.
    """

    found: tuple[FoundAdapter, ...]
    offset: int
    total: int


class AdapterSearch:
    """Searches one library. Whoever calls it holds the lock of the index on this machine.

    Args:
        library: whose names are looked through.
        candidates: knows words and vectors.
    """

    def __init__(self, library: Library, candidates: CandidateSearch) -> None:
        self._library, self._candidates = library, candidates

    def search(self, text: str, limit: int, offset: int) -> FoundPage:
        """Looks for adapters.

        Args:
            text: words; "" for all adapters by their names.
            limit: how many are given at most.
            offset: how many are left out in front.

        Returns:
            Those with all words in file name or title, then those that are near by other words or by meaning.
        """
        text = " ".join(text[:_LONGEST].split())
        why = "its name has these words" if text else ""
        reasons = dict.fromkeys(self._library.ids_by_name(text), why)
        for number, reason in (self._near(text) if text else {}).items():
            reasons.setdefault(number, reason)
        offset = max(0, min(offset, len(reasons)))
        some = list(reasons)[offset : offset + max(0, limit)]
        adapters = self._library.get(some)
        found = tuple(FoundAdapter(adapters[number], reasons[number]) for number in some if number in adapters)
        return FoundPage(found, offset, len(reasons))

    def _near(self, text: str) -> dict[int, str]:
        result = self._candidates.search(SearchQuery(parse(text), Options(), None, _NEAREST, None))
        out: dict[int, str] = {}
        for candidate in result.candidates[:_NEAREST]:
            scores = candidate.scores
            reason = next((why for signal, why in _WORDS.items() if scores.get(signal, 0.0) > 0), "")
            if not reason and max((scores[s] for s in VECTOR_SIGNALS & scores.keys()), default=0.0) >= _ALIKE:
                reason = "it is near to these words in meaning"
            if reason:
                out[candidate.adapter.id] = reason
        return out
