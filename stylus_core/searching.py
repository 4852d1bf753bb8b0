"""What a search for one prompt is asked, and what it led to."""

from __future__ import annotations

from typing import NamedTuple

from stylus_core.composer.contract import Request
from stylus_core.options import Options
from stylus_core.pairing import Paired
from stylus_core.prompt import ParsedPrompt
from stylus_core.retriever.pool import Pool
from stylus_core.types import Applies, Candidate


class Search(NamedTuple):
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


class Found(NamedTuple):
    """Candidates, and what a composer is asked about them."""

    request: Request
    timings: dict[str, float]  # stage -> milliseconds
    candidates: tuple[Candidate, ...]  # best first; the request has the first of them
    pairs: Paired
    pool: Pool | None = None
