"""Of several adapters for one purpose, the one that is made for the checkpoint's family comes first.

A preference and no wall: it changes the order of adapters that are sure enough to be picked, and no chance. What is for
another family is still picked where nothing else serves the purpose.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace

from stylus_core.base_models.families import (
    NAMES,
    family_of_adapter,
    family_of_prompt,
    fits_architecture,
    kinship,
)
from stylus_core.composer.contract import Request
from stylus_core.composer.name_matching import own_words
from stylus_core.types import Adapter, Assignment

#: As much likelier a stranger may be for the same words and still come second; half of it against what is unknown.
MARGIN = 0.2

#: What names of versions add to the name that they share.
_OF_VERSIONS = frozenset((*NAMES, "noob", "il", "ilxl", "pdxl", "illustriousxl", "noobaixl", "ponyxl"))


def family(adapter: Adapter) -> str:
    """The family that an adapter is made for; "" where nothing tells."""
    m = adapter.metadata
    return family_of_adapter(m.family, m.version, (adapter.stem, m.title), (e.prompt for e in m.examples))


def wanted_family(request: Request) -> str:
    """The family of the checkpoint: as the options say, else as words of the prompt tell; "" where nobody knows."""
    given = request.options.family
    found = family_of_prompt(request.prompt.asked) if given == "any" else given
    return found if fits_architecture(found, request.options.architecture) else ""


def prefer_family(wanted: Sequence[Assignment], request: Request, margin: float = MARGIN) -> list[Assignment]:
    """The same adapters, those of the checkpoint's family before others for the same purpose.

    Versions of one thing ("Veska" for two families) are as likely as the likeliest of them. Other adapters of one kind
    for the same words give way where they are likelier by no more than `margin`. Adapters for different purposes keep
    their places.

    Args:
        wanted: adapters that may be picked, best first.
        request: what they are for.
        margin: of confidence; 0 where it says nothing, so that only versions of one thing give way.
    """
    ours = wanted_family(request)
    if not ours:
        return list(wanted)
    chances = [a.confidence for a in wanted]
    kin = {id(a): kinship(family(a.candidate.adapter), ours) for a in wanted}
    order = _within(list(wanted), _version, lambda _, a: kin[id(a)])
    order = _within(order, _purpose, lambda place, a: chances[place] + margin * kin[id(a)])
    unknown = kinship("", ours)
    before = {id(a): place for place, a in enumerate(wanted)}
    return [
        replace(a, reason=f"{a.reason}; it is made for {family(a.candidate.adapter)}")
        if kin[id(a)] > unknown and place < before[id(a)]
        else a
        for place, a in enumerate(order)
    ]


def are_versions(one: Adapter, other: Adapter) -> bool:
    """Whether two files are one thing of one author for two base models: together they would do it twice."""
    first, second = one.metadata, other.metadata
    if first.model_id is None or first.model_id != second.model_id or _named(one) != _named(other):
        return False
    bases = first.base_model.casefold(), second.base_model.casefold()
    return all(bases) and bases[0] != bases[1]


def _within(
    order: list[Assignment], of: Callable[[Assignment], Hashable | None], value: Callable[[int, Assignment], float]
) -> list[Assignment]:
    """`order`, in which each group fills its own places anew, highest value first; ties stay as they are.

    `value` gets the place that an assignment has in `order`. What is in no group (None) stays.
    """
    groups: dict[Hashable, list[int]] = {}
    for place, a in enumerate(order):
        key = of(a)
        if key is not None:
            groups.setdefault(key, []).append(place)
    out = list(order)
    for places in groups.values():
        best = sorted(places, key=lambda place: -value(place, order[place]))
        for place, source in zip(places, best, strict=True):
            out[place] = order[source]
    return out


def _version(a: Assignment) -> Hashable | None:
    words = _named(a.candidate.adapter)
    return (a.candidate.adapter.card.kind, words) if words else None


def _purpose(a: Assignment) -> Hashable:
    return a.keyword.start, a.keyword.end, a.candidate.adapter.card.kind


def _named(adapter: Adapter) -> frozenset[str]:
    return own_words(adapter) - _OF_VERSIONS
