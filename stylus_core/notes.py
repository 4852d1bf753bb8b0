"""Sentences for the user on what was asked for and is not in the prompt."""

from __future__ import annotations

from stylus_core.base_models import OTHER, fits, for_people
from stylus_core.composer.contract import Request
from stylus_core.options import Options
from stylus_core.retriever.index_view import IndexView
from stylus_core.retriever.pool import narrowing
from stylus_core.retriever.retriever import Filter
from stylus_core.types import Adapter, Half


def excluded(adapter: Adapter) -> str:
    """Says that an adapter was asked for by name which the user excluded before.

    Args:
        adapter: the one that was asked for.

    Returns:
        A sentence; "" where it is not excluded.
    """
    if adapter.status != "excluded":
        return ""
    return f"{adapter.name!r} was asked for by name and is left out: {adapter.problem}"


def other_architecture(adapter: Adapter, wanted: str) -> str:
    """Says that an adapter was asked for by name which is made for another architecture.

    Such an adapter is left out: it changes nothing in A1111, and in Forge tensors of other shapes fail the picture.

    Args:
        adapter: the one that was asked for.
        wanted: the checkpoint's architecture, "any" or "other", as the option takes it.

    Returns:
        A sentence; "" where it fits.
    """
    made_for = adapter.made_for
    if fits(made_for, wanted):
        return ""
    what = for_people(wanted) if wanted == OTHER else wanted
    return f"{adapter.name!r} was asked for by name and is left out: it is made for {made_for} and not for {what}"


def other_half_missing(adapter: Adapter, half: Half | None) -> str:
    """Says that one of two files that belong together was asked for by name and both cannot come.

    Args:
        adapter: the one that was asked for.
        half: what it is of the two; None: it is by itself.

    Returns:
        A sentence; "" where both can come.
    """
    if half is None or not half.missing:
        return ""
    return f"{adapter.name!r} was asked for by name and is left out: {half.missing}"


def no_pick(request: Request, index: IndexView, wanted: Filter) -> str:
    """Says why nothing was picked, where nothing else says so.

    Args:
        request: what a composer was asked.
        index: of the whole library on this machine.
        wanted: which of its adapters could be candidates.

    Returns:
        A sentence.
    """
    most, own = request.options.max_adapters, request.adapters_in_prompt
    if not most:
        return "nothing is picked, as at most 0 adapters are asked for"
    if own >= most:
        return f"nothing is picked, as the prompt has {own} of at most {most} adapters already"
    left_out = "" if request.candidates else _nobody(index, wanted, request.options)
    return left_out or "no adapter fits this prompt well enough"


def _nobody(index: IndexView, wanted: Filter, options: Options) -> str:
    """Says which option leaves none of a library's adapters; "" where some are left."""
    mask = index.selectable.copy()
    those = ""  # which of them are left so far
    for part, taken in wanted.steps(index):
        count = int(mask.sum())
        mask &= taken
        if part == "architecture":
            what = for_people(options.architecture)
            why, which = f"made for {what}", f" for {what}"
            if options.architecture == OTHER:
                why = f"known to fit the checkpoint, which is of {what}"
        elif part == "kinds":
            why, which = f"of the allowed kinds ({', '.join(options.kinds)})", " of the allowed kinds"
        elif part == "pool":
            why, which = f"left by {' and '.join(narrowing(options))}", " that the options leave"
        else:
            why, which = "free to be picked: they are banned or in the prompt already", ""
        if not mask.any():
            return f"none of the {count:,} adapters{those} is {why}"
        those += which
    return ""
