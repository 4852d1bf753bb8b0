"""Sentences for the user on what was asked for and is not in the prompt."""

from __future__ import annotations

from stylus_core.base_models import OTHER, fits
from stylus_core.options import Options
from stylus_core.retriever.pool import Pool, narrowing
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
    return f"{adapter.stem!r} was asked for by name and is left out: {adapter.problem}"


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
    what = "a base model that Stylus does not know" if wanted == OTHER else wanted
    return f"{adapter.stem!r} was asked for by name and is left out: it is made for {made_for} and not for {what}"


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
    return f"{adapter.stem!r} was asked for by name and is left out: {half.missing}"


def no_pick(candidates: bool, options: Options, pool: Pool | None) -> str:
    """Says why nothing was picked, where nothing else says so.

    Args:
        candidates: whether there was anything to choose from.
        options: of the selection.
        pool: the adapters that the options left; None: all.

    Returns:
        A sentence.
    """
    if candidates:
        return "no adapter fits this prompt well enough"
    if options.architecture == OTHER:
        return "the checkpoint is of a base model that Stylus does not know: no adapter is known to fit it"
    if pool is not None and not len(pool.inside):
        return f"no adapter of the library is left by {' and '.join(narrowing(options))}"
    return "no adapter in the library may be used with these options"
