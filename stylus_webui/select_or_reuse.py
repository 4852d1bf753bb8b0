"""From one prompt to its picks: recognised, pasted, fixed by the request, remembered, or selected."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from stylus_core.errors import StylusError
from stylus_core.option_values import ANY_SEED
from stylus_core.options import Options
from stylus_core.types import Pick, Selection, in_proportion
from stylus_host.named_adapters import Named
from stylus_host.service import NotReady, Service
from stylus_host.service_state import sentence
from stylus_webui import host, host_prompts, tags
from stylus_webui.cache import Cache
from stylus_webui.cached_selection import read_selection
from stylus_webui.edits import Edits, normal
from stylus_webui.options import HostSettings
from stylus_webui.pairs import Applied, joined, whole
from stylus_webui.picks_by_name import NamedLookup, by_name, described, taken_by_hand
from stylus_webui.written_prompts import recognise

logger = logging.getLogger("stylus")

#: Raise it when a change of ours makes the same question lead to another answer.
_GENERATION = 4


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one prompt."""

    prompt: str  # the user's own, as it came to us
    effective: str  # without its comments; `picks` have their spans in it
    picks: tuple[Pick, ...] = ()  # those that the host can load
    text: str = ""  # to be used as it is; else `picks` are to be written into `effective`
    nearly: tuple[Pick, ...] = ()
    notes: tuple[str, ...] = ()
    composer: str = ""
    finished: bool = False  # `text` holds all there is to add: variants leave it alone
    decided: bool = True  # False where there was no selection: no index, an error, nothing to select for
    selected: tuple[Pick, ...] = ()  # before the edits of the panel


@dataclass(frozen=True, slots=True)
class DecisionContext:
    """What a decision needs besides the prompt; made once a job or a click, for which the same is selected once."""

    service: Service
    cache: Cache
    names: host.HostNames
    pairs: Applied = field(default_factory=Applied)
    architecture: str = "any"
    family: str = "any"
    model: str = ""  # of the composer, where one is asked
    banned: tuple[str, ...] = ()  # for good, from the settings
    pinned: tuple[str, ...] = ()
    favourites: tuple[str, ...] = ()
    seed: int = 0  # of the job's first picture
    own: tuple[int, ...] = ()  # how far the user's own pictures and corrections are; none: they do not count
    selections: dict[tuple[str, Options], Selection] = field(default_factory=dict)  # that were made with it

    @property
    def lookup(self) -> NamedLookup:
        """For adapters that somebody named."""
        return NamedLookup(self.service, self.pairs, self.architecture)

    def options(self, settings: HostSettings) -> Options:
        """Adds to the request's options what the host knows: which checkpoint it is, and who is named for good.

        Args:
            settings: the request.

        Returns:
            The options of the selection; a ban wins over a pin.
        """
        from stylus_core.composer.random_order import RandomComposer

        given = settings.options
        favourites = self.favourites if given.favourites != "any" else ()
        return replace(
            given,
            architecture=self.architecture if given.architecture == "any" else given.architecture,
            family=self.family if given.family == "any" else given.family,
            banned=tuple(dict.fromkeys((*given.banned, *self.banned))),
            pinned=tuple(n for n in dict.fromkeys((*given.pinned, *self.pinned)) if n not in self.banned),
            favourite_names=tuple(dict.fromkeys((*given.favourite_names, *favourites))),
            own_pictures=given.own_pictures if self.own else "ignore",
            seed=self.seed if given.seed == ANY_SEED and given.composer == RandomComposer.name else given.seed,
        )


def decide(prompt: str, settings: HostSettings, context: DecisionContext, typed: str = "") -> Decision:
    """Decides what becomes of a prompt. Never raises.

    Args:
        prompt: as the job has it, with comments.
        settings: the request.
        context: what is shared by the prompts of a job.
        typed: the prompt before styles and wildcards, to which edits of the panel belong as well.

    Returns:
        The decision; what went wrong is in its notes.
    """
    effective = host_prompts.strip_comments(prompt)
    try:
        return _decide(prompt, effective, settings, context, typed)
    except NotReady as error:
        return Decision(prompt, effective, notes=(str(error),), decided=False)
    except StylusError as error:
        return Decision(
            prompt, effective, notes=(f"{sentence(str(error))} The prompt is used as typed.",), decided=False
        )
    except Exception as error:
        logger.exception("a selection failed; the prompt is used as typed")
        note = f"Selecting failed ({type(error).__name__}: {error}). The prompt is used as typed."
        return Decision(prompt, effective, notes=(note,), decided=False)


def _decide(prompt: str, effective: str, settings: HostSettings, context: DecisionContext, typed: str) -> Decision:
    written = recognise(effective, context.cache)
    if written is not None:
        return Decision(written.own, effective, written.picks, effective, finished=True)
    if not effective.strip():
        return Decision(prompt, effective, notes=("The prompt is empty.",), decided=False)
    edits = settings.edits.for_prompt(prompt, typed)
    if settings.picks:
        return _fixed(Decision(prompt, effective), settings.picks, context, edits, settings.options)
    if settings.edits.rewritten and normal(settings.edits.rewritten) == normal(effective):
        return _came_back(settings.edits, effective)  # an infotext through the API: the tags are there already
    if edits.rewritten and not edits.touched:
        return _repeat(Decision(prompt, effective), edits, context)
    if edits.rewritten:
        return _fixed(Decision(prompt, effective), edits.picks, context, edits, settings.options)
    selection = _select(effective, context.options(settings), context)
    found = Decision(prompt, effective, selection.picks, "", selection.nearly, selection.notes, selection.composer)
    return _usable(_with_added(found, edits, context, settings.options), edits, context)


