"""The contract of every composer: what it is asked, what it says of itself, what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from stylus_core.composer.mentions import Mentions
from stylus_core.composer.settings import ComposerSettings
from stylus_core.options import Options
from stylus_core.prompt import ParsedPrompt
from stylus_core.retriever.similarity import Similarity
from stylus_core.types import Candidate, Composition, Keyword

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Request:
    """What a composer is asked: which of these candidates serve which keyword of this prompt?"""

    prompt: ParsedPrompt
    keywords: tuple[Keyword, ...]  # in the order of the prompt
    candidates: tuple[Candidate, ...]  # best first; adapters that the prompt already has are not among them
    options: Options
    affinity: NDArray[np.float32] | None = None  # (keywords, candidates): cosine of each pair, None without an encoder
    sentence: float = 0.0  # 0: the prompt is a list of tags, 1: it is a sentence
    library: int = 0  # adapters in the library that the candidates come from; 0: nobody knows
    similarity: Similarity | None = None  # the cosines one by one, in the order of the candidates; None without any
    uncounted: int = 0  # tags of the prompt that take no place: second files of an adapter, and what is pinned

    @property
    def adapters_in_prompt(self) -> int:
        """How many adapters of the prompt count against their number before anything is added."""
        return len(self.prompt.tags) - self.uncounted

    def is_pinned(self, candidate: Candidate) -> bool:
        """Whether a candidate comes whatever is decided, so that it takes nobody's place.

        Args:
            candidate: of these.

        Returns:
            Whether the options pin one of its files.
        """
        half = candidate.half
        names = [candidate.adapter.name, *([half.other.name] if half is not None and half.other is not None else [])]
        return any(name in self.options.pins for name in names)

    @cached_property
    def mentions(self) -> Mentions:
        """What the prompt says and whom it means by it, read once for the evidence and the rules."""
        return Mentions(self.prompt)


class Composer(Protocol):
    """Assigns candidates to keywords.

    Attributes:
        name: under which its answers are signed; of those that come with Stylus, the option's value too.
        label: how reports call it.
        asks_model: whether it asks a model, here or on a server: then answers cost time or money, may fail, and are
            another one's where the model is another.
    """

    name: str
    label: str
    asks_model: bool

    def compose(self, request: Request) -> Composition:
        """The candidates that serve a keyword.

        Raises:
            ComposerError: it cannot answer, for the reason that the one sentence gives; the local one does then.
        """


class BuiltInComposer(Composer, Protocol):
    """A composer that comes with Stylus: one file, one row of `composer_table.COMPOSERS`."""

    @classmethod
    def from_settings(cls, settings: ComposerSettings, home: Path) -> BuiltInComposer:
        """Made when it is asked for the first time.

        Args:
            settings: addresses, models and limits of those that ask a model.
            home: the library's folder of state, where answers may be kept.

        Raises:
            ComposerError: it lacks a setting without which it cannot work.
        """
