"""How many threads numpy's products of matrices take: OpenBLAS's setting, of the copy that numpy's wheels bring.

OpenBLAS shares out each product by itself and waits for the slowest thread each time: what lies between two products is
done by one thread, and on a busy machine all wait for the one that has no core. Many texts are shared out whole.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import threading
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np

_lock = threading.Lock()
_users = 0  # how many hold it at one thread
_before = 0


class _OpenBlas:
    """The two functions of the library that numpy has loaded.

    Raises:
        AttributeError: it is no OpenBLAS that is known.
        OSError: it is not loaded.
    """

    def __init__(self, path: Path) -> None:
        # only what is loaded: a second copy would have a setting of its own
        library = ctypes.CDLL(str(path), mode=getattr(os, "RTLD_NOLOAD", 0) | getattr(os, "RTLD_NOW", 0))
        for name in ("scipy_openblas_{}_num_threads64_", "openblas_{}_num_threads64_", "openblas_{}_num_threads"):
            if hasattr(library, name.format("set")):
                self.get, self.set = (getattr(library, name.format(what)) for what in ("get", "set"))
                self.get.restype, self.set.restype, self.set.argtypes = ctypes.c_int, None, [ctypes.c_int]
                return
        raise AttributeError(f"{path} has no setting for its threads")


@lru_cache(maxsize=1)
def _open_blas() -> _OpenBlas | None:
    """None where numpy computes with something else, as with Accelerate or MKL."""
    package = Path(np.__file__).parent
    for folder in (package.parent / "numpy.libs", package / ".dylibs"):
        for path in sorted(folder.glob("*openblas*")):
            with contextlib.suppress(OSError, AttributeError):
                return _OpenBlas(path)
    return None


def usable_threads(spare: int) -> int:
    """How many threads of our own many texts are shared out to.

    Args:
        spare: cores that are left alone.

    Returns:
        At least 1: no more than this process has cores, and than the user lets OpenBLAS have (`OMP_NUM_THREADS`). 0
        where numpy's threads cannot be told to stay out of the way.
    """
    blas = _open_blas()
    if blas is None:
        return 0
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with _lock:
        allowed = _before if _users else int(blas.get())
    return max(1, min(cores, allowed) - spare)


@contextlib.contextmanager
def one_thread_each() -> Iterator[None]:
    """Lets each product run in the thread that asks for it. The setting is the process's: others have it as well."""
    global _users, _before
    blas = _open_blas()
    if blas is None:
        yield
        return
    with _lock:
        if not _users:
            _before = int(blas.get())
            blas.set(1)
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if not _users:
                blas.set(_before)
