"""From the inputs of a picker to what it gives: what is frozen, what the core selects, and what the user did to it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from stylus_comfyui import host, stack
from stylus_comfyui.node_state import NodeState
from stylus_comfyui.stack import StackEntry
from stylus_core.errors import StylusError
from stylus_core.options import Options
from stylus_core.types import Pick, PresentAdapter, Selection, in_proportion
from stylus_host.service_state import sentence
from stylus_host.variants import subsets
from stylus_host.writing import written

if TYPE_CHECKING:
    from stylus_host.service import Service

logger = logging.getLogger("stylus")


@dataclass(frozen=True, slots=True)
class PickRequest:
    """What a picker was given."""

    prompt: str
    options: Mapping[str, Any] = field(default_factory=dict)  # by the option's name, not checked yet
    architecture: str = "any"  # of the linked model, which counts where the option leaves it open
    family: str = "any"
    stack: Any = None  # LORA_STACK of another node
    state: NodeState = field(default_factory=NodeState)
    variants: str = "all"
    variant_seed: int = 0
    one_model: bool = False  # all picks go to one MODEL, so that of two files for two parts of a model neither may come


@dataclass(frozen=True, slots=True)
class PickOutcome:
    """What a picker gives."""

    prompt: str  # as it was typed, without tags
    result: str  # with trigger words
    stack: list[Any]  # what came in and what was picked
    picks: tuple[Pick, ...] = ()
    nearly: tuple[Pick, ...] = ()
    left_out: tuple[Pick, ...] = ()  # by the user
    frozen: frozenset[str] = frozenset()  # names
    pinned: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    state: NodeState = field(default_factory=NodeState)
    decided: bool = True
    provisional: bool = False

    def noted(self, notes: Sequence[str]) -> PickOutcome:
        """The same with further sentences.

        Args:
            notes: what else is to be told.

        Returns:
            A copy.
        """
        return replace(self, notes=(*self.notes, *notes))

    @property
    def added(self) -> list[StackEntry]:
        """The picks as entries of a stack."""
        return [StackEntry(p.name, p.weight, p.weight if p.clip_weight is None else p.clip_weight) for p in self.picks]


def pick(request: PickRequest, service: Service) -> PickOutcome:
    """Decides what a picker gives. Never raises.

    Args:
        request: what it was given.
        service: the library.

    Returns:
        The outcome; what went wrong is in its notes, and the prompt and the stack are then as they came.
    """
    given = list(request.stack) if isinstance(request.stack, (list, tuple)) else []
    found = PickOutcome(request.prompt, request.prompt, given)
    names = host.LoraNames()
    try:
        found = _plain(found, request.state, names)
        found = _with_frozen(found, names)  # which needs no library
        return _finished(_chosen(found, request, service, names), request)
    except StylusError as error:
        note = f"{sentence(str(error))} The prompt is used as typed."
    except Exception as error:
        logger.exception("a selection failed; the prompt is used as typed")
        note = f"Selecting failed ({type(error).__name__}: {error}). The prompt is used as typed."
    undecided = replace(found, notes=(*found.notes, note), decided=False)
    try:
        return _finished(undecided, request)
    except Exception:
        logger.exception("what is frozen could not be written")
        return replace(undecided, picks=())


def _plain(start: PickOutcome, state: NodeState, names: host.LoraNames) -> PickOutcome:
    """The prompt without tags, the stack with what they call, and a sentence for each that calls nothing."""
    prompt, typed = stack.take_tags(start.prompt)
    given = list(start.stack)
    there = {e.name for e in stack.read_stack(given)}
    notes: list[str] = []
    taken: list[str] = []
    for entry in typed:
        name = names.called(entry.name)
        if not name:
            notes.append(f"The prompt's tag {entry.name!r} is left out: ComfyUI has no LoRA of this name.")
        elif name not in there:
            there.add(name)
            taken.append(name)
            given.append(tuple(entry._replace(name=name)))
    if taken:
        notes.append(f"Applied as the prompt's own tags say: {', '.join(taken)}.")
    kept = state.for_prompt(prompt)
    if state.picture and not kept.picture:
        notes.append("The prompt is not the picture's any more, so picks were chosen anew.")
    return replace(start, prompt=prompt, result=prompt, stack=given, notes=tuple(notes), state=kept)


def _with_frozen(start: PickOutcome, names: host.LoraNames) -> PickOutcome:
    """With the frozen picks that ComfyUI still has, and that the stack does not bring."""
    there = {e.name for e in stack.read_stack(start.stack)}
    picks: list[Pick] = []
    notes = list(start.notes)
    for p in start.state.frozen:
        name = names.called(p.name)
        if not name:
            notes.append(f"{(p.title or p.name)!r} is left out: ComfyUI does not find it below its LoRA folders.")
        elif name not in there:
            there.add(name)
            picks.append(replace(p, name=name))
    return replace(start, picks=tuple(picks), frozen=frozenset(p.name for p in picks), notes=tuple(notes))


def _chosen(start: PickOutcome, request: PickRequest, service: Service, names: host.LoraNames) -> PickOutcome:
    state = start.state
    if state.only_frozen:
        return start
    notes = list(start.notes)
    options = _options(request, state)
    # What is frozen comes on top, as what is pinned does: it takes nobody's place.
    options = replace(options, max_adapters=options.max_adapters + len(start.picks))
    there = stack.read_stack(start.stack)  # where another node may have written "./a//b" for "a/b"
    present = [PresentAdapter(names.called(e.name) or e.name, e.model, e.clip) for e in there]
    present += [PresentAdapter(p.name, p.weight, p.clip_weight) for p in start.picks]
    applies = _not_to_one_model if request.one_model else None
    selection = service.select(start.prompt, options, applies, present)
    picks, left_out = _edited(selection, state)
    for p in picks:
        if why := host.problem(p.name, p.path):
            notes.append(f"{(p.title or p.name)!r} is left out: {why}.")
    picks = [p for p in picks if not host.problem(p.name, p.path)]
    return replace(
        start,
        picks=(*start.picks, *picks),
        nearly=selection.nearly,
        left_out=tuple(left_out),
        pinned=frozenset(p.name for p in picks if p.name in state.pinned),
        notes=tuple(dict.fromkeys([*notes, *map(sentence, selection.notes)])),
        provisional=selection.provisional,
    )


def _not_to_one_model(_high: str, _low: str) -> str:
    return "it has a file for each part of the model, so take 'Stylus: pick LoRAs' and a 'Stylus: apply' for each part"


def _options(request: PickRequest, state: NodeState) -> Options:
    """Checks the options, and adds what the node and the model say."""
    from stylus_core.composer.random_order import RandomComposer

    options = Options.of(request.options)
    return replace(
        options,
        architecture=request.architecture if options.architecture == "any" else options.architecture,
        family=request.family if options.family == "any" else options.family,
        seed=request.variant_seed % 2**32 if options.composer == RandomComposer.name else options.seed,
        banned=tuple(dict.fromkeys((*options.banned, *state.banned))),
        pinned=tuple(n for n in dict.fromkeys((*options.pinned, *state.pinned)) if n not in state.banned),
    )


def _edited(selection: Selection, state: NodeState) -> tuple[list[Pick], list[Pick]]:
    """The picks as the user wants them, and those that were taken out; a second file goes with the first."""
    kept: list[Pick] = []
    left_out: list[Pick] = []
    weighed = [p for p in selection.picks if p.name in state.weights and p.weight]
    factors = {p.name: state.weights[p.name][0] / p.weight for p in weighed}
    for p in selection.picks:
        if p.name in state.removed or p.belongs_to in state.removed:
            left_out.append(p)
            continue
        weight = p.weight
        if p.name in state.weights:
            weight = state.weights[p.name][0]
        elif p.belongs_to in factors:
            weight = round(p.weight * factors[p.belongs_to], 2)
        kept.append(replace(p, weight=weight, clip_weight=in_proportion(p.clip_weight, weight, p.weight)))
    return kept, left_out


def _finished(found: PickOutcome, request: PickRequest) -> PickOutcome:
    """With the variant's picks alone, written into prompt and stack; what is frozen comes with each of them."""
    chosen = [p for p in found.picks if p.name not in found.frozen]
    variant = _variant(chosen, request.variants, request.variant_seed)
    picks = tuple(p for p in found.picks if p.name in found.frozen or p in variant)
    out = replace(found, picks=picks, result=written(found.prompt, picks))
    return replace(out, stack=[*out.stack, *map(tuple, out.added)])


def _variant(picks: Sequence[Pick], variants: str, seed: int) -> tuple[Pick, ...]:
    """The subset of one picture: successive seeds go through all of them."""
    if variants == "all" or not picks:
        return tuple(picks)
    every = subsets(picks, variants, 2 ** min(len(picks), 10), 0)
    return every[seed % len(every)]
