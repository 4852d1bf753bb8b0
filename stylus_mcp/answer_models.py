"""The forms of what the tools answer, of which clients get the schemas: every number with its unit and bounds."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from stylus_host.named_adapters import MOST_WEIGHT

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
