"""An evaluation as files: tables, numbers, and plots where matplotlib is installed."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from pathlib import Path

from stylus_study.evaluation import plots
from stylus_study.evaluation.evaluation_result import Evaluation


def write_evaluation(found: Evaluation, folder: Path) -> list[Path]:
    """Writes tables in Markdown and CSV, numbers in JSON, plots in SVG, and the picks that nobody judged.

    Args:
        found: the evaluation.
        folder: made if it is not there; files of the same names are written over.

    Returns:
        The files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made: list[Path] = []

    def keep(name: str, text: str) -> None:
        # A prompt may hold half of a surrogate pair, which no file can.
        made.append(folder / name)
        made[-1].write_text(text, encoding="utf-8", errors="replace", newline="")

    tables = found.tables()
    keep("evaluation.md", "\n\n".join(map(str, tables)) + "\n")
    keep("evaluation.json", json.dumps(found.as_dict(), ensure_ascii=False, indent=1))
    used: Counter[str] = Counter()
    for table in tables:
        name = re.sub(r"[^a-z0-9]+", "-", table.title.lower().partition(":")[0]).strip("-")
        used[name] += 1
        text = io.StringIO(newline="")
        csv.writer(text).writerows([table.header, *table.rows])
        keep(f"{name}-{used[name]}.csv" if used[name] > 1 else f"{name}.csv", text.getvalue())
    if found.judged is not None:
        rows = (json.dumps(row, ensure_ascii=False) + "\n" for row in found.judged.unjudged)
        keep("unjudged.jsonl", "".join(rows))
    return made + plots.draw(found, folder)
