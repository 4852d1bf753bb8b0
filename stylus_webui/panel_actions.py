"""What a click in the panel does: to the edits of a prompt, to what is pinned or banned for good, to the prompt.

The page's script puts a click into a hidden field as JSON: `{"do": what, "name": stem, "value": ...}`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import gradio as gr

from stylus_core.errors import OptionError
from stylus_host.named_adapters import MOST_PICKS, Named
from stylus_webui import host_prompts, own_panel, runtime, settings, tags
from stylus_webui import options as table
from stylus_webui.adapter_folder import open_folder
from stylus_webui.edits import Edits, parse_edits
from stylus_webui.options import CONTROLS

if TYPE_CHECKING:
    from stylus_webui.select_or_reuse import Decision, DecisionContext

_ENABLED, _PINNED = (list(CONTROLS).index(table.BY_NAME[name]) for name in ("enabled", "pinned"))

#: What is kept for good -> how it is kept, whether it is there then, and how a failure calls it.
_FOR_GOOD: dict[str, tuple[Callable[[str, bool], str], bool, str]] = {
    "pin": (settings.set_pinned, True, "pinned"),
    "unpin": (settings.set_pinned, False, "unpinned"),
    "ban": (settings.set_banned, True, "banned"),
    "unban": (settings.set_banned, False, "freed"),
}


@dataclass(frozen=True, slots=True)
class TabValues:
    """What stands in a tab.

    Attributes:
        typed: the prompt in the box.
        args: what the script's hooks get.
        styles: as the host's component has them; None: it has none.
    """

    typed: str
    args: tuple[Any, ...]
    styles: Any = None

    @property
    def prompt(self) -> str:
        """With the styles in it."""
        return host_prompts.apply_styles(self.typed, self.styles)

    @property
    def pinned(self) -> Any:
        """The field of this tab's own pins."""
        return self.args[_PINNED]

    @property
    def enabled(self) -> Any:
        """The switch."""
        return self.args[_ENABLED]

    @property
    def state(self) -> Any:
        """The hidden field with the edits."""
        return self.args[-1]

    def put(self, position: int, value: Any) -> TabValues:
        """With another argument.

        Args:
            position: in `args`.
            value: in its place.

        Returns:
            The others are the same.
        """
        args = list(self.args)
        args[position] = value
        return replace(self, args=tuple(args))


def apply_action(action: str, tab: TabValues, context: DecisionContext | None = None) -> TabValues:
    """Does what was clicked.

    Args:
        action: of the hidden field; what cannot be read does nothing.
        tab: as the page has it.
        context: of this click; None: one is made where something has to be decided.

    Returns:
        What the page has to show then.
    """
    try:
        given = json.loads(action)
        what, name, value = str(given["do"]), str(given.get("name", "")), given.get("value")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return tab
    if what == "on":
        return tab.put(_ENABLED, True)
    if what == "folder":
        open_folder(name)
        return tab
    if what == "write":
        return _write(tab, context)
    if what.startswith("own-"):
        own_panel.act(what, name)
        return tab
    edits = replace(parse_edits(tab.state).for_prompt(tab.prompt, tab.typed), prompt=tab.typed)
    if what in _FOR_GOOD:
        tab = _for_good(what, name, tab)
    elif what == "anew":
        edits = replace(edits, rewritten="", picks=())
    elif name:
        edits = _edited(edits, what, name, value, lambda: _served(name, tab, context))
    _remembered(what, name, value, tab)
    return tab.put(-1, edits.dump())


def _remembered(what: str, name: str, value: Any, tab: TabValues) -> None:
    """Keeps the click with the prompt as it was selected for, where the user wants that."""
    weight = _weight(name, value).get(name) if what == "weight" else None
    runtime.get().own.clicked(what, host_prompts.strip_comments(tab.prompt).strip(), name, weight)


