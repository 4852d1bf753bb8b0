"""Ten thousand selections in one process while files come and go: memory, descriptors and threads stay as they were."""

from __future__ import annotations

import gc
import json
import os
import random
import statistics
import tempfile
import threading
from pathlib import Path

from benchmarks.attack.invented_library import WORDS, add, library
from benchmarks.attack.tally import Tally
from stylus_core import Stylus

WANTED = 10_000
_STEP = 500  # selections between two looks
_WARM = 2_000  # selections until everything that is kept once is there
_MB = 12.0  # what a process of this size may grow by chance: the allocator's own arenas
_COMING, _KEPT = 10, 20  # selections between two new files, and how many of those stay
_WORDS = 100  # words that come again: what is kept of a word that was never seen is bounded by other limits


def run() -> Tally:
    """All of them, in one library of which files come and go."""
    tally = Tally("life", WANTED)
    rng = random.Random(3)
    looks: list[tuple[int, float, int, int]] = []
    with tempfile.TemporaryDirectory() as folder:
        lora = library(Path(folder) / "loras", 120)
        have: list[int] = []
        coming = 0
        with Stylus(lora, home=Path(folder) / "home", encoder="none") as stylus:
            stylus.index()
            while tally.tried < WANTED:
                number = tally.tried
                if number >= coming:
                    coming = number + _COMING
                    new = number // _COMING % _WORDS
                    add(lora, f"new_{new}", f"Zorb {new} thing", f"zorb{new}x")
                    have.append(new)
                    if f"new_{new}" not in _picked(stylus, new):
                        tally.fail("lost", f"new_{new} is not picked at once")
                    tally.tried += 1
                if len(have) > _KEPT:
                    old = have.pop(0)
                    for path in lora.glob(f"new_{old}.*"):
                        path.unlink()
                    if f"new_{old}" in _picked(stylus, old):
                        tally.fail("lost", f"new_{old} is picked and gone")
                    tally.tried += 1
                stylus.select(" ".join(rng.sample(WORDS, 4)) + f" {number % _WORDS}")
                tally.tried += 1
                if tally.tried // _STEP > len(looks):
                    gc.collect()
                    looks.append((tally.tried, _memory(), len(os.listdir("/proc/self/fd")), threading.active_count()))
    warm = [look for look in looks if look[0] > _WARM]
    first, last = warm[: len(warm) // 3], warm[-(len(warm) // 3) :]
    grown = statistics.median(m for _, m, _, _ in last) - statistics.median(m for _, m, _, _ in first)
    for place, name in ((2, "descriptors"), (3, "threads")):
        more = max(look[place] for look in last) - max(look[place] for look in first)
        tally.notes.append(f"{name}: {max(look[place] for look in first)}, then {max(look[place] for look in last)}")
        if more > 0:
            tally.fail("lost", f"{more} more {name}")
    tally.notes.append(f"resident memory: {grown:+.1f} MB from the first to the last third, after {_WARM} selections")
    if grown > _MB:
        tally.fail("lost", f"{grown:.1f} MB more memory")
    return tally


def _picked(stylus: Stylus, number: int) -> set[str]:
    return {p.name for p in stylus.select(f"a zorb{number}x on a table").picks}


def _memory() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    print(json.dumps(run().told(), indent=1))
