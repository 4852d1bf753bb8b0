"""How long it takes to read a library, to find nothing changed, to take one more file in; and what hostile files cost.

`python -m benchmarks.scan [--large]`; `--large` adds a rescan of 100,000 files. Without ../shared only the hostile
files are measured.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stylus_core.library import Library
from tests.library.build import safetensors
from tests.library.hostile import make, scan_apart
from tests.shared import MAKE_LIBRARY, REASON


@dataclass(frozen=True)
class Row:
    """One measurement; `target` is the most that it may be."""

    what: str
    value: float
    unit: str
    target: float

    @property
    def met(self) -> bool:
        return self.value <= self.target


def timed(action: Callable[[], object], repeat: int = 1) -> float:
    """Median seconds."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def corpus(folder: Path) -> list[Row]:
    """The whole corpus as a folder of real files. Needs ../shared."""
    loras = folder / "loras"
    subprocess.run([sys.executable, str(MAKE_LIBRARY), str(loras), "--size", "100000", "--previews"], check=True)
    with Library(folder / "library.sqlite") as library:
        cold = timed(lambda: library.scan([loras]))
        nothing = timed(lambda: library.scan([loras]), 7)
        added = []
        for number in range(5):
            safetensors(loras / f"one more {number}.safetensors", {"ss_output_name": f"one more {number}"})
            added.append(timed(lambda: library.scan([loras])))
        for path in (loras, *(p for p in loras.iterdir() if p.is_dir())):
            os.utime(path, ns=(10**18, 10**18))  # a folder that has just changed is not judged by its mtime
        library.changed([loras])
        quick = timed(lambda: library.changed([loras], quick=True), 7)
        ids = [a.id for a in library.adapters()]
        everything = timed(lambda: list(library.adapters()), 3)
        some = timed(lambda: library.get(ids[:: len(ids) // 30][:30]), 9)
    return [
        Row(f"scan and refine {len(ids) - 5} adapters from cold", cold, "s", 8.0),
        Row("rescan with nothing changed", nothing, "s", 0.5),
        Row("one file added, on top of that", statistics.median(added) - nothing, "s", 0.1),
        Row("look at the folders' mtimes only", quick * 1000, "ms", 5.0),
        Row("load all adapters", everything, "s", 0.4),
        Row("load 30 adapters", some * 1000, "ms", 2.0),
    ]


def hostile(folder: Path, count: int = 500) -> list[Row]:
    """Hostile files, scanned in a process of its own so that its memory can be told."""
    made = make(folder / "loras", count)
    found = scan_apart(folder / "library.sqlite", folder / "loras")
    return [
        Row(f"scan {count} hostile files", found.seconds, "s", 5.0),
        Row("hostile files without a reason", len({str(h.path) for h in made} - set(found.named)), "files", 0),
        Row("memory they take at most", found.grown, "MB", 300.0),
    ]


def large(folder: Path, count: int = 100_000) -> list[Row]:
    """A folder beyond what people have."""
    model = safetensors(folder / "model.safetensors").read_bytes()
    for number in range(count):
        path = folder / "loras" / f"{number % 300}" / f"{number}.safetensors"
        if number < 300:
            path.parent.mkdir(parents=True)
        path.write_bytes(model)
        path.with_suffix(".json").write_text('{"activation text": "a"}')
    with Library(folder / "library.sqlite") as library:
        library.scan([folder / "loras"])
        return [
            Row(
                f"rescan {count} adapters with nothing changed",
                timed(lambda: library.scan([folder / "loras"]), 3),
                "s",
                5.0,
            )
        ]


def measure(*, with_large: bool = False) -> tuple[list[Row], list[str]]:
    """(measurements, reasons for those that were skipped)."""
    parts = [hostile, *([corpus] if MAKE_LIBRARY else []), *([large] if with_large else [])]
    rows: list[Row] = []
    for part in parts:
        folder = Path(tempfile.mkdtemp(prefix="stylus-bench-"))
        try:
            rows += part(folder)
        finally:
            shutil.rmtree(folder)
    return rows, [] if MAKE_LIBRARY else [f"reading the corpus: {REASON}"]


def main() -> int:
    """Prints a table; the exit code says whether every target was met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--large", action="store_true", help="also rescan 100,000 files")
    rows, skipped = measure(with_large=parser.parse_args().large)
    for row in rows:
        print(f"{row.what:48} {row.value:9.3f} {row.unit:5} (at most {row.target:g}){'' if row.met else ' MISSED'}")
    for reason in skipped:
        print(f"skipped: {reason}")
    return 0 if all(row.met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
