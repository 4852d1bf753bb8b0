"""Which adapters of a library are in none of the user's own pictures, for whoever cleans up. Nothing is deleted."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from stylus_core.history.records import LearnedFolder, OwnPrompt
from stylus_core.types import Adapter


@dataclass(frozen=True, slots=True)
class UnusedAdapter:
    """An adapter that is in none of the learned pictures.

    Attributes:
        name: what the host calls it.
        path: of its file, absolute.
        size: in bytes.
        modified: when the file was written last, seconds since 1970.
        new: whether it came after the last learned picture, and so had no chance.
    """

    name: str
    path: str
    size: int
    modified: float
    new: bool


@dataclass(frozen=True, slots=True)
class UnusedAdapters:
    """What was never used, and how far that can be known.

    Attributes:
        adapters: the largest first, those that are new last.
        size: bytes of those that are not new.
        library: how many adapters there are to use.
        folders: that are learned, those that are switched off too.
        pictures: that count.
        since: when the oldest of them was made, seconds since 1970; 0 where there is none.
        until: when the newest was made.
    """

    adapters: tuple[UnusedAdapter, ...]
    size: int
    library: int
    folders: tuple[LearnedFolder, ...]
    pictures: int
    since: float
    until: float


def unused_adapters(
    adapters: Iterable[Adapter],
    used: Collection[int],
    prompts: Sequence[OwnPrompt],
    folders: Sequence[LearnedFolder] = (),
) -> UnusedAdapters:
    """Looks which adapters were never used.

    Args:
        adapters: of the library that can be used; one whose file is gone is left out.
        used: ids of those that are in a picture.
        prompts: of the pictures that count.
        folders: that are learned.

    Returns:
        The others.
    """
    counted = [prompt for prompt in prompts if prompt.pictures > 0]
    until = max((prompt.last_at for prompt in counted), default=0.0)
    library, found = 0, []
    for adapter in adapters:
        library += 1
        if adapter.id in used:
            continue
        try:
            file = os.stat(adapter.path)
        except OSError:
            continue
        # A file that was moved or copied here keeps the time at which it was written; its entry in the folder is new.
        came = max(file.st_mtime, file.st_ctime)
        found.append(UnusedAdapter(adapter.name, adapter.path, file.st_size, file.st_mtime, came > until))
    found.sort(key=lambda one: (one.new, -one.size, one.path))
    return UnusedAdapters(
        adapters=tuple(found),
        size=sum(one.size for one in found if not one.new),
        library=library,
        folders=tuple(folders),
        pictures=sum(prompt.pictures for prompt in counted),
        since=min((prompt.first_at for prompt in counted), default=0.0),
        until=until,
    )
