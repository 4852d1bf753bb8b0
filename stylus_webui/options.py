"""The options inside a WebUI: the core's table with what only a host knows, and everything that is read from a request.

`TABLE` drives the panel, the positional and the named API arguments, the infotext and the X/Y/Z axes.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from stylus_core import options as core
from stylus_core.errors import OptionError
from stylus_core.option_values import Option, check
from stylus_core.options import Options
from stylus_webui.served_words import stand

VARIANTS = ("all", "one-hot per adapter", "one-hot per keyword")

ENABLED = Option("enabled", "bool", False, "Enable", "Pick adapters for every prompt of the job.")

#: Options of a job that the core does not know. `picks` has no control of its own: a pasted infotext fills it.
HOST_TABLE: tuple[Option, ...] = (
    Option(
        "variants",
        "choice",
        "all",
        "Variants",
        "What the batches of one job use: every pick, or other subsets of them in an order of the seed.",
        VARIANTS,
    ),
    Option(
        "picks",
        "names",
        (),
        "Fixed picks",
        "Exactly these adapters, each as name:weight, for every prompt of the job: nothing is selected. "
        "Two weights are the text encoder's and the picture's, as in a tag.",
    ),
)

TABLE: tuple[Option, ...] = (ENABLED, *core.TABLE, *HOST_TABLE)
BY_NAME: dict[str, Option] = {o.name: o for o in TABLE}

#: What the panel shows, in this order; each is one positional argument. The last argument is the panel's state.
CONTROLS: tuple[Option, ...] = tuple(o for o in TABLE if o.name != "picks")

#: Most adapters that a request may name one by one, and the largest weight of one, either way.
MOST_PICKS, MOST_WEIGHT = 100, 100.0

_PICK = re.compile(r"\s*([^:<>\s][^:<>]*):(-?\d+(?:\.\d+)?)(?::(-?\d+(?:\.\d+)?))?\s*(?:,|$)")


class Named(NamedTuple):
    """An adapter that a request or a pasted picture names, with its weight."""

    name: str
    weight: float  # of the picture's model
    clip_weight: float | None = None  # of the text encoder, where that is another one

    def __str__(self) -> str:
        """As in a tag: `name:weight`, or `name:te:unet`."""
        return ":".join([self.name, *(f"{w:g}" for w in (self.clip_weight, self.weight) if w is not None)])


@dataclass(frozen=True, slots=True)
class Edits:
    """What the user did in the panel to the picks of one prompt, or what a pasted infotext brought."""

    prompt: str = ""  # the prompt that this belongs to
    rewritten: str = ""  # of a pasted infotext: the prompt of the picture
    picks: tuple[Named, ...] = ()  # of a pasted infotext
    removed: tuple[str, ...] = ()
    weights: dict[str, float] = field(default_factory=dict)
    added: tuple[Named, ...] = ()  # taken by hand, at the strength that is recommended
    words: dict[str, tuple[str, ...]] = field(default_factory=dict)  # name -> what its pick served; none: all of it

    def dump(self) -> str:
        """As the text that the panel's hidden field holds; empty if there is nothing to remember."""
        given = {k: v for k, v in dataclasses.asdict(self).items() if v}
        return json.dumps(given, ensure_ascii=False) if given.keys() - {"prompt"} else ""

    def for_prompt(self, prompt: str, typed: str = "") -> Edits:
        """Takes these edits for a prompt.

        Args:
            prompt: of a picture.
            typed: what it was made of, in the box; "" where nobody knows.

        Returns:
            Themselves if they belong to either, else those of picks whose words stand in the prompt.
        """
        if same_text(self.prompt, prompt) or (typed and same_text(self.prompt, typed)):
            return self
        kept = {n: words for n, words in self.words.items() if stand(words, self.prompt, prompt)}
        return Edits(
            typed or prompt,
            removed=tuple(n for n in self.removed if n in kept),
            weights={n: w for n, w in self.weights.items() if n in kept},
            added=tuple(a for a in self.added if a.name in kept),
            words=kept,
        )

    @property
    def touched(self) -> bool:
        """Whether the user changed anything of the picks in the panel."""
        return bool(self.removed or self.weights or self.added)


@dataclass(frozen=True, slots=True)
class HostSettings:
    """One request, checked: whether to work, how to select, and what is special to a host."""

    enabled: bool = False
    options: Options = field(default_factory=Options)
    variants: str = "all"
    picks: tuple[Named, ...] = ()
    edits: Edits = field(default_factory=Edits)

    def changed(self) -> dict[str, Any]:
        """Every option that differs from the table's default, as plain values, `enabled` and `picks` left out."""
        out = self.options.changed()
        if self.variants != BY_NAME["variants"].default:
            out["variants"] = self.variants
        return out


def of(
    values: Mapping[str, Any], edits: Edits | None = None, defaults: Mapping[str, Any] | None = None
) -> HostSettings:
    """Checks named options, those of the core and those that only a host knows.

    Args:
        values: by the option's name, of any type.
        edits: what the panel's hidden field brought.
        defaults: of options that `values` does not name, as `settings.panel_defaults` gives them; what they lack, or
            all if None, has the table's.

    Returns:
        The request, checked.

    Raises:
        OptionError: it names the option and what it takes.
    """
    unknown = sorted(set(values) - set(BY_NAME), key=str)
    if unknown:
        raise OptionError(f"unknown option {unknown[0]!r}: the options are {', '.join(BY_NAME)}")
    values = {**(defaults or {}), **values}
    picks = parse_picks(values["picks"]) if "picks" in values else ()
    host = {name: check(BY_NAME[name], values[name]) for name in ("enabled", "variants") if name in values}
    selection = Options.of({k: v for k, v in values.items() if k in core.BY_NAME})
    return HostSettings(options=selection, picks=picks, edits=edits or Edits(), **host)


