"""What the LLM composer costs and chooses: `python -m benchmarks.llm [--base-url URL --model NAME] [--prompts 30]`.

Without a server: tokens of a call next to those of the research system's, and our own part of a call's time. With one:
calls, tokens and seconds as it counts them, what becomes of its answers, and its choices next to the local composer's,
to be read one by one.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.world import NO_FIT, OUT, World, world
from stylus_core.composer.catalogue import question
from stylus_core.composer.checking import checked
from stylus_core.composer.contract import Request
from stylus_core.composer.instructions import CONSTANT, schema
from stylus_core.composer.llm import LLMComposer
from stylus_core.composer.local import LocalComposer
from stylus_core.composer.settings import Settings
from stylus_core.errors import LLMError, StylusError
from stylus_core.evaluation.table import Table
from stylus_core.llm import Client
from stylus_core.options import Options
from stylus_core.prompt import parse
from stylus_core.prompt.keywords import keywords
from stylus_core.types import Assignment, Candidate
from tests.llm.fault_server import FaultServer, answers
from tests.shared import DATA, REASON

_THEIRS, _THEIR_RULES = 150, 960  # candidates and words of rules in the research system's message
_SEED = 4


def requested(w: World, prompt: str, candidates: int = 0) -> Request:
    """One prompt through the retriever."""
    options = Options(composer="llm", **({"candidates": candidates} if candidates else {}))
    parsed = parse(prompt)
    words = keywords(parsed)
    found = w.retriever.search(parsed, words, options.candidates)
    return Request(parsed, words, found.candidates, options, found.affinity, found.sentence)


def prompts(w: World, number: int) -> list[str]:
    """A fifth that nothing fits, and captions and users' prompts in equal shares; the same ones each time."""
    rng = random.Random(_SEED)
    none = rng.sample(NO_FIT, number // 5)
    half = (number - len(none)) // 2
    captions = [q.query for q in rng.sample(w.captions, half)]
    return [*captions, *(q.query for q in rng.sample(w.user, number - half - len(none))), *none]


def ours(request: Request) -> str:
    """All text of our call."""
    text, _ = question(request.prompt, request.candidates, request.options.max_adapters, 1_000_000)
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


def tokens_table(w: World, base_url: str = "") -> Table:
    """Tokens that one prompt costs, ours and theirs."""
    count, how = counter(base_url)
    rows = [(count(ours(requested(w, p))), 2 * count(theirs(requested(w, p, _THEIRS)))) for p in prompts(w, 60)]
    table = Table(f"Prompt tokens of one prompt ({how})", ["system", "calls", "median", "most"])
    for name, calls, column in (("ours, 30 candidates", "1", 0), ("research system, 150 candidates", "2", 1)):
        values = [r[column] for r in rows]
        table.add(name, calls, f"{statistics.median(values):,.0f}", f"{max(values):,}")
    ratio = [a / b for a, b in rows]
    table.notes.append(f"ours is {statistics.median(ratio):.3f} of theirs in the median, {max(ratio):.3f} at most")
    table.notes.append(
        "theirs is built as its code builds it, with the corpus' descriptions and as many words of rules"
    )
    return table


def time_table(w: World) -> Table:
    """A whole selection step with a server that answers at once: what is left is ours."""
    wall: list[float] = []
    processor: list[float] = []
    with FaultServer([answers({"picks": []})]) as server, tempfile.TemporaryDirectory() as home:
        composer = LLMComposer(Settings(base_url=server.url, model="none"), Path(home))
        for prompt in prompts(w, 60):
            request = requested(w, prompt)
            start, used = time.perf_counter(), time.process_time()
            composer.compose(request)
            wall.append(1000 * (time.perf_counter() - start))
            processor.append(1000 * (time.process_time() - used))
    table = Table("Our own part of a call, ms", ["what", "median", "90th percentile"])
    for name, values in (("by the clock", wall[1:]), ("on the processor", processor[1:])):
        table.add(name, f"{statistics.median(values):.1f}", f"{statistics.quantiles(values, n=10)[-1]:.1f}")
    table.notes.append("message, request, cache, checks; the loopback server that answers at once is in it")
    return table


def _shown(assignments: list[Assignment]) -> str:
    return "; ".join(f"{a.keyword.text} -> {a.candidate.adapter.title}" for a in assignments) or "nothing"


def served(w: World, base_url: str, model: str, number: int, timeout: float) -> Iterator[Table]:
    """What a real model does with the prompts."""
    settings = Settings(base_url=base_url, model=model, timeout=timeout)
    client = Client(settings.endpoint, OUT)
    fate: Counter[str] = Counter()
    sent, seconds, calls, shared = [], [], [], []
    reading = Table("Side by side", ["prompt", "language model", "dropped", "local composer"])
    for prompt in prompts(w, number):
        request = requested(w, prompt)
        local = list(LocalComposer().compose(request).assignments)
        text, shown = question(request.prompt, request.candidates, request.options.max_adapters, 1800)
        try:
            answer = client.complete(
                [*CONSTANT, {"role": "user", "content": text}], schema(request.options.max_adapters), 400
            )
        except LLMError as e:
            fate["failed"] += 1
            reading.add(prompt, str(e), "", _shown(local))
            continue
        kept, refused, senseless = checked(answer.data, request, shown)
        dropped = len(refused) + senseless
        fate[
            "chose nothing" if not kept and not dropped else "whole" if not dropped else "part" if kept else "none"
        ] += 1
        sent.append(answer.prompt_tokens)
        seconds.append(answer.seconds)
        calls.append(answer.calls)
        ids = {a.candidate.adapter.id for a in kept}
        shared.append(len(ids & {a.candidate.adapter.id for a in local}))
        why = "; ".join([f"{a.candidate.adapter.title}: {r}" for a, r in refused] + ["senseless"] * senseless)
        reading.add(prompt, _shown(kept), why, _shown(local))
        print(reading.rows[-1], flush=True)
    table = Table(
        f"{model} as the composer", ["prompts", "used whole", "chose nothing", "in part", "not at all", "failed"]
    )
    table.add(str(number), *(str(fate[k]) for k in ("whole", "chose nothing", "part", "none", "failed")))
    if sent:
        table.notes.append(f"{statistics.median(sent):,.0f} prompt tokens, {statistics.mean(calls):.2f} calls a prompt")
        table.notes.append(f"{statistics.median(seconds):.1f} s in the median, {seconds[0]:.1f} s for the first")
        table.notes.append(f"{sum(shared)} of its choices are the local composer's as well")
    yield table
    yield reading


def run() -> list[Table]:
    """What can be measured without a model."""
    w = world()
    return [tokens_table(w), time_table(w)]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.llm", description=__doc__)
    parser.add_argument("--base-url", default="")
    parser.add_argument("--model", default="model")
    parser.add_argument("--prompts", type=int, default=30)
    parser.add_argument("--timeout", type=float, default=300.0)
    args = parser.parse_args()
    if DATA is None:
        print(f"skipped: {REASON}")
        return
    w = world()
    tables = [tokens_table(w, args.base_url), time_table(w)]
    if args.base_url:
        tables += served(w, args.base_url, args.model, args.prompts, args.timeout)
    for table in tables:
        print(table, end="\n\n")


if __name__ == "__main__":
    try:
        main()
    except StylusError as error:
        raise SystemExit(str(error)) from None
