"""The options of a selection: one table that the command line, the panel, the API, the infotext and the docs read."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from stylus_core.base_models import CHECKPOINTS
from stylus_core.base_models.families import NAMES as FAMILIES
from stylus_core.composer_table import COMPOSERS
from stylus_core.errors import OptionError
from stylus_core.option_values import ANY_SEED, Option, check
from stylus_core.types import KINDS

#: A limit that the user sets -> the level's number on Civitai; what is above is XXX.
LEVELS = {"pg": 1, "pg13": 2, "r": 4, "x": 8}


#: Order is the order in which a panel shows them.
TABLE: tuple[Option, ...] = (
    Option(
        "composer",
        "choice",
        "local",
        "Composer",
        "Who decides which candidates serve the prompt.",
        tuple(COMPOSERS),
    ),
    Option(
        "max_adapters",
        "int",
        3,
        "Adapters at most",
        "For one prompt, pinned ones aside.",
        low=0,
        high=10,
        step=1,
    ),
    Option("strength", "float", 1.0, "Strength", "Multiplies every recommended weight.", low=0.1, high=2.0, step=0.05),
    Option(
        "weight_budget",
        "float",
        2.0,
        "Total weight at most",
        "Limit for the sum of all weights in the prompt, the user's own included.",
        low=0.1,
        high=10.0,
        step=0.1,
    ),
    Option(
        "trigger_words",
        "choice",
        "needed",
        "Trigger words",
        "needed: those that an adapter needs and the prompt lacks.",
        ("needed", "always", "never"),
    ),
    Option("kinds", "choices", KINDS, "Kinds allowed", "Adapters of other kinds are never picked.", KINDS),
    Option(
        "existing",
        "choice",
        "keep",
        "Adapters in the prompt",
        "For a prompt that has tags: keep adds to them, skip adds nothing.",
        ("keep", "skip"),
    ),
    Option(
        "architecture",
        "choice",
        "any",
        "Architecture",
        "Only adapters for this base model or for an unknown one; any: no filter; other: pick nothing.",
        ("any", *CHECKPOINTS),
    ),
    Option(
        "candidates", "int", 30, "Candidates", "How many candidates the composer chooses from.", low=1, high=500, step=1
    ),
    Option(
        "seed",
        "int",
        0,
        "Seed",
        "Seed of the random composer; -1: the picture's own, or any where there is no picture.",
        low=ANY_SEED,
        high=2**32 - 1,
        step=1,
        form="seed",
    ),
    Option(
        "pinned",
        "names",
        (),
        "Pinned",
        "Always added, beyond the number, by file stem, if made for the same architecture.",
    ),
    Option("banned", "names", (), "Banned", "Adapters that are never picked, by file stem."),
    Option(
        "restraint",
        "choice",
        "balanced",
        "Restraint",
        "generous: more picks, and more wrong ones.",
        ("careful", "balanced", "generous"),
    ),
    Option(
        "include_folders",
        "names",
        (),
        "Only folders",
        "Only adapters in these folders of the library and below, as styles/ink; . is its root.",
        form="folder",
    ),
    Option(
        "exclude_folders",
        "names",
        (),
        "Not folders",
        "No adapters in these folders of the library and below them.",
        form="folder",
    ),
    Option("include_tags", "names", (), "Only tags", "Only adapters with one of these tags of the model site."),
    Option("exclude_tags", "names", (), "Not tags", "No adapters with one of these tags of the model site."),
    Option(
        "include_names",
        "names",
        (),
        "Only names",
        "Only adapters whose file stem fits one of these patterns, as ink_* or ink_??.",
        form="pattern",
    ),
    Option(
        "exclude_names",
        "names",
        (),
        "Not names",
        "No adapters whose file stem fits one of these patterns.",
        form="pattern",
    ),
    Option(
        "include_bases",
        "names",
        (),
        "Only base models",
        "Only adapters whose base model, as their record names it, fits one of these patterns, as Pony*.",
        form="pattern",
    ),
    Option(
        "exclude_bases",
        "names",
        (),
        "Not base models",
        "No adapters whose base model, as their record names it, fits one of these patterns.",
        form="pattern",
    ),
    Option(
        "favourites",
        "choice",
        "any",
        "Favourites",
        "only: nothing but favourites; never: none of them; any: no filter.",
        ("any", "only", "never"),
    ),
    Option(
        "favourite_names",
        "names",
        (),
        "Favourites by name",
        "Count as favourites besides those marked in LoRA Manager, by file stem.",
    ),
    Option(
        "nsfw",
        "choice",
        "any",
        "NSFW level at most",
        "Adapters on a higher level of the model site are not picked; any: no limit.",
        ("any", *LEVELS),
    ),
    Option(
        "family",
        "choice",
        "any",
        "Family",
        "Among adapters for one purpose, those of this family come first; any: as the prompt's words tell.",
        ("any", *FAMILIES),
    ),
)

#: The options that say which adapters may be picked at all. A pin wins over them, a ban over all.
POOL = (
    *("include_folders", "exclude_folders", "include_tags", "exclude_tags", "include_names", "exclude_names"),
    *("include_bases", "exclude_bases", "favourites", "favourite_names", "nsfw"),
)

BY_NAME: dict[str, Option] = {o.name: o for o in TABLE}


@dataclass(frozen=True, slots=True)
class Options:
    """Options of one selection; `TABLE` says what each means. Make one from untrusted values with `Options.of`."""

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
