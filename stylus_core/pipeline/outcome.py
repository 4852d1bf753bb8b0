"""What applying a selection to a pipeline led to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType

from stylus_core.types import Pick


@dataclass(frozen=True, slots=True)
class AppliedAdapter:
    """A pick that is in the pipeline and active."""

    pick: Pick
    adapter_name: str  # in the pipeline
    weights: dict[str, float]  # by the part of the pipeline: "unet", "transformer", "text_encoder", ...
    loaded: bool  # whether its file was read for this prompt; False where it was kept from one before


@dataclass(frozen=True, slots=True)
class AppliedSelection:
    """A selection in a pipeline. As a context manager it takes off at its end what it put on.

    Leaving it switches off everything of ours that is active then: two of them do not go into each other.
    """

    prompt: str  # for the pipeline: with trigger words, without our tags
    adapters: tuple[AppliedAdapter, ...] = ()
    users: tuple[str, ...] = ()  # adapters that the user loaded and that are active beside these, untouched
    notes: tuple[str, ...] = ()  # why a pick was left out, and what else the user should know, one sentence each
    _take_off: Callable[[], None] = field(default=lambda: None, repr=False)

    def __enter__(self) -> AppliedSelection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._take_off()