def from_args(args: Sequence[Any], defaults: Mapping[str, Any] | None = None) -> HostSettings:
    """Reads what a host passes to a script's hook: `CONTROLS` in order, then the panel's state.

    Args:
        args: `args[0]` may be a bool or, from the API, one dict of named options, which win over the positional ones;
            giving a dict means enabled unless it says otherwise. Missing positions and None name nothing.
        defaults: of what is not named, as `of` takes them.

    Returns:
        The request, checked.
    """
    given = list(zip(CONTROLS, args, strict=False))
    # An emptied field of a seed is None, and -1 to the host.
    values = {o.name: _positional(o, v) for o, v in given if v is not None or o.form == "seed"}
    first = args[0] if args else None
    if isinstance(first, Mapping):
        values.pop(ENABLED.name)
        values = {**values, ENABLED.name: True, **first}
    return of(values, parse_edits(args[len(CONTROLS)]) if len(args) > len(CONTROLS) else None, defaults)


def parse_edits(text: Any) -> Edits:
    """Reads the panel's hidden field. Whatever cannot be read is no edit: the field is not the user's to fill.

    Args:
        text: JSON, or anything.

    Returns:
        The edits; none where it is no JSON of ours.
    """
    if not isinstance(text, str) or not text.strip():
        return Edits()
    try:
        given = json.loads(text)
        return Edits(
            prompt=str(given.get("prompt", "")),
            rewritten=str(given.get("rewritten", "")),
            picks=tuple(_named(*p) for p in given.get("picks", ())[:MOST_PICKS]),
            removed=tuple(str(n) for n in given.get("removed", ())),
            weights={str(n): _weight(w) for n, w in given.get("weights", {}).items()},
            added=tuple(_named(*p) for p in given.get("added", ())[:MOST_PICKS]),
            words={str(n): tuple(map(str, words)) for n, words in given.get("words", {}).items()},
        )
    except (ValueError, TypeError, AttributeError, RecursionError, OverflowError):
        return Edits()


def _named(name: Any, weight: Any, clip_weight: Any = None) -> Named:
    return Named(str(name), _weight(weight), None if clip_weight is None else _weight(clip_weight))


def _weight(value: Any) -> float:
    """A weight that a tag may carry. Raises `ValueError` for another."""
    number = float(value)
    if not abs(number) <= MOST_WEIGHT:  # NaN is none either
        raise ValueError(f"a weight is a number from {-MOST_WEIGHT:g} to {MOST_WEIGHT:g}")
    return number


def parse_picks(value: Any) -> tuple[Named, ...]:
    """Reads adapters with their weights.

    Args:
        value: `["name:0.8", "name:0.6:0.8", ...]`, or the same joined by ", ". Two weights are those of a tag, the text
            encoder's first. A stem may hold commas, but never a colon.

    Returns:
        The adapters in their order.

    Raises:
        OptionError: it is no such list, a name stands there twice, a weight is beyond `MOST_WEIGHT`, or there are more
            than `MOST_PICKS`.
    """
    text = value if isinstance(value, str) else ", ".join(value) if _is_names(value) else None
    picks: dict[str, Named] = {}
    at = 0
    while text is None or at < len(text):
        # From where the last one ended and nowhere else: to search for the next would try every place of a long text.
        found = _PICK.match(text, at) if text else None
        if found is None or not (name := found[1].strip()):
            raise OptionError(f"option 'picks' takes a list of name:weight, not {repr(value)[:60]}")
        if name in picks:
            raise OptionError(f"option 'picks' names {name[:60]!r} twice")
        if len(picks) == MOST_PICKS:
            raise OptionError(f"option 'picks' takes {MOST_PICKS} adapters at most")
        try:
            picks[name] = _named(name, found[2]) if found[3] is None else _named(name, found[3], found[2])
        except ValueError as error:
            raise OptionError(f"option 'picks' takes name:weight: {error}") from None
        at = found.end()
    return tuple(picks.values())


def format_picks(picks: Iterable[Named]) -> str:
    """Writes what `parse_picks` reads.

    Args:
        picks: with their weights.

    Returns:
        "name:0.8, name:0.6:0.8".
    """
    return ", ".join(map(str, picks))


def same_text(a: str, b: str) -> bool:
    """Whether two prompts are the same to a reader: whitespace at the ends and line breaks do not count."""
    return normal(a) == normal(b)


def normal(prompt: str) -> str:
    """Folds a prompt as far as it is the same to a reader.

    Args:
        prompt: any.

    Returns:
        It with single spaces for any whitespace.
    """
    return " ".join(prompt.split())


def schema(defaults: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Puts the table into plain values, for `GET /stylus/v1/options`.

    Args:
        defaults: by the option's name, in place of the table's.

    Returns:
        One object a row.
    """
    rows = (dataclasses.asdict(replace(o, default=defaults.get(o.name, o.default))) for o in TABLE)
    return [{k: v for k, v in row.items() if k in ("default", "help") or v not in (None, (), "")} for row in rows]


def lines(value: Any) -> tuple[str, ...]:
    """Reads the names in a field of the panel, one a line: a stem may hold commas.

    Args:
        value: a text, a list, or nothing.

    Returns:
        The names, each once.
    """
    given = value.splitlines() if isinstance(value, str) else value or ()
    return tuple(dict.fromkeys(text for line in given if (text := str(line).strip())))


def _positional(option: Option, value: Any) -> Any:
    return list(lines(value)) if option.type == "names" and isinstance(value, str) else value


def _is_names(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(v, str) for v in value)
