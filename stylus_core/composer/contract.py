"""The contract of every composer: local, LLM, retriever-only, random, reranker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from stylus_core.options import Options
from stylus_core.prompt import ParsedPrompt
from stylus_core.retriever.similarity import Similarity
from stylus_core.types import Candidate, Composition, Keyword

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
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
    paired: int = 0  # tags of the prompt that count together with another one: two files of one adapter

    @property
    def already(self) -> int:
        """How many adapters the prompt has before anything is added; two files that belong together are one."""
        return len(self.prompt.tags) - self.paired


class Composer(Protocol):
    """Assigns candidates to keywords. Raises `ComposerError` if it cannot answer; nothing else escapes."""

    name: str

    def compose(self, request: Request) -> Composition: ...
