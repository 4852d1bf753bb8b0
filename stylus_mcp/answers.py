"""What the tools answer: values of the core, with the texts of strangers cleaned and bounded."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from stylus_core.adapter_search import FoundPage
from stylus_core.library.hostile_text import clean_line
from stylus_core.types import Adapter, Pick, Selection
from stylus_host.client_text import as_folders, for_client
from stylus_host.service_state import ServiceState
from stylus_mcp.answer_models import (
    FoundLora,
    LibraryStatus,
    LoraDetails,
    LoraPage,
    LoraPicks,
    NearlyPicked,
    PickedLora,
    StackedLora,
)

#: Longest sentence and description, in characters, and the most words of one LoRA and tags that are told.
_SENTENCE, _DESCRIPTION, _LISTED = 500, 1000, 24


class Answers:
    """Makes answers without this machine's paths.

    Args:
        roots: folders of the library, absolute.
        home: folder of our state; None: unknown.
    """

    def __init__(self, roots: Sequence[Path], home: Path | None = None) -> None:
        self._roots = roots
        self._folders = as_folders([*roots, home])

    def text(self, value: str, longest: int = _SENTENCE) -> str:
        """Makes a harmless line of a text.

        Args:
            value: from anywhere.
            longest: characters at most.

        Returns:
            The line, without control characters, paths and addresses.
        """
        return clean_line(for_client(clean_line(value, 4 * longest), self._folders), longest)

    def picks(self, selection: Selection) -> LoraPicks:
        """Makes the answer of `pick_loras`.

        Args:
            selection: the core's.

        Returns:
            The answer.
        """
        notes = [self.text(note) for note in selection.notes]
        if not selection.picks and not notes:
            notes = ["no LoRA fits this prompt well enough"]
        return LoraPicks(
            rewritten=_exact(selection.rewritten),
            with_trigger_words=_exact(selection.with_trigger_words),
            stack=[
                StackedLora(
                    lora_name=_exact(self._relative(p.path).replace("/", os.sep)),
                    strength_model=p.weight,
                    strength_clip=_clip(p.weight, p.clip_weight),
                )
                for p in selection.picks
            ],
            picks=[self._pick(p) for p in selection.picks],
            nearly=[
                NearlyPicked(
                    name=_exact(p.name),
                    title=self.text(p.title),
                    weight=p.weight,
                    keyword=self.text(p.keyword),
                    reason=self.text(p.reason),
                )
                for p in selection.nearly
            ],
            notes=notes,
            composer=selection.composer,
            provisional=selection.provisional,
        )

    def page(self, page: FoundPage) -> LoraPage:
        """Makes the answer of `search_loras`.

        Args:
            page: the core's.

        Returns:
            The answer.
        """
        following = page.offset + len(page.found)
        return LoraPage(
            loras=[
                FoundLora(
                    name=_exact(a.name),
                    path=_exact(self._relative(a.path)),
                    title=self.text(a.title),
                    kind=a.card.kind,
                    made_for=a.made_for,
                    description=self.text(a.card.description),
                    reason=reason,
                )
                for a, reason in page.found
            ],
            offset=page.offset,
            total=page.total,
            next_offset=following if page.found and following < page.total else None,
        )

    def details(self, adapter: Adapter) -> LoraDetails:
        """Makes the answer of `show_lora`.

        Args:
            adapter: of the library.

        Returns:
            The answer.
        """
        card, meta = adapter.card, adapter.metadata
        return LoraDetails(
            name=_exact(adapter.name),
            path=_exact(self._relative(adapter.path)),
            size=adapter.size,
            status=adapter.status,
            problem=self.text(adapter.problem),
            title=self.text(adapter.title),
            kind=card.kind,
            subject=self.text(card.subject),
            description=self.text(card.description, _DESCRIPTION),
            described_by=card.source,
            trigger_words=self._words(card.trigger_words),
            trigger_alternatives=card.trigger_alternatives,
            weight=card.weight,
            weight_low=card.weight_low,
            weight_high=card.weight_high,
            weight_source=card.weight_source,
            clip_weight=_clip(card.weight, card.clip_weight),
            made_for=adapter.made_for,
            family=meta.family,
            algorithm=self.text(meta.algorithm),
            tags=self._words(meta.tags),
            favourite=meta.favourite,
        )

    def status(self, state: ServiceState) -> LibraryStatus:
        """Makes the answer of `library_status`.

        Args:
            state: of the service.

        Returns:
            The answer.
        """
        from stylus_core import __version__

        return LibraryStatus(
            status=state.status,
            sentence=self.text(state.sentence()),
            loras=state.adapters,
            stage=state.stage,
            done=state.done,
            total=state.total,
            refreshing=state.refreshing,
            problem=self.text(state.problem),
            folders=[_exact(root.name) for root in self._roots],
            version=__version__,
        )

    def _pick(self, pick: Pick) -> PickedLora:
        return PickedLora(
            name=_exact(pick.name),
            path=_exact(self._relative(pick.path)),
            weight=pick.weight,
            clip_weight=_clip(pick.weight, pick.clip_weight),
            keyword=self.text(pick.keyword),
            reason=self.text(pick.reason),
            title=self.text(pick.title),
            kind=pick.kind,
            trigger_words=self._words(pick.trigger_words),
        )

    def _words(self, words: Iterable[str]) -> list[str]:
        return [self.text(word) for word in words][:_LISTED]

    def _relative(self, path: str) -> str:
        for root in self._roots:
            if Path(path).is_relative_to(root):
                return Path(path).relative_to(root).as_posix()
        return Path(path).name


def _clip(weight: float, clip_weight: float | None) -> float:
    return weight if clip_weight is None else clip_weight


def _exact(text: str) -> str:
    """What has to be repeated to the letter; only what no UTF-8 can hold is replaced."""
    return text.encode("utf-8", "replace").decode("utf-8")