def _edited(edits: Edits, what: str, name: str, value: Any, serves: Callable[[], tuple[str, ...]]) -> Edits:
    if what == "restore":
        return replace(edits, removed=tuple(n for n in edits.removed if n != name))
    if what == "reset":
        return replace(edits, weights={n: w for n, w in edits.weights.items() if n != name})
    served = {} if name in edits.words else {name: serves()}
    edits = replace(edits, words={**edits.words, **served})
    if what == "weight":
        return replace(edits, weights={**edits.weights, **_weight(name, value)})
    if what == "use":
        return _used(edits, name)
    if what == "remove":
        both = _both_files(name)
        if any(a.name == name for a in edits.added):
            return replace(edits, added=tuple(a for a in edits.added if a.name not in both))
        return replace(edits, removed=tuple(dict.fromkeys((*edits.removed, name))))
    return edits


def _used(edits: Edits, name: str) -> Edits:
    """With an adapter that joins the picks, and with its other file."""
    both = _both_files(name)
    there = {a.name for a in edits.added}
    new = []
    for one in both:
        adapter = runtime.get().service.find(one)
        if adapter is not None and one not in there:
            new.append(Named(one, adapter.card.weight, adapter.card.clip_weight))
    if len(edits.added) + len(new) > MOST_PICKS:
        gr.Warning(f"{name} was not added: {MOST_PICKS} adapters were taken by hand already.")
        new = []
    words = {**edits.words, **dict.fromkeys(both, edits.words.get(name, ()))}
    removed = tuple(n for n in edits.removed if n not in both)
    return replace(edits, added=(*edits.added, *new), removed=removed, words=words)


def _decided(tab: TabValues, context: DecisionContext | None) -> tuple[Decision, DecisionContext] | None:
    """The picks as the page has them."""
    from stylus_webui.select_or_reuse import decide

    try:
        given = table.from_args(tab.args, settings.panel_defaults())
    except OptionError:  # the answer says so
        return None
    context = context or runtime.get().context()
    return decide(tab.prompt, given, context, tab.typed), context


def _served(name: str, tab: TabValues, context: DecisionContext | None) -> tuple[str, ...]:
    """The words of the prompt that an adapter serves."""
    found = _decided(tab, context)
    picks = (*found[0].picks, *found[0].nearly) if found is not None else ()
    return tuple(dict.fromkeys(p.keyword for p in picks if p.name == name and p.keyword))


def _for_good(what: str, name: str, tab: TabValues) -> TabValues:
    """A pin lifts a ban; under a ban a pin of the settings stays for the day on which the ban is lifted."""
    both = _both_files(name)
    keep, there, called = _FOR_GOOD[what]
    problems = [keep(n, there) for n in (both if what != "pin" else [name])]
    if what == "pin":
        problems += [settings.set_banned(n, False) for n in both if n in settings.banned()]
    if problem := next(filter(None, problems), ""):
        gr.Warning(f"{name} was not {called}: {problem}.")
    if what not in ("unpin", "ban"):
        return tab
    pins = table.lines(tab.pinned)
    return tab if not set(pins).intersection(both) else tab.put(_PINNED, "\n".join(n for n in pins if n not in both))


def _both_files(name: str) -> list[str]:
    """The name, and that of the other file where an adapter is two: a ban on one of them would be told every time."""
    half = runtime.get().service.half(name)
    return [name, half.other.stem] if half is not None and half.other is not None else [name]


def _write(tab: TabValues, context: DecisionContext | None) -> TabValues:
    """Puts the picks into the box, where the user goes on by hand: Generate adds nothing to what was written here."""
    from stylus_webui.written_prompts import remember

    found = _decided(tab, context)
    if found is None or not (found[0].picks or found[0].text):
        gr.Warning("There are no picks to write into the prompt.")
        return tab
    decision, context = found
    own = host_prompts.strip_comments(tab.typed)
    plain = own == decision.effective
    written = replace(tab, typed=decision.text if plain and decision.text else tags.write(own, decision.picks))
    edits = parse_edits(tab.state).for_prompt(tab.prompt, tab.typed)
    remember(context.cache, host_prompts.strip_comments(written.prompt), written.prompt, decision.picks)
    return written.put(-1, replace(edits, prompt=written.typed, rewritten="", picks=()).dump())


def _weight(name: str, value: Any) -> dict[str, float]:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return {}
    return {name: round(max(-4.0, min(4.0, number)), 2)} if number == number else {}
