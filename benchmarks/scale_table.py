"""What `benchmarks.scale` measured, as a table: sizes side by side."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from stylus_study.evaluation.markdown_table import MarkdownTable


def table_of(rows: Sequence[dict[str, Any]]) -> MarkdownTable:
    """Sizes side by side, and how much the last step multiplies each number."""
    table = MarkdownTable(
        "Scale", ["", *(f"{r['size']:,}" for r in rows), "growth, first to last", "target at 100,000"]
    )

    def line(name: str, value: Callable[[dict[str, Any]], float], form: str = ".1f", target: str = "") -> None:
        values: list[float | None] = []
        for row in rows:
            try:
                values.append(value(row))
            except KeyError:
                values.append(None)
        cells = ["" if v is None else format(v, form) for v in values]
        known = [(r["size"], v) for r, v in zip(rows, values, strict=True) if v is not None and v > 0]
        growth = ""
        if len(known) > 1:
            (n0, v0), (n1, v1) = known[0], known[-1]
            growth = f"x{v1 / v0:.1f} for x{n1 / n0:.0f}"
        table.add(name, *cells, growth, target)

    line("read all files from cold (s)", lambda r: r["scan"])
    line("index them; vectors perturbed, those of 4,159 embedded if not kept (s)", lambda r: r["index"])
    line("index opened and ready (s)", lambda r: r["ready"], ".2f", "1")
    line("retrieval p50 (ms)", lambda r: r["retrieval"][0], target="15")
    line("retrieval p95 (ms)", lambda r: r["retrieval"][1], target="30")
    line("selection, prompt never seen, p50 (ms)", lambda r: r["never seen"][0], target="60")
    line("selection, prompt never seen, p95 (ms)", lambda r: r["never seen"][1])
    line("... embedding the prompt, p50 (ms)", lambda r: r["embed"][0])
    line("selection, prompt seen before, p50 (ms)", lambda r: r["seen"][0])
    line("memory of the index, mapped pages included (MB)", lambda r: r["memory"], ".0f", "250")
    line("memory of everything but the model, listing and database included (MB)", lambda r: r["memory of all"], ".0f")
    line("rescan, nothing changed (s)", lambda r: r["rescan"], ".2f", "5")
    line("one file added: rescan (s)", lambda r: r["added file"], ".2f")
    line("... and visible after it was read (s)", lambda r: r["visible"], ".2f", "0.2")
    line("disk: index (MB)", lambda r: r["disk"]["index"], ".0f")
    line("disk: library (MB)", lambda r: r["disk"]["library"], ".0f")
    line("disk: cache of vectors (MB)", lambda r: r["disk"]["vectors"], ".0f")
    line("research code's ranking of a vector, p50 (ms)", lambda r: r["research"]["ranking"])
    line("... our retrieval in the same run, p50 (ms)", lambda r: r["research"]["ours"])
    line("... times faster", lambda r: r["research"]["ranking"] / r["research"]["ours"], target="25")
    for name, said in (("batch", "in a batch"), ("alone", "for one prompt")):
        line(f"research code's retriever {said}, p50 (ms)", lambda r, n=name: r["research"][n], ".0f")  # type: ignore[misc]
        line("... our whole selection in the same run, p50 (ms)", lambda r: r["research"]["our selection"])
        line("... times faster", lambda r, n=name: r["research"][n] / r["research"]["our selection"], target="25")  # type: ignore[misc]
    table.notes.append(f"load of the machine when this ended: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for row in rows:
        if "stages" in row:
            said = ", ".join(f"{s} {p50:.1f} / {p95:.1f}" for s, (p50, p95) in row["stages"].items())
            table.notes.append(f"retrieval at {row['size']:,} in stages, p50 / p95 ms: {said}")
    return table
