"""The LLM composer next to the local one on judged prompts: `python -m benchmarks.llm --judgements FILE`.

The local judge was fitted to the judgements of the shared data. So that neither composer gains by it, both are given
the chances that a judge gave which had seen no prompt like the one asked (`--heldout`): the local composer picks by
them, and the model is shown the dozen that is likeliest by them.
"""

from __future__ import annotations

import json
import logging
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from stylus_core.composer.composer_rules import apply_rules
from stylus_core.composer.contract import Request
from stylus_core.composer.llm import Judge, LLMComposer
from stylus_core.composer.local import confidence_threshold, rated
from stylus_core.composer.registry import Composers
from stylus_core.composer.settings import ComposerSettings
from stylus_core.options import Options
from stylus_core.retriever.encoder import Encoder
from stylus_core.types import Assignment, Composition
from stylus_study.evaluation.adapter_names import AdapterNames
from stylus_study.evaluation.composer_metrics import requests
from stylus_study.evaluation.corpus import EvalQuery, load_adapters
from stylus_study.evaluation.judged_metrics import ask_composer, judge_answers
from stylus_study.evaluation.judged_report import JudgedEvaluation
from stylus_study.evaluation.judgements import JudgedPrompt, load_judgements
from stylus_study.evaluation.markdown_table import MarkdownTable
from stylus_study.evaluation.testbed import Testbed

#: Library -> where its adapters are, below the shared data.
CORPORA = {"2023": "corpus.jsonl.gz", "modern": "modern/corpus.jsonl.gz"}
#: Sets from which equal parts are drawn, over both libraries: "modern-typed" belongs to "typed".
SETS = ("user", "caption", "typed", "modern")
_PREFIX = "modern-"
_SEED = 4

Chances = Mapping[int, float]  # id of an adapter -> chance


@dataclass(frozen=True)
class JudgedRequest:
    """One judged prompt through the retriever, and the held-out chances of its candidates, if there are any."""

    prompt: JudgedPrompt
    request: Request
    chances: Chances | None


@dataclass
class Heard(logging.Handler):
    """What the composer logs of each call: tokens and seconds as the client measured them."""

    calls: list[tuple[int, int, float]] = field(default_factory=list)  # read, written, seconds

    def __post_init__(self) -> None:
        super().__init__(logging.INFO)

    __hash__ = logging.Handler.__hash__

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps the numbers of a call's record; others are none of ours."""
        if isinstance(record.args, tuple) and len(record.args) == 6 and "prompt tokens" in str(record.msg):
            _, read, written, _, seconds, _ = record.args
            self.calls.append((int(str(read)), int(str(written)), float(str(seconds))))


