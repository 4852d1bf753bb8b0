"""Names as codes: a table of the names that occur, and for each adapter a small number that says which is its own.

What is stored are names. A place in one of our lists would mean something else as soon as the list gets a new entry.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int16]
Names = NDArray[np.str_]

LONGEST = 64  # characters of a name that machines tell one another
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+-]{0,62}\??")


def is_name(text: str) -> bool:
    """Whether this may come from another machine as a name."""
    return _NAME.fullmatch(text) is not None


def shared(name: str) -> str:
    """A name as other machines are told it."""
    return name if is_name(name) else "other"


def coded(names: Sequence[str]) -> tuple[Codes, Names]:
    """(n,) codes of these names, and the table."""
    table, codes = np.unique(np.array(names, np.str_), return_inverse=True)
    return codes.astype(np.int16), table


def joined(codes: Sequence[NDArray[np.integer]], tables: Sequence[Names]) -> tuple[Codes, Names]:
    """Codes of several tables, one after the other, in one table of the names that are used."""
    used = [np.flatnonzero(np.bincount(c, minlength=len(t))) for c, t in zip(codes, tables, strict=True)]
    table = np.unique(np.concatenate([np.zeros(0, np.str_), *(t[u] for t, u in zip(tables, used, strict=True))]))
    parts = [np.zeros(0, np.int16)]
    for part, names, own in zip(codes, tables, used, strict=True):
        place = np.zeros(len(names), np.int16)
        place[own] = np.searchsorted(table, names[own])
        parts.append(place[part])
    return np.concatenate(parts), table


def check(codes: NDArray[np.integer], names: NDArray[np.generic]) -> None:
    """Raises ValueError where these are no codes of that table."""
    if names.dtype.kind != "U" or names.ndim != 1 or codes.dtype.kind != "i":
        raise ValueError("a table of names is damaged")
    if len(codes) and not 0 <= int(codes.min()) <= int(codes.max()) < len(names):
        raise ValueError("a name is missing in its table")
