"""Which pictures are compared: those of two systems at the same place, or two groups of a prompt's pictures."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from stylus_study.study.study_folder import StudyError, StudyFolder
from stylus_study.study.types import BASE, StudyPicture, StudyPlan

GROUP = 5  # pictures of a group at most, as in the paper's code

_Place = tuple[str, float, str, int | None]  # prompt's id, CFG, checkpoint, seed; None is all seeds


@dataclass(frozen=True, slots=True)
class PicturePair:
    """Pictures of two systems that differ in nothing else; several of each, by seed, where groups are compared."""

    system: str
    against: str
    prompt: str  # id
    text: str
    cfg: float
    checkpoint: str
    ours: tuple[StudyPicture, ...]
    theirs: tuple[StudyPicture, ...]

    @property
    def same(self) -> bool:
        """Whether both sides are the same pictures: there is nothing to compare."""
        return digests(self.ours) == digests(self.theirs)


@dataclass(frozen=True, slots=True)
class PicturePairs:
    """The pairs that can be compared, the same places for every system as far as their pictures are there."""

    pairs: tuple[PicturePair, ...]
    missing: int = 0  # pairs of the study that lack a picture


def digests(pictures: Sequence[StudyPicture]) -> list[str]:
    """Their contents.

    Args:
        pictures: any number of them.

    Returns:
        The sha256 of each as hexadecimal digits, in the same order.
    """
    return [picture.sha256 for picture in pictures]


def compared(plan: StudyPlan, systems: Sequence[str] | None, against: str) -> tuple[str, ...]:
    """The systems to hold against another.

    Args:
        plan: the study.
        systems: their names; all but `against` if None or empty.
        against: the name of the system that they are compared with.

    Returns:
        The names, each once.

    Raises:
        StudyError: the study has no system of a name, or nothing is left to compare.
    """
    names = [system.name for system in plan.systems]
    chosen = tuple(dict.fromkeys(systems)) if systems else tuple(name for name in names if name != against)
    for name in (*chosen, against):
        if name not in names:
            raise StudyError(f"the study has no system {name!r}: it has {', '.join(names)}")
    if against in chosen:
        raise StudyError(f"{against!r} cannot be compared with itself")
    if not chosen:
        raise StudyError(f"the study has no system besides {against!r}: there is nothing to compare")
    return chosen


def find_pairs(
    study: StudyFolder,
    systems: Sequence[str] | None = None,
    against: str = BASE,
    *,
    groups: bool = False,
    limit: int | None = None,
    cfgs: Sequence[float] | None = None,
    seed: int = 0,
    differing: bool = False,
) -> PicturePairs:
    """The pairs of each system with `against`, those that tell most first.

    Args:
        study: the folder.
        systems: names; all but `against` if None.
        against: a system's name.
        groups: groups of up to `GROUP` pictures of a prompt, the same seeds on both sides and two at least, in place
            of single pictures.
        limit: pairs of each system, at most. They are drawn at random, over as many prompts as possible; a larger
            limit has those of a smaller one in it.
        cfgs: only these CFG values.
        seed: of the draw.
        differing: leave out pairs of the same pictures.

    Returns:
        The pairs, one system after the other, and how many lack a picture.

    Raises:
        StudyError: the study does not have a name or a CFG value.
    """
    plan = study.plan
    chosen = compared(plan, systems, against)
    for cfg in cfgs or ():
        if cfg not in plan.cfgs:
            raise StudyError(f"the study has no CFG value {cfg:g}: it has {', '.join(f'{c:g}' for c in plan.cfgs)}")
    texts = dict(plan.prompts)
    pictures: dict[str, dict[_Place, dict[int, StudyPicture]]] = defaultdict(lambda: defaultdict(dict))
    for picture in study.pictures():
        cell = picture.cell
        if picture.path.is_file():
            place = (cell.prompt, cell.cfg, cell.checkpoint, None if groups else cell.seed)
            pictures[cell.system][place][cell.seed] = picture
    places = _spread(plan, groups, set(cfgs or plan.cfgs), seed)
    made: list[PicturePair] = []
    missing = 0
    for system in chosen:
        taken = 0
        for place in places:
            ours, theirs = pictures[system].get(place, {}), pictures[against].get(place, {})
            seeds = [number for number in plan.seeds if number in ours and number in theirs][: GROUP if groups else 1]
            if len(seeds) < (2 if groups else 1):
                missing += 1
                continue
            prompt, cfg, checkpoint, _ = place
            pair = PicturePair(
                system,
                against,
                prompt,
                texts[prompt],
                cfg,
                checkpoint,
                tuple(ours[number] for number in seeds),
                tuple(theirs[number] for number in seeds),
            )
            if (limit is None or taken < limit) and not (differing and pair.same):
                made.append(pair)
                taken += 1
    return PicturePairs(tuple(made), missing)


def _spread(plan: StudyPlan, groups: bool, cfgs: set[float], seed: int) -> list[_Place]:
    """All places in random order, each prompt once before any comes again."""
    places: list[_Place] = [
        (prompt, cfg, checkpoint, number)
        for checkpoint in plan.checkpoints
        for prompt, _ in plan.prompts
        for cfg in plan.cfgs
        if cfg in cfgs
        for number in ((None,) if groups else plan.seeds)
    ]
    places.sort(key=lambda place: hashlib.sha256(repr((seed, *place)).encode()).digest())
    turn: Counter[str] = Counter()
    turns = {}
    for place in places:
        turn[place[0]] += 1
        turns[place] = turn[place[0]]
    return sorted(places, key=turns.__getitem__)
