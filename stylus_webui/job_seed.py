"""The seed that decides where ours is left open: the job's own."""

from __future__ import annotations

import random
from typing import Any

#: The host draws from below this number.
_SEEDS = 4_294_967_294
_DIGITS = 20


def job_seed(p: Any = None) -> int:
    """Reads the seed of a job's first picture.

    Args:
        p: the host's job, whose `all_seeds` are drawn by the time of `process`; None: there is no job.

    Returns:
        The seed; one that is drawn here, as the host does it for -1, where there is none yet.
    """
    seeds = getattr(p, "all_seeds", None)
    first = seeds[0] if isinstance(seeds, (list, tuple)) and seeds else None
    for given in (first, getattr(p, "seed", None)):
        if isinstance(given, (int, str)) and (number := str(given).strip()).isdecimal():  # neither -1 nor ""
            return int(number[:_DIGITS])
    return random.randrange(_SEEDS)
