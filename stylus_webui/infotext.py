"""What goes into a picture's parameters, and what a pasted text brings back.

Keys are "Stylus" and the option's name; only what differs from the table's defaults is written, plus the user's own
prompt and the picks of the picture. Keys and endpoints of a language model are settings, not options: never written.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from stylus_core.errors import OptionError
from stylus_core.option_values import Option
from stylus_host.named_adapters import Named, format_picks, parse_picks
from stylus_webui import host_prompts
from stylus_webui.edits import Edits
from stylus_webui.options import BY_NAME, CONTROLS, HostSettings

logger = logging.getLogger("stylus")

PREFIX = "Stylus "
PROMPT = "Stylus prompt"
HIRES_PROMPT = "Stylus hires prompt"
REFINER_PROMPT = "Stylus refiner prompt"
PICKS = "Stylus picks"
NOTE = "Stylus note"  # why there are no picks, who is missing of those that were named, or which composer stood in
ERROR = "Stylus error"  # of a request with an invalid option
ENABLED = "Stylus enabled"
#: Put into the pasted parameters for `infotext_fields`; never written into a picture.
_STATE = "Stylus state"


def key(option: Option) -> str:
    """The option's name in an infotext."""
    return PREFIX + option.name.replace("_", " ")


def clear(params: dict[str, Any]) -> None:
    """Takes our keys out: X/Y/Z plot uses one dict for every cell.

    Args:
        params: `extra_generation_params` of a job.
    """
    for name in [k for k in params if isinstance(k, str) and k.startswith(PREFIX)]:
        del params[name]


def settings_params(settings: HostSettings) -> dict[str, str]:
    """Writes the switch and every option that differs from its default.

    Args:
        settings: of the job.

    Returns:
        Our keys of the infotext with their texts.
    """
    out = {ENABLED: "True"}
    for name, value in settings.changed().items():
        out[key(BY_NAME[name])] = json.dumps(value, ensure_ascii=False) if isinstance(value, list) else str(value)
    return out


def quoted(text: str) -> str:
    """Quotes a text so that the host's own quoting and unquoting gives it back, whatever is in it.

    The host quotes only what holds a comma, colon or line break; anything else would lose its spaces at the ends and
    its own quotation marks.

    Args:
        text: of a parameter.

    Returns:
        What is put among the parameters.
    """
    return text if any(c in text for c in ",:\n") else json.dumps(text, ensure_ascii=False)


class PerPicture:
    """A parameter that differs from picture to picture.

    The host would take a list as well, but looks a batch's pictures up by their place in the batch, so that every batch
    gets the values of the first; a callable is told which prompts it counts in.
    """

    def __init__(self, values: Sequence[str | None]) -> None:
        self.values = list(values)

    def __call__(self, p: Any = None, index: int = 0, **given: Any) -> str | None:
        """Gives the value of the picture at `index` of the batch that is being made, as the host calls it."""
        counted = given.get("all_prompts")
        if given.get("use_main_prompt"):
            index = 0
        elif counted is not None and len(counted) < len(self.values):
            index += int(getattr(p, "iteration", 0)) * int(getattr(p, "batch_size", 1))
        return self.values[index] if 0 <= index < len(self.values) else self.values[0]

    def __str__(self) -> str:  # a host that knows no callables writes this
        return next((value for value in self.values if value is not None), "")


def per_picture(values: Sequence[str | None]) -> str | PerPicture | None:
    """Makes what a job's parameters hold for its pictures.

    Args:
        values: one a picture; None: that picture has none.

    Returns:
        The value if all pictures share it, else what the host asks for each.
    """
    return values[0] if len(set(values)) == 1 else PerPicture(values)


def picks_param(picks: Iterable[Named]) -> str:
    """Writes a picture's own picks.

    Args:
        picks: may be none.

    Returns:
        What `parse_picks` reads; "none" tells that there was a selection and nothing was chosen.
    """
    return format_picks(picks) or "none"


# -- pasting -----------------------------------------------------------------------------------------------------------


def pasted(_infotext: str, params: dict[str, Any]) -> None:
    """Puts the user's own prompt back where it came from, and keeps the picks for it (`on_infotext_pasted`).

    Args:
        params: of the pasted text, by key; changed in place.
    """
    own = _unsized(params, PROMPT)
    if own is None:
        return
    edits = _edits(params, own)
    prompt, negative, styles = host_prompts.extract_styles(own, str(params.get("Negative prompt", "")))
    params[_STATE] = Edits(prompt, edits.rewritten, edits.picks).dump()
    params["Prompt"], params["Negative prompt"] = prompt, negative
    if styles is not None:
        params["Styles array"] = styles
    # Without an explicit one the hires prompt was a copy, which the host may have written out all the same.
    params["Hires prompt"] = _unsized(params, HIRES_PROMPT) or ""
    if REFINER_PROMPT in params:
        params["Refiner prompt"] = _unsized(params, REFINER_PROMPT) or ""


def fields(components: dict[str, Any], state: Any) -> list[tuple[Any, Callable[[dict[str, Any]], Any]]]:
    """Makes `infotext_fields` of the script.

    Args:
        components: by the option's name.
        state: the panel's hidden field.

    Returns:
        Each component, and how its value is read from pasted parameters.
    """
    pairs = [(components[o.name], _reader(o)) for o in CONTROLS if o.name in components]
    return [(component, _guarded(read)) for component, read in (*pairs, (state, _state))]


def _guarded(read: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    """The host's API answers with an error of its own where one of these raises."""

    def call(params: dict[str, Any]) -> Any:
        try:
            return read(params)
        except Exception:
            logger.exception("a pasted value was not understood")
            return None

    return call


def _reader(option: Option) -> Callable[[dict[str, Any]], Any]:
    def read(params: dict[str, Any]) -> Any:
        if option.name == "enabled":
            return params.get(ENABLED) == "True"
        if params.get(ENABLED) != "True":
            return None  # a picture without us says nothing about our options
        given = params.get(key(option))
        value = option.default if given is None else _typed(option, str(given))
        if option.type == "names":
            return "\n".join(value or ())
        return list(value) if isinstance(value, tuple) else value

    return read


def _typed(option: Option, text: str) -> Any:
    try:
        if option.type in ("names", "choices"):
            value = json.loads(text)
            return value if isinstance(value, list) else None
        if option.type == "int":
            return int(float(text))
        if option.type == "float":
            return float(text)
    except ValueError:
        return None
    return text == "True" if option.type == "bool" else text


def _state(params: dict[str, Any]) -> str:
    # Through the API `on_infotext_pasted` is not called: then the prompt is still the picture's.
    known = params.get(_STATE)
    if known is not None:
        return str(known)
    own = _unsized(params, PROMPT)
    return "" if own is None else _edits(params, own).dump()


def _edits(params: dict[str, Any], own: str) -> Edits:
    try:
        given = str(params.get(PICKS, ""))
        picks = () if given == "none" else parse_picks(given)
    except OptionError:
        picks = ()
    return Edits(own, str(params.get("Prompt", "")), picks)


def _unsized(params: dict[str, Any], name: str) -> str | None:
    """A pasted value; the host takes one of the form 512x512 apart into two."""
    if f"{name}-1" in params and f"{name}-2" in params:
        return f"{params[f'{name}-1']}x{params[f'{name}-2']}"
    value = params.get(name)
    return None if value is None else str(value)
