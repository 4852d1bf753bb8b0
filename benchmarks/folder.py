"""What is lost where adapters are known from a folder of files, many without sidecars, and not from all their metadata.

`python -m benchmarks.folder` makes the folder in benchmarks/out with the shared `make_library.py`. The first run embeds
what is new in it, which takes minutes.
"""

from __future__ import annotations

import sys

from benchmarks.measuring import print_and_keep
from benchmarks.world import OUT, folder_world, world
from stylus_study.evaluation.baselines import ours
from stylus_study.evaluation.markdown_table import MarkdownTable
from stylus_study.evaluation.ranking_report import DEPTHS, rank
from tests.shared import MAKE_LIBRARY, REASON

_MEASURES = (*(f"R@{k}" for k in DEPTHS), "MRR")


def run() -> list[MarkdownTable]:
    """One table: each set of queries in both worlds, with and without an encoder."""
    table = MarkdownTable("Through a folder, and with all metadata", ["queries", "adapters known by", *_MEASURES])
    worlds = {"all metadata": world(), "a folder": folder_world()}
    for name, queries in world().sets().items():
        for known, w in worlds.items():
            for retriever, label in ((w.retriever, known), (w.words, f"{known}, words alone")):
                ranked = rank(ours(retriever), queries)
                table.add(name, label, *(f"{ranked.mean(m).value:.3f}" for m in _MEASURES))
    return [table]


def main() -> int:
    """Prints the table and keeps it in benchmarks/out."""
    if MAKE_LIBRARY is None:
        print(f"skipped: {REASON}")
        return 0
    print_and_keep(run(), OUT / "folder.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
