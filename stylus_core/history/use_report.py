"""Everything that the page of a history shows, counted over the prompts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from stylus_core.generation_data import AdapterUse
from stylus_core.history.records import Correction, LearnedFolder, OwnPrompt, OwnUse
from stylus_core.history.time_columns import TimeColumns, time_columns
from stylus_core.history.uses import count_uses, meant

_PAIRS = 20


@dataclass(frozen=True, slots=True)
class ReportedAdapter:
    """One adapter that was used.

    Attributes:
        name: what the host calls it.
        use: how it was used.
        weights: in how many pictures it has which weight, by weight.
        columns: in how many pictures it is, by the place in the report's columns.
    """

    name: str
    use: OwnUse
    weights: tuple[tuple[float, int], ...]
    columns: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class UseReport:
    """What a history says of its user.

    Attributes:
        folders: that are learned.
        pictures: that count.
        bare: those of them without an adapter of the library.
        prompts: different ones.
        time: the columns in which the uses are counted.
        adapters: that were used, the one used most first.
        pairs: names of two adapters, and in how many pictures both are; most first.
        corrections: newest first.
        library: how many adapters there are to use.
    """

    folders: tuple[LearnedFolder, ...]
    pictures: int
    bare: int
    prompts: int
    time: TimeColumns
    adapters: tuple[ReportedAdapter, ...]
    pairs: tuple[tuple[str, str, int], ...]
    corrections: tuple[Correction, ...]
    library: int


def use_report(
    prompts: Sequence[OwnPrompt],
    ids: Callable[[AdapterUse], Collection[int]],
    names: dict[int, str],
    folders: Sequence[LearnedFolder] = (),
    corrections: Sequence[Correction] = (),
) -> UseReport:
    """Counts what the page shows.

    Args:
        prompts: of the user's own pictures.
        ids: which adapters of the library a picture's use means; those that `names` lacks are left out.
        names: what the host calls each adapter of the library that can be used, by its id.
        folders: that are learned.
        corrections: the user's, newest first.

    Returns:
        The counts.
    """

    def known(use: AdapterUse) -> list[int]:
        return [id_ for id_ in ids(use) if id_ in names]

    time = time_columns(prompts)
    counted = count_uses(prompts, known)
    columns: dict[int, Counter[int]] = {id_: Counter() for id_ in counted}
    bare = 0
    for prompt, found in meant(prompts, known):
        bare += 0 if found else prompt.pictures
        spread = time.spread(prompt) if found else Counter()
        for id_ in found:
            columns[id_].update(spread)
    ordered = sorted(counted, key=lambda id_: (-counted[id_].pictures, names[id_]))
    adapters = tuple(
        ReportedAdapter(
            names[id_],
            counted[id_].use(names.__getitem__),
            tuple(sorted(counted[id_].weights.items())),
            tuple(columns[id_][place] for place in range(len(time.starts))),
        )
        for id_ in ordered
    )
    pairs = ((one, two, n) for one in counted for two, n in counted[one].together.items() if one < two)
    best = sorted(((-n, names[one], names[two]) for one, two, n in pairs))[:_PAIRS]
    return UseReport(
        folders=tuple(folders),
        pictures=sum(max(0, prompt.pictures) for prompt in prompts),
        bare=bare,
        prompts=len({" ".join(prompt.prompt.casefold().split()) for prompt in prompts if prompt.pictures > 0}),
        time=time,
        adapters=adapters,
        pairs=tuple((one, two, -n) for n, one, two in best),
        corrections=tuple(corrections),
        library=len(names),
    )
