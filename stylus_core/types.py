"""The typed objects that pass between the stages: library, refiner, retriever, composer, rewriter.

Everything here is a frozen dataclass of plain values; `to_json` turns any of them into what `json.dumps` takes.
This module imports nothing heavy: `import stylus_core` has to stay cheap.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from stylus_core.base_models import label
from stylus_core.own_evidence import OwnEvidence

#: What an adapter is for. One of these, decided by the refiner.
KINDS = (
    "character",  # a fictional character: applies only if the prompt names it
    "person",  # the looks of a real person or of a made-up face: applies only if the prompt names it
    "style",  # a way of drawing, an artist, a medium, a film look
    "quality",  # detail tweakers, enhancers, light and contrast sliders: no word of the prompt names them
    "concept",  # anything else that is depicted: an effect, a creature, an idea
    "pose",  # poses, gestures, actions, camera angles
    "clothing",
    "object",
    "animal",
    "vehicle",
    "building",
    "background",  # places, scenery, interiors
)


@dataclass(frozen=True, slots=True)
class Example:
    """A picture that its author made with the adapter."""

    prompt: str
    negative_prompt: str = ""
    weight: float | None = None  # of the adapter's own tag in `prompt`, or as its list of resources has it
    image: str = ""  # path of a local picture, empty if there is none


@dataclass(frozen=True, slots=True)
class Metadata:
    """What an adapter's header and sidecars say, merged field by field.

    Texts are plain (no HTML), in the author's language, and untrusted: they are data, never instructions.
    """

    title: str = ""  # the user's own for it, else the name of the model as its author wrote it
    version: str = ""  # the name of the version
    alias: str = ""  # ss_output_name, which the WebUI shows; several files may share one
    description: str = ""  # the author's, noise included; `Card.description` is the clean one
    version_description: str = ""  # what the author says about this version alone; it is in `description` as well
    notes: str = ""  # the user's own notes
    own_words: str = ""  # what the user typed about it into other tools; `description` and `notes` have it as well
    site_title: str = ""  # the author's name for it where the user gave the file a title of his own
    tags: tuple[str, ...] = ()  # the model site's tags, in their order
    trigger_words: tuple[str, ...] = ()  # each entry as written; an entry may hold several words parted by commas
    negative_text: str = ""
    examples: tuple[Example, ...] = ()
    training_tags: tuple[tuple[str, int], ...] = ()  # most frequent first, at most 200
    training_concepts: tuple[str, ...] = ()  # names of the training folders without their repeats
    training_captions: bool = False  # True if `training_tags` are sentences and not tags
    base_model: str = ""  # as the best source wrote it, e.g. "SD 1.5", "Pony", "Illustrious"
    architecture: str = "unknown"  # one of `base_models.ARCHITECTURES`: a hard wall
    base_size: str = ""  # a size of that base whose adapters fit no other: "klein-9b", "14b"
    family: str = ""  # "pony", "illustrious", "noobai", ... or empty
    algorithm: str = "lora"  # lora, locon, loha, lokr, dora, ia3, full, ...
    user_weight: float | None = None  # `preferred weight` that the user set (0 means unset and is None here)
    weight_low: float | None = None  # strength_min of a sidecar
    weight_high: float | None = None  # strength_max of a sidecar
    author_weight: float | None = None  # a strength that a sidecar's structured field recommends
    preview: str = ""  # path of the preview picture
    model_id: int | None = None  # Civitai's
    version_id: int | None = None
    sha256: str = ""  # lower case, of the whole file, as a sidecar recorded it; never computed on the way
    autov3: str = ""  # lower case, of the tensors only
    downloads: int | None = None
    nsfw: int | None = None  # Civitai's level, or None where nothing says
    excluded: bool = False  # the user excluded it in another tool
    favourite: bool = False  # the user marked it as a favourite in another tool
    clip_strength: float | None = None  # a strength that a structured field recommends for the text encoder
    provenance: dict[str, str] = field(default_factory=dict)  # field name -> where its value came from


@dataclass(frozen=True, slots=True)
class Card:
    """What the refiner made of the metadata: the account of an adapter that everything after it reads."""

    description: str = ""  # 1 to 3 sentences
    kind: str = "concept"  # one of KINDS
    subject: str = ""  # the few words that say what it adds: "Artoria Lancer (Fate)", "horseback riding"
    trigger_words: tuple[str, ...] = ()  # cleaned; alternatives that exclude each other are separate entries
    trigger_alternatives: bool = False  # True if the entries of `trigger_words` exclude each other (" || ")
    weight: float = 0.8  # recommended
    weight_low: float | None = None
    weight_high: float | None = None
    weight_source: str = "default"  # "user", "author", "examples", "default", "refiner"
    source: str = "metadata"  # who wrote it: "metadata", "training tags", "file name", "vlm", "llm", "user", "import"
    title: str = ""  # the one that the user gave it; empty where it is `Metadata.title` that counts
    edited: tuple[str, ...] = ()  # what the user set, by the names of `library.fields.TABLE`
    clip_weight: float | None = None  # recommended for the text encoder, where that is another one


#: States of a file in the library. Only "ok" adapters are ever selected.
STATUSES = (
    "ok",
    "shadowed",  # another file with the same stem is the one that the host loads
    "unreadable",  # the header cannot be read; `problem` says why
    "no-adapter",  # a VAE, an embedding, a checkpoint, ...; `problem` says what
    "unopened",  # .pt and .ckpt: listed, never opened
    "excluded",  # by the user, here or in another tool
)


@dataclass(frozen=True, slots=True)
class Adapter:
    """One file of the library."""

    id: int  # stable for as long as the file stays in the library, a rename of the file included
    path: str  # absolute
    stem: str  # the file's name without extension: what a tag names
    status: str = "ok"  # one of STATUSES
    problem: str = ""  # why it is not "ok", one sentence
    size: int = 0  # bytes
    metadata: Metadata = field(default_factory=Metadata)
    card: Card = field(default_factory=Card)
    host_name: str = ""  # the path below a root, where the host calls it by that; empty where by its stem

    @property
    def name(self) -> str:
        """What the host calls it, and no other adapter of the library."""
        return self.host_name or self.stem

    @property
    def tag_name(self) -> str:
        """Its name in a tag: of a path without the extension, and with "/" on every system."""
        return os.path.splitext(self.host_name)[0].replace(os.sep, "/") or self.stem

    @property
    def made_for(self) -> str:
        """The base model that it is made for, with its size: "sdxl", "flux2-klein-9b", "other", "unknown"."""
        return label(self.metadata.architecture, self.metadata.base_size)

    @property
    def given_title(self) -> str:
        """The title that somebody gave it, the user before its author; empty where nobody did."""
        return self.card.title or self.metadata.title

    @property
    def title(self) -> str:
        """The name to show: the title, or the file's stem where there is none."""
        return self.given_title or self.stem


