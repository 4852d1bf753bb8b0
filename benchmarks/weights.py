"""How well we read the weight that an author recommends, and how near we come to what people write.

`python -m benchmarks weights` reads ../shared/data; `python -m benchmarks.weights --before REV` puts a revision of this
repository beside the code as it is.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import os
import random
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import fmean, median
from typing import Any, NamedTuple

from benchmarks.world import world
from stylus_core.refiner.weight import Habits, example_weights, usual_weight
from stylus_core.rewriter import share_budget
from stylus_core.types import Adapter
from stylus_study.evaluation.corpus import load_queries
from stylus_study.evaluation.markdown_table import MarkdownTable
from tests.shared import DATA, REASON

_WORD = re.compile(r"\w+")
_TAG = re.compile(r"<[^>]*>")
#: Above this share of common words two prompts are one author's variations of one picture.
_ALIKE = 0.3
_FOLDS = 5
_GRID: dict[str, tuple[float, ...]] = {
    "named": (0.7, 0.75, 0.8, 0.85, 0.9),
    "quality": (0.4, 0.45, 0.5, 0.55, 0.6, 0.7),
    "other": (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8),
    "trust": (0.0, 0.25, 0.5, 0.75, 1.0),
    "doubt": (0.0, 1.0, 2.0, 4.0, 8.0),
    "doubt_elsewhere": (0.0, 0.25, 0.5, 1.0, 2.0),
}


class WeightPair(NamedTuple):
    """An adapter in somebody's prompt."""

    adapter: Adapter
    written: float
    together: int  # adapters in the prompt
    observed_weights: tuple[float, ...]  # its weights on other adapters' pages
    strangers: tuple[float, ...]  # of those, on pages that have no prompt like this one


def run() -> list[MarkdownTable]:
    """The parser against the reference, and recommendations against what people wrote."""
    assert DATA is not None, REASON  # noqa: S101
    adapters = world().adapters
    return [_reading(adapters), _using(_pairs(adapters))]


