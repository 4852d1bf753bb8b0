"""Families of checkpoints inside one architecture: Pony, Illustrious, NoobAI and Animagine in SDXL, anime and photo.

An adapter of another family works, only worse; so a family is a preference and never a wall. What is known of each
stands in `FAMILIES`; nothing else in the project knows one by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

#: Characters of a text that are looked at: names are short, and what is longer comes from strangers.
_SEEN = 300
#: Example prompts of an adapter that are looked at, and characters of each.
_EXAMPLES, _PROMPT = 8, 2000

_SAME, _NEAR, _UNKNOWN, _FAR = 1.0, 0.75, 0.5, 0.0


@dataclass(frozen=True, slots=True)
class Family:
    """One family.

    Attributes:
        name: as `Metadata.family` has it.
        architectures: those in which it exists.
        named: names it where a base model is named: in a statement, or as the file name of a checkpoint.
        marked: the same for the name of an adapter, where the family's name may be a word of what it draws.
        derived_from: families that it was trained on from: what is made for one of the two works well on the other.
        asked: words of a prompt that only this family's checkpoints know.
    """

    name: str
    architectures: tuple[str, ...]
    named: re.Pattern[str]
    marked: re.Pattern[str] | None = None
    derived_from: tuple[str, ...] = ()
    asked: re.Pattern[str] | None = None


def _any_case(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.I)


#: A version behind a name, at its end: "_v2", "-1.0", "XL v3".
_END = r"(?:[-_ ]?(?:sd)?xl)?(?:[-_ .]?v?\d[\w.]{0,12})?[\])]?$"

#: Not the end of "OilXL".
_ILXL = r"(?<![a-z])ilxl|(?-i:(?<=[a-z])ILXL)"

#: The more special come first: a name that tells two families is the first one's.
FAMILIES: tuple[Family, ...] = (
    Family(
        "pony",
        ("sdxl", "auraflow"),
        _any_case(r"pony(?!tail)|pdxl|(?<![a-z])pny|(?-i:PNY)|autismmix"),
        # "my little pony" is what an adapter draws, and a ponytail is no pony
        _any_case(
            r"pdxl|pony[-_ ]?(?:sd)?xl|pony[-_ ]?diffusion|pony[-_ ]?v\d|[\[(]\s?pony\s?[\])]|for[-_ ]pony"
            rf"|(?<!little)[-_ ]pony{_END}"
        ),
        asked=re.compile(r"(?<!\w)score_[4-9](?:_up)?(?!\w)"),
    ),
    Family("noobai", ("sdxl",), _any_case(r"noob"), _any_case(r"noob[-_ ]?(?:ai|xl|v\d)"), ("illustrious",)),
    Family(
        "illustrious",
        ("sdxl",),
        _any_case(
            rf"illustrious|illust[-_ ]?xl|{_ILXL}|(?<![a-z])wai[-_ ]?(?:nsfw|sfw|ani|xl)|(?:^|[-_ ])il(?:[-_ v\d]|$)"
        ),
        _any_case(rf"illustrious|illust[-_ ]?xl|{_ILXL}|[-_ ]il{_END}"),
    ),
    Family("animagine", ("sdxl",), _any_case(r"animagine"), _any_case(r"animagine")),
    Family(
        "anime",
        ("sd1", "sdxl"),
        _any_case(
            r"\bnai\b|novelai|anime|anything|anylora|\bany[-_ ]?v?[3-5]|counterfeit|meina|(?:orange|pastel)[-_ ]?mix"
        ),
    ),
    Family(
        "photo",
        ("sd1", "sdxl"),
        _any_case(r"realis|photo|epicreal|chilloutmix|juggernaut|deliberate|cyberreal|realvis|majic[-_ ]?mix"),
    ),
)

NAMES: tuple[str, ...] = tuple(f.name for f in FAMILIES)
_BY_NAME = {f.name: f for f in FAMILIES}
#: Names of base models besides the families: an adapter whose name lists several is for all of them.
_OTHERS = _any_case(r"(?<![a-z])(?:sdxl|xl|sd\s?1\.?5|1\.5|flux)(?![a-z\d])")


def family_of(*texts: str) -> str:
    """Finds the family that the first telling text names.

    Args:
        texts: statements about a base model and file names of checkpoints, the most trusted first.

    Returns:
        The name of one of `FAMILIES`, or "".
    """
    for text in texts:
        for family in FAMILIES:
            if family.named.search(text[:_SEEN]):
                return family.name
    return ""


def family_of_adapter(known: str, version: str, names: Iterable[str], prompts: Iterable[str]) -> str:
    """Finds the family that an adapter is made for.

    Args:
        known: what its base model says, as `family_of` gives it; it decides where it says anything.
        version: the name of its version, which is often nothing but the family's.
        names: its own: of the file, its title.
        prompts: its author's example prompts; the words that only one family knows have to stand in most of them.

    Returns:
        The name of one of `FAMILIES`, or "" where nothing tells, or where it is made for several.
    """
    if known:
        return known
    told = (_only(version, [f.named for f in FAMILIES]), *(_only(n, [f.marked for f in FAMILIES]) for n in names))
    if found := next((name for name in told if name), ""):
        return found
    asked = [family_of_prompt(p[:_PROMPT]) for p in islice((p for p in prompts if p), _EXAMPLES)]
    first = next((a for a in asked if a), "")
    return first if 2 * asked.count(first) > len(asked) else ""


def _only(name: str, patterns: Sequence[re.Pattern[str] | None]) -> str:
    """The one family whose pattern a name has; "" where it has several, or names another base model as well."""
    text = name[:_SEEN]
    found = [(f.name, p) for f, p in zip(FAMILIES, patterns, strict=True) if p is not None and p.search(text)]
    if len(found) != 1 or _OTHERS.search(found[0][1].sub(" ", text)):
        return ""
    return found[0][0]


def family_of_prompt(prompt: str) -> str:
    """Finds the family whose own words a prompt has ("score_9, score_8_up").

    Words that several families know ("masterpiece", "absurdres", "newest") tell nothing for sure, and are not used.

    Args:
        prompt: as the user or an author wrote it.

    Returns:
        The name of one of `FAMILIES`, or "".
    """
    return next((f.name for f in FAMILIES if f.asked and f.asked.search(prompt)), "")


def fits_architecture(family: str, architecture: str) -> bool:
    """Whether a family exists inside an architecture.

    Args:
        family: the name of one of `FAMILIES`; any other exists in none.
        architecture: of a checkpoint; one that nobody knows ("any", "unknown") rules nothing out.

    Returns:
        Whether a checkpoint of the architecture can be of the family.
    """
    known = _BY_NAME.get(family)
    return known is not None and (architecture in ("any", "unknown") or architecture in known.architectures)


def kinship(one: str, other: str) -> float:
    """Says how well what is made for one family works on the other.

    Args:
        one: the name of a family, "" where it is unknown.
        other: the same of the other.

    Returns:
        From 1 for the same family to 0 for strangers; half where one is unknown.
    """
    if not one or not other:
        return _UNKNOWN
    if one == other:
        return _SAME
    near = other in _derived(one) or one in _derived(other)
    return _NEAR if near else _FAR


def _derived(name: str) -> tuple[str, ...]:
    known = _BY_NAME.get(name)
    return known.derived_from if known else ()
