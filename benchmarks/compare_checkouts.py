"""Whether two checkouts of this project select alike, byte for byte, and how quick each is beside the other.

`python -m benchmarks.compare_checkouts OLD --library DIR --prompts FILE... [--number 300]` compares OLD, a folder
with an earlier checkout, with this one. Prompts are lines of text, or JSON lines with a `query` or `prompt`, plain or
gzipped; as many are taken of each file. Each checkout indexes the library and selects once into a state of its own,
which is not compared; then processes of the one and the other select in turns, prompts embedded before; only what
`stylus_core` exports is used. Exits with 1 where a selection differs.
"""

from __future__ import annotations

import argparse
import gzip
import json
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import checkouts

#: What each process does: a JSON line a selection without its timings, then one with the times in ms.
_WORK = """
import time
clock = time.perf_counter()
import stylus_core
from stylus_core import Stylus
imported = time.perf_counter() - clock
import json, sys
library, home, prompts, options = sys.argv[1:]
with Stylus(library, home=home) as stylus:
    stylus.index()
    times = []
    for prompt in json.load(open(prompts, encoding="utf-8")):
        clock = time.perf_counter()
        selection = stylus.select(prompt, json.loads(options), depth=30)
        times.append(1000 * (time.perf_counter() - clock))
        said = selection.to_json(candidates=30)
        del said["timings_ms"]
        print(json.dumps(said, ensure_ascii=False, sort_keys=True))
    print(json.dumps({"import": 1000 * imported, "first": times[0], "warm": times[1:]}))
"""


def prompts_of(files: Sequence[Path], number: int) -> list[str]:
    """The first prompts of each file, distinct, `number` in all where there are so many."""
    found: dict[str, None] = {}
    for place, file in enumerate(files):
        with gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else open(file, encoding="utf-8") as lines:
            for line in lines:
                if len(found) >= number * (place + 1) // len(files):
                    break
                if text := line.strip():
                    record = json.loads(text) if text.startswith("{") else {"prompt": text}
                    found.setdefault(record.get("query") or record["prompt"])
    return list(found)


def run(checkout: Path, library: Path, home: Path, prompts: Path, options: str) -> tuple[list[str], dict[str, float]]:
    """Selections of one process, a line each, and its times in ms."""
    *lines, last = checkouts.run(checkout, _WORK, library, home, prompts, options, cwd=home)
    times = json.loads(last)
    return lines, {"import": times["import"], "first": times["first"], "warm": statistics.median(times["warm"])}


def main() -> int:
    """Prints what differs, and the times of both with their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", type=Path, metavar="OLD")
    parser.add_argument("--library", type=Path, required=True, metavar="DIR")
    parser.add_argument("--prompts", type=Path, nargs="+", required=True, metavar="FILE")
    parser.add_argument("--number", type=int, default=300, metavar="N")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    parser.add_argument("--options", default="{}", metavar="JSON", help="options of the selections")
    given = parser.parse_args()
    sides = {"old": given.old.resolve(), "new": checkouts.HERE}
    with tempfile.TemporaryDirectory() as scratch:
        prompts = Path(scratch) / "prompts.json"
        prompts.write_text(json.dumps(prompts_of(given.prompts, given.number)), encoding="utf-8")
        lines: dict[str, list[str]] = {}
        times: dict[str, list[dict[str, float]]] = {name: [] for name in sides}
        for turn in range(given.rounds + 1):
            for name, checkout in sides.items():
                home = Path(scratch) / name
                home.mkdir(exist_ok=True)
                said, took = run(checkout, given.library.resolve(), home, prompts, given.options)
                if not turn:  # vectors are rounded when they are kept: those of the first time are a little other
                    continue
                if lines.setdefault(name, said) != said:
                    print(f"{name}: the same process twice does not select alike")
                    return 1
                times[name].append(took)
    different = [(a, b) for a, b in zip(lines["old"], lines["new"], strict=True) if a != b]
    picked = sum(bool(json.loads(line)["picks"]) for line in lines["new"])
    print(f"{len(lines['new'])} prompts, {picked} of them with picks: {len(different)} selections differ")
    for old, new in different[:3]:
        print(f"- {old[:600]}\n+ {new[:600]}")
    for what in ("import", "first", "warm"):
        old_ms, new_ms = (statistics.median(t[what] for t in times[name]) for name in ("old", "new"))
        print(f"{what}: {old_ms:.1f} ms, now {new_ms:.1f} ms, ratio {new_ms / old_ms:.2f}")
    return bool(different)


if __name__ == "__main__":
    sys.exit(main())
