"""Runs the topics named, or all, each in a process of its own; prints a table and keeps it in benchmarks/out."""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
from typing import Any

from benchmarks.attack.commands import ROOT, environment
from benchmarks.attack.tally import KINDS
from stylus_study.evaluation.markdown_table import MarkdownTable

TOPICS = ("kills", "inputs", "faults", "injections", "life")
_OUT = ROOT / "benchmarks" / "out"
_MEMORY = 300.0  # MB that all of it may take beyond the start
_ALONE = "--alone"


def main() -> int:
    """0 if nothing was lost, hung, hostile or told; 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.attack", description=__doc__)
    parser.add_argument("topics", nargs="*", default=TOPICS, metavar="TOPIC", help=f"any of {', '.join(TOPICS)}")
    parser.add_argument(_ALONE, action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if wrong := sorted(set(given.topics) - set(TOPICS)):
        parser.error(f"there is no topic {wrong[0]!r}: take any of {', '.join(TOPICS)}")
    if given.alone:
        print(json.dumps(importlib.import_module(f"benchmarks.attack.{given.topics[0]}").run().told()))
        return 0
    _OUT.mkdir(exist_ok=True)
    table = MarkdownTable("Attacks", ["topic", "tried", "asked for", *KINDS, "memory (MB)"])
    bad = 0
    for topic in given.topics:
        told = _apart(topic)
        failed = [told["failed"][kind] for kind in KINDS]
        bad += sum(failed) + (told["tried"] < told["wanted"]) + (told["grown"] > _MEMORY)
        table.add(topic, f"{told['tried']:,}", f"{told['wanted']:,}", *map(str, failed), f"{told['grown']:.0f}")
        table.notes += [f"{topic}: {note}" for note in (*told["notes"], *told["shown"])]
        print(f"{topic}: {told['tried']} tried, {sum(failed)} failed", file=sys.stderr, flush=True)
    text = str(table)
    (_OUT / "attack.md").write_text(text + "\n", "utf-8")
    print(text)
    return 1 if bad else 0


def _apart(topic: str) -> dict[str, Any]:
    call = [sys.executable, "-m", "benchmarks.attack", topic, _ALONE]
    done = subprocess.run(  # what is said on the error stream is what the attacked say, and long
        call, cwd=ROOT, env=environment(_OUT / "home"), capture_output=True, text=True, errors="replace", check=False
    )
    if done.returncode:
        raise SystemExit(f"{topic} ended with {done.returncode}:\n{done.stderr[-3000:]}")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


if __name__ == "__main__":
    sys.exit(main())
