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
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.contention import contention
from benchmarks.grow import GrownEncoder, grown, write_library
from benchmarks.research import ResearchRetriever
from benchmarks.scale_table import table_of
from benchmarks.world import OUT
from stylus_core import Stylus
from stylus_core.home import library_home
from stylus_core.prompt import parse
from stylus_core.prompt.keywords import keywords, phrases
from stylus_core.retriever.documents import document
from stylus_core.retriever.encoder import find_model, open_encoder
from stylus_core.retriever.index import Index
from stylus_core.retriever.quantized_vectors import VIEWS
from stylus_core.retriever.retriever import Retriever
from stylus_core.retriever.vectors import VectorStore
from stylus_core.types import Adapter
from stylus_study.evaluation.corpus import load_queries
from stylus_study.evaluation.markdown_table import MarkdownTable
from tests.library.build import safetensors
from tests.shared import DATA, REASON

SIZES = (10_000, 100_000)
MILLION = 1_000_000
_PROMPTS = 250
_RESEARCHED = 25  # prompts that the research code's retriever is timed on


def timed(action: Callable[[], Any], repeat: int = 1) -> float:
    """Median seconds."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def percentiles(values: Sequence[float]) -> tuple[float, float]:
    """Median and 95th percentile."""
    return statistics.median(values), statistics.quantiles(values, n=20)[18]


def resident() -> float:
    """MB of this process that are in memory, pages of mapped files included."""
    text = Path("/proc/self/smaps_rollup").read_text(encoding="ascii")
    return float(next(line.split()[1] for line in text.splitlines() if line.startswith("Rss:"))) / 1024


def megabytes(folder: Path) -> float:
    """Of all files in a folder."""
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) / 1e6


def prompts() -> list[str]:
    """People's prompts, each with words of its own so that it was never seen."""
    if DATA is None:
        raise FileNotFoundError(REASON)
    return [q.query for q in load_queries(DATA / "queries_user.jsonl.gz")]


def stand_in() -> GrownEncoder:
    """The encoder with perturbed vectors for grown records."""
    encoder = open_encoder()
    store = VectorStore(OUT / "vectors.sqlite", encoder)
    try:
        return GrownEncoder(encoder, store.many)
    finally:
        store.close()


# -- a library of real files


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


def against_research(stylus: Stylus) -> dict[str, float]:
    """Median milliseconds of its ranking and of ours for the same prompts over the same vectors.

    `ranking` and `ours` have the prompt's embedding at hand; `batch`, `alone` and `our selection` start from its text.
    """
    index = stylus.local_index.index
    dense = index.dense(stylus.local_index.vectors(), stylus.library.get)
    everything = np.arange(len(index.ids))
    axes = np.eye(dense.encoder.dim, dtype=np.float32)
    theirs = ResearchRetriever(
        np.ascontiguousarray(dense.cosines("description", everything, axes).T), stylus.library.adapters(), OUT / "grown"
    )
    some = [parse(f"{p}, study number {n}") for n, p in enumerate(prompts()[20 : 20 + _RESEARCHED])]
    vectors = [dense.query([p.plain])[0] for p in some]
    retriever = Retriever(index, stylus.library.get, dense)
    ours = []
    for p in some:
        retriever.search(p, keywords(p), 30)
        ours.append(timed(lambda p=p: retriever.search(p, keywords(p), 30)) * 1000)  # type: ignore[misc]
    its = [timed(lambda v=v: theirs.rank(v, 150)) * 1000 for v in vectors]  # type: ignore[misc]
    out = {"ranking": statistics.median(its), "ours": statistics.median(ours)}
    texts = [f"{p}, research number {n}" for n, p in enumerate(prompts()[20 : 20 + _RESEARCHED])]
    try:
        model = str(find_model())
        for name, action in (("batch", theirs.in_batch), ("alone", theirs.alone)):
            took = [timed(lambda t=t, do=action: do(t, model, 150)) for t in texts[:5]]  # type: ignore[misc]
            out[name] = statistics.median(took) * 1000
    except ImportError:
        return out
    out["our selection"] = statistics.median(timed(lambda t=t: stylus.select(t)) for t in texts) * 1000  # type: ignore[misc]
    return out


# -- records without files


def measure_records(size: int) -> dict[str, Any]:
    """The index alone, as far as it goes without files."""
    folder = OUT / "grown" / f"records-{size}"
    shutil.rmtree(folder, ignore_errors=True)
    encoder = stand_in()
    store = VectorStore(OUT / "vectors.sqlite", open_encoder())
    started = time.perf_counter()
    index = Index(folder)
    index.update(grown(size), (), 1)
    took = time.perf_counter() - started

    class Straight:
        """Vectors of grown records without a cache between."""

        def __init__(self) -> None:
            self.encoder = encoder

        def many(self, texts: Sequence[str]) -> Any:
            return encoder.encode(texts)

    def get(ids: Sequence[int]) -> dict[int, Adapter]:
        return {i: next(grown(i, i - 1)) for i in ids}

    index.dense(Straight(), get, everything=True)  # type: ignore[arg-type]
    del index
    before = resident()
    opened: list[Index] = []
    ready = timed(lambda: opened.append(Index(folder)))
    known: dict[int, Adapter] = {}

    def named(ids: Sequence[int]) -> dict[int, Adapter]:
        return {i: known.setdefault(i, Adapter(i, "/grown/a.safetensors", "a")) for i in ids}

    dense = opened[0].dense(store, named)
    retriever = Retriever(opened[0], named, dense)
    timings = []
    for prompt in prompts()[20:120]:
        parsed = parse(prompt)
        retriever.search(parsed, keywords(parsed), 30)
        found = retriever.search(parsed, keywords(parsed), 30).timings
        timings.append(sum(v for stage, v in found.items() if stage != "embed"))
    return {
        "size": size,
        "index": took,
        "ready": ready,
        "retrieval": percentiles(timings),
        "memory": resident() - before,
        "disk": {"index": megabytes(folder)},
    }


# -- embedding


def embedding() -> MarkdownTable:
    """Documents a second, next to sentence-transformers on the same texts."""
    encoder = open_encoder()
    texts = [t for a in grown(256) for t in (lambda d: [getattr(d, v) for v in VIEWS])(document(a))]
    encoder.encode(texts[:32])
    ours = len(texts) / timed(lambda: encoder.encode(texts), 3)
    table = MarkdownTable("Embedding labels and accounts of real adapters", ["encoder", "texts a second", "ratio"])
    try:
        from sentence_transformers import SentenceTransformer

        plain = SentenceTransformer(str(find_model()), device="cpu")
        plain.encode(texts[:32], show_progress_bar=False)
        theirs = len(texts) / timed(lambda: plain.encode(texts, show_progress_bar=False), 3)
        table.add("sentence-transformers, as it comes", f"{theirs:.0f}", "1.00")
        table.add(f"ours ({encoder.backend})", f"{ours:.0f}", f"{ours / theirs:.2f}")
    except ImportError:
        table.add(f"ours ({encoder.backend})", f"{ours:.0f}", "")
        table.notes.append("sentence-transformers is not installed: nothing to compare with")
    return table


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
