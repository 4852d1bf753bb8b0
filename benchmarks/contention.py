"""Two processes that write to a library while eight read from it: how long a selection's reads wait for the writers."""

from __future__ import annotations

import itertools
import multiprocessing
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from stylus_core.library import Library
from stylus_core.refiner import MetadataRefiner
from stylus_study.evaluation.markdown_table import MarkdownTable

WRITERS, READERS = 2, 8
_SECONDS = 4.0
_PERIOD = 0.1  # seconds between two selections of a reader: more would measure how ten processes share two cores


def _write(database: Path, start: Any, end: Any) -> None:
    with Library(database, MetadataRefiner()) as library:
        ids = [a.id for a in library.adapters()][:500]
        cards = {i: a.card for i, a in library.get(ids).items()}
        start.wait(60)
        weights = itertools.cycle((0.5, 0.6))  # what changes nothing writes nothing
        while not end.is_set():
            library.put_cards(cards, "import")  # as long a transaction as there is: a scan writes 500 files at once
            library.edit(ids[0], {"weight": next(weights)})
            time.sleep(_PERIOD)


def _read(database: Path, start: Any, results: Any) -> None:
    waits: list[float] = []
    with Library(database, MetadataRefiner()) as library:
        ids = [a.id for a in library.adapters()][:30]
        start.wait(60)
        end = time.monotonic() + _SECONDS
        while time.monotonic() < end:
            began, worked = time.perf_counter(), time.thread_time()
            library.revision  # noqa: B018 - what a selection asks first
            library.get(ids)
            waits.append((time.perf_counter() - began) - (time.thread_time() - worked))
            time.sleep(_PERIOD)
    results.put(waits)


def _run(database: Path, writers: int) -> list[float]:
    context = multiprocessing.get_context("spawn")
    start, end, results = context.Barrier(writers + READERS), context.Event(), context.Queue()
    workers = [context.Process(target=_write, args=(database, start, end)) for _ in range(writers)]
    workers += [context.Process(target=_read, args=(database, start, results)) for _ in range(READERS)]
    for worker in workers:
        worker.start()
    waits = [w for _ in range(READERS) for w in results.get(timeout=120)]
    end.set()
    for worker in workers:
        worker.join(30)
    return waits


def contention(database: Path) -> MarkdownTable:
    """What a selection reads from a copy of `database`, less its own work: waiting for locks, disk and a core."""
    table = MarkdownTable(
        f"{READERS} readers of one library: waiting in a selection's reads (ms)",
        ["writers", "reads", "p50", "p99", "longest"],
    )
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "library.sqlite"
        shutil.copy(database, copy)
        for writers in (0, WRITERS):
            waits = [w * 1000 for w in _run(copy, writers)]
            cut = statistics.quantiles(waits, n=100)
            table.add(str(writers), str(len(waits)), *(f"{v:.1f}" for v in (cut[49], cut[98], max(waits))))
    table.notes.append("readers never wait for a lock (SQLite's write-ahead log): what is left is disk and cores")
    return table
