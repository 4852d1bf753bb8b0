"""Judgements and picks are read, counted and told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stylus_core.composer import Request
from stylus_core.errors import StylusError
from stylus_core.options import Options
from stylus_core.types import Adapter, Assignment, Card, Composition, Metadata
from stylus_study.evaluation.adapter_names import AdapterNames
from stylus_study.evaluation.calibration import calibration_error, reliability
from stylus_study.evaluation.composer_metrics import requests
from stylus_study.evaluation.corpus import EvalQuery, load_adapters
from stylus_study.evaluation.judged_metrics import Judged, ask_composer, judge_answers
from stylus_study.evaluation.judged_report import ALL
from stylus_study.evaluation.judged_run import evaluate_judged
from stylus_study.evaluation.judgements import Answered, JudgedPrompt, load_judgements, load_picks
from stylus_study.evaluation.testbed import Testbed
from tests.evaluation.corpora import write_corpus, write_queries

KITE = {"query": "a paper kite", "adapter": 1, "score": 2}


@pytest.fixture
def adapters(tmp_path: Path) -> list[Adapter]:
    return load_adapters(write_corpus(tmp_path))


def prompt(query: str = "x", wanted: tuple[frozenset[int], ...] = (), **scores: int) -> JudgedPrompt:
    return JudgedPrompt(query, "s", {int(k[1:]): v for k, v in scores.items()}, wanted)


def picked(*ids: int) -> tuple[Answered, ...]:
    return tuple(Answered((i,)) for i in ids)


def test_shares_are_pooled_over_judged_picks():
    prompts = [
        prompt(a1=2, a2=2, a3=0, wanted=(frozenset({1}), frozenset({2}))),
        prompt(a1=1, a4=0),
        prompt(a5=0),
        prompt(a6=2, wanted=(frozenset({6}),)),
    ]
    found = judge_answers(prompts, [picked(1, 3, 99), picked(1, 4), (), None])
    assert len(found.outcomes) == 3 and found.unanswered == 1
    assert found.value("picks") == pytest.approx(5 / 3)
    assert found.value("P2") == 1 / 4 and found.value("P0") == 2 / 4  # the fifth pick nobody judged
    assert found.value("R2") == 1 / 2
    assert found.left_alone == (1, 2)
    assert (found.judged, found.unjudged) == (4, 1)
    for measure in ("picks", "P2", "P0", "R2"):
        mean = found.mean(measure)
        assert mean is not None and mean.value == pytest.approx(found.value(measure))


def test_intervals_draw_prompts_and_not_picks():
    one = [judge_answers([prompt(a1=2, wanted=(frozenset({1}),)), prompt(a1=0)] * 10, [picked(1)] * 20)]
    many = {f"a{i}": 2 for i in range(10)}, {f"a{i}": 0 for i in range(10)}
    wanted = tuple(frozenset({i}) for i in range(10))
    one.append(judge_answers([prompt(wanted=wanted, **many[0]), prompt(**many[1])] * 10, [picked(*range(10))] * 20))
    single, tenfold = (j.mean("P2") for j in one)
    # Ten picks that stand or fall with their prompt say no more than one.
    assert single is not None and tenfold is not None and single == pytest.approx(tenfold)


def test_a_name_of_several_files_counts_once():
    wanted = (frozenset({1, 2}), frozenset({3}))
    found = judge_answers([prompt(wanted=wanted, a1=2, a2=2, a3=2)], [(Answered((1, 2)),)])
    assert found.value("R2") == 0.5 and found.value("P2") == 1 and found.judged == 1
    assert judge_answers([prompt(wanted=wanted, a1=2, a2=2, a3=2)], [picked(2)]).value("R2") == 0.5


def test_a_threshold_leaves_the_surer_picks():
    sure = (Answered((1,), 0.9), Answered((2,), 0.4), Answered((3,)))
    found = judge_answers([prompt(a1=2, a2=0, a3=0, wanted=(frozenset({1}),))], [sure])
    assert [p.score for o in found.at(0.4).outcomes for p in o.picks] == [2, 0]
    assert found.at(0.5).value("P2") == 1 and found.at(0.95).value("P2") is None
    assert found.at(0.95).value("R2") == 0


def test_reliability_by_hand():
    bins = reliability([0.05, 0.5, 0.55, 0.59, 1.0], [0, 1, 0, 1, 1])
    assert [(b.low, b.high, b.number) for b in bins] == [(0, 0.1, 1), (0.5, 0.6, 3), (0.9, 1.0, 1)]
    assert bins[1].confidence == pytest.approx(1.64 / 3) and bins[1].wanted == pytest.approx(2 / 3)
    error = calibration_error([0.05, 0.5, 0.55, 0.59, 1.0], [0, 1, 0, 1, 1], list("abcde"))
    assert error is not None and error.value == pytest.approx((0.05 + abs(1.64 - 2)) / 5)
    assert error.low is not None and error.high is not None and 0 <= error.low <= error.value <= error.high
    assert calibration_error([], [], []) is None
    assert calibration_error([0.2, 0.2], [0, 1], ["a", "a"]) == pytest.approx((0.3, None, None))


def test_a_confidence_that_is_the_chance_has_no_error():
    sure = [0.05 + 0.1 * (n % 10) for n in range(1000)]
    wanted = [float(n // 10 < round(100 * s)) for n, s in enumerate(sure)]
    error = calibration_error(sure, wanted, list(range(1000)))
    assert error is not None and error.value == pytest.approx(0, abs=1e-9)


def test_a_title_of_the_users_own_is_a_name_beside_the_authors():
    known = Adapter(1, "/l/k", "k", metadata=Metadata(title="Paper Kite"), card=Card(title="Wind Toy"))
    names = AdapterNames([known])
    assert names.ids("wind toy") == names.ids("paper kite") == (1,)


def test_adapters_are_called_by_number_file_alias_and_title():
    def file(number: int, stem: str, title: str, model: int | None, alias: str = "") -> Adapter:
        return Adapter(number, f"/l/{stem}", stem, metadata=Metadata(title=title, model_id=model, alias=alias))

    names = AdapterNames(
        [
            file(1, "kite_v1", "Paper Kite", 70, "old kite"),
            file(2, "kite_v2", "Paper  kite", 70),
            file(3, "paper kite", "Other", None),
            file(4, "2049", "Blade", 5),
        ]
    )
    assert names.ids(70) == (1, 2) and names.ids("70") == (1, 2) and names.ids(1) == ()
    assert names.ids("KITE_V1") == names.ids("old kite") == names.ids("sub/kite_v1.safetensors") == (1,)
    assert names.ids("kite_v1.pt") == names.ids("C:\\loras\\kite_v1.ckpt") == (1,)
    assert names.ids("paper kite") == (3,)  # the file's name goes before a title
    assert names.ids("2049") == (4,) and names.ids(2049) == ()
    assert names.ids("") == names.ids("no such") == names.ids("9" * 5000) == ()


def test_judgements_of_other_libraries_and_absent_adapters_are_told(tmp_path: Path, adapters: list[Adapter]):
    path = write_queries(
        tmp_path / "judged.jsonl",
        {**KITE, "library": "mine", "set": "typed", "words": "kite"},
        {**KITE, "library": "mine", "set": "typed"},  # said twice
        {"query": "a paper kite", "adapter": "Tin Robot", "score": 0, "library": "mine", "set": "typed"},
        {"query": "fog", "adapter": 999, "score": 2, "library": "mine", "set": "typed"},
        {"query": "an oven", "adapter": 8, "score": 2, "library": "mine", "set": "typed"},
        {"query": "a bridge", "adapter": 7, "score": 1, "library": "other", "set": "captions"},
        {"query": "a bridge", "adapter": 7, "score": 1, "library": "mine"},
    )
    found = load_judgements(path, AdapterNames(adapters), "mine")
    assert found.prompts == (
        JudgedPrompt("a paper kite", "typed", {1: 2, 2: 0}, (frozenset({1}),)),
        JudgedPrompt("an oven", "typed", {8: 2}, (frozenset({8}),)),
        JudgedPrompt("a bridge", "judged", {7: 1}),
    )
    assert found.notes == (
        "1 row of judged.jsonl left out: of another library than 'mine'",
        "1 row of judged.jsonl left out: about adapters that are not here",
    )
    every = load_judgements(path, AdapterNames(adapters), limit=1)
    assert [p.set for p in every.prompts] == ["typed", "captions", "judged"]
    with pytest.raises(StylusError, match="of the library 'third' judges an adapter that is here"):
        load_judgements(path, AdapterNames(adapters), "third")


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"adapter": 1, "score": 2}, "no `query`"),
        ({**KITE, "query": 3}, "`query` is 3, not a text"),
        ({**KITE, "query": "  "}, "`query` is empty"),
        ({"query": "x", "score": 2}, "no `adapter`"),
        ({**KITE, "adapter": [1]}, r"its adapter is \[1\], neither a number nor a name"),
        ({**KITE, "adapter": True}, "its adapter is True"),
        ({"query": "x", "adapter": 1}, "no `score`"),
        ({**KITE, "score": None}, "`score` is None, not 0, 1 or 2"),
        ({**KITE, "score": 3}, "`score` is 3"),
        ({**KITE, "score": True}, "`score` is True"),
        ({**KITE, "score": [2]}, "`score` is"),
        ({**KITE, "set": ["a"]}, "`set` is"),
        ({**KITE, "score": 0}, "1 has another score for this prompt in an earlier row"),
    ],
)
def test_a_row_that_is_no_judgement_is_named(tmp_path: Path, adapters: list[Adapter], row: dict[str, Any], why: str):
    path = write_queries(tmp_path / "judged.jsonl", KITE, row)
    with pytest.raises(StylusError, match=f"^row 2 of .*judged.jsonl is no judgement: .*{why}"):
        load_judgements(path, AdapterNames(adapters))


def test_picks_of_a_tool_are_read(tmp_path: Path, adapters: list[Adapter]):
    path = write_queries(
        tmp_path / "tool.jsonl",
        {"query": "a  paper\nkite", "picks": [1, "paper_kite", "Marble Staircase", "mystery"], "confidence": [0.5] * 4},
        {"query": "fog", "picks": []},
    )
    found = load_picks(path, AdapterNames(adapters))
    # one adapter by two names is one pick; an adapter from elsewhere is a pick that nobody can have judged
    assert found.of("a paper kite") == (Answered((1,), 0.5), Answered((6,), 0.5), Answered((), 0.5))
    assert found.of("fog") == () and found.of("an oven") is None
    assert found.notes == ("1 pick of tool.jsonl counted as unjudged: adapters that are not here",)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"picks": [1]}, "no `query`"),
        ({"query": "x"}, "no list `picks`"),
        ({"query": "x", "picks": "paper_kite"}, "`picks` are not a list"),
        ({"query": "x", "picks": [1.5]}, "a pick is 1.5, neither a number nor a name"),
        ({"query": "x", "picks": [None]}, "a pick is None"),
        ({"query": "x", "picks": [1], "confidence": 0.5}, "not a list of 1 numbers"),
        ({"query": "x", "picks": [1, 2], "confidence": [0.5]}, "not a list of 2 numbers"),
        ({"query": "x", "picks": [1], "confidence": [1.5]}, "a confidence is 1.5, not a number from 0 to 1"),
        ({"query": "x", "picks": [1], "confidence": [float("nan")]}, "a confidence is nan"),
        ({"query": "x", "picks": [1], "confidence": ["high"]}, "a confidence is 'high'"),
        ({"query": "fog ", "picks": []}, "an earlier row answers 'fog'"),
    ],
)
def test_a_row_that_is_no_list_of_picks_is_named(
    tmp_path: Path, adapters: list[Adapter], row: dict[str, Any], why: str
):
    path = write_queries(tmp_path / "tool.jsonl", {"query": "fog", "picks": [1]}, row)
    with pytest.raises(StylusError, match=f"^row 2 of .*tool.jsonl is no list of picks: .*{why}"):
        load_picks(path, AdapterNames(adapters))


def test_a_composer_is_asked_and_who_stands_in_is_told(tmp_path: Path, adapters: list[Adapter]):
    queue = [(0.7, "oracle"), (0.6, "local"), (1.0, "oracle")]

    def compose(request: Request) -> Composition:
        sure, who = queue.pop(0)
        return Composition((Assignment(request.candidates[0], request.keywords[0], "", sure),), who)

    with Testbed(adapters, tmp_path / "v.sqlite", tmp_path / "index", None) as testbed:
        asked = requests(
            testbed.retriever, [EvalQuery(q) for q in ("a paper kite", "a clay oven", "a tin robot")], Options()
        )
        answers, stood_in = ask_composer(compose, asked, "oracle")
        queue += [(1.0, "oracle")] * 3
        certain, _ = ask_composer(compose, asked, "oracle")
    assert answers == [(Answered((1,), 0.7),), (Answered((8,)),), (Answered((2,), 1.0),)]
    assert stood_in == [False, True, False]
    # who is certain of everything says nothing of how sure it is
    assert [a.confidence for found in certain for a in found] == [None] * 3


def test_tables_numbers_and_what_is_left_to_judge(tmp_path: Path, adapters: list[Adapter]):
    names = AdapterNames(adapters)
    judgements = load_judgements(
        write_queries(
            tmp_path / "judged.jsonl",
            {**KITE, "set": "one"},
            {"query": "an oven", "adapter": "clay_oven", "score": 0, "set": "two"},
            {"query": "fog", "adapter": 5, "score": 1, "set": "two"},
        ),
        names,
    )
    tool = load_picks(
        write_queries(
            tmp_path / "tool.jsonl",
            {"query": "a paper kite", "picks": [1, 4], "confidence": [0.95, 0.25]},
            {"query": "an oven", "picks": []},
            {"query": "never judged", "picks": [3]},
        ),
        names,
    )
    found = evaluate_judged(judgements, adapters, {"other": tool})
    numbers = found.as_dict()["sets"]
    assert numbers["one"]["other"]["P2"]["value"] == 1 and numbers["one"]["other"]["unjudged"] == 1
    assert numbers["two"]["other"]["left alone"]["number"] == 1 and numbers["two"]["other"]["unanswered"] == 1
    assert numbers[ALL]["other"]["prompts"] == 2 and numbers[ALL]["other"]["ECE"]["value"] == pytest.approx(0.05)
    assert found.unjudged == [
        {
            "query": "a paper kite",
            "set": "one",
            "adapter": 4,
            "score": None,
            "title": "Velvet Curtain",
            "kind": adapters[3].card.kind,
            "trigger_words": list(adapters[3].card.trigger_words),
            "description": "Heavy curtains of red velvet.",
        }
    ]
    table, curve, bins = found.tables()
    assert table.rows[0][:3] == ["one", "1", "other"] and [r[0] for r in table.rows] == ["one", "two", ALL]
    assert "two: other has no row for 1 prompt and is measured on the others" in table.notes
    assert "other: 1 row left out: for prompts that are not judged here" in table.notes
    assert [r[2] for r in curve.rows] == [*["2.000"] * 2, *["1.000"] * 7]
    assert bins.rows == [["0.9 to 1.0", "0.950", "1.000", "1"]]
    json.dumps(found.as_dict())


def test_nothing_picked_is_no_division_by_nothing():
    found = judge_answers([prompt(a1=0)], [()])
    assert found.value("P2") is None and found.mean("R2") is None and found.calibration is None
    assert found.left_alone == (1, 1) and found.bins == []
    assert Judged(()).as_dict()["left alone"] == {"number": 0, "of": 0}
