"""The order in which the hosts list adapters: of two files with one name they load the last.

They go root by root, folders in natural order of their whole path, names in natural order inside each; a folder with
links to it is listed again under each of them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence

_DIGITS = re.compile(r"(\d+)", re.ASCII)


def natural_key(text: str) -> list[tuple[int, int, str]]:
    """The order in which the hosts list names: runs of digits as numbers, the rest without case."""
    parts = _DIGITS.split(text)
    return [(0, int(p[:4000]), "") if i % 2 else (1, 0, p.lower()) for i, p in enumerate(parts)]


_Position = tuple[int, list[tuple[int, int, str]]]


class LastPositions:
    """Where the hosts list a folder last, worked out once a folder: there may be thousands of links to it."""

    def __init__(self, roots: Sequence[str], aliases: Sequence[tuple[str, str, int]]) -> None:
        """`aliases` are paths under which a folder can be reached as well: (path, folder, root)."""
        self._roots = {root: index for index, root in enumerate(roots)}
        self._found: dict[str, _Position] = {}
        # What stands behind a link's name is the same for all links to one folder. It decides between two of them only
        # in that there is something, since no link lies inside another: links are not walked.
        self._ends: dict[str, tuple[str, int]] = {}
        self._middles: dict[str, tuple[str, int]] = {}
        for best, behind in ((self._ends, ""), (self._middles, os.sep)):
            keys: dict[str, _Position] = {}
            for alias, folder, index in aliases:
                key = (index, natural_key(alias + behind))
                if folder not in keys or key > keys[folder]:
                    keys[folder], best[folder] = key, (alias, index)

    def of(self, folder: str) -> _Position:
        """The number of the root in which the folder comes last, and its path there as a key to sort by."""
        if folder not in self._found:
            self._found[folder] = max(self._positions(folder))
        return self._found[folder]

    def _positions(self, folder: str) -> Iterator[_Position]:
        above, behind = folder, ""
        while True:
            if above in self._roots:
                yield self._roots[above], natural_key(folder)
            if link := (self._middles if behind else self._ends).get(above):
                yield link[1], natural_key(link[0] + behind)
            parent = os.path.dirname(above)
            if parent == above:
                return
            above, behind = parent, folder[len(parent.rstrip(os.sep)) :]
