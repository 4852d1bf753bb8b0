"""What the extension adds to a picture and to the start of a WebUI, beside an earlier checkout.

`python -m benchmarks.added_to_a_picture OLD --library DIR... --prompts FILE... --python PYTHON` starts a stand-in of a
host with the interpreter PYTHON, which has the gradio of a host: without the extension, with that of OLD, a folder with
an earlier checkout, and with this one, in turns. What is counted: the script's hooks of a job whose prompt was never
seen, the same of a prompt that was, and how much later the first page comes. Libraries are indexed before, on words
alone and, where there is an embedding model, with vectors; `--state DIR` keeps that for another time.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.checkouts import HERE, run
from benchmarks.compare_checkouts import prompts_of
from stylus_core.errors import ModelError
from stylus_core.retriever.encoder import find_model
from stylus_study.evaluation.markdown_table import MarkdownTable

STANDIN = HERE / "tests" / "host" / "standin"
_CODE = (HERE / "benchmarks" / "host_process.py").read_text("utf-8")
#: What is measured of a job -> most milliseconds that it may take.
_JOBS = {"fresh": 60.0, "again": 15.0}
_START = 150.0
_WARM = 5  # first jobs of a process, which open what the others have
_PAUSE = 0.2  # seconds between two jobs: in use, a picture is made meanwhile

_Measured = dict[str, Any]


class StandInHost:
    """Processes of a stand-in of a host.

    Args:
        python: the interpreter.
        state: where indexes are kept, a folder for each side and kind of search.
    """

    def __init__(self, python: str, state: Path) -> None:
        self.python, self.state = python, state

    def measure(
        self, side: str, checkout: Path | None, library: Path, encoder: str, prompts: Sequence[str]
    ) -> _Measured:
        """Starts one, and makes jobs of some prompts.

        Args:
            side: whose state is used; it stays as it is, but for an index that is not there yet.
            checkout: whose extension is in it; None: none.
            library: its LoRA folder.
            encoder: "none", or the folder of a model.
            prompts: none of them was seen before; none at all: the index is made and kept.

        Returns:
            What `benchmarks.host_process` tells.
        """
        kept = self.state / side / ("words" if encoder == "none" else "vectors")
        kept.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.state) as scratch:
            home = Path(scratch) / "home" if prompts else kept
            if prompts:
                shutil.copytree(kept, home)
            asked = {
                "standin": str(STANDIN),
                "folder": scratch,
                "library": str(library),
                "checkout": str(checkout or ""),
                "encoder": encoder,
                "prompts": prompts,
                "pause": _PAUSE,
                "warm": _WARM,
            }
            more = {
                "STYLUS_HOME": str(home),
                "GRADIO_ANALYTICS_ENABLED": "False",
                "PYTHONDONTWRITEBYTECODE": "",  # a start that compiles all is the first one alone
                "PYTHONPYCACHEPREFIX": str(self.state / "pycache"),
            }
            # Nothing is found by the path but what the host puts there.
            lines = run(STANDIN, _CODE, json.dumps(asked), cwd=Path(scratch), python=self.python, more=more)
        found: _Measured = json.loads(lines[-1])
        return found


def installing(python: str, checkout: Path) -> float:
    """Milliseconds of a process that looks for missing packages, as `install.py` does; it adds none."""
    took = []
    for _ in range(5):
        clock = time.perf_counter()
        run(checkout, "import install; install.lacking()", python=python)
        took.append(1000 * (time.perf_counter() - clock))
    return statistics.median(took)


def _median(rows: Sequence[Sequence[float]]) -> tuple[float, float]:
    wall, worked = zip(*rows, strict=True)
    return statistics.median(wall), statistics.median(worked)


def jobs_table(title: str, rounds: Sequence[dict[str, _Measured]]) -> MarkdownTable:
    """What jobs took.

    Args:
        title: of the table.
        rounds: in each, what every side measured.

    Returns:
        Medians of all jobs, and the median of the rounds' ratios.
    """
    table = MarkdownTable(title, ["prompt", "before", "now", "ratio", "processor before", "now", "at most"])
    for kind, most in _JOBS.items():
        old, new = ([row for one in rounds for row in one[side][kind]] for side in ("old", "new"))
        ratios = [_median(one["new"][kind])[0] / _median(one["old"][kind])[0] for one in rounds]
        (was, worked), (now, works) = _median(old), _median(new)
        cells = (f"{v:.1f}" for v in (was, now))
        table.add(kind, *cells, f"{statistics.median(ratios):.2f}", f"{worked:.1f}", f"{works:.1f}", f"{most:.0f}")
    same = sum(a == b for a, b in zip(rounds[0]["old"]["written"], rounds[0]["new"]["written"], strict=True))
    table.notes.append(f"{same} of {len(rounds[0]['new']['written'])} prompts were written alike")
    return table


def start_table(rounds: Sequence[dict[str, _Measured]]) -> MarkdownTable:
    """What a start took with the extension, less what it took without.

    Args:
        rounds: in each, what every side measured.

    Returns:
        Medians of the rounds, by stage and in all.
    """
    table = MarkdownTable(
        "Added to the start (ms)", ["stage", "without", "before", "now", "processor before", "now", "at most"]
    )

    def stages(one: _Measured) -> dict[str, list[float]]:
        own: dict[str, list[float]] = one["start"]
        return {**own, "all": [sum(column) for column in zip(*own.values(), strict=True)]}

    for stage in stages(rounds[0]["new"]):
        took = {side: [stages(one[side])[stage] for one in rounds] for side in ("none", "old", "new")}
        less = {
            side: _median([[a - b for a, b in zip(w, n, strict=True)] for w, n in zip(rows, took["none"], strict=True)])
            for side, rows in took.items()
        }
        walls = (_median(took["none"])[0], less["old"][0], less["new"][0])
        table.add(
            stage,
            *(f"{v:.0f}" for v in (*walls, less["old"][1], less["new"][1])),
            f"{_START:.0f}" if stage == "all" else "",
        )
    return table


def main() -> int:
    """Prints a table for each library and kind of search, then one of the start."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", type=Path, metavar="OLD")
    parser.add_argument("--library", type=Path, nargs="+", required=True, metavar="DIR")
    parser.add_argument("--prompts", type=Path, nargs="+", required=True, metavar="FILE", help="as compare_checkouts")
    parser.add_argument("--python", default=sys.executable, help="an interpreter with the gradio of a host")
    parser.add_argument("--number", type=int, default=40, metavar="N", help="prompts of each process")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    parser.add_argument("--state", type=Path, metavar="DIR")
    given = parser.parse_args()
    sides = {"none": None, "old": given.old.resolve(), "new": HERE}
    prompts = prompts_of(given.prompts, given.number)
    encoders = {"on words alone": "none"}
    try:
        encoders["with vectors"] = str(find_model())
    except ModelError as error:
        print(f"skipped: with vectors, as {error}")
    starts: list[dict[str, _Measured]] = []
    with tempfile.TemporaryDirectory() as scratch:
        state = (given.state or Path(scratch)).resolve()
        state.mkdir(parents=True, exist_ok=True)
        host = StandInHost(given.python, state)
        for library in map(Path.resolve, given.library):
            for kind, encoder in encoders.items():
                for side, checkout in sides.items():  # nothing of it counts: indexes are made, and all is compiled
                    host.measure(side, checkout, library, encoder, ())
                rounds: list[dict[str, _Measured]] = []
                for turn in range(given.rounds):
                    order = list(sides.items())[:: -1 if turn % 2 else 1]
                    rounds.append({s: host.measure(s, c, library, encoder, prompts) for s, c in order})
                print(jobs_table(f"Added to a picture (ms), {library.name}, {kind}", rounds), end="\n\n", flush=True)
                starts += rounds
    table = start_table(starts)
    installs = ", ".join(f"{side} {installing(given.python, c):.0f}" for side, c in sides.items() if c)
    table.notes.append(f"before it, the process that looks for missing packages (ms): {installs}")
    table.notes.append(f"load of the machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
