"""Many WebUIs on one library: what writers write is not lost, and readers select all the while."""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path
from typing import Any

import pytest

from stylus_core import Stylus
from tests.library.build import safetensors, sidecar

pytestmark = pytest.mark.whole

WRITERS, READERS = 2, 8
THINGS = (("lantern", "anvil", "sextant"), ("bassoon", "teapot", "gazebo"))  # of each writer
_SECONDS = 2.0


def add(folder: Path, stem: str, title: str) -> None:
    path = safetensors(folder / f"{stem}.safetensors", {"ss_output_name": stem})
    model = {"name": title, "description": f"<p>{title}.</p>", "tags": ["objects"]}
    sidecar(path, ".civitai.info", {"baseModel": "SD 1.5", "trainedWords": [title.lower()], "model": model})


def write(folder: Path, home: Path, number: int, start: Any, results: Any) -> None:
    try:
        with Stylus(folder, home=home, encoder="none") as stylus:
            start.wait(60)
            for n, thing in enumerate(THINGS[number]):
                add(folder / f"of {number}", f"copper_{thing}", f"Copper {thing.title()}")
                stylus.index()
                (added,) = stylus.find(f"copper_{thing}")
                stylus.library.edit(added.id, {"weight": 0.3 + 0.1 * n})
        results.put(("wrote", ""))
    except Exception as e:  # told to the test
        results.put(("failed", repr(e)))


def read(folder: Path, home: Path, start: Any, results: Any) -> None:
    try:
        longest, count = 0.0, 0
        with Stylus(folder, home=home, encoder="none") as stylus:
            start.wait(60)
            end = time.monotonic() + _SECONDS
            while time.monotonic() < end:
                began = time.perf_counter()
                picks = [p.name for p in stylus.select("a paper kite").picks]
                longest, count = max(longest, time.perf_counter() - began), count + 1
                if picks != ["paper_kite"]:
                    results.put(("failed", f"another pick: {picks}"))
                    return
        results.put(("read", (longest, count)))
    except Exception as e:  # told to the test
        results.put(("failed", repr(e)))


def test_two_write_and_eight_read_at_once(tmp_path: Path) -> None:
    folder, home = tmp_path / "loras", tmp_path / "home"
    add(folder, "paper_kite", "Paper Kite")
    for n in range(20):
        add(folder, f"vase_{n}", f"Blue Vase {n}")
    context = multiprocessing.get_context("spawn")
    start, results = context.Barrier(WRITERS + READERS), context.Queue()
    workers = [
        *(context.Process(target=write, args=(folder, home, n, start, results)) for n in range(WRITERS)),
        *(context.Process(target=read, args=(folder, home, start, results)) for _ in range(READERS)),
    ]
    for worker in workers:
        worker.start()
    told = [results.get(timeout=90) for _ in workers]
    for worker in workers:
        worker.join(30)
    assert [why for what, why in told if what == "failed"] == []
    reads = [value for what, value in told if what == "read"]
    assert len(reads) == READERS
    assert all(count >= 3 for _, count in reads)
    assert max(longest for longest, _ in reads) < 5  # ten processes share the cores; nobody waits for a lock that long
    with Stylus(folder, home=home, encoder="none") as stylus:
        for things in THINGS:
            for n, thing in enumerate(things):
                (pick,) = stylus.select(f"a copper {thing} on a shelf", {"max_adapters": 1}).picks
                assert (pick.name, pick.weight) == (f"copper_{thing}", pytest.approx(0.3 + 0.1 * n))
        assert len(stylus.adapters()) == 21 + sum(map(len, THINGS))
    assert len(list(home.rglob("manifest.json"))) == 1