@dataclass(frozen=True, slots=True)
class Half:
    """That an adapter is one of two files which belong together: one for each part of a model of two parts."""

    stage: str  # "high" or "low": the part of the model that works while there is much noise, or little
    other: Adapter | None = None  # the other file, if there is one
    missing: str = ""  # why the two cannot be used together, the end of a sentence; "" if they can


class PresentAdapter(NamedTuple):
    """An adapter that the picture has already, though no tag of the prompt says so."""

    name: str  # what the host calls it
    weight: float = 1.0  # of the picture's model
    clip_weight: float | None = None  # of the text encoder, where that is another one


#: Why whoever applies a prompt's tags would not apply both files of such a pair, by their stems (that for much noise
#: first), as the end of a sentence; "" where both are applied.
Applies = Callable[[str, str], str]


@dataclass(frozen=True, slots=True)
class Keyword:
    """A span of the prompt: `prompt[start:end]` contains `text`, up to markup between its words."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """An adapter that the retriever proposes."""

    adapter: Adapter
    score: float  # fused; comparable within one selection only
    scores: dict[str, float] = field(default_factory=dict)  # signal -> value, e.g. "bm25", "cooccurrence"
    part: str = ""  # the part of the prompt that it matches best
    why: str = ""  # one sentence
    observed_weights: tuple[float, ...] = ()  # in the example prompts of each other adapter that uses it
    half: Half | None = None  # where it stands for two files
    own: OwnEvidence | None = None  # what the user's own pictures and corrections say; None: nothing is known

    @property
    def name(self) -> str:
        """What the host calls the adapter."""
        return self.adapter.name


@dataclass(frozen=True, slots=True)
class Assignment:
    """A composer's decision: this candidate serves this keyword."""

    candidate: Candidate
    keyword: Keyword
    reason: str  # one sentence
    confidence: float = 1.0  # 0 to 1


