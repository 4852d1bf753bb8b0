"""The options of one selection, checked: a value for each row of the table."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from stylus_core.composer_table import COMPOSERS
from stylus_core.errors import OptionError
from stylus_core.option_table import BY_NAME
from stylus_core.option_values import check
from stylus_core.types import KINDS


@dataclass(frozen=True, slots=True)
class Options:
    """What the rows of `option_table.TABLE` mean for one selection. `Options.of` makes one of untrusted values."""

    composer: str = "local"
    max_adapters: int = 3
    strength: float = 1.0
    weight_budget: float = 2.0
    trigger_words: str = "needed"
    kinds: tuple[str, ...] = KINDS
    existing: str = "keep"
    architecture: str = "any"
    candidates: int = 30
    seed: int = 0
    pinned: tuple[str, ...] = ()
    banned: tuple[str, ...] = ()
    restraint: str = "balanced"
    include_folders: tuple[str, ...] = ()
    exclude_folders: tuple[str, ...] = ()
    include_tags: tuple[str, ...] = ()
    exclude_tags: tuple[str, ...] = ()
    include_names: tuple[str, ...] = ()
    exclude_names: tuple[str, ...] = ()
    include_bases: tuple[str, ...] = ()
    exclude_bases: tuple[str, ...] = ()
    favourites: str = "any"
    favourite_names: tuple[str, ...] = ()
    nsfw: str = "any"
    family: str = "any"
    own_pictures: str = "use"

    @classmethod
    def of(
        cls, values: Mapping[str, Any] | None = None, *, composers: Sequence[str] = tuple(COMPOSERS), **named: Any
    ) -> Options:
        """Checks every value against the table.

        Args:
            values: by the option's name, of any type.
            named: more of them.
            composers: those that there are; another one than those of Stylus is known to the `Stylus` that has it.

        Returns:
            The options, with the table's defaults for what is not given.

        Raises:
            OptionError: it names the option and what it takes.
        """
        given = {**(values or {}), **named}
        unknown = sorted(set(given) - set(BY_NAME), key=str)
        if unknown:
            raise OptionError(f"unknown option {unknown[0]!r}: the options are {', '.join(BY_NAME)}")
        table = {**BY_NAME, "composer": replace(BY_NAME["composer"], choices=tuple(composers))}
        return cls(**{name: check(table[name], value) for name, value in given.items()})

    @property
    def pins(self) -> frozenset[str]:
        """The stems that are pinned and not banned."""
        return frozenset(self.pinned).difference(self.banned)

    def changed(self) -> dict[str, Any]:
        """The options that differ from their defaults, as plain JSON values."""
        out: dict[str, Any] = {}
        for f in dataclasses.fields(self):
            value = getattr(self, f.name)
            if value != f.default:
                out[f.name] = list(value) if isinstance(value, tuple) else value
        return out