# -- picks that are given ----------------------------------------------------------------------------------------------


def _came_back(edits: Edits, effective: str) -> Decision:
    reason = "Repeated from the infotext."
    picks = tuple(Pick(n.name, "", n.weight, "", reason, clip_weight=n.clip_weight) for n in edits.picks)
    return Decision(edits.prompt, effective, picks, effective, finished=True)


def _repeat(start: Decision, edits: Edits, context: DecisionContext) -> Decision:
    """The very prompt of the picture that was pasted or sent, less what the host cannot load any more."""
    own, stems = set(tags.names_in(start.effective)), {context.names.path(p.name): p.name for p in edits.picks}
    names = [
        n for n in dict.fromkeys([*tags.names_in(edits.rewritten), *(p.name for p in edits.picks)]) if n not in own
    ]
    gone = [name for name in names if not context.names.path(name)]
    notes = [f"{name!r} is left out: the WebUI does not list it any more." for name in gone]
    for name in [n for n in names if n not in gone] if gone else ():
        half = context.service.half(name)
        if half is not None and (half.other is None or half.other.stem in gone):
            gone.append(name)
            notes.append(f"{name!r} is left out: its other half is.")

    def rename(name: str) -> str | None:
        if name in own or name in gone:
            return name if name in own else None
        return stems.get(context.names.path(name), name)  # the host writes aliases into a pasted prompt

    text = tags.replace(edits.rewritten, rename)
    known = set(tags.names_in(text))
    given = [described(p, context.lookup, "Repeated from the picture.") for p in edits.picks if p.name not in gone]
    picks, _ = joined(given, context.service.half, Applied())
    picks = [p for p in picks if p.name in known or p.belongs_to in known]
    return replace(start, picks=tuple(picks), text=text, notes=tuple(notes), finished=True)


def _fixed(
    start: Decision, given: tuple[Named, ...], context: DecisionContext, edits: Edits, options: Options
) -> Decision:
    picks, notes = by_name(given, context.lookup, "Asked for by name.", start.effective, options)
    found = replace(start, picks=tuple(picks), notes=tuple(notes))
    return _usable(_with_added(found, edits, context, options), edits, context)


def _with_added(found: Decision, edits: Edits, context: DecisionContext, options: Options) -> Decision:
    picks, notes = taken_by_hand(found.picks, edits, found.effective, context.lookup, options)
    taken = {a.name for a in edits.added}
    return replace(
        found,
        picks=(*found.picks, *picks),
        nearly=tuple(p for p in found.nearly if p.name not in taken),
        notes=(*found.notes, *notes),
    )


def _usable(found: Decision, edits: Edits, context: DecisionContext) -> Decision:
    """Edits applied, and every pick checked against what the host would load for its name."""
    picks: list[Pick] = []
    notes = list(found.notes)
    for pick in found.picks:
        if pick.name in edits.removed:
            continue
        problem = context.names.problem(pick.name, pick.path)
        if problem:
            notes.append(f"{(pick.title or pick.name)!r} is left out: {problem}.")
            continue
        picks.append(pick)
    kept, more = whole(picks, found.picks, edits.removed)
    notes += more
    return replace(found, picks=tuple(_weighed(kept, edits)), selected=found.picks, notes=tuple(dict.fromkeys(notes)))


def _weighed(picks: list[Pick], edits: Edits) -> Iterator[Pick]:
    """With the weights of the panel; the second of two files follows the first."""
    factors = {p.name: edits.weights[p.name] / p.weight for p in picks if p.name in edits.weights and p.weight}
    for pick in picks:
        weight = pick.weight
        if pick.name in edits.weights:
            weight = edits.weights[pick.name]
        elif pick.belongs_to in factors:
            weight = round(pick.weight * factors[pick.belongs_to], 2)
        yield replace(pick, weight=weight, clip_weight=in_proportion(pick.clip_weight, weight, pick.weight))


# -- picks that are selected -------------------------------------------------------------------------------------------


def _select(effective: str, options: Options, context: DecisionContext) -> Selection:
    question = effective, options
    if question not in context.selections:
        context.selections[question] = _selected(effective, options, context)
    return context.selections[question]


def _selected(effective: str, options: Options, context: DecisionContext) -> Selection:
    from stylus_core.composer.registry import declaration

    library = context.service.revision(), context.service.identity()
    key = {
        "generation": _GENERATION,
        "prompt": effective,
        "library": library,
        "options": dataclasses.asdict(options),
        "model": context.model if declaration(options.composer).asks_model else "",
        "pairs": context.pairs.key,
        **({"own": context.own} if context.own else {}),
    }
    known = context.cache.get("picks", key)
    if known is not None:
        return read_selection(known)
    selection = context.service.select(effective, options, context.pairs)
    # A fallback's answer is for once: the model may be back next time. So is one of a library that was lost meanwhile,
    # and one that vectors which are still being made may better.
    final = selection.composer == options.composer and not selection.provisional
    if final and context.service.identity() == library[1]:
        context.cache.put("picks", key, selection.to_json())
    return selection
