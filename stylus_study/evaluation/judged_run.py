"""Asks composers for the judged prompts, and holds their picks and those of other tools against the judgements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from stylus_core.composer.registry import Composers
from stylus_core.options import Options
from stylus_core.types import Adapter
from stylus_study.evaluation.composer_metrics import Compose, local_without_threshold, requests
from stylus_study.evaluation.corpus import EvalQuery
from stylus_study.evaluation.judged_metrics import Judged, ask_composer, judge_answers
from stylus_study.evaluation.judged_report import JudgedEvaluation
from stylus_study.evaluation.judgements import Answer, JudgedPrompt, Judgements, ToolPicks, count, key
from stylus_study.evaluation.testbed import Testbed

_SHOWN = 300  # characters of an adapter's description, for whoever judges it

_Picked = tuple[list[Answer], list[bool]]  # of each prompt; whether another composer stood in


def evaluate_judged(
    judgements: Judgements,
    adapters: Sequence[Adapter],
    tools: Mapping[str, ToolPicks],
    testbed: Testbed | None = None,
    composers: Mapping[str, Composers] | None = None,
    options: Options | None = None,
) -> JudgedEvaluation:
    """Measures composers and other tools on judged prompts.

    Args:
        judgements: see `judgements.load_judgements`.
        adapters: of the library; what unjudged picks are told by.
        tools: name -> what it picked.
        testbed: the same adapters, indexed; needed only with composers.
        composers: name of the composer -> where it is found.
        options: of the selection; `composer` is set by the name.

    Returns:
        What was measured, set by set, and the picks that nobody judged.
    """
    prompts = judgements.prompts
    picked: dict[str, _Picked] = {}
    listed: list[Answer] | None = None
    if testbed is not None and composers:
        asked = requests(testbed.retriever, [EvalQuery(p.query, set=p.set) for p in prompts], options or Options())
        for name, found in composers.items():
            answers, others = ask_composer(composer_named(name, found), asked, name)
            picked[name] = (list(answers), others)
        if "local" in composers:
            listed = list(ask_composer(local_without_threshold(), asked, "local")[0])
    for name, tool in tools.items():
        picked[name] = ([tool.of(p.query) for p in prompts], [False] * len(prompts))

    rows = {name: [n for n, p in enumerate(prompts) if p.set == name] for name in dict.fromkeys(p.set for p in prompts)}

    def judged(rows: list[int], found: _Picked) -> Judged:
        answers, others = found
        return judge_answers([prompts[n] for n in rows], [answers[n] for n in rows], sum(others[n] for n in rows))

    sets = {name: {s: judged(inside, found) for s, found in picked.items()} for name, inside in rows.items()}
    everything = (listed, [False] * len(prompts)) if listed is not None else None
    return JudgedEvaluation(
        sets,
        {name: judged(inside, everything) for name, inside in rows.items()} if everything else {},
        [*judgements.notes, *_notes(prompts, tools)],
        _unjudged(judgements, [answers for answers, _ in picked.values()], adapters),
    )


def composer_named(name: str, composers: Composers) -> Compose:
    """The composer of this name, whatever the options of the request say."""
    return lambda request: composers.compose(replace(request, options=replace(request.options, composer=name)))


def _notes(prompts: Sequence[JudgedPrompt], tools: Mapping[str, ToolPicks]) -> list[str]:
    known = {key(p.query) for p in prompts}
    out = []
    for name, tool in tools.items():
        out += [f"{name}: {note}" for note in tool.notes]
        if strange := len(tool.answers.keys() - known):
            out.append(f"{name}: {count(strange, 'row')} left out: for prompts that are not judged here")
    return out


def _unjudged(
    judgements: Judgements, answers: Sequence[Sequence[Answer]], adapters: Sequence[Adapter]
) -> list[dict[str, Any]]:
    """Picks that nobody judged, by prompt and adapter: whoever judges them does not see whose pick it is."""
    by_id = {a.id: a for a in adapters}
    of = {"library": judgements.library} if judgements.library is not None else {}
    out = []
    for n, prompt in enumerate(judgements.prompts):
        ids = {
            a.ids[0] for found in answers for a in found[n] or () if a.ids and prompt.scores.keys().isdisjoint(a.ids)
        }
        out += [{**of, "query": prompt.query, "set": prompt.set, **_row(by_id[i])} for i in sorted(ids)]
    return out


def _row(adapter: Adapter) -> dict[str, Any]:
    """What a reader has to know of an adapter to judge it, and its name in judgements: a corpus has numbers."""
    return {
        "adapter": adapter.id if adapter.id == adapter.metadata.model_id else adapter.stem,
        "score": None,
        "title": adapter.title,
        "kind": adapter.card.kind,
        "trigger_words": list(adapter.card.trigger_words),
        "description": adapter.metadata.description[:_SHOWN],
    }
