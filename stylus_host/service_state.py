"""How far the index of a host is, and how a user is told."""

from __future__ import annotations

from dataclasses import dataclass

#: The stages of what is made beside selections that are answered already.
BESIDE = ("embed", "write")


def sentence(text: str) -> str:
    """Ends a text as a sentence.

    Args:
        text: with or without a full stop.

    Returns:
        It with one.
    """
    return text if text.endswith((".", "!", "?")) else f"{text}."


@dataclass(frozen=True, slots=True)
class ServiceState:
    """How far the index is. `status` is one of "waiting", "indexing", "ready", "failed"."""

    status: str = "waiting"
    stage: str = ""
    done: int = 0
    total: int = 0
    adapters: int = 0
    problem: str = ""
    refreshing: bool = False  # there is an index, and what changed since is being taken in

    def sentence(self) -> str:
        """Tells a user in one sentence how far the index is."""
        if self.status == "ready":
            if not self.refreshing:
                trouble = f" The last rescan failed: {sentence(self.problem)}" if self.problem else ""
                return f"{self.adapters:,} adapters indexed.{trouble}"
            if self.stage in BESIDE:
                part = f" {self.done:,} of {self.total:,} so far" if self.total else " follow"
                return f"{self.adapters:,} adapters are ready on words; vectors{part}, and picks get better with them."
            return f"Taking in what changed{self._part()}. Until it is done, picks are made without it."
        if self.status == "indexing":
            trouble = f" The last attempt failed: {sentence(self.problem)}" if self.problem else ""
            return f"Indexing{self._part()}. Until it is done, prompts are used as typed.{trouble}"
        if self.status == "failed":
            return f"There is no index, so prompts are used as typed: {sentence(self.problem)}"
        return "The index is not loaded yet. Until it is, prompts are used as typed."

    def _part(self) -> str:
        return f" ({self.stage}: {self.done:,} of {self.total:,})" if self.total else ""
