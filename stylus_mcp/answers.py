"""What the tools answer. The schemas are made of these classes; texts of strangers are cleaned and bounded here."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field

from stylus_core.adapter_search import FoundPage
from stylus_core.library.hostile_text import clean_line
from stylus_core.types import Adapter, Pick, Selection
from stylus_host.client_text import as_folders, for_client
from stylus_host.named_adapters import MOST_WEIGHT
from stylus_host.service_state import ServiceState

#: Longest sentence and description, in characters, and the most words of one LoRA and tags that are told.
_SENTENCE, _DESCRIPTION, _LISTED = 500, 1000, 24

_Weight = Annotated[float, Field(ge=-MOST_WEIGHT, le=MOST_WEIGHT)]
_Count = Annotated[int, Field(ge=0)]


class PickedLora(BaseModel):
    """One LoRA for the prompt."""

    name: str = Field(description="What the tag calls it.")
    path: str = Field(description="Its file, relative to its folder of the library.")
    weight: _Weight = Field(description="Strength for the model (unet or transformer), 1 = as trained.")
    clip_weight: _Weight = Field(description="Strength for the text encoder, 1 = as trained.")
    keyword: str = Field(description="The words of the prompt that it serves.")
    reason: str = Field(description="Why it was picked, one sentence.")
    title: str = Field(description="Its title; a text of a stranger.")
    kind: str = Field(description="What it is for: character, style, ...")
    trigger_words: list[str] = Field(description="Words that were added to the prompt for it.")


class StackedLora(BaseModel):
    """One LoRA as ComfyUI's loaders take it."""

    lora_name: str = Field(description="The file, relative to the folder of LoRAs, for a LoraLoader.")
    strength_model: _Weight = Field(description="Strength for the model, 1 = as trained.")
    strength_clip: _Weight = Field(description="Strength for the text encoder (CLIP), 1 = as trained.")


class NearlyPicked(BaseModel):
    """One LoRA that was left out."""

    name: str = Field(description="What a tag would call it.")
    title: str = Field(description="Its title; a text of a stranger.")
    weight: _Weight = Field(description="Strength that it would have had, 1 = as trained.")
    keyword: str = Field(description="The words of the prompt that it would have served.")
    reason: str = Field(description="Why it was left out.")


class LoraPicks(BaseModel):
    """The LoRAs for a prompt."""

    rewritten: str = Field(description="The prompt for a WebUI: with trigger words and <lora:name:weight> tags.")
    with_trigger_words: str = Field(description="The prompt for ComfyUI or diffusers: with trigger words, no new tags.")
    stack: list[StackedLora] = Field(description="The picks for ComfyUI: one LoraLoader each, in this order.")
    picks: list[PickedLora] = Field(description="The picks with reasons; none is a right answer, and notes say why.")
    nearly: list[NearlyPicked] = Field(description="What was considered and left out, the best first.")
    notes: list[str] = Field(description="What the user should know.")
    composer: str = Field(description="Who decided; another one than asked for where that one could not.")
    provisional: bool = Field(description="Whether vectors are still made: the same prompt may get others before long.")


class FoundLora(BaseModel):
    """One LoRA that was found."""

    name: str = Field(description="What a tag calls it, and what show_lora takes.")
    path: str = Field(description="Its file, relative to its folder of the library.")
    title: str = Field(description="Its title; a text of a stranger.")
    kind: str = Field(description="What it is for: character, style, ...")
    made_for: str = Field(description="The base model: sd1, sdxl, flux, ..., unknown.")
    description: str = Field(description="What it adds; a text of a stranger.")
    reason: str = Field(description="Why it was found; empty where nothing was looked for.")


class LoraPage(BaseModel):
    """A page of what was found."""

    loras: list[FoundLora] = Field(description="In order, the best first.")
    offset: _Count = Field(description="Number of the first of them, counted from 0.")
    total: _Count = Field(description="How many LoRAs were found.")
    next_offset: _Count | None = Field(description="The offset of the next page; null on the last.")


class LoraDetails(BaseModel):
    """All that is known of one LoRA."""

    name: str = Field(description="What a tag calls it.")
    path: str = Field(description="Its file, relative to its folder of the library.")
    size: _Count = Field(description="Of the file, in bytes.")
    status: str = Field(description="ok: it can be picked; anything else: it never is.")
    problem: str = Field(description="Why it is not ok; empty where it is.")
    title: str = Field(description="Its title; a text of a stranger.")
    kind: str = Field(description="What it is for: character, style, ...")
    subject: str = Field(description="What it adds, in a few words.")
    description: str = Field(description="What it adds; a text of a stranger.")
    described_by: str = Field(description="Who wrote the description: metadata, file name, vlm, llm, user, ...")
    trigger_words: list[str] = Field(description="Words that call it.")
    trigger_alternatives: bool = Field(description="Whether its trigger words exclude each other.")
    weight: _Weight = Field(description="Recommended strength for the model, 1 = as trained.")
    weight_low: float | None = Field(description="Least strength that is recommended, 1 = as trained; null: unknown.")
    weight_high: float | None = Field(description="Largest strength recommended, 1 = as trained; null: unknown.")
    weight_source: str = Field(description="Where the strength is from: user, author, examples, default, refiner.")
    clip_weight: _Weight = Field(description="Recommended strength for the text encoder, 1 = as trained.")
    made_for: str = Field(description="The base model: sd1, sdxl, flux, ..., unknown.")
    family: str = Field(description="pony, illustrious, ... or empty.")
    algorithm: str = Field(description="lora, locon, loha, ...")
    tags: list[str] = Field(description="Of the model site.")
    favourite: bool = Field(description="Whether the user marked it.")


class LibraryStatus(BaseModel):
    """How far the library is."""

    status: str = Field(description="waiting, indexing, ready (the tools answer) or failed.")
    sentence: str = Field(description="The same for the user.")
    loras: _Count = Field(description="How many LoRAs can be picked.")
    stage: str = Field(description="What is being done: scan, embed, ...; empty: nothing, or it has just begun.")
    done: _Count = Field(description="How many LoRAs (files while scanning) the stage has done.")
    total: _Count = Field(description="Of how many; 0: not known.")
    refreshing: bool = Field(description="Whether changes, or vectors, are being taken in while the tools answer.")
    problem: str = Field(description="What went wrong; empty: nothing.")
    folders: list[str] = Field(description="The last part of each folder's name.")
    version: str = Field(description="Of Stylus.")


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
