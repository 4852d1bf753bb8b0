"""How long a selection takes when warm, and where the time goes; how long the package takes to import."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.world import OUT
from stylus_core import Stylus
from stylus_study.evaluation.corpus import load_queries
from stylus_study.evaluation.markdown_table import MarkdownTable
from tests.shared import DATA, MAKE_LIBRARY


def _library() -> Path:
    folder = OUT / "library"
    if not folder.is_dir():
        OUT.mkdir(exist_ok=True)
        subprocess.run([sys.executable, str(MAKE_LIBRARY), str(folder), "--size", "100000"], check=True)
    return folder


def _restored(kept: Path, home: Path) -> float:
    """`home` as it was after indexing, before any prompt was seen; seconds that indexing took when it was made."""
    if not kept.is_dir():
        with Stylus(_library(), home=kept) as stylus:
            start = time.perf_counter()
            stylus.index()
            took = time.perf_counter() - start
        (kept / "seconds").write_text(str(took), encoding="utf-8")
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(kept, home)
    return float((kept / "seconds").read_text(encoding="utf-8"))


def _line(name: str, values: list[float], of: float | None = None) -> list[str]:
    p50, p95 = statistics.median(values), statistics.quantiles(values, n=20)[18]
    return [name, f"{p50:.1f}", f"{p95:.1f}", f"{sum(values) / of:.0%}" if of else ""]


def run() -> list[MarkdownTable]:
    """Selections on the corpus as real files: prompts never seen, then the same with a word changed."""
    if DATA is None:
        raise FileNotFoundError("the shared corpus is not beside the project")
    prompts = [q.query for q in load_queries(DATA / "queries_user.jsonl.gz")]
    indexed = _restored(OUT / "indexed", OUT / "home")
    with Stylus(_library(), home=OUT / "home") as stylus:
        stylus.index()
        for prompt in prompts[:20]:
            stylus.select(prompt)
        fresh = [stylus.select(f"{p}, study number {n}").timings for n, p in enumerate(prompts[20:320])]
        again = [
            stylus.select(f"{p}, study number {n}, {prompts[n % 7][:12]}").timings
            for n, p in enumerate(prompts[20:320])
        ]
    table = MarkdownTable("Selection, warm, 4,159 adapters (ms)", ["prompts", "p50", "p95", "share"])
    table.add(*_line("a prompt never seen, embedding included", [t["total"] for t in fresh]))
    table.add(*_line("one word changed, its parts embedded before", [t["total"] for t in again]))
    whole = sum(t["total"] for t in fresh)
    for stage in sorted({s for t in fresh for s in t} - {"total"}, key=lambda s: -sum(t.get(s, 0) for t in fresh)):
        table.add(*_line(f"never seen: {stage}", [t.get(stage, 0.0) for t in fresh], whole))
    table.notes.append(f"index from cold, embedding and phrases included: {indexed:.0f} s")
    clock = "import time; t = time.perf_counter(); import stylus_core"
    code = f"{clock}; print(time.perf_counter() - t, 'torch' in __import__('sys').modules)"
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
        for _ in range(7)
    ]
    table.notes.append(
        f"import stylus_core: {statistics.median(float(r[0]) for r in runs) * 1000:.1f} ms, torch loaded: {runs[0][1]}"
    )
    with tempfile.TemporaryDirectory() as empty, Stylus(_library(), home=empty, encoder="none") as stylus:
        start = time.perf_counter()
        stylus.index()
        table.notes.append(
            f"index 4,159 adapters from cold, without embedding: {time.perf_counter() - start:.1f} s (target 15)"
        )
    return [table]
