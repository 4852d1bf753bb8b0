"""Adds tags at the end of a prompt and trigger words where they belong; what the user wrote stays byte for byte."""

from __future__ import annotations

import math
from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace

from stylus_core.library.pairs import untitled
from stylus_core.options import Options
from stylus_core.prompt import NetworkTag, ParsedPrompt
from stylus_core.prompt.tags import ADAPTER_KINDS, UNWRITABLE, UNWRITABLE_TOLD
from stylus_core.refiner.weight import candidates_clip, candidates_weight
from stylus_core.rewriter.missing_triggers import missing_trigger_words
from stylus_core.rewriter.prompt_appending import PhrasePlaces, obstacle
from stylus_core.rewriter.weights import format_weight, share_budget, tag
from stylus_core.types import Adapter, Assignment, Candidate, Keyword, Pick, in_proportion

_OTHER = {"high": "low", "low": "high"}
_PARTS = {"high": "works while there is much noise", "low": "works when little noise is left"}


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A prompt with its adapters in it."""

    text: str
    picks: tuple[Pick, ...]  # what was written, in order
    notes: tuple[str, ...] = ()  # one sentence each: what was left out, and the way out
    worded: str = ""  # the prompt with the trigger words alone, for hosts that take adapters apart from the text


def make_pick(assignment: Assignment, weight: float, added: tuple[str, ...] = ()) -> Pick:
    """Makes of an assignment what is shown to the user.

    Args:
        assignment: a composer's.
        weight: of the picture's model.
        added: the trigger words that were written with it.

    Returns:
        The pick, of the first file where the adapter stands for two.
    """
    adapter, keyword = assignment.candidate.adapter, assignment.keyword
    half = assignment.candidate.half
    return Pick(
        name=adapter.name,
        path=adapter.path,
        weight=weight,
        keyword=keyword.text,
        reason=assignment.reason,
        title=adapter.title if half is None else untitled(adapter.title),
        kind=adapter.card.kind,
        start=keyword.start,
        end=keyword.end,
        score=round(assignment.confidence, 4),
        trigger_words=added,
        preview=adapter.metadata.preview,
        clip_weight=candidates_clip(assignment.candidate, weight),
        stage="" if half is None else half.stage,
        own_note=assignment.candidate.own.note if assignment.candidate.own else "",
    )


def second_pick(first: Pick, candidate: Candidate) -> Pick | None:
    """The pick of a candidate's other file, where it stands for two: for the same words, as strong as the first.

    Where author or user gave each file a weight of its own, it is as much stronger or weaker as they say.
    """
    half = candidate.half
    if half is None or half.other is None or half.missing:
        return None
    stage = _OTHER[half.stage]
    adapter, own = half.other, (candidate.adapter.card, half.other.card)
    told = all(card.weight_source in ("user", "author") and card.weight for card in own)
    weight = round(first.weight * own[1].weight / own[0].weight, 2) if told else first.weight
    return replace(
        first,
        name=adapter.name,
        path=adapter.path,
        weight=weight,
        clip_weight=in_proportion(half.other.card.clip_weight, weight, half.other.card.weight),
        reason=f"it belongs to {first.name}, for the part of the model that {_PARTS[stage]}",
        trigger_words=(),
        preview=adapter.metadata.preview,
        own_note="",
        stage=stage,
        belongs_to=first.name,
    )


def rewrite(
    prompt: ParsedPrompt,
    assignments: Sequence[Assignment],
    options: Options,
    pinned: Sequence[Candidate] = (),
    counted: frozenset[str] = frozenset(),
) -> Rewrite:
    """Writes the pinned adapters and the assigned ones behind the prompt, and their words into the region they serve.

    Adapters that the prompt has already are left alone, count against the number and the budget, and are not added
    again: rewriting twice equals rewriting once. Pinned adapters come first and take nobody's place.
    One that stands for two files counts once; both are written, side by side.

    Args:
        prompt: what is written behind.
        assignments: what a composer chose.
        options: how many, how strong, with which words.
        pinned: what is added whatever the composer chose.
        counted: names in the prompt's tags that count together with another one.

    Returns:
        The text, the picks in it, and a sentence for what could not be written.
    """
    present = [t for t in prompt.tags if t.kind in ADAPTER_KINDS]
    if not assignments and not pinned:
        return _unchanged(prompt)
    if options.existing == "skip" and present:
        return _unchanged(prompt, "nothing was added: the prompt has adapters, and the options say to leave it then")
    if reason := obstacle(prompt.text):
        return _unchanged(prompt, reason)
    pins = frozenset(c.adapter.id for c in pinned)
    plan = _Plan([*map(_pin, pinned), *assignments], pins, present, options, counted)
    return plan.written(prompt.text)


def _unchanged(prompt: ParsedPrompt, *notes: str) -> Rewrite:
    return Rewrite(prompt.text, (), notes, prompt.text)


@dataclass
class _Plan:
    """Which adapters come, and how strong."""

    wanted: list[Assignment]  # the pinned ones in front
    pinned: frozenset[int]
    present: list[NetworkTag]
    options: Options
    counted: frozenset[str]  # names in the tags that count together with another one
    chosen: list[tuple[Assignment, float]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    own: int = 0  # adapters in the prompt that count against their number

    def __post_init__(self) -> None:
        self._take_writable()
        # what a round leaves of the budget may hold one more, and a second call would find it: go on until it would not
        while self._round():
            pass
        self._tell_left_out()

    def _take_writable(self) -> None:
        names: set[str] = set()
        wanted: list[Assignment] = []
        for a in self.wanted:
            files = _files(a.candidate)
            if any(f.name in names for f in files):
                continue
            names.update(f.name for f in files)
            if any(_named(t.name, f) for t in self.present for f in files):
                continue
            # A host that calls adapters by their paths takes them apart from the prompt.
            unwritable = [f.path for f in files if not (f.host_name or _writable(f.stem))]
            if unwritable:
                path = unwritable[0]
                self.notes.append(
                    f"{path} cannot be named in a prompt: rename the file without any of {UNWRITABLE_TOLD}"
                )
                continue
            wanted.append(a)
        pins = [f for a in self.wanted if self._is_pinned(a) for f in _files(a.candidate)]
        self.wanted = wanted
        self.present = [t for t in self.present if t.name not in self.counted]
        self.own = sum(not any(_means(t.name, f, names) for f in pins) for t in self.present)

    def _is_pinned(self, assignment: Assignment) -> bool:
        return assignment.candidate.adapter.id in self.pinned

    def _places(self) -> int:
        """How many more may come; what is pinned takes nobody's place, whoever wrote it."""
        return self.options.max_adapters - self.own - sum(not self._is_pinned(a) for a, _ in self.chosen)

    def _round(self) -> bool:
        first = sum(map(self._is_pinned, self.wanted))
        candidates = self.wanted[: first + max(0, self._places())]
        weights = self._weights(candidates, self.options.weight_budget, first)
        while len(candidates) > first and not any(weights[first:]):  # too little for so many: without the least sure
            candidates.remove(min(reversed(candidates[first:]), key=lambda a: a.confidence))
            weights = self._weights(candidates, self.options.weight_budget, first)
        new = [(a, w) for a, w in zip(candidates, weights, strict=True) if w]
        self.chosen += new
        names = {a.candidate.adapter.name for a, _ in new}
        self.wanted = [a for a in self.wanted if not any(_named(n, a.candidate.adapter) for n in names)]
        return bool(new and self.wanted)

    def _weights(self, candidates: Sequence[Assignment], budget: float, first: int = 0) -> list[float]:
        recommended = [candidates_weight(a.candidate) for a in candidates]
        return share_budget(recommended, self._written(), self.options.strength, budget, first)

    def _written(self) -> list[float]:
        """The weights of the adapters that are in the prompt so far."""
        return [1.0 if t.weight is None else t.weight for t in self.present] + [w for _, w in self.chosen]

    def _tell_left_out(self) -> None:
        most, written = self.options.max_adapters, self._written()
        late = [a for a in self.wanted if not self._is_pinned(a)] if self._places() <= 0 else []
        self._left_out(
            f"the prompt has its {most} adapters at most" if most else "at most 0 adapters are asked for", late
        )
        faint: list[Assignment] = []
        others: list[Assignment] = []
        for a in self.wanted[: len(self.wanted) - len(late)]:  # the pinned ones are in front
            (others if any(self._weights([a], math.inf)) else faint).append(a)
        total, budget = format_weight(sum(map(abs, written))), format_weight(self.options.weight_budget)
        spent = f"the adapters in the prompt weigh {total}, which leaves too little of the total weight of {budget}"
        alone = f"too little comes to each of a total weight of {budget}"
        self._left_out("their weights are too small to be seen", faint)
        self._left_out(spent if written else alone, others)

    def _left_out(self, why: str, which: Sequence[Assignment]) -> None:
        if which:
            self.notes.append(f"left out, as {why}: {', '.join(a.candidate.adapter.name for a in which)}")

    def written(self, text: str) -> Rewrite:
        """The prompt with what was chosen."""
        picks: list[Pick] = []
        tags: list[str] = []
        words: dict[int, list[str]] = {}  # number of the region -> what is added to it
        places = PhrasePlaces(text)
        for a, weight in self.chosen:
            said = ",\n".join([text, *(w for added in words.values() for w in added)])
            served = a.keyword
            lacks = missing_trigger_words(
                a.candidate.adapter, said, self.options.trigger_words, served.text, a.confidence
            )
            place = places.of(served.text, served.start, served.end)
            if lacks and place < 0:
                self.notes.append(
                    f"the trigger words of {a.candidate.adapter.name} were not added, as the prompt has regions and "
                    f"nothing tells to which they belong: {', '.join(lacks)}"
                )
                lacks = []
            words.setdefault(place, []).extend(lacks)
            first = make_pick(a, weight, tuple(lacks))
            second = second_pick(first, a.candidate)
            both = [first] if second is None else [first, second]
            picks += both
            names = [f.tag_name for f in _files(a.candidate)]
            tags += [tag(n, p.weight, p.clip_weight) for n, p in zip(names, both, strict=False) if _writable(n)]
        return Rewrite(places.written(words, tags), tuple(picks), tuple(self.notes), places.written(words, ()))


def _files(candidate: Candidate) -> list[Adapter]:
    """The adapter, and the other file where it stands for two."""
    half = candidate.half
    return [candidate.adapter, *([half.other] if half is not None and half.other is not None else [])]


def _pin(candidate: Candidate) -> Assignment:
    return Assignment(candidate, Keyword("", -1, -1), "you pinned it")


def _writable(name: str) -> bool:
    return bool(name) and UNWRITABLE.isdisjoint(name)


def _means(name: str, adapter: Adapter, names: Set[str]) -> bool:
    """Whether it is this adapter that a tag names: one of these names comes before another's alias."""
    return _named(name, adapter) and (name == adapter.name or name not in names)


def _named(name: str, adapter: Adapter) -> bool:
    """The host knows an adapter by stem or path and by alias; some people write the file's whole name."""
    names = {adapter.name, adapter.tag_name, adapter.stem, adapter.metadata.alias or adapter.stem}
    if adapter.host_name:  # then an extension is part of a path, and another folder's file has the same end
        return name in names
    return name in names or name.removesuffix(".safetensors").removesuffix(".pt").removesuffix(".ckpt") in names
