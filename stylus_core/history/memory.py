"""All that is known of one user, as it was read last, and what it says for one prompt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from stylus_core.history.corrected_prompts import CorrectedPrompts, Verdict
from stylus_core.history.own_note import own_note
from stylus_core.history.own_pictures import LikePrompts, OwnPictures
from stylus_core.history.prompt_texts import words_of
from stylus_core.history.records import OwnUse
from stylus_core.history.taste import Taste
from stylus_core.history.used_cosines import UsedCosines
from stylus_core.own_evidence import OwnEvidence, OwnWeight
from stylus_core.prompt import ParsedPrompt
from stylus_core.retriever.dense import Dense
from stylus_core.retriever.fusion import Scores
from stylus_core.retriever.index_view import IndexView
from stylus_core.types import Candidate

#: What the user put there for this prompt is looked at, whatever its words say: as high as what was just used.
_WANTED = 8.0


class Memory:
    """A user's pictures and corrections. Safe to use from several threads.

    Args:
        pictures: the user's own.
        corrections: of picks.
        uses: of each adapter by id, as they are told; None: nobody asks.
        cosines: see `Taste`.
    """

    def __init__(
        self,
        pictures: OwnPictures,
        corrections: CorrectedPrompts,
        uses: Mapping[int, OwnUse] | None = None,
        cosines: UsedCosines | None = None,
    ) -> None:
        self.pictures, self.corrections, self.uses = pictures, corrections, uses or {}
        self._taste = Taste(pictures.habits, cosines)

    def for_prompt(self, prompt: ParsedPrompt) -> PromptMemory:
        """What it says for a prompt.

        Args:
            prompt: as it was read.

        Returns:
            The evidence of each adapter, and what it adds to a ranking.
        """
        words = words_of(prompt.text)
        return PromptMemory(
            self.pictures, self._taste, self.pictures.like(words), self.corrections.like(words), self.uses
        )


@dataclass(frozen=True, slots=True)
class PromptMemory:
    """What a user's history says for one prompt."""

    pictures: OwnPictures
    taste: Taste
    like: Mapping[int, LikePrompts]
    verdicts: Mapping[int, Verdict]
    uses: Mapping[int, OwnUse]

    def boost(self, index: IndexView, dense: Dense | None) -> Scores:
        """What comes on top of the ranking's scores, see `Taste.boost`.

        Args:
            index: whose rows.
            dense: their vectors; None without an encoder.

        Returns:
            (n,).
        """
        out = self.taste.boost(index, dense, self.like)
        for number, verdict in self.verdicts.items():
            if verdict.wanted:
                out[index.ids == number] += np.float32(_WANTED * min(1.0, verdict.wanted))
        return out

    def of(self, adapter: int, weighed: bool = True) -> OwnEvidence:
        """What it says of one adapter.

        Args:
            adapter: its id.
            weighed: whether its weight is drawn to the user's, who may have set it for good.

        Returns:
            Its evidence; that of an adapter that was never used says how the user weighs adapters in general.
        """
        like, verdict = self.like.get(adapter), self.verdicts.get(adapter)
        weight = self.pictures.weight(adapter)
        if verdict is not None and verdict.weight is not None:
            weight = (weight or OwnWeight())._replace(corrected=verdict.weight)
        return OwnEvidence(
            prompts_like=like.prompts if like else 0,
            share=like.share if like else 0.0,
            removed=verdict.removed if verdict else 0.0,
            wanted=verdict.wanted if verdict else 0.0,
            weight=weight,
            note=own_note(self.uses.get(adapter), like, verdict, weight if weighed else None),
        )

    def told(self, candidate: Candidate) -> Candidate:
        """Tells a candidate what the user's history says of it.

        Args:
            candidate: of the retriever.

        Returns:
            The same with its evidence.
        """
        weighed = candidate.adapter.card.weight_source != "user"
        return replace(candidate, own=self.of(candidate.adapter.id, weighed))
