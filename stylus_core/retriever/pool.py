"""Which adapters of a library the options let be picked at all: by folder, tags, names, base model, favourites, level.

Worked out once for a state of the library and a set of options, and then kept in line with what changes.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from stylus_core.library.database import DatabaseState
from stylus_core.library.hostile_text import fold
from stylus_core.library.pool_traits import PoolTraits
from stylus_core.option_table import LEVELS, POOL
from stylus_core.options import Options
from stylus_core.pool_entries import compiled, folder_key

Ids = NDArray[np.int64]

_KEPT = 8  # sets of options whose pools stay in memory
_PLAIN = frozenset(("include_folders", "exclude_folders", "include_names", "exclude_names"))  # that need no details


class PoolSource(Protocol):
    """What is used of `stylus_core.library.Library`."""

    @property
    def state(self) -> DatabaseState:
        """See `Library.state`."""

    def name_of(self, path: str, stem: str) -> str:
        """See `Library.name_of`."""

    def changes_since(self, revision: int) -> tuple[set[int], set[int]]:
        """See `Library.changes_since`."""

    def traits(self, ids: Sequence[int] | None = None, details: bool = True) -> Iterable[PoolTraits]:
        """See `Library.traits`."""


class Pool:
    """The adapters that may be picked, and those that may not; ids in ascending order."""

    def __init__(self, inside: Ids, outside: Ids) -> None:
        self.inside, self.outside = inside, outside
        self._last: tuple[Ids, NDArray[np.bool_]] | None = None

    def mask(self, ids: Ids) -> NDArray[np.bool_]:
        """Which of some adapters may be picked. The last answer is kept: an index asks for all its rows every time.

        Args:
            ids: (n,) of adapters.

        Returns:
            (n,).
        """
        if self._last is None or self._last[0] is not ids:
            self._last = ids, np.isin(ids, self.inside)
        return self._last[1]


class Pools:
    """The pools of a library.

    Args:
        library: whose.
        roots: its folders, which folders in options are below.
    """

    def __init__(self, library: PoolSource, roots: Sequence[Path]) -> None:
        self._library, self._roots = library, [os.path.abspath(root) for root in roots]
        self._kept: OrderedDict[tuple[object, ...], tuple[DatabaseState, Pool]] = OrderedDict()

    def of(self, options: Options) -> Pool | None:
        """The pool of some options as the library is now.

        Args:
            options: of a selection.

        Returns:
            None where they leave nobody out.
        """
        named = narrowing(options)
        if not named:
            return None
        key = tuple(getattr(options, name) for name in POOL)
        state = self._library.state
        known = self._kept.pop(key, None)
        if known is None or known[0].identity != state.identity:  # ids of before mean nothing in another database
            details = not _PLAIN.issuperset(named)
            pool = _parted(self._library.traits(details=details), _rule(options, self._roots, self._library.name_of))
        elif known[0] != state:
            pool = self._renewed(known[0].revision, known[1], _rule(options, self._roots, self._library.name_of))
        else:
            pool = known[1]
        self._kept[key] = state, pool
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return pool

    def _renewed(self, revision: int, old: Pool, rule: Callable[[PoolTraits], bool]) -> Pool:
        usable, gone = self._library.changes_since(revision)
        new = _parted(self._library.traits(sorted(usable)), rule)
        changed = np.array(sorted(usable | gone), np.int64)
        inside, outside = (
            np.sort(np.concatenate([ids[~np.isin(ids, changed)], more]))
            for ids, more in ((old.inside, new.inside), (old.outside, new.outside))
        )
        return Pool(inside, outside)


def narrowing(options: Options) -> list[str]:
    """Which options leave somebody out.

    Args:
        options: of a selection.

    Returns:
        Their names, in the order of `POOL`.
    """
    changed = options.changed()
    return [n for n in POOL if n in changed and not (n == "favourite_names" and options.favourites == "any")]


def _parted(found: Iterable[PoolTraits], rule: Callable[[PoolTraits], bool]) -> Pool:
    inside: list[int] = []
    outside: list[int] = []
    for traits in found:
        (inside if rule(traits) else outside).append(traits.id)
    return Pool(np.array(sorted(inside), np.int64), np.array(sorted(outside), np.int64))


def _rule(options: Options, roots: Sequence[str], name_of: Callable[[str, str], str]) -> Callable[[PoolTraits], bool]:
    """Whether an adapter may be picked. What many adapters share is looked at once."""
    favourites = frozenset(options.favourite_names)
    limit = LEVELS.get(options.nsfw)
    folders = _chosen(map(folder_key, options.include_folders), map(folder_key, options.exclude_folders))
    tags = _chosen(map(fold, options.include_tags), map(fold, options.exclude_tags))
    in_folder = lru_cache(maxsize=100_000)(lambda folder: folders(_below(folder, roots)))
    tag_key = lru_cache(maxsize=100_000)(fold)
    for_base = lru_cache(maxsize=10_000)(_matching(options.include_bases, options.exclude_bases))
    has_name = _matching(options.include_names, options.exclude_names)

    def rule(a: PoolTraits) -> bool:
        marked = a.favourite or name_of(a.path, a.stem) in favourites
        if options.favourites != "any" and marked != (options.favourites == "only"):
            return False
        if limit is not None and a.nsfw is not None and a.nsfw >= 2 * limit:
            return False
        return (
            in_folder(os.path.dirname(a.path))
            and for_base(a.base_model)
            and tags({tag_key(t) for t in a.tags})
            and has_name(a.stem)
        )

    return rule


def _chosen(include: Iterable[str], exclude: Iterable[str]) -> Callable[[set[str]], bool]:
    """Whether one of these is among those to include, if there are any, and none among those to exclude."""
    wanted, unwanted = frozenset(include), frozenset(exclude)
    return lambda said: (not wanted or not wanted.isdisjoint(said)) and unwanted.isdisjoint(said)


def _matching(include: Sequence[str], exclude: Sequence[str]) -> Callable[[str], bool]:
    """The same for a name and patterns."""
    wanted, unwanted = ([compiled(p) for p in patterns] for patterns in (include, exclude))

    def matches(name: str) -> bool:
        if not (wanted or unwanted):
            return True
        key = fold(name)
        return (not wanted or any(p.match(key) for p in wanted)) and not any(p.match(key) for p in unwanted)

    return matches


def _below(folder: str, roots: Sequence[str]) -> set[str]:
    """A folder and those that it lies in, as options name them: from each root that it is below, which is "."."""
    out: set[str] = set()
    for root in roots:
        if folder != root and not folder.startswith(root.rstrip(os.sep) + os.sep):
            continue
        parts = [p for p in folder[len(root) :].split(os.sep) if p]
        out |= {".", *("/".join(parts[: n + 1]) for n in range(len(parts)))}
    return {folder_key(name) for name in out}
