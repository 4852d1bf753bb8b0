"""What the composers choose, and how often they choose nothing."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.world import NO_FIT, NO_FIT_LONG, OUT, World, world
from samples.make_samples import build
from stylus_core import Stylus
from stylus_core.composer.registry import Composers
from stylus_core.option_table import TABLE
from stylus_core.options import Options
from stylus_core.retriever.encoder import open_encoder
from stylus_core.types import Adapter
from stylus_study.evaluation.composer_metrics import requests
from stylus_study.evaluation.corpus import EvalQuery
from stylus_study.evaluation.evaluation_files import write_evaluation
from stylus_study.evaluation.harness import evaluate
from stylus_study.evaluation.judged_run import composer_named
from stylus_study.evaluation.markdown_table import MarkdownTable, format_estimate
from stylus_study.evaluation.statistics import wilson
from stylus_study.evaluation.testbed import Testbed

COMPOSERS = ("local", "retriever", "random")
#: How sure a pick has to be; none where the options have no such choice.
RESTRAINTS = next((o.choices for o in TABLE if o.name == "restraint"), ())

#: Prompts that nothing fits and that nothing was ever fitted on: the first half short as people type them.
FRESH = Path(__file__).parent / "no_fit_fresh.txt"
_SHORT = 100
_FEW = 400  # adapters of the corpus, as a user's folder may hold


def run() -> list[MarkdownTable]:
    """At the default options: at most three adapters a prompt."""
    w = world()
    sets = {
        "captions with published picks": w.captions,
        "captions for which the published system chose nothing": w.unpicked,
        "prompts of our own that nothing fits": [EvalQuery(p) for p in NO_FIT],
        "the same two by two, as long as a caption": [EvalQuery(p) for p in NO_FIT_LONG],
        "prompts of users": w.user,
    }
    made = Composers()
    found = evaluate(w, sets, {}, dict.fromkeys(COMPOSERS, made), Options())
    write_evaluation(found, OUT / "evaluation" / "composing")
    with _libraries(w) as libraries:
        return [*found.tables(), left_alone(libraries, no_fit())]


def no_fit() -> dict[str, list[str]]:
    """Prompts that nothing fits, by where they come from. The fresh ones are there if their file is."""
    sets = {"known when the rule was made": list(NO_FIT)}
    if FRESH.is_file():
        fresh = FRESH.read_text(encoding="utf-8").splitlines()
        sets["fresh, short as people type them"] = fresh[:_SHORT]
        sets["fresh, long"] = fresh[_SHORT:]
        sets["fresh, all"] = fresh
    return sets


def left_alone(libraries: Mapping[str, Testbed], sets: Mapping[str, Sequence[str]]) -> MarkdownTable:
    """The share of prompts to which the local composer adds nothing, in each library at each restraint."""
    table = MarkdownTable(
        "Prompts that nothing fits, left alone by the local composer: shares with 95% intervals",
        ["library", "prompts", "number", *(RESTRAINTS or ("default",))],
    )
    compose = composer_named("local", Composers())
    for library, testbed in libraries.items():
        for name, prompts in sets.items():
            cells = []
            for restraint in RESTRAINTS or (None,):
                options = Options.of({} if restraint is None else {"restraint": restraint})
                asked = requests(testbed.retriever, [EvalQuery(p) for p in prompts], options)
                left = sum(not compose(request).assignments for request in asked)
                cells.append(format_estimate(wilson(left, len(prompts)), ".2f"))
            table.add(library, name, str(len(prompts)), *cells)
    if not FRESH.is_file():
        table.notes.append(f"there are no fresh prompts: {FRESH.name} is missing")
    return table


@contextmanager
def _libraries(w: World) -> Iterator[dict[str, Testbed]]:
    """The corpus, a part of it as small as a user's folder, and the sample library."""
    few = random.Random(0).sample(sorted(w.adapters, key=lambda a: a.id), _FEW)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))

        def testbed(adapters: Sequence[Adapter], name: str) -> Testbed:
            return stack.enter_context(Testbed(adapters, OUT / "vectors.sqlite", folder / name, open_encoder()))

        samples = _samples(folder)
        yield {
            f"{len(w.adapters):,} adapters of 2023": w,
            f"{_FEW} of them at random": testbed(few, "few"),
            f"the sample library, {len(samples)} adapters": testbed(samples, "samples"),
        }


def _samples(folder: Path) -> list[Adapter]:
    library, _ = build(folder / "samples")
    with Stylus(library, home=folder / "home", encoder="none") as stylus:
        stylus.index()
        return stylus.adapters()
