"""What a host calls an adapter: by its file's stem, or by the file's path below the host's folders.

The WebUI family knows one file of each stem: of several it loads the last that it lists. ComfyUI knows each file by its
path below one of its roots, extension included: equal stems in two folders are two adapters, and of one path below
several roots it opens that below the first.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Protocol

from stylus_core.errors import OptionError
from stylus_core.home import NAMINGS, PATHS, STEMS
from stylus_core.library.folder_walk import EXTENSIONS, Listing, winners
from stylus_core.types import Adapter

_SEPARATORS = re.compile(r"[\\/]")


class Naming(Protocol):
    """How a host names adapters.

    Attributes:
        kind: one of `NAMINGS`.
        extensions: of the files that the host takes for adapters.
    """

    kind: str
    extensions: frozenset[str]

    def name(self, path: str) -> str:
        """Names the file of a path.

        Args:
            path: absolute.

        Returns:
            The name; "" where it is the stem.
        """

    def shadows(self, listing: Listing) -> dict[str, str]:
        """Finds the files that cannot be called, as others have their names.

        Args:
            listing: of the roots.

        Returns:
            By their paths those of the files that the host opens instead.
        """

    def stem(self, name: str) -> str:
        """Finds the stem in a name.

        Args:
            name: as somebody wrote it.

        Returns:
            The stem of the file that it may mean.
        """

    def means(self, name: str, adapter: Adapter) -> bool:
        """Whether a name is that of an adapter.

        Args:
            name: as somebody wrote it.
            adapter: of the library.

        Returns:
            False for its title or its alias.
        """


class StemNaming:
    """By the file's stem, as the WebUI family does."""

    kind = STEMS
    extensions = EXTENSIONS

    def name(self, path: str) -> str:
        """See `Naming.name`."""
        return ""

    def shadows(self, listing: Listing) -> dict[str, str]:
        """See `Naming.shadows`."""
        won = winners(listing)
        return {i.path: won[i.stem] for i in listing.files.values() if won.get(i.stem, i.path) != i.path}

    def stem(self, name: str) -> str:
        """See `Naming.stem`."""
        return name

    def means(self, name: str, adapter: Adapter) -> bool:
        """See `Naming.means`."""
        return name == adapter.stem


class PathNaming:
    """By the path below the first root that a file lies in, as ComfyUI does.

    Args:
        roots: absolute, in the order in which the host looks into them.
    """

    kind = PATHS
    extensions = EXTENSIONS | {".sft"}

    def __init__(self, roots: Sequence[str | os.PathLike[str]]) -> None:
        self._roots = [os.path.join(os.fspath(root), "") for root in roots]

    def name(self, path: str) -> str:
        """See `Naming.name`."""
        return next((path[len(root) :] for root in self._roots if path.startswith(root)), os.path.basename(path))

    def shadows(self, listing: Listing) -> dict[str, str]:
        """See `Naming.shadows`."""
        files = [item for item in listing.files.values() if not item.problem]  # a link to nothing is none to the host
        opened: dict[str, str] = {}
        for root in self._roots:  # a file in a root within another one has two names, and takes both from others
            for path in (item.path for item in files if item.path.startswith(root)):
                opened.setdefault(path[len(root) :], path)
        return {i.path: other for i in files if (other := opened.setdefault(self.name(i.path), i.path)) != i.path}

    def stem(self, name: str) -> str:
        """See `Naming.stem`."""
        last = _SEPARATORS.split(name)[-1]
        stem, extension = os.path.splitext(last)
        return stem if extension.lower() in self.extensions else last

    def means(self, name: str, adapter: Adapter) -> bool:
        """See `Naming.means`: a bare stem is that of every file that has it, in whatever folder."""
        if name in (adapter.host_name, adapter.stem):
            return True
        # A workflow made on another system has that one's separators.
        return name.replace("\\", "/") in (adapter.host_name.replace(os.sep, "/"), adapter.tag_name)


def naming_of(kind: str, roots: Sequence[str | os.PathLike[str]]) -> Naming:
    """Makes the naming of a library.

    Args:
        kind: one of `NAMINGS`.
        roots: the library's folders, absolute.

    Returns:
        The naming.

    Raises:
        OptionError: there is none of this kind.
    """
    if kind not in NAMINGS:
        raise OptionError(f"adapters are called by one of {', '.join(NAMINGS)}, not by {kind[:60]!r}")
    return PathNaming(roots) if kind == PATHS else StemNaming()