def drawn(
    judgements: Path, data: Path, number: int, heldout: Path | None, vectors: Path, encoder: Encoder | None
) -> list[JudgedRequest]:
    """So many judged prompts in equal parts of `SETS`, the same ones each time, those of the sets in turn.

    Args:
        judgements: the file; its rows name their library.
        data: folder of the shared data.
        number: of prompts.
        heldout: JSON, "library, tab, prompt" -> {id of an adapter: chance}; None: the judge's own chances.
        vectors: database of vectors, kept from run to run.
        encoder: None: words alone.
    """
    known: dict[str, dict[str, float]] = json.loads(heldout.read_text(encoding="utf-8")) if heldout else {}
    adapters = {library: load_adapters(data / name) for library, name in CORPORA.items()}
    found = {
        library: {p.query: p for p in load_judgements(judgements, AdapterNames(of), library).prompts}
        for library, of in adapters.items()
    }
    groups: dict[str, list[tuple[str, str]]] = {name: [] for name in SETS}
    for library, prompts in found.items():
        for p in prompts.values():
            if not known or f"{library}\t{p.query}" in known:
                groups[p.set.removeprefix(_PREFIX)].append((library, p.query))
    rng = random.Random(_SEED)
    parts = [rng.sample(sorted(groups[name]), min(number // len(SETS), len(groups[name]))) for name in SETS]
    order = [part[i] for i in range(max(map(len, parts))) for part in parts if i < len(part)]
    asked: dict[tuple[str, str], Request] = {}
    for library, of in adapters.items():
        queries = [query for where, query in order if where == library]
        with tempfile.TemporaryDirectory() as folder:
            with Testbed(of, vectors, Path(folder) / "index", encoder) as testbed:
                made = requests(testbed.retriever, [EvalQuery(q) for q in queries], Options(composer="llm"))
        asked |= {(library, query): request for query, request in zip(queries, made, strict=True)}
    out = []
    for library, query in order:
        prompt = found[library][query]
        chances = known.get(f"{library}\t{query}")
        out.append(
            JudgedRequest(
                replace(prompt, set=prompt.set.removeprefix(_PREFIX)),
                asked[library, query],
                {int(i): chance for i, chance in chances.items()} if chances is not None else None,
            )
        )
    return out


def judging(asked: Sequence[JudgedRequest]) -> Judge:
    """The local judge, with the held-out chances where there are any."""
    found: dict[int, list[Assignment]] = {}
    for a in asked:
        chances = None
        if a.chances is not None:
            chances = np.array([a.chances.get(c.adapter.id, 0.0) for c in a.request.candidates], np.float32)
        found[id(a.request.prompt)] = rated(a.request, chances)
    return lambda request: found[id(request.prompt)]  # a fallback asks with other options about the same prompt


@dataclass
class JudgedLocalComposer:
    """The local composer with the chances of another judge."""

    judged: Judge
    floor: float | None = None  # None: as the request's restraint says
    name: str = "local"
    label: str = "Held-out chances"
    asks_model: bool = False

    def compose(self, request: Request) -> Composition:
        """What is likely enough and what the rules let pass."""
        floor = confidence_threshold(request) if self.floor is None else self.floor
        sure = (a for a in self.judged(request) if a.confidence >= floor)
        return Composition(tuple(apply_rules(sure, request)[0]), self.name)


def both(llm: Composition, by: Composition) -> Composition:
    """What the model picks and the local composer as well."""
    ids = {a.candidate.adapter.id for a in by.assignments}
    return Composition(tuple(a for a in llm.assignments if a.candidate.adapter.id in ids), "both")


def as_many(asked: Sequence[JudgedRequest], judged: Judge, others: Sequence[Composition]) -> list[Composition]:
    """What the local composer picks at the lowest floor at which it picks no more than `others` together."""
    number = sum(len(c.assignments) for c in others)
    found: list[Composition] = []
    for floor in np.arange(0.99, 0.0, -0.01):
        more = [JudgedLocalComposer(judged, float(floor)).compose(a.request) for a in asked]
        if sum(len(c.assignments) for c in more) > number:
            break
        found = more
    return found or [Composition() for _ in asked]


def measured(
    asked: Sequence[JudgedRequest], base_url: str, model: str, timeout: float, home: Path, record: Path | None = None
) -> list[MarkdownTable]:
    """The model's picks, the local ones, and those that both made, held against the judgements.

    Args:
        asked: what is asked, see `drawn`.
        base_url: of the server.
        model: its name there.
        timeout: seconds for one prompt.
        home: folder in which answers are kept from run to run.
        record: a file that gets a line for each prompt, to be read.
    """
    judged = judging(asked)
    settings = ComposerSettings(base_url=base_url, model=model, timeout=timeout)
    composers = Composers({"llm": LLMComposer(settings, home, judged), "local": JudgedLocalComposer(judged)})
    heard, log = Heard(), logging.getLogger("stylus")
    log.addHandler(heard)
    log.setLevel(logging.INFO)
    made: list[Composition] = []
    took: list[float] = []
    for a in asked:
        start = time.perf_counter()
        made.append(composers.compose(a.request))
        took.append(time.perf_counter() - start)
        if record is not None:
            with record.open("a", encoding="utf-8") as file:
                file.write(json.dumps(_row(a, made[-1], took[-1]), ensure_ascii=False) + "\n")
    log.removeHandler(heard)

    locally = [JudgedLocalComposer(judged).compose(a.request) for a in asked]
    agreed = [both(one, other) for one, other in zip(made, locally, strict=True)]
    systems = {
        "local": locally,
        "llm": made,
        "local, as many as llm": as_many(asked, judged, made),
        "both": agreed,
        "local, as many as both": as_many(asked, judged, agreed),
    }
    told = "chances that are held out" if any(a.chances is not None for a in asked) else "chances of the judge itself"
    return [_picks(asked, systems, told), _calls(model, made, took, heard)]


def _picks(asked: Sequence[JudgedRequest], systems: Mapping[str, Sequence[Composition]], told: str) -> MarkdownTable:
    sets: dict[str, dict[str, Any]] = {}
    for name in SETS:
        rows = [n for n, a in enumerate(asked) if a.prompt.set == name]
        if not rows:
            continue
        sets[name] = {}
        for system, composed in systems.items():
            # who stood in for the model is told; the others go by other names here than in the composition
            named = [c if system == "llm" else replace(c, composer=system) for c in composed]
            answers = {id(asked[n].request): named[n] for n in rows}
            given = ask_composer(lambda r, found=answers: found[id(r)], [asked[n].request for n in rows], system)  # type: ignore[misc]
            sets[name][system] = judge_answers([asked[n].prompt for n in rows], given[0], sum(given[1]))
    table = JudgedEvaluation(sets).tables()[0]
    table.notes.insert(0, f"both composers see {told}; the local composer is the one at 'balanced'")
    table.notes.insert(1, "both: what the model picked and the local composer as well; as many: at another restraint")
    return table


def _calls(model: str, made: Sequence[Composition], took: Sequence[float], heard: Heard) -> MarkdownTable:
    fate: Counter[str] = Counter()
    for composition in made:
        notes = " ".join(composition.notes)
        if composition.composer != "llm":
            fate["fell back"] += 1
        elif "language model read" not in notes:
            fate["not asked"] += 1
        else:
            fate["picked" if composition.assignments else "wanted nothing"] += 1
    table = MarkdownTable(
        f"{model}: what became of {len(made)} prompts", ["not asked", "picked", "wanted nothing", "fell back"]
    )
    table.add(*(str(fate[k]) for k in table.header))
    if heard.calls:
        read, written, seconds = zip(*heard.calls, strict=True)
        for what, values in (("tokens read", read), ("tokens written", written), ("seconds", seconds)):
            table.notes.append(f"{what}: {statistics.median(values):,.0f} in the median, {max(values):,.0f} at most")
        table.notes.append(f"{len(seconds)} calls, the others were in the cache or not needed")
    table.notes.append(f"seconds of a prompt: {statistics.median(took):.1f} in the median")
    for n, composition in enumerate(made):
        if composition.composer != "llm":
            table.notes.append(f"prompt {n} fell back: {composition.notes[-1]}")
    return table


def _row(asked: JudgedRequest, made: Composition, seconds: float) -> dict[str, Any]:
    """One prompt, to be read."""
    of = asked.prompt.scores
    return {
        "set": asked.prompt.set,
        "query": asked.prompt.query,
        "composer": made.composer,
        "seconds": round(seconds, 1),
        "picks": [[a.keyword.text, a.candidate.adapter.title, round(a.confidence, 3), of.get(a.candidate.adapter.id)]
                  for a in made.assignments],
        "notes": list(made.notes),
    }  # fmt: skip
