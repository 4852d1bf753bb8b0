"""The people of the shared history file: what each wrote before, and what each wrote later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from stylus_core.generation_data import AdapterUse
from stylus_core.history.corrected_prompts import CorrectedPrompts
from stylus_core.history.memory import Memory
from stylus_core.history.own_pictures import OwnPictures
from stylus_core.history.records import OwnPrompt
from stylus_core.refiner.weight import usual_weight
from stylus_study.evaluation.corpus import EvalQuery, json_objects
from stylus_study.evaluation.testbed import Testbed
from tests.shared import DATA, REASON

_NOW = 1e9  # the file has an order and no dates: one second from prompt to prompt


@dataclass(frozen=True, slots=True)
class Person:
    """One user of the file.

    Attributes:
        name: a number.
        past: what was written before, oldest first.
        future: what was written later; the adapters are what the person chose.
    """

    name: str
    past: tuple[EvalQuery, ...]
    future: tuple[EvalQuery, ...]


@lru_cache(maxsize=1)
def people() -> tuple[Person, ...]:
    """Those of the file who have a future, by their names."""
    if DATA is None:
        raise FileNotFoundError(REASON)
    rows = list(json_objects(DATA / "history.jsonl.gz"))
    by_name: dict[str, dict[str, list[tuple[int, EvalQuery]]]] = {}
    for row in rows:
        query = EvalQuery(row["query"], {int(i): float(w) for i, w in row["adapters"].items()})
        parts = by_name.setdefault(row["user"], {"past": [], "future": []})
        parts[row["part"]].append((row["order"], query))
    out = []
    for name, parts in sorted(by_name.items()):
        past, future = (tuple(q for _, q in sorted(parts[p], key=lambda r: r[0])) for p in ("past", "future"))
        if future:
            out.append(Person(name, past, future))
    return tuple(out)


def memory_of(testbed: Testbed, past: Sequence[EvalQuery]) -> Memory:
    """What Stylus knows of somebody who made one picture with each of some prompts.

    Args:
        testbed: whose adapters they are.
        past: the prompts, oldest first.

    Returns:
        Their memory, without corrections.
    """
    at = [_NOW - len(past) + n for n in range(len(past))]
    prompts = [
        OwnPrompt(n, q.query, tuple(AdapterUse(str(i), w) for i, w in q.adapters.items()), "", 1, when, when)
        for n, (q, when) in enumerate(zip(past, at, strict=True))
    ]

    def ids(use: AdapterUse) -> tuple[int, ...]:
        number = int(use.name)
        return (number,) if number in testbed.by_id else ()

    def recommended(ids: Sequence[int]) -> dict[int, float]:
        return {i: usual_weight(testbed.by_id[i], tuple(testbed.observed_weights(i).values())) for i in ids}

    return Memory(OwnPictures(prompts, ids, recommended, _NOW), CorrectedPrompts([], ids))
