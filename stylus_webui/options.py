"""The options inside a WebUI: the core's table with what only a host knows, and how a request is read by it.

`TABLE` drives the panel, the positional and the named API arguments, the infotext and the X/Y/Z axes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from stylus_core import option_table as core
from stylus_core.errors import OptionError
from stylus_core.option_values import Option, check
from stylus_core.options import Options
from stylus_host.named_adapters import Named, parse_picks
from stylus_host.variants import OPTION as VARIANTS
from stylus_webui.edits import Edits, parse_edits

ENABLED = Option("enabled", "bool", False, "Enable", "Pick adapters for every prompt of the job.")

#: Options of a job that the core does not know. `picks` has no control of its own: a pasted infotext fills it.
HOST_TABLE: tuple[Option, ...] = (
    VARIANTS,
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
