"""Many WebUIs on one library: what writers write is not lost, and readers select all the while."""

from __future__ import annotations

import contextlib
import multiprocessing
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from stylus_core import Stylus
from tests.clock import HANG
from tests.library.build import safetensors, sidecar

pytestmark = pytest.mark.whole

WRITERS, READERS = 2, 8
THINGS = (("lantern", "anvil", "sextant"), ("bassoon", "teapot", "gazebo"))  # of each writer
_LEAST = 3  # selections of a reader, however soon the writers are done


def add(folder: Path, stem: str, title: str) -> None:
    path = safetensors(folder / f"{stem}.safetensors", {"ss_output_name": stem})
    model = {"name": title, "description": f"<p>{title}.</p>", "tags": ["objects"]}
    sidecar(path, ".civitai.info", {"baseModel": "SD 1.5", "trainedWords": [title.lower()], "model": model})


def write(folder: Path, home: Path, number: int, start: Any, results: Any) -> None:
    try:
        with Stylus(folder, home=home, encoder="none") as stylus:
            start.wait(HANG)
            for n, thing in enumerate(THINGS[number]):
                add(folder / f"of {number}", f"copper_{thing}", f"Copper {thing.title()}")
                stylus.index()
                (added,) = stylus.find(f"copper_{thing}")
                stylus.library.edit(added.id, {"weight": 0.3 + 0.1 * n})
        results.put(("wrote", ""))
    except Exception as e:  # told to the test
        results.put(("failed", repr(e)))


def read(folder: Path, home: Path, start: Any, written: Any, results: Any) -> None:
    """Selects until the writers are done: one that waited for them would never come to its end."""
    try:
        count = 0
        with Stylus(folder, home=home, encoder="none") as stylus:
            start.wait(HANG)
            while count < _LEAST or not written.is_set():
                picks = [p.name for p in stylus.select("a paper kite").picks]
                count += 1
                if picks != ["paper_kite"]:
                    results.put(("failed", f"another pick: {picks}"))
                    return
        results.put(("read", count))
    except Exception as e:  # told to the test
        results.put(("failed", repr(e)))


def test_two_write_and_eight_read_at_once(tmp_path: Path) -> None:
    folder, home = tmp_path / "loras", tmp_path / "home"
    add(folder, "paper_kite", "Paper Kite")
    for n in range(20):
        add(folder, f"vase_{n}", f"Blue Vase {n}")
    context = multiprocessing.get_context("spawn")
    start, written, results = context.Barrier(WRITERS + READERS), context.Event(), context.Queue()
    workers = [
        *(context.Process(target=write, args=(folder, home, n, start, results)) for n in range(WRITERS)),
        *(context.Process(target=read, args=(folder, home, start, written, results)) for _ in range(READERS)),
    ]
    for worker in workers:
        worker.start()
    told: list[tuple[str, Any]] = []
    while len(told) < len(workers):
        told.append(results.get(timeout=HANG))
        if told[-1][0] == "failed" or [what for what, _ in told].count("wrote") == WRITERS:
            written.set()
    for worker in workers:
        worker.join(HANG)
    assert [why for what, why in told if what == "failed"] == []
    reads = [value for what, value in told if what == "read"]
    assert len(reads) == READERS and all(count >= _LEAST for count in reads)
    with Stylus(folder, home=home, encoder="none") as stylus:
        for things in THINGS:
            for n, thing in enumerate(things):
                (pick,) = stylus.select(f"a copper {thing} on a shelf", {"max_adapters": 1}).picks
                assert (pick.name, pick.weight) == (f"copper_{thing}", pytest.approx(0.3 + 0.1 * n))
        assert len(stylus.adapters()) == 21 + sum(map(len, THINGS))
    assert len(list(home.rglob("manifest.json"))) == 1


def test_a_selection_waits_for_nobody_who_writes(tmp_path: Path) -> None:
    """Not even for one who never comes to an end: `benchmarks.contention` measures what is left to wait for."""
    folder, home = tmp_path / "loras", tmp_path / "home"
    add(folder, "paper_kite", "Paper Kite")
    with Stylus(folder, home=home, encoder="none") as stylus, Stylus(folder, home=home, encoder="none") as later:
        stylus.index()
        (database,) = home.rglob("library.sqlite")
        with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as writer:
            writer.execute("BEGIN IMMEDIATE")
            writer.execute("DELETE FROM adapters")
            for reader in (stylus, later):
                found = reader.select("a paper kite")
                assert [p.name for p in found.picks] == ["paper_kite"] and not found.notes, found.notes
            writer.execute("ROLLBACK")
