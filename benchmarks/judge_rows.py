"""Judged pairs of a prompt and an adapter as rows of evidence, in whole libraries and in small parts of them.

The same pair is looked at in its whole library, in a random 400 of its adapters and in a random 43: the judge has to
mean the same by a chance in a folder of any size.
"""

from __future__ import annotations

import random
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.world import OUT
from stylus_core.composer import Request
from stylus_core.composer.pair_evidence import gather
from stylus_core.options import Options
from stylus_core.retriever.encoder import open_encoder
from stylus_core.types import Adapter
from stylus_study.evaluation.composer_metrics import requests
from stylus_study.evaluation.corpus import EvalQuery, json_objects, load_adapters
from stylus_study.evaluation.testbed import Testbed
from tests.shared import DATA

#: Judgements of the project's own: prompts in its own words, read by `docs/judgements.md`.
OWN = Path(__file__).with_name("judgements.jsonl.gz")

_CANDIDATES = 40  # of the whole library: judged pairs that the composer nearly sees teach as well
_PARTS = {400: 3, 43: 3}  # adapters of a part of a library -> in how many of its parts a prompt is looked at
_SEED = 13


@dataclass(frozen=True, slots=True)
class JudgedSet:
    """A judged prompt in one library."""

    library: str
    set: str
    query: str
    scores: Mapping[int, int]  # adapter's id -> 2 wanted, 1 arguable, 0 wrong
    own: bool  # judged for the project, and not part of the shared judgements


@dataclass(frozen=True, slots=True)
class Rows:
    """Pairs. `prompt` numbers the judged prompts that they belong to."""

    dense: NDArray[np.float32]  # (n, features)
    words: NDArray[np.float32]  # (n, features): the same without an encoder
    score: NDArray[np.int8]
    prompt: NDArray[np.int64]
    adapter: NDArray[np.int64]
    size: NDArray[np.int32]  # adapters in the library that the evidence was gathered in; 0: the whole


def judged_prompts() -> list[JudgedSet]:
    """All judged prompts, the shared ones first; those that nothing fits and that are for measuring are not here."""
    found: dict[tuple[str, str], tuple[str, bool, dict[int, int]]] = {}
    shared = [] if DATA is None else [(DATA / "judgements.jsonl.gz", False)]
    for path, own in [*shared, (OWN, True)]:
        for row in json_objects(path):
            key = (row["library"], row["query"])
            found.setdefault(key, (row["set"], own, {}))[2].setdefault(int(row["adapter"]), int(row["score"]))
    return [JudgedSet(lib, name, query, scores, own) for (lib, query), (name, own, scores) in found.items()]


def corpus(library: str) -> list[Adapter]:
    """The adapters of a library of the judgements. Raises `FileNotFoundError` where there are none."""
    if DATA is None:
        raise FileNotFoundError("the shared corpus is not beside the project")
    return load_adapters(DATA / ("corpus.jsonl.gz" if library == "2023" else "modern/corpus.jsonl.gz"))


def testbed_of(adapters: Sequence[Adapter], folder: Path) -> Testbed:
    """Adapters, indexed in `folder`, with the vectors that are kept between runs."""
    return Testbed(adapters, OUT / "vectors.sqlite", folder, open_encoder())


def asked(world: Testbed, prompts: Sequence[str], candidates: int = _CANDIDATES) -> list[Request]:
    """What the composer is asked for each prompt."""
    return requests(world.retriever, [EvalQuery(p) for p in prompts], Options(candidates=candidates))


def without_encoder(request: Request) -> Request:
    """The same request with nothing that an encoder says."""
    return replace(request, affinity=None, similarity=None)


def parts(adapters: Sequence[Adapter], size: int, seed: int) -> Iterator[list[Adapter]]:
    """The adapters in random parts of about `size`."""
    shuffled = list(adapters)
    random.Random(seed).shuffle(shuffled)
    number = max(1, round(len(shuffled) / size))
    for i in range(number):
        yield shuffled[i::number]


class Collector:
    """Gathers rows prompt by prompt."""

    def __init__(self) -> None:
        self._columns: dict[str, list[object]] = defaultdict(list)

    def add(self, number: int, judged: JudgedSet, request: Request, size: int) -> None:
        """The judged candidates of one request."""
        dense = gather(request).features
        words = gather(without_encoder(request)).features
        for i, c in enumerate(request.candidates):
            score = judged.scores.get(c.adapter.id)
            if score is None:
                continue
            for name, value in (("dense", dense[i]), ("words", words[i]), ("score", score), ("prompt", number),
                                ("adapter", c.adapter.id), ("size", size)):  # fmt: skip
                self._columns[name].append(value)

    def rows(self) -> Rows:
        """All of them."""
        c = self._columns
        return Rows(
            np.array(c["dense"], np.float32),
            np.array(c["words"], np.float32),
            np.array(c["score"], np.int8),
            np.array(c["prompt"], np.int64),
            np.array(c["adapter"], np.int64),
            np.array(c["size"], np.int32),
        )


def collect(prompts: Sequence[JudgedSet], parts_too: bool = True) -> tuple[Rows, list[Request]]:
    """Rows of all prompts, and each prompt's request in its whole library.

    Args:
        prompts: what was judged.
        parts_too: whether pairs are looked at in parts of their library as well.
    """
    out = Collector()
    whole: list[Request | None] = [None] * len(prompts)
    rng = random.Random(_SEED)
    for library in dict.fromkeys(p.library for p in prompts):
        mine = [i for i, p in enumerate(prompts) if p.library == library]
        adapters = corpus(library)
        with tempfile.TemporaryDirectory() as folder, testbed_of(adapters, Path(folder) / "index") as world:
            for i, request in zip(mine, asked(world, [prompts[i].query for i in mine]), strict=True):
                out.add(i, prompts[i], request, 0)
                whole[i] = request
        for size, times in _PARTS.items() if parts_too else ():
            pieces = list(parts(adapters, size, _SEED + size))
            home = {a.id: n for n, piece in enumerate(pieces) for a in piece}
            wanted: dict[int, list[int]] = defaultdict(list)
            for i in mine:
                places = sorted({home[a] for a in prompts[i].scores if a in home})
                for n in rng.sample(places, min(times, len(places))):
                    wanted[n].append(i)
            for n, numbers in sorted(wanted.items()):
                with tempfile.TemporaryDirectory() as folder, testbed_of(pieces[n], Path(folder) / "index") as world:
                    found = asked(world, [prompts[i].query for i in numbers], 30)
                    for i, request in zip(numbers, found, strict=True):
                        out.add(i, prompts[i], request, len(pieces[n]))
    return out.rows(), [r for r in whole if r is not None]
