"""How index, rescan, selection, memory and disk grow with the library: `make bench-scale`.

Every size is measured in a process of its own, on a folder of real files that `benchmarks.grow` makes. Vectors of grown
records are perturbed, not embedded; prompts are people's and are embedded. `--million` adds a million records put
straight into the index, without files. Results of the run before are kept in benchmarks/out/scale.md.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.contention import contention
from benchmarks.grow import write_library
from benchmarks.measuring import megabytes, percentiles, resident, timed
from benchmarks.scale_comparisons import against_research, embedding
from benchmarks.scale_inputs import prompts, stand_in
from benchmarks.scale_records import measure_records
from benchmarks.scale_table import table_of
from benchmarks.world import OUT
from stylus_core import Stylus
from stylus_core.home import library_home
from stylus_core.prompt import parse
from stylus_core.prompt.keywords import keywords, phrases
from stylus_core.retriever.encoder import open_encoder
from stylus_core.retriever.index import Index
from stylus_core.retriever.retriever import Retriever
from stylus_core.retriever.vectors import VectorStore
from stylus_core.types import Adapter
from tests.library.build import safetensors
from tests.shared import DATA, REASON

SIZES = (10_000, 100_000)
MILLION = 1_000_000
_PROMPTS = 250


def prepare(size: int) -> dict[str, float]:
    """Makes and indexes the library unless that is done; seconds of each step."""
    base = OUT / "grown" / str(size)
    kept = base / "indexed.json"
    if kept.is_file():
        return dict(json.loads(kept.read_text(encoding="utf-8")))
    loras = base / "loras"
    if not (loras / ".complete").is_file():
        shutil.rmtree(loras, ignore_errors=True)
        write_library(loras, size)
    shutil.rmtree(base / "home", ignore_errors=True)
    with Stylus(loras, home=base / "home", encoder=stand_in()) as stylus:
        scan = timed(stylus.refresh)
        index = timed(stylus.index)
        vectors = stylus.home / "vectors.sqlite"
    shutil.copy(vectors, base / "vectors.kept")  # as it was before any prompt was seen
    kept.write_text(json.dumps({"scan": scan, "index": index}), encoding="utf-8")
    return {"scan": scan, "index": index}


def measure(size: int) -> dict[str, Any]:
    """One row of the table."""
    out: dict[str, Any] = {"size": size, **prepare(size)}
    loras, home = OUT / "grown" / str(size) / "loras", OUT / "grown" / str(size) / "home"
    folder = library_home([loras.absolute()], home) / "index"
    for old in folder.parent.glob("vectors.sqlite*"):
        old.unlink()
    shutil.copy(OUT / "grown" / str(size) / "vectors.kept", folder.parent / "vectors.sqlite")
    out["memory"] = json.loads(_child("--memory", str(folder)))
    with Stylus(_small(), home=OUT / "grown" / "small-home") as warm:  # the model and all modules are in memory
        warm.index()
        for p in prompts()[:20]:
            warm.select(p)
    before = resident()
    stylus = Stylus(loras, home=home)
    stylus.refresh()
    out["ready"] = ready(folder, stylus.home / "vectors.sqlite")
    stylus.select("a lighthouse at dusk")
    fresh = [f"{p}, study number {n}" for n, p in enumerate(prompts()[300 : 300 + _PROMPTS])]
    never = [stylus.select(p).timings for p in fresh]
    again = [stylus.select(p).timings for p in fresh]
    stages = ("search", "rescore", "fuse", "read")
    out["retrieval"] = percentiles([sum(t.get(s, 0.0) for s in stages) for t in again])
    out["stages"] = {s: percentiles([t.get(s, 0.0) for t in again]) for s in stages}
    out["never seen"] = percentiles([t["total"] for t in never])
    out["seen"] = percentiles([t["total"] for t in again])
    out["embed"] = percentiles([t.get("embed", 0.0) for t in never])
    out["memory of all"] = resident() - before
    out["rescan"] = timed(stylus.refresh, 3)
    usual = statistics.median(t["total"] for t in again) / 1000
    visible, whole = [], []
    for n in range(3):
        path = safetensors(loras / "000" / f"one_more_{n}.safetensors", {"ss_output_name": f"one more {n}"})
        whole.append(timed(stylus.refresh))
        visible.append(timed(lambda: stylus.select("a lighthouse at dusk")) - usual)
        path.unlink()
    out["visible"] = statistics.median(visible)
    out["added file"] = statistics.median(whole)
    stylus.select("a lighthouse at dusk")
    out["disk"] = {
        "index": megabytes(folder),
        "library": (stylus.home / "library.sqlite").stat().st_size / 1e6,
        "vectors": (stylus.home / "vectors.sqlite").stat().st_size / 1e6,
    }
    out["research"] = against_research(stylus)
    stylus.close()
    return out


def ready(folder: Path, vectors: Path) -> float:
    """Seconds from an index on disk to one that can be searched."""
    store = VectorStore(vectors, open_encoder())
    try:
        return timed(lambda: Index(folder).dense(store, lambda ids: {}))
    finally:
        store.close()


def memory(folder: Path) -> float:
    """MB that an index takes in a process that has the model already, after many different prompts."""
    store = VectorStore(folder.parent / "vectors.sqlite", open_encoder())
    asked = [(parse(p), keywords(parse(p))) for p in prompts()[:_PROMPTS]]
    for parsed, found in asked:
        store.short([parsed.plain, *(part for part, _ in phrases(found))])
    before = resident()
    index = Index(folder)
    nobody = Adapter(1, "/grown/a.safetensors", "a")
    retriever = Retriever(index, lambda ids: dict.fromkeys(ids, nobody), index.dense(store, lambda ids: {}))
    for parsed, found in asked:
        retriever.search(parsed, found, 30)
    return resident() - before


def _child(*arguments: str) -> str:
    command = [sys.executable, "-m", "benchmarks.scale", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def _small() -> Path:
    folder = OUT / "grown" / "small"
    if not (folder / ".complete").is_file():
        write_library(folder, 200)
    return folder


def main() -> int:
    """Prints the tables and keeps them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument("--million", action="store_true", help="also a million records without files (half an hour)")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--records", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--memory", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if DATA is None:
        print(f"skipped: {REASON}")
        return 0
    OUT.mkdir(exist_ok=True)
    if asked.memory:
        print(json.dumps(memory(asked.memory)))
        return 0
    if asked.one:
        print(json.dumps((measure_records if asked.records else measure)(asked.one)))
        return 0
    rows = []
    for size in [*asked.sizes, *([MILLION] if asked.million else [])]:
        more = ["--records"] if size == MILLION else []
        rows.append(json.loads(_child("--one", str(size), *more)))
    home = OUT / "grown" / str(min(asked.sizes)) / "home"
    tables = [table_of(rows), contention(next(home.glob("*/library.sqlite"))), embedding()]
    text = "\n\n".join(map(str, tables))
    print(text)
    (OUT / "scale.md").write_text(f"{text}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
