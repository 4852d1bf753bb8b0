"""What the LLM composer costs and chooses: `python -m benchmarks.llm [--base-url URL --model NAME] [--prompts 30]`.

Without a server: tokens of a call next to those of the research system's, and our own part of a call's time. With one
its choices next to the local composer's, to be read one by one. With a server and `--judgements FILE [--heldout FILE]`
nothing but that: its picks and the local composer's, held against the judgements (`llm_judged`).
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.llm_judged import drawn, measured
from benchmarks.world import NO_FIT, OUT, World, world
from stylus_core.composer.answer_validation import possible
from stylus_core.composer.contract import Request
from stylus_core.composer.instructions import CONSTANT
from stylus_core.composer.llm import LLMComposer
from stylus_core.composer.llm_candidates import question
from stylus_core.composer.local import LocalComposer, rated
from stylus_core.composer.registry import Composers
from stylus_core.composer.settings import ComposerSettings
from stylus_core.errors import StylusError
from stylus_core.options import Options
from stylus_core.retriever.encoder import open_encoder
from stylus_core.types import Assignment, Candidate
from stylus_study.evaluation.composer_metrics import requests
from stylus_study.evaluation.corpus import EvalQuery
from stylus_study.evaluation.markdown_table import MarkdownTable
from tests.llm.fault_server import FaultServer, answers
from tests.shared import DATA, REASON

_THEIRS, _THEIR_RULES = 150, 960  # candidates and words of rules in the research system's message
_SEED = 4


def requested(w: World, prompt: str, candidates: int = 0) -> Request:
    """One prompt through the retriever."""
    options = Options.of({"composer": "llm", **({"candidates": candidates} if candidates else {})})
    return requests(w.retriever, [EvalQuery(prompt)], options)[0]


def prompts(w: World, number: int) -> list[str]:
    """A fifth that nothing fits, and captions and users' prompts in equal shares; the same ones each time."""
    rng = random.Random(_SEED)
    none = rng.sample(NO_FIT, number // 5)
    half = (number - len(none)) // 2
    captions = [q.query for q in rng.sample(w.captions, half)]
    return [*captions, *(q.query for q in rng.sample(w.user, number - half - len(none))), *none]


def ours(request: Request) -> str:
    """All text of our call; none where the model is not asked."""
    asked = possible(rated(request), request)
    if not asked:
        return ""
    text, _ = question(request.prompt, asked, 1_000_000)
    return "\n".join([*(m["content"] for m in CONSTANT), text])


def theirs(request: Request) -> str:
    """A message like the research system's first turn; words of the same number stand for its rules."""
    words = CONSTANT[0]["content"].split()
    rules = " ".join((words * (_THEIR_RULES // len(words) + 1))[:_THEIR_RULES])
    return "\n".join([*(_entry(i, c) for i, c in enumerate(request.candidates)), rules, request.prompt.text])


def _entry(index: int, candidate: Candidate) -> str:
    m = candidate.adapter.metadata
    return f"Index: {index}\nTitle: {m.title}\nTags: {', '.join(m.tags)}\nDescription: {m.description[:1000]}\n"


def counter(base_url: str) -> tuple[Callable[[str], int], str]:
    """Counts tokens with the server's own tokenizer where it tells (llama.cpp), else 4 characters a token."""
    address = base_url.rstrip("/").removesuffix("/v1") + "/tokenize"

    def count(text: str) -> int:
        call = urllib.request.Request(  # noqa: S310 - the address that the user gave
            address, json.dumps({"content": text}).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(call, timeout=60) as answer:  # noqa: S310
            return len(json.load(answer)["tokens"])

    if base_url:
        try:
            count("a")
        except (OSError, ValueError, KeyError):
            pass
        else:
            return count, "counted by the server's tokenizer"
    return lambda text: -(-len(text) // 4), "4 characters a token"


def tokens_table(w: World, base_url: str = "") -> MarkdownTable:
    """Tokens that one prompt costs, ours and theirs."""
    count, how = counter(base_url)
    rows = []
    for prompt in (given := prompts(w, 60)):
        if text := ours(requested(w, prompt)):
            rows.append((count(text), 2 * count(theirs(requested(w, prompt, _THEIRS)))))
    table = MarkdownTable(f"Prompt tokens of one prompt ({how})", ["system", "calls", "median", "most"])
    for name, calls, column in (("ours, a dozen at most", "1", 0), ("research system, 150 candidates", "2", 1)):
        values = [r[column] for r in rows]
        table.add(name, calls, f"{statistics.median(values):,.0f}", f"{max(values):,}")
    ratio = [a / b for a, b in rows]
    table.notes.append(f"ours asks nothing for {len(given) - len(rows)} of {len(given)} prompts")
    table.notes.append(f"ours is {statistics.median(ratio):.3f} of theirs in the median, {max(ratio):.3f} at most")
    table.notes.append(
        "theirs is built as its code builds it, with the corpus' descriptions and as many words of rules"
    )
    return table


def time_table(w: World) -> MarkdownTable:
    """A whole selection step with a server that answers at once: what is left is ours."""
    wall: list[float] = []
    processor: list[float] = []
    with FaultServer([answers({"verdicts": {}})]) as server, tempfile.TemporaryDirectory() as home:
        composer = LLMComposer(ComposerSettings(base_url=server.url, model="none"), Path(home))
        for prompt in prompts(w, 60):
            request = requested(w, prompt)
            start, used = time.perf_counter(), time.process_time()
            calls = len(server.requests)
            composer.compose(request)
            if len(server.requests) == calls:
                continue  # nothing was likely enough to ask about
            wall.append(1000 * (time.perf_counter() - start))
            processor.append(1000 * (time.process_time() - used))
    table = MarkdownTable("Our own part of a call, ms", ["what", "median", "90th percentile"])
    for name, values in (("by the clock", wall[1:]), ("on the processor", processor[1:])):
        table.add(name, f"{statistics.median(values):.1f}", f"{statistics.quantiles(values, n=10)[-1]:.1f}")
    table.notes.append("message, request, cache, checks; the loopback server that answers at once is in it")
    return table


def _shown(assignments: Sequence[Assignment]) -> str:
    return "; ".join(f"{a.keyword.text} -> {a.candidate.adapter.title}" for a in assignments) or "nothing"


def served(w: World, base_url: str, model: str, number: int, timeout: float) -> MarkdownTable:
    """What a real model does with the prompts, next to the local composer, to be read one by one."""
    composers = Composers(settings=ComposerSettings(base_url=base_url, model=model, timeout=timeout), home=OUT / "llm")
    table = MarkdownTable(f"{model} and the local composer", ["prompt", "language model", "local composer", "notes"])
    for prompt in prompts(w, number):
        request = requested(w, prompt)
        found, local = composers.compose(request), LocalComposer().compose(request)
        table.add(prompt, _shown(found.assignments), _shown(local.assignments), "; ".join(found.notes))
        print(table.rows[-1], flush=True)
    return table


def run() -> list[MarkdownTable]:
    """What can be measured without a model."""
    w = world()
    return [tokens_table(w), time_table(w)]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.llm", description=__doc__)
    parser.add_argument("--base-url", default="")
    parser.add_argument("--model", default="model")
    parser.add_argument("--prompts", type=int, default=None, help="30; with --judgements 100")
    parser.add_argument("--judgements", type=Path, help="judged prompts of the shared data's two libraries")
    parser.add_argument("--heldout", type=Path, help="JSON: 'library, tab, prompt' -> {id of an adapter: chance}")
    parser.add_argument("--timeout", type=float, default=300.0)
    args = parser.parse_args()
    if DATA is None:
        print(f"skipped: {REASON}")
        return
    if args.judgements:
        if not args.base_url:
            parser.error("--judgements needs --base-url")
        kept = OUT / "vectors.sqlite"
        asked = drawn(args.judgements, DATA, args.prompts or 100, args.heldout, kept, open_encoder())
        tables = measured(asked, args.base_url, args.model, args.timeout, OUT / "llm", OUT / "llm_judged.jsonl")
    else:
        w = world()
        tables = [tokens_table(w, args.base_url), time_table(w)]
        if args.base_url:
            tables.append(served(w, args.base_url, args.model, args.prompts or 30, args.timeout))
    for table in tables:
        print(table, end="\n\n")


if __name__ == "__main__":
    try:
        main()
    except StylusError as error:
        raise SystemExit(str(error)) from None
