"""Seconds, megabytes and percentiles of what benchmarks run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any


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


def print_and_keep(tables: Sequence[object], path: Path) -> None:
    """Prints the tables of a benchmark, and keeps them as a file."""
    path.parent.mkdir(exist_ok=True)
    text = "\n\n".join(map(str, tables))
    print(text)
    path.write_text(text + "\n", encoding="utf-8")


def megabytes(folder: Path) -> float:
    """Of all files in a folder."""
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) / 1e6
