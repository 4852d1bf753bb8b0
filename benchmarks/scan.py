"""How long it takes to read a library, to find nothing changed, to take one more file in; and what hostile files cost.

`python -m benchmarks.scan [--large] [--before REVISION]`; `--large` adds a rescan of 100,000 files, `--before` does the
corpus with an earlier revision of this project in turns and prints the ratios. Without ../shared only the hostile files
are measured.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import checkouts
from benchmarks.measuring import timed
from stylus_core.library import Library
from stylus_core.refiner import MetadataRefiner
from tests.library.build import safetensors
from tests.library.hostile import make, scan_apart
from tests.shared import MAKE_LIBRARY, REASON


@dataclass(frozen=True)
class ScanRow:
    """One measurement; `target` is the most that it may be."""

    what: str
    value: float
    unit: str
    target: float

    @property
    def met(self) -> bool:
        """Whether the value is within its target."""
        return self.value <= self.target


def corpus(folder: Path) -> list[ScanRow]:
    """The whole corpus as a folder of real files. Needs ../shared."""
    loras = folder / "loras"
    subprocess.run([sys.executable, str(MAKE_LIBRARY), str(loras), "--size", "100000", "--previews"], check=True)
    with Library(folder / "library.sqlite", MetadataRefiner()) as library:
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
        ScanRow(f"scan and refine {len(ids) - 5} adapters from cold", cold, "s", 8.0),
        ScanRow("rescan with nothing changed", nothing, "s", 0.5),
        ScanRow("one file added, on top of that", statistics.median(added) - nothing, "s", 0.1),
        ScanRow("look at the folders' mtimes only", quick * 1000, "ms", 5.0),
        ScanRow("load all adapters", everything, "s", 0.4),
        ScanRow("load 30 adapters", some * 1000, "ms", 2.0),
    ]


def hostile(folder: Path, count: int = 500) -> list[ScanRow]:
    """Hostile files, scanned in a process of its own so that its memory can be told."""
    made = make(folder / "loras", count)
    found = scan_apart(folder / "library.sqlite", folder / "loras")
    return [
        ScanRow(f"scan {count} hostile files", found.seconds, "s", 5.0),
        ScanRow("hostile files without a reason", len({str(h.path) for h in made} - set(found.named)), "files", 0),
        ScanRow("memory they take at most", found.grown, "MB", 300.0),
    ]


def large(folder: Path, count: int = 100_000) -> list[ScanRow]:
    """A folder beyond what people have."""
    model = safetensors(folder / "model.safetensors").read_bytes()
    for number in range(count):
        path = folder / "loras" / f"{number % 300}" / f"{number}.safetensors"
        if number < 300:
            path.parent.mkdir(parents=True)
        path.write_bytes(model)
        path.with_suffix(".json").write_text('{"activation text": "a"}')
    with Library(folder / "library.sqlite", MetadataRefiner()) as library:
        library.scan([folder / "loras"])
        return [
            ScanRow(
                f"rescan {count} adapters with nothing changed",
                timed(lambda: library.scan([folder / "loras"]), 3),
                "s",
                5.0,
            )
        ]


_SCAN = """
import json, sys, time
import stylus_core.refiner
from stylus_core.library import Library
made = getattr(stylus_core.refiner, "MetadataRefiner", None)  # an earlier library knew its refiner itself
times = []
with Library(sys.argv[1], *([made()] if made else [])) as library:
    for _ in range(4):
        start = time.perf_counter()
        library.scan([sys.argv[2]])
        times.append(time.perf_counter() - start)
print(json.dumps([times[0], sorted(times[1:])[1]]))
"""


def against(folder: Path, revision: str, turns: int = 5) -> list[ScanRow]:
    """A cold scan of the whole corpus and a rescan with nothing changed, as ratios to those of `revision`."""
    loras, earlier = folder / "loras", folder / "earlier"
    subprocess.run([sys.executable, str(MAKE_LIBRARY), str(loras), "--size", "100000"], check=True)
    earlier.mkdir()
    archive = ["git", "archive", revision, "stylus_core"]
    packed = subprocess.run(archive, check=True, capture_output=True).stdout
    tarfile.open(fileobj=io.BytesIO(packed)).extractall(earlier, filter="data")
    times: dict[Path, list[list[float]]] = {earlier: [], Path.cwd(): []}
    for turn in range(turns):
        for place in times if turn % 2 else reversed(times):
            database = folder / f"{turn}-{place.name}.sqlite"
            times[place].append(json.loads(checkouts.run(place, _SCAN, database, loras, cwd=folder)[-1]))
    cold, nothing = (
        statistics.median(now[i] / then[i] for then, now in zip(times[earlier], times[Path.cwd()], strict=True))
        for i in range(2)
    )
    return [
        ScanRow(f"cold scan beside {revision}", cold, "times", 1.1),
        ScanRow(f"rescan with nothing changed beside {revision}", nothing, "times", 1.1),
    ]


def measure(*, with_large: bool = False, before: str = "") -> tuple[list[ScanRow], list[str]]:
    """(measurements, reasons for those that were skipped)."""
    parts: list[Callable[[Path], list[ScanRow]]] = [hostile]
    if MAKE_LIBRARY:
        parts.append(corpus)
        if before:
            parts.append(lambda folder: against(folder, before))
    if with_large:
        parts.append(large)
    rows: list[ScanRow] = []
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
    parser.add_argument(
        "--before", default="", metavar="REVISION", help="compare with an earlier revision of this project"
    )
    args = parser.parse_args()
    rows, skipped = measure(with_large=args.large, before=args.before)
    for row in rows:
        print(f"{row.what:48} {row.value:9.3f} {row.unit:5} (at most {row.target:g}){'' if row.met else ' MISSED'}")
    for reason in skipped:
        print(f"skipped: {reason}")
    return 0 if all(row.met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
