"""Sentences for the user on what was asked for and is not in the prompt."""

from __future__ import annotations

from stylus_core.base_models import OTHER, fits
from stylus_core.options import Options
from stylus_core.retriever.pool import Pool, narrowing
from stylus_core.types import Adapter, Half


def excluded(adapter: Adapter) -> str:
    """A sentence where a user asked by name for an adapter that he excluded before, else nothing."""
    if adapter.status != "excluded":
        return ""
    return f"{adapter.stem!r} was asked for by name and is left out: {adapter.problem}"


def other_architecture(adapter: Adapter, wanted: str) -> str:
    """A sentence where a user asked by name for an adapter that is made for another architecture, else nothing.

    Such an adapter is left out: it changes nothing in A1111, and in Forge tensors of other shapes fail the picture.
    """
    made_for = adapter.made_for
    if fits(made_for, wanted):
        return ""
    what = "a base model that Stylus does not know" if wanted == OTHER else wanted
    return f"{adapter.stem!r} was asked for by name and is left out: it is made for {made_for} and not for {what}"


def other_half_missing(adapter: Adapter, half: Half | None) -> str:
    """A sentence where a user asked by name for one of two files that belong together and both cannot come, or none."""
    if half is None or not half.missing:
        return ""
    return f"{adapter.stem!r} was asked for by name and is left out: {half.missing}"


def no_pick(candidates: bool, options: Options, pool: Pool | None) -> str:
    """Why nothing was picked, where nothing else says so. `candidates`: whether there was anything to choose from."""
    if candidates:
        return "no adapter fits this prompt well enough"
    if options.architecture == OTHER:
        return "the checkpoint is of a base model that Stylus does not know: no adapter is known to fit it"
    if pool is not None and not len(pool.inside):
        return f"no adapter of the library is left by {' and '.join(narrowing(options))}"
    return "no adapter in the library may be used with these options"
