"""`make bench`: every measurement that this machine can make, as Markdown, printed and kept in benchmarks/out."""

from __future__ import annotations

import argparse
import importlib
import sys

from benchmarks.world import OUT
from tests.shared import DATA, REASON

TOPICS = ("retrieval", "composing", "weights", "speed")


def main() -> int:
    """Runs the topics named, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("topics", nargs="*", default=TOPICS, metavar="TOPIC", help=f"any of {', '.join(TOPICS)}")
    names = parser.parse_args().topics
    if wrong := sorted(set(names) - set(TOPICS)):
        parser.error(f"there is no topic {wrong[0]!r}: take any of {', '.join(TOPICS)}")
    if DATA is None:
        print(f"skipped: {REASON}")
        return 0
    OUT.mkdir(exist_ok=True)
    for name in names:
        with (OUT / f"{name}.md").open("w", encoding="utf-8") as kept:
            for table in importlib.import_module(f"benchmarks.{name}").run():
                print(table, end="\n\n", flush=True)
                print(table, end="\n\n", file=kept)
    print("more: python -m benchmarks.scan, python -m benchmarks.weight_budget, python -m benchmarks.study_metrics")
    return 0


if __name__ == "__main__":
    sys.exit(main())
