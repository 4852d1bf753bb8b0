"""Which adapters of a library a picture means, by their names and by their hashes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from stylus_core.generation_data import AdapterUse
from stylus_core.library import Library
from stylus_core.types import Adapter

_LONGEST = 500  # characters of a link
_SHORTEST = 8  # hex digits of a hash that say something
_ENDINGS = (".safetensors", ".sft", ".pt", ".ckpt", ".gguf")


class UseResolver:
    """Of one library, as it is now. A hash says more than a name: a renamed file keeps its history.

    Most files tell no hash of theirs. So what a name meant is remembered, for a file that is renamed keeps its id.

    Args:
        library: whose adapters are meant.
        links: what uses meant before, see `links`; None: nothing is known.

    Attributes:
        links: by a text for each use that was resolved the ids that it meant, those of before included.
    """

    def __init__(self, library: Library, links: Mapping[str, Sequence[int]] | None = None) -> None:
        self._library = library
        self.links: dict[str, list[int]] = {key: list(ids) for key, ids in (links or {}).items()}
        self._known: dict[AdapterUse, tuple[int, ...]] = {}
        self._hashes: dict[str, list[tuple[str, int]]] | None = None  # first digits -> whole hashes and whose they are
        self._versions: dict[int, list[int]] = {}

    def ids(self, use: AdapterUse) -> tuple[int, ...]:
        """Finds the adapters that a use means.

        Args:
            use: as a picture has it.

        Returns:
            Their ids; several where copies of one file are there, none where the library has no such adapter.
        """
        key = AdapterUse(use.name, hash=use.hash, version_id=use.version_id)
        if key not in self._known:
            link = "\n".join((use.name, use.hash, str(use.version_id or "")))[:_LONGEST]
            if found := self._find(key):
                self.links[link] = list(found)
            else:
                there = self._library.get(self.links.get(link, ()))
                found = tuple(there)
            self._known[key] = found
        return self._known[key]

    def _find(self, use: AdapterUse) -> tuple[int, ...]:
        if self._hashes is None:
            self._read_hashes()
        if by_hash := self._by_hash(use.hash):
            return by_hash
        named = [a for a in self._called(use.name) if not _contradicts(use.hash, a.metadata.autov3, a.metadata.sha256)]
        usable = [a.id for a in named if a.status == "ok"] or [a.id for a in named]
        return tuple(usable) or tuple(self._versions.get(use.version_id or 0, ()))

    def _called(self, name: str) -> list[Adapter]:
        found = self._library.called(name)
        if not found and name.lower().endswith(_ENDINGS):
            found = self._library.called(name.rpartition(".")[0])
        if not found and ("/" in name or "\\" in name):  # a path below another program's folder of the same files
            found = self._library.called(os.path.splitext(name.replace("\\", "/").rpartition("/")[2])[0])
        return found

    def _by_hash(self, digits: str) -> tuple[int, ...]:
        assert self._hashes is not None  # noqa: S101
        if len(digits) < _SHORTEST:
            return ()
        known = self._hashes.get(digits[:_SHORTEST], ())
        return tuple(dict.fromkeys(owner for whole, owner in known if _same(whole, digits)))

    def _read_hashes(self) -> None:
        self._hashes = {}
        for adapter, autov3, sha256, version in self._library.identities():
            for digits in (autov3, sha256):
                if len(digits) >= _SHORTEST:
                    self._hashes.setdefault(digits[:_SHORTEST], []).append((digits, adapter))
            if version:
                self._versions.setdefault(version, []).append(adapter)


def _same(one: str, other: str) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _contradicts(digits: str, *known: str) -> bool:
    """Whether a hash says that it is another file: all hashes of the file are known, and none is this one."""
    return len(digits) >= _SHORTEST and all(known) and not any(_same(digits, k) for k in known)