@dataclass(frozen=True, slots=True)
class Composition:
    """A composer's answer. No assignment is a right answer, and a common one."""

    assignments: tuple[Assignment, ...] = ()
    composer: str = "local"  # the one that answered: a fallback names itself
    notes: tuple[str, ...] = ()  # sentences for the user, e.g. why a fallback answered
    nearly: tuple[Assignment, ...] = ()  # what was considered last and left out, best first; reason says why


@dataclass(frozen=True, slots=True)
class Pick:
    """An adapter that goes into the prompt."""

    name: str  # what the host calls it: the stem as in the tag, or the path below a root
    path: str
    weight: float  # of the picture's model (unet)
    keyword: str
    reason: str
    title: str = ""
    kind: str = ""
    start: int = -1  # span of the keyword in the prompt
    end: int = -1
    score: float = 0.0
    trigger_words: tuple[str, ...] = ()  # those that were added to the prompt
    preview: str = ""
    stage: str = ""  # of one of two files that belong together: "high" or "low"
    belongs_to: str = ""  # the name of the first of the two, on the second
    clip_weight: float | None = None  # of the text encoder, where that is another one
    own_note: str = ""  # how the user used it before, for the user's eyes alone: `to_json` has it only if asked


def _as_dict(pick: Pick, own: bool) -> dict[str, Any]:
    out = dataclasses.asdict(pick)
    if not own:
        del out["own_note"]
    return out


def in_proportion(clip_weight: float | None, weight: float, before: float) -> float | None:
    """Scales the text encoder's weight with the other one.

    Args:
        clip_weight: so far; None where the two are the same.
        weight: the other one from now on.
        before: and so far.

    Returns:
        The text encoder's from now on; None where the two are the same.
    """
    if clip_weight is None:
        return None
    found = round(clip_weight * weight / before, 3) if before else weight
    return None if found == weight else found


#: Signals that go by another name in the JSON of a selection, which programs read.
_SCORES = {
    "cooccurrence": "together",
    "usage_count": "used",
    "whole_title": "whole_label",
    "part_title": "part_label",
    "whole_description": "whole_account",
    "part_description": "part_account",
}


@dataclass(frozen=True, slots=True)
class Selection:
    """What one prompt led to."""

    prompt: str
    rewritten: str
    picks: tuple[Pick, ...] = ()
    nearly: tuple[Pick, ...] = ()  # what was nearly picked, reason says why not; weight as it would have been
    candidates: tuple[Candidate, ...] = ()  # best first
    composer: str = "local"
    notes: tuple[str, ...] = ()  # what the user should know, one sentence each
    timings: dict[str, float] = field(default_factory=dict)  # stage -> milliseconds
    provisional: bool = False  # some adapters have no vectors yet: the same prompt may lead to others before long
    with_trigger_words: str = ""  # the prompt with the picks' trigger words and without their tags

    def to_json(self, candidates: int = 0, *, own: bool = False) -> dict[str, Any]:
        """Makes a plain dict of it.

        Args:
            candidates: how many of the candidates are in it; 0: no list of them.
            own: whether what the user's own pictures say comes along: it should not leave the user's machine.

        Returns:
            `prompt`, `rewritten`, `picks` and so on, of values that `json.dumps` takes.
        """
        out: dict[str, Any] = {
            "prompt": self.prompt,
            "rewritten": self.rewritten,
            "with_trigger_words": self.with_trigger_words,
            "picks": [_as_dict(p, own) for p in self.picks],
            "nearly": [_as_dict(p, own) for p in self.nearly],
            "composer": self.composer,
            "notes": list(self.notes),
            "provisional": self.provisional,
            "timings_ms": {k: round(v, 3) for k, v in self.timings.items()},
        }
        if candidates > 0:
            out["candidates"] = [
                {
                    "name": c.name,
                    "score": round(c.score, 6),
                    "scores": {_SCORES.get(k, k): round(v, 6) for k, v in c.scores.items()},
                    "part": c.part,
                    "why": c.why,
                    "path": c.adapter.path,
                }
                for c in self.candidates[:candidates]
            ]
        return out
