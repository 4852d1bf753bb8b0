"""What each host does with two files that are one adapter (Wan 2.2's high and low noise): the one place that knows.

- SD.Next loads one part of such a model or both, as a setting says, and puts an adapter on the part that its tag names.
- Forge Neo runs the second part as its Refiner, for which it writes the names in the tags anew, by rules of its page: a
  tag for the first file calls both.
- AUTOMATIC1111, Forge and reForge run no such model.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from stylus_core.types import Half, Pick
from stylus_webui import host

_SDNEXT, _NEO = "SD.Next", "Forge Neo"
_RULES = 4_000  # characters of Forge Neo's rules that are read


@dataclass(frozen=True, slots=True)
class Applied:
    """Whether the host applies both files to the next picture; called with their stems it says why not, or nothing.

    Attributes:
        why: it applies both files of no pair, and this is why; "" where it may.
        renames: Forge Neo's rules by which the first name has to become the second; None on other hosts.
    """

    why: str = ""
    renames: tuple[tuple[str, str], ...] | None = None

    def __call__(self, high: str, low: str) -> str:
        """Says why a host does not apply both of two files of these names; empty: it does."""
        if self.why or self.renames is None:
            return self.why
        name = high
        for before, after in self.renames:
            name = name.replace(before, after)
        if name == low:
            return ""
        return (
            f"the Refiner would not take {low!r} for {high!r}: give it a LoRA replacement that turns one into the other"
        )

    @property
    def key(self) -> str:
        """What of it decides which adapters are picked."""
        return f"{self.why}\n{self.renames}"


def applied(p: Any = None) -> Applied:
    """Finds out what the host does with the next picture.

    Args:
        p: its job, where there is one already.

    Returns:
        Whether and how it applies both files of a pair.
    """
    found = _host()
    if found == _SDNEXT:
        return Applied(
            "" if _both_loaded() else "SD.Next has loaded one of the model's two parts, see 'Processing stage'"
        )
    if found == _NEO:
        if _refines(p):
            return Applied(renames=_renames(str(host.option("refiner_lora_replacement", ""))[:_RULES]))
        return Applied("the Refiner, which would run the model's second part, is off")
    return Applied("this WebUI runs no model of two parts")


def joined(
    picks: Sequence[Pick], half_of: Callable[[str], Half | None], applies: Applied, present: Iterable[str] = ()
) -> tuple[list[Pick], list[str]]:
    """Picks that somebody named, of which those know each other that are two files of one adapter.

    Args:
        picks: by their names alone.
        half_of: what the adapter of a stem is of a pair.
        applies: whether the host applies both files.
        present: names in the prompt's own tags.

    Returns:
        The picks without those pairs that the host does not apply, and a sentence for each of these and for each file
        that comes alone, as it was asked for.
    """
    names, out, notes = {p.name for p in picks}, list[Pick](), dict[str, None]()
    for pick in picks:
        half = half_of(pick.name)
        if half is None:
            out.append(pick)
            continue
        other = half.other.stem if half.other is not None else ""
        high, low = (pick.name, other) if half.stage == "high" else (other, pick.name)
        if other in names and (why := half.missing or applies(high, low)):
            notes[f"{high} and {low} belong together and are left out: {why}."] = None
            continue
        if other not in names and other not in present:
            lacks = half.missing or f"{other} was not asked for"
            notes[f"{pick.name} is one file of two that belong together, and comes alone: {lacks}."] = None
        first = other if any(p.name == other for p in out) else ""
        out.append(replace(pick, stage=half.stage, belongs_to=first))
    return out, list(notes)


def whole(picks: Sequence[Pick], before: Sequence[Pick], removed: Collection[str]) -> tuple[list[Pick], list[str]]:
    """Leaves out what lost its other half.

    Args:
        picks: that are left.
        before: that were there.
        removed: what the user left out; the other half of that goes without a word.

    Returns:
        The picks that are whole, and a sentence for each of the others.
    """
    there = {p.name for p in picks}
    other = {p.name: p.belongs_to for p in before if p.belongs_to}
    other |= {first: second for second, first in other.items()}
    kept = [p for p in picks if p.name not in other or other[p.name] in there]
    lost = [p for p in picks if p not in kept and other[p.name] not in removed]
    return kept, [f"{(p.title or p.name)!r} is left out: its other half {other[p.name]} is." for p in lost]


def tag_of_pick(pick: Pick, picks: Sequence[Pick]) -> str:
    """Writes a pick's tag.

    Args:
        pick: of one file.
        picks: all that are written.

    Returns:
        The tag; "" where the tag of its other half, which is among `picks`, calls it as well.
    """
    from stylus_core.rewriter import tag
    from stylus_core.rewriter.weights import format_weight

    plain = tag(pick.name, pick.weight, pick.clip_weight)
    if not pick.stage:
        return plain
    found = _host()
    if found == _SDNEXT:
        return f"<lora:{pick.name}:{format_weight(pick.weight)}:{pick.stage}>"
    if (
        found == _NEO
        and pick.stage == "low"
        and any(p.name == pick.belongs_to or p.belongs_to == pick.name for p in picks)
    ):
        return ""
    return plain


def _host() -> str:
    """The host that runs models of two parts, by the settings that it has for them; "" for any other."""
    if host.option("model_wan_stage") is not None:
        return _SDNEXT
    return _NEO if host.option("refiner_lora_replacement") is not None else ""


def _renames(rules: str) -> tuple[tuple[str, str], ...]:
    """Forge Neo's rules for the names in tags: "AAA=BBB", and "-CCC" for what goes with all that has it in its name."""
    lines = [line.strip() for line in rules.splitlines()]
    pairs = [(one.strip(), other.strip()) for one, _, other in (line.partition("=") for line in lines)]
    replaced = [(one, other) for one, other in pairs if one and other and "+" not in one]
    return (*((line[1:].strip(), "") for line in lines if line.startswith("-") and "=" not in line), *replaced)


def _both_loaded() -> bool:
    model = host.loaded_model()
    if hasattr(model, "transformer_2"):
        return model.transformer_2 is not None and getattr(model, "transformer", None) is not None
    return host.option("model_wan_stage") in ("combined", "both")


def _refines(p: Any) -> bool:
    """Before a job nobody knows whether its Refiner is on: then it counts whether it is shown at all."""
    if p is None:
        return bool(host.option("show_refiner", False))
    chosen = getattr(p, "refiner_checkpoint", None)
    return chosen not in (None, "", "None") and bool(getattr(p, "refiner_switch_at", None))
