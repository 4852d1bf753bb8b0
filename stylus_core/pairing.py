"""Pairs of files in one selection: which adapter stands for two, which half may not come alone, and what is said of it.

A pair comes whole or not at all: half of it leaves one part of the model as it was, and nothing in the picture tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from stylus_core.base_models import fits
from stylus_core.library import Library
from stylus_core.library.database import DatabaseState
from stylus_core.library.pairs import ARCHITECTURES as TWO_PARTS
from stylus_core.library.pairs import OPEN, FilePair, find_pairs
from stylus_core.retriever.local_index import LocalIndex
from stylus_core.types import Adapter, Applies, Candidate, Half


class Pairing:
    """The pairs of a library, looked for again when it changed. Whoever calls it holds the lock of `local_index`."""

    def __init__(self, library: Library, local_index: LocalIndex) -> None:
        self._library, self._local_index = library, local_index
        self._state: DatabaseState | None = None  # that for which these were found
        self._pairs: dict[int, FilePair] = {}

    def pairs(self) -> Mapping[int, FilePair]:
        """The pair of each half, by the half's id."""
        state = self._library.state
        if state != self._state:
            signals = self._local_index.index.signals
            of_two = np.array(
                [any(fits(label, base) for base in TWO_PARTS) or label in OPEN for label in signals.architecture_names],
                np.bool_,
            )
            ids = signals.ids[signals.alive & of_two[signals.architectures]].tolist()
            self._pairs = find_pairs(self._library.possible_halves(ids))
            self._state = state
        return self._pairs

    def for_prompt(
        self, present: Mapping[str, Iterable[Adapter]], banned: Iterable[str], applies: Applies | None
    ) -> PromptPairs:
        """Looks at the pairs as one prompt sees them.

        Args:
            present: names in the prompt's tags, and the adapters that each calls.
            banned: what the host calls them.
            applies: whether both files of a pair will be applied; None: they will.

        Returns:
            The pairs, with what this prompt and its options say of them.
        """
        pairs = self.pairs()
        here = {a.id: (name, a) for name, found in present.items() for a in found}
        return PromptPairs(pairs, here, frozenset(banned), applies)


@dataclass(frozen=True, slots=True)
class PromptPairs:
    """Pairs of a library, as one prompt with its options sees them."""

    pairs: Mapping[int, FilePair]
    present: Mapping[int, tuple[str, Adapter]] = field(default_factory=dict)  # id -> (name in the tag, adapter)
    banned: frozenset[str] = frozenset()
    applies: Applies | None = None

    def half(self, adapter: Adapter) -> Half | None:
        """Says what an adapter is of a pair, and why the two may not come.

        Args:
            adapter: of the library.

        Returns:
            Its half; None for one that is by itself.
        """
        pair = self.pairs.get(adapter.id)
        if pair is None:
            return None
        half = pair.half(adapter)
        if half.missing or half.other is None:
            return half
        other = half.other.name
        if other in self.banned:
            return replace(half, missing=f"its {pair.half(half.other).stage}-noise half {other!r} is banned")
        high, low = (adapter.name, other) if half.stage == "high" else (other, adapter.name)
        return replace(half, missing=self.applies(high, low)) if self.applies is not None else half

    def with_half(self, candidate: Candidate) -> Candidate:
        """Marks a candidate that stands for two files.

        Args:
            candidate: as the retriever proposes it.

        Returns:
            The same with its half; itself where it is by itself.
        """
        half = self.half(candidate.adapter)
        return candidate if half is None else replace(candidate, half=half)

    @property
    def excluded_ids(self) -> frozenset[int]:
        """Ids that are no candidates: those in the prompt with their other halves, and of each pair the second file."""
        out = set(self.present)
        for pair in {id(p): p for p in self.pairs.values()}.values():
            ids = [a.id for a in (pair.high, pair.low) if a is not None]
            if any(i in self.present for i in ids):
                out.update(ids)
            elif (second := pair.second) is not None and self.banned.isdisjoint(
                a.name for a in (pair.high, pair.low) if a is not None
            ):
                out.add(second.id)
        return frozenset(out)

    @property
    def second_files(self) -> frozenset[str]:
        """Names in the prompt's tags that count together with another one, of which they are the second file."""
        return frozenset(
            name
            for number, (name, _) in self.present.items()
            if (p := self.pairs.get(number)) and p.low and p.high and p.low.id == number and p.high.id in self.present
        )

    def pinned_names(self, pins: frozenset[str]) -> frozenset[str]:
        """Finds what is pinned among the names in the prompt's tags.

        Args:
            pins: what the host calls them.

        Returns:
            The names that call one of these, or the other half of one.
        """
        out = set()
        for number, (name, adapter) in self.present.items():
            pair = self.pairs.get(number)
            files = [adapter, *((pair.high, pair.low) if pair is not None else ())]
            if any(file is not None and file.name in pins for file in files):
                out.add(name)
        return frozenset(out)

    @property
    def notes(self) -> list[str]:
        """A sentence for each half that the prompt has without the other one."""
        out = []
        for number, (name, adapter) in self.present.items():
            half = self.pairs[number].half(adapter) if number in self.pairs else None
            if half is None or (half.other is not None and half.other.id in self.present):
                continue
            lacks = half.missing or f"its other half {half.other.name if half.other else ''!r} is not in the prompt"
            out.append(f"the prompt has {name!r}, one file of two that belong together, alone: {lacks}")
        return out
