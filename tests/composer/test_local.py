"""What the local composer chooses and leaves out, and the rules that hold for every composer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stylus_core.composer import Composers
from stylus_core.composer.composer_rules import apply_rules
from stylus_core.composer.local import LocalComposer, confidence_threshold, rated
from stylus_core.errors import ComposerError
from stylus_core.options import Options
from stylus_core.types import Assignment, Candidate
from tests.composer.build import candidate, request

#: What a retriever finds of an adapter that the prompt calls by a name of its own.
SURE = {"name": 1.2, "trigger": 1.2, "cooccurrence": 1.0, "whole_title": 0.5, "whole_description": 0.5}


def sure(found: Candidate) -> Candidate:
    return replace(found, scores=SURE)


def picks(prompt: str, *candidates: Candidate, near: float = 0.6, **options: object) -> list[str]:
    asked = request(prompt, candidates, near, composer="local", **options)
    return [a.candidate.adapter.card.subject for a in LocalComposer().compose(asked).assignments]


def test_a_character_only_if_the_prompt_names_it():
    dog = sure(candidate(1, "character", "Brannoc (Hounds of Ebb)"))
    assert picks("a dog in the park", dog) == []
    assert picks("a hound by the ebb", dog) == []
    assert picks("Brannoc in the park", dog) == ["Brannoc (Hounds of Ebb)"]


@pytest.mark.parametrize("typed", ["VossMira7", "Mira Voss"])
def test_a_name_may_be_run_together(typed: str):
    mira = sure(candidate(1, "character", "Voss Mira 7 (Tidewater)"))
    assert picks(f"a girl, {typed}, at the pier", mira) == ["Voss Mira 7 (Tidewater)"]
    assert picks("a girl at the pier", mira) == []


@pytest.mark.parametrize(("prompt", "named"), [("a lantern on a pier", False), ("mvoss on a pier", True)])
def test_a_common_word_among_its_trigger_words_does_not_name_a_character(prompt: str, named: bool):
    mira = sure(candidate(1, "character", "Mira Voss (Tidewater)", words=("mvoss", "lantern")))
    assert bool(picks(prompt, mira)) is named


def test_neither_broader_nor_narrower():
    food = candidate(1, "object", "general food photography")
    assert picks("a hot dog on a plate", food, near=0.4) == []
    hot_dog = sure(candidate(2, "object", "hot dog"))
    assert picks("a hot dog on a plate", hot_dog, food, near=0.6)[0] == "hot dog"


def test_nothing_fits():
    assert picks("a bar chart of quarterly revenue", candidate(1, "style", "watercolor"), near=0.1) == []
    assert picks("a bar chart of quarterly revenue") == []
    assert picks("masterpiece, best quality, 1girl", sure(candidate(1, "clothing", "kimono"))) == []


def test_every_assignment_has_one_sentence_and_a_span_of_the_prompt():
    asked = request("a red kimono, a paper lantern", [sure(candidate(1, "clothing", "kimono"))], 0.7, composer="local")
    (found,) = LocalComposer().compose(asked).assignments
    assert found.keyword.text in "a red kimono, a paper lantern"
    assert asked.prompt.text[found.keyword.start : found.keyword.end] == found.keyword.text == "red kimono"
    assert "kimono" in found.reason
    assert "\n" not in found.reason
    assert 0 < found.confidence <= 1


def test_it_works_without_an_encoder():
    asked = request("a red kimono in the rain", [sure(candidate(1, "clothing", "kimono"))], None, composer="local")
    assert [a.candidate.name for a in LocalComposer().compose(asked).assignments] == ["file1"]


def test_what_is_left_out_says_why():
    many = [sure(candidate(n, kind, "kimono")) for n, kind in enumerate(("clothing", "clothing", "style"), start=1)]
    answer = LocalComposer().compose(request("a kimono", many, 0.7, composer="local", max_adapters=1))
    assert len(answer.assignments) == 1
    assert all(a.reason.startswith("left out: ") for a in answer.nearly)
    assert len(answer.nearly) == 2


def assignments(asked, *pairs):
    return [Assignment(asked.candidates[c], asked.keywords[k], "because") for c, k in pairs]


def test_an_adapter_is_used_once_and_three_styles_at_most():
    styles = [candidate(n, "style", f"style {n}") for n in range(4)]
    asked = request("red fox, blue owl, old oak, tall ship", styles, 0.5, max_adapters=10)
    kept, refused = apply_rules(assignments(asked, (0, 0), (0, 1), (1, 1), (2, 2), (3, 3)), asked)
    assert [a.candidate.name for a in kept] == ["file0", "file1", "file2"]
    assert [why for _, why in refused] == ["it is used already", "there are 3 styles already"]


def test_at_most_three_for_a_keyword_of_whatever_kind():
    kinds = ("object", "concept", "pose", "animal", "animal")
    asked = request("red fox", [candidate(n, k, f"thing {n}") for n, k in enumerate(kinds)], 0.5, max_adapters=10)
    kept, refused = apply_rules(assignments(asked, (3, 0), (4, 0), (0, 0), (1, 0), (2, 0)), asked)
    assert [a.candidate.name for a in kept] == ["file3", "file4", "file0"]
    assert [why for _, why in refused] == ["'red fox' has 3 adapters already"] * 2


def test_a_character_comes_once_whoever_drew_it():
    two = [candidate(n, "character", "Brannoc (Hounds of Ebb)") for n in range(2)]
    asked = request("Brannoc in the park", two, 0.5)
    kept, refused = apply_rules(assignments(asked, (0, 0), (1, 0)), asked)
    assert [a.candidate.name for a in kept] == ["file0"]
    assert [why for _, why in refused] == ["another adapter for 'Brannoc (Hounds of Ebb)' is there already"]


def test_options_limit_number_and_kinds():
    some = [candidate(n, k, f"thing {n}") for n, k in enumerate(("object", "clothing", "animal"))]
    asked = request("red fox, blue owl, old oak", some, 0.5, max_adapters=1, kinds=["clothing", "animal"])
    kept, refused = apply_rules(assignments(asked, (0, 0), (1, 1), (2, 2)), asked)
    assert [a.candidate.name for a in kept] == ["file1"]
    assert [why for _, why in refused] == [
        "adapters of the kind object are switched off",
        "there are as many adapters as the options allow",
    ]
    full = request("red fox, blue owl, old oak <lora:mine:1>", some, 0.5, max_adapters=1, kinds=["clothing", "animal"])
    assert apply_rules(assignments(full, (1, 1)), full)[0] == []


class Failing:
    name = "failing"
    label = "Failing"
    asks_model = True

    def __init__(self, error: Exception) -> None:
        self.error = error

    def compose(self, request):
        raise self.error


@pytest.mark.parametrize("error", [ComposerError("the endpoint is resting"), ZeroDivisionError("key=secret")])
def test_the_local_composer_answers_for_one_that_fails(error: Exception):
    asked = request("a red kimono", [sure(candidate(1, "clothing", "kimono"))], 0.7, composer="llm")
    answer = Composers({"llm": Failing(error)}).compose(asked)
    assert [a.candidate.name for a in answer.assignments] == ["file1"]
    assert answer.composer == "local"
    assert len(answer.notes) == 1
    assert answer.notes[0].startswith("the local composer chose instead: ")
    assert "secret" not in answer.notes[0]


def test_random_is_the_seeds_choice_and_retriever_takes_the_first():
    some = [candidate(n, "object", f"thing {n}") for n in range(12)]

    def names(**options):
        asked = request("red fox, blue owl, old oak, tall ship", some, 0.5, max_adapters=3, **options)
        return [a.candidate.name for a in Composers().compose(asked).assignments]

    assert names(composer="random", seed=1) == names(composer="random", seed=1)
    assert len({tuple(names(composer="random", seed=s)) for s in range(8)}) > 1
    assert len({tuple(names(composer="random", seed=-1)) for _ in range(30)}) > 1  # as the WebUIs have it
    assert "file0" in names(composer="retriever")


@pytest.mark.parametrize("given", [-1, "-1", "", None])
def test_a_seed_may_be_left_open(given):
    assert Options.of(seed=given).seed == -1


def test_restraint_says_how_sure_a_pick_has_to_be():
    kinds = {"clothing": "red kimono", "style": "kimono pattern", "pose": "rain"}
    some = [candidate(n, kind, subject) for n, (kind, subject) in enumerate(kinds.items(), start=1)]
    near = np.array([[0.8, 0.5, 0.1], [0.1, 0.2, 0.5]])
    every = rated(request("a red kimono, rain", some, near, composer="local"))
    taken = []
    for restraint in ("careful", "balanced", "generous"):
        asked = request("a red kimono, rain", some, near, composer="local", restraint=restraint)
        picked = LocalComposer().compose(asked).assignments
        floor = confidence_threshold(asked)
        assert all(a.confidence >= floor for a in picked)
        taken.append({a.candidate.name for a in picked})
        sure = {a.candidate.name for a in every if a.confidence >= floor}
        assert taken[-1] == sure
    assert taken[0] <= taken[1] <= taken[2]
    assert "file1" in taken[2]


def test_a_floor_stands_in_for_the_restraint():
    asked = request("a red kimono", [candidate(1, "clothing", "red kimono")], 0.8, composer="local")
    assert LocalComposer(floor=0.0).compose(asked).assignments
    assert not LocalComposer(floor=1.01).compose(asked).assignments