def _reading(adapters: Sequence[Adapter]) -> MarkdownTable:
    assert DATA is not None, REASON  # noqa: S101
    with gzip.open(DATA / "weights.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    told = {r["model_id"]: sorted((r["low"], r["high"])) for r in rows if r["source"] != "examples"}
    cards = {a.id: a.card for a in adapters}
    ours = {
        i: [c.weight_low, c.weight_high]
        for i, c in cards.items()
        if c.weight_source == "author" and c.weight_low is not None
    }
    both = [i for i in told if i in ours]
    same = sum(told[i] == ours[i] for i in both)
    inside = sum(ours[i][0] <= told[i][0] and told[i][1] <= ours[i][1] for i in both)
    medians = {r["model_id"]: r["median"] for r in rows if r["source"] == "examples"}
    used = {a.id: example_weights(a.metadata) for a in adapters}
    agree = sum(abs(median(used[i]) - m) < 0.011 for i, m in medians.items() if used.get(i))
    table = MarkdownTable("Weights in authors' texts, against a simple reference", ["what", "number", "share"])
    table.add("the reference names one", str(len(told)), "")
    table.add("so do we", str(len(both)), f"{len(both) / len(told):.3f}")
    table.add("with the same low and high", str(same), f"{same / len(both):.3f}")
    table.add("with the reference's within ours", str(inside), f"{inside / len(both):.3f}")
    table.add("we name one where the reference names none", str(len(ours) - len(both)), "")
    table.add(
        "examples: same median", str(agree), f"{agree / sum(bool(used.get(i)) for i in medians):.3f} of those we have"
    )
    table.notes.append(
        "the reference is no truth: read by eye, most of what differs is a range of which it took one end, a denoising "
        "strength that it took for a weight, or a wording that it does not know"
    )
    return table


_ROOT = Path(__file__).resolve().parent.parent
Rows = Mapping[str, dict[str, Any]]  # adapter id -> what `benchmarks/weight_cards.py` says of it


def beside(revision: str) -> list[MarkdownTable]:
    """A revision and the code as it is, over the same texts and the same prompts, in one run."""
    assert DATA is not None, REASON  # noqa: S101
    pages = {a.id: list(world().observed_weights(a.id).values()) for a in world().adapters}
    out = []
    with tempfile.TemporaryDirectory() as folder:
        command = ["git", "-C", str(_ROOT), "archive", "--format=tar", revision]
        packed = subprocess.run(command, check=True, capture_output=True).stdout
        with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
            tar.extractall(folder, filter="data")
        for name, corpus in (("2023", DATA), ("2024 to 2026", DATA / "modern")):
            elsewhere = pages if corpus == DATA else {}
            before, after = (_rows(root, corpus, elsewhere) for root in (Path(folder), _ROOT))
            out.append(_side_by_side(name, revision, corpus, before, after))
    return out


def _rows(root: Path, corpus: Path, elsewhere: Mapping[int, Sequence[float]]) -> Rows:
    given = json.dumps({"corpus": str(corpus / "corpus.jsonl.gz"), "elsewhere": elsewhere})
    program = [sys.executable, str(_ROOT / "benchmarks" / "weight_cards.py")]
    done = subprocess.run(
        program, input=given, text=True, check=True, capture_output=True, env={**os.environ, "PYTHONPATH": str(root)}
    )
    rows: Rows = json.loads(done.stdout)
    return rows


def _side_by_side(name: str, revision: str, corpus: Path, before: Rows, after: Rows) -> MarkdownTable:
    with gzip.open(corpus / "weights.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    told = {str(r["model_id"]): sorted((r["low"], r["high"])) for r in rows if r["source"] != "examples"}
    chosen = [
        (str(i), weight)
        for query in load_queries(corpus / "queries_user.jsonl.gz")
        for i, weight in query.adapters.items()
        if str(i) in after
    ]
    table = MarkdownTable(f"Adapters of {name}: {revision} and now", ["what", "before", "now"])
    both = [_against(told, rows) for rows in (before, after)]
    for what in both[0]:
        table.add(what, *(f"{found[what]:.4f}" for found in both))
    for what, key in (("the card", "weight"), ("usual weight", "own"), ("the same, other pages included", "usual")):
        errors = [fmean(abs(rows[i][key] - weight) for i, weight in chosen) for rows in (before, after)]
        table.add(f"error against what people wrote: {what}", *(f"{e:.4f}" for e in errors))
    table.notes.append(f"{len(told)} adapters of which the reference names a weight, {len(chosen)} that somebody wrote")
    return table


def _against(told: Mapping[str, list[float]], rows: Rows) -> dict[str, float]:
    """Our reading against the reference's, over the adapters of which it names a weight, as shares of those."""
    named = [i for i in told if rows[i]["source"] == "author"]

    def ends(i: str) -> list[float]:
        low, high, weight = rows[i]["low"], rows[i]["high"], rows[i]["weight"]
        return [weight if low is None else low, weight if high is None else high]

    def inside(i: str) -> bool:
        low, high = ends(i)
        return low <= told[i][0] and told[i][1] <= high

    return {
        "we name one, too": len(named) / len(told),
        "with the same low and high": sum(ends(i) == told[i] for i in named) / len(told),
        "with the reference's within ours": sum(map(inside, named)) / len(told),
        "error of the card against its middle": fmean(abs(rows[i]["weight"] - fmean(told[i])) for i in told),
        "we name one where it names none": sum(r["source"] == "author" and i not in told for i, r in rows.items())
        / len(rows),
    }


def _pairs(adapters: Sequence[Adapter]) -> list[WeightPair]:
    assert DATA is not None, REASON  # noqa: S101
    by_id = {a.id: a for a in adapters}
    prompts = {a.id: [_words(e.prompt) for e in a.metadata.examples] for a in adapters}
    out = []
    for query in load_queries(DATA / "queries_user.jsonl.gz"):
        words = _words(query.query)
        for i, written in query.adapters.items():
            if i not in by_id:
                continue
            pages = world().observed_weights(i)
            strangers = [w for page, w in pages.items() if not any(_alike(words, p) for p in prompts[page])]
            out.append(WeightPair(by_id[i], written, len(query.adapters), tuple(pages.values()), tuple(strangers)))
    return out


def _words(prompt: str) -> frozenset[str]:
    return frozenset(_WORD.findall(_TAG.sub(" ", prompt).lower()))


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) >= _ALIKE * len(one | other) > 0


def _always(weight: float, _: WeightPair) -> float:
    return weight


def _examples(pair: WeightPair) -> float:
    used = example_weights(pair.adapter.metadata)
    return median(used) if used else 0.7


def _using(pairs: Sequence[WeightPair]) -> MarkdownTable:
    rules: dict[str, Callable[[WeightPair], float]] = {
        **{f"always {c}": partial(_always, c) for c in (0.6, 0.7, 0.8, 1.0)},
        "median of its examples, else 0.7": _examples,
        "halfway between that and 0.7": lambda p: (_examples(p) + 0.7) / 2,
        "the card: author, examples, 0.8": lambda p: p.adapter.card.weight,
        "usual weight, from its own metadata": lambda p: usual_weight(p.adapter),
        "usual weight, other pages that use it included": lambda p: usual_weight(p.adapter, p.observed_weights),
        "the same, pages with a prompt alike left out": lambda p: usual_weight(p.adapter, p.strangers),
        "the same, shared as the rewriter does": lambda p: _shared(p, usual_weight(p.adapter, p.strangers)),
        "other pages included, shared as the rewriter does": lambda p: _shared(
            p, usual_weight(p.adapter, p.observed_weights)
        ),
    }
    one = [p for p in pairs if p.together == 1]
    several = [p for p in pairs if p.together > 1]
    table = MarkdownTable("Mean absolute error against what people wrote", ["weight", "all", "alone", "with others"])
    for name, rule in rules.items():
        table.add(name, *(f"{_error(rule, part):.3f}" for part in (pairs, one, several)))
    table.add(
        "usual weight, own metadata, constants fitted on other adapters", f"{_held_out(pairs, own=True):.3f}", "", ""
    )
    table.add(
        "usual weight, other pages, constants fitted on other adapters", f"{_held_out(pairs, own=False):.3f}", "", ""
    )
    extreme = [p for p in pairs if not 0 <= p.written <= 1.6]
    table.notes.append(
        f"{len(pairs)} pairs, {len(extreme)} of them below 0 or above 1.6: "
        f"those alone cost {sum(abs(p.written - 0.7) for p in extreme) / len(pairs):.3f}"
    )
    table.notes.append(
        f"{sum(bool(p.observed_weights) for p in pairs)} adapters are used on other pages, "
        f"{sum(bool(p.strangers) for p in pairs)} on pages that hold no prompt alike: the rest repeats its own author"
    )
    return table


def _shared(pair: WeightPair, weight: float) -> float:
    return share_budget([weight] + [0.8] * (pair.together - 1), (), 1.0, 2.0)[0]


def _error(rule: Callable[[WeightPair], float], pairs: Iterable[WeightPair]) -> float:
    return fmean(abs(rule(p) - p.written) for p in pairs)


def _held_out(pairs: Sequence[WeightPair], *, own: bool) -> float:
    """The error where the constants were fitted without any prompt of the same adapter."""
    ids = sorted({p.adapter.id for p in pairs})
    random.Random(7).shuffle(ids)
    fold = {i: n % _FOLDS for n, i in enumerate(ids)}
    errors: list[float] = []
    for k in range(_FOLDS):
        habits = _fit([p for p in pairs if fold[p.adapter.id] != k], own=own)
        errors += [abs(_usual(p, habits, own) - p.written) for p in pairs if fold[p.adapter.id] == k]
    return fmean(errors)


def _fit(pairs: Sequence[WeightPair], *, own: bool) -> Habits:
    """Coordinate descent over the grid, twice round."""
    best = Habits()
    for name, values in [*_GRID.items(), *_GRID.items()]:
        best = min(
            (best._replace(**{name: v}) for v in values), key=lambda h: _error(lambda p: _usual(p, h, own), pairs)
        )
    return best


def _usual(pair: WeightPair, habits: Habits, own: bool) -> float:
    return usual_weight(pair.adapter, () if own else pair.observed_weights, habits)


def main() -> int:
    """The comparison with a revision, or what `python -m benchmarks weights` prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.weights", description=__doc__)
    parser.add_argument("--before", metavar="REV", help="a revision of this repository to put beside the code as it is")
    revision = parser.parse_args().before
    if DATA is None:
        print(f"skipped: {REASON}")
        return 0
    for table in beside(revision) if revision else run():
        print(table, end="\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
